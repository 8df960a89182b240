/* SPDX-License-Identifier: MIT */
/*
 * explain.h: the sentences for what the kernel refuses, by errno. Each returns -errno, which may be another one.
 */
#ifndef NVU_TRANSPORT_IOMMUFD_EXPLAIN_H
#define NVU_TRANSPORT_IOMMUFD_EXPLAIN_H

#include "transport/vfio/pci.h"

#include <stddef.h>
#include <stdint.h>

/* open() of /dev/iommu, for the device `name`. */
int explain_open_iommu(int err, const char *name);

/* open() of the device's own file, /dev/vfio/devices/FILE; file NULL: sysfs has no such file for the device. */
int explain_open_device(int err, const struct pci_info *info, const char *file);

/* The device's coming under iommufd. info NULL: sysfs was not asked, because descriptors were given. */
int explain_bind(int err, const char *name, const struct pci_info *info);

/* The device's coming into the I/O address space `id`; 0: a new one. */
int explain_attach(int err, const char *name, uint32_t id);

/* The mapping of `len` bytes. */
int explain_map(int err, uint64_t iova, size_t len);

#endif
