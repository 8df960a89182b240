/* SPDX-License-Identifier: MIT */
/*
 * pci.h: what sysfs says about a PCI device, and the sentences for a device that cannot be driven.
 * Reads only; what it reads is bounded and checked.
 */
#ifndef NVU_TRANSPORT_VFIO_PCI_H
#define NVU_TRANSPORT_VFIO_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PCI_BDF_BYTES = 17, /* "ffffffff:ff:1f.7" and its end */
	PCI_DRIVER_BYTES = 32,
	PCI_CLASS_NVME = 0x010802, /* mass storage, non-volatile memory, NVM Express */
};

/* Where sysfs and /dev are; unit tests point them to trees of their own. */
extern const char *pci_sysfs_root;
extern const char *pci_dev_root;

/* A device as sysfs shows it. */
struct pci_info {
	char bdf[PCI_BDF_BYTES];       /* "0000:01:00.0" */
	char driver[PCI_DRIVER_BYTES]; /* "" when it is bound to none */
	uint32_t class_code;
	uint16_t vendor, device; /* 0: unknown */
	int32_t group;		 /* IOMMU group; -1: none */
	int numa_node;		 /* -1: unknown */
	bool is_virtual_function;
};

/* "0000:01:00.0" or "01:00.0" to the canonical form; -EINVAL with a sentence. */
int pci_parse_address(const char *target, char ret_bdf[PCI_BDF_BYTES]);

/* Whether a name in sysfs is that of an NVMe controller. */
bool pci_is_controller(const char *name);

/* vfio-pci and its device-specific variants (nvme_vfio_pci, ...). */
bool pci_is_vfio_driver(const char *driver);

/* Reads a device's entry. -ENODEV: there is none, and the sentence lists the NVMe devices. */
int pci_read_info(const char *bdf, struct pci_info *ret_info);

/* 0 if the device is an NVMe controller that VFIO can give out; else -errno and the sentence. */
int pci_check_usable(const struct pci_info *info);

/*
 * Finds another member of the device's IOMMU group that is bound to a driver of the host's, and
 * writes "0000:01:00.1 is bound to the driver snd" to ret_text; empty when there is none.
 */
void pci_describe_obstacle(const struct pci_info *info, char *ret_text, size_t bytes);

#endif
