/* SPDX-License-Identifier: MIT */
/*
 * iommufd.h: the transport for PCI devices bound to vfio-pci, through iommufd and the device's own file.
 *
 * Inside, each file calls only those before it: uapi, explain, context, ioas, cdev, bound, choice, open, iommufd.
 */
#ifndef NVU_TRANSPORT_IOMMUFD_H
#define NVU_TRANSPORT_IOMMUFD_H

#include "transport/transport.h"

/* Scheme "iommufd"; target "0000:01:00.0", or "01:00.0" in domain 0000. */
extern const struct transport_ops iommufd_transport_ops;

#endif
