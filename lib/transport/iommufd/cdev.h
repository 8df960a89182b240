/* SPDX-License-Identifier: MIT */
/*
 * cdev.h: a device's own file, /dev/vfio/devices/vfioN: where sysfs says it is, its opening, and its binding to iommufd.
 */
#ifndef NVU_TRANSPORT_IOMMUFD_CDEV_H
#define NVU_TRANSPORT_IOMMUFD_CDEV_H

#include "transport/vfio/pci.h"

enum { CDEV_NAME_BYTES = 16 }; /* "vfio4294967295" and its end */

/* The file's name, "vfio0". -ENOENT, without a sentence: the kernel has none for the device. */
int cdev_find(const char *bdf, char ret_name[CDEV_NAME_BYTES]);

/* Where the file is. */
void cdev_path(const char *name, char *ret_path, size_t bytes);

/* Opens it; the descriptor is the caller's. */
int cdev_open(const struct pci_info *info, int *ret_fd);

/*
 * Binds the device to iommufd, after which its descriptor works; one that is bound stays so. name is the device's, for
 * sentences; info NULL: not known. Waits while somebody else has the device reset.
 */
int cdev_bind(int fd, int iommufd, const char *name, const struct pci_info *info);

#endif
