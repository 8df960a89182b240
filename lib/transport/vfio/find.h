/* SPDX-License-Identifier: MIT */
/*
 * find.h: a device by its address, before any of its files is opened.
 */
#ifndef NVU_TRANSPORT_VFIO_FIND_H
#define NVU_TRANSPORT_VFIO_FIND_H

#include "transport/vfio/device.h"
#include "transport/vfio/pci.h"

/*
 * Finds a device in sysfs by its address, "0000:01:00.0" or shorter, and says who it is. 0, or why it cannot be driven, with
 * a sentence. *ret_identity refers to *ret_info.
 */
int find_device(const struct transport_ops *ops, const char *target, struct pci_info *ret_info,
		struct device_identity *ret_identity);

#endif
