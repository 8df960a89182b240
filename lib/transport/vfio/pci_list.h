/* SPDX-License-Identifier: MIT */
/*
 * pci_list.h: the NVMe controllers in sysfs, and the processes that have their groups open.
 */
#ifndef NVU_TRANSPORT_VFIO_PCI_LIST_H
#define NVU_TRANSPORT_VFIO_PCI_LIST_H

#include "transport/vfio/pci.h"

/* Where processes are; unit tests point it to a tree of their own. */
extern const char *pci_proc_root;

/*
 * In the order of their addresses; fills @max at most and returns how many there are. -ENODEV: there is no sysfs;
 * -EIO. Sets the sentence.
 */
int pci_list(struct pci_info *ret_infos, uint32_t max);

struct pci_user {
	int32_t group; /* which IOMMU group; below 0: none */
	int32_t pid;   /* a process that has it open; 0: none that can be seen */
	char name[20]; /* what the kernel calls it, "" if that is not printable */
};

/* Fills pid and name by group, in one pass over all processes. */
void pci_find_users(struct pci_user *users, uint32_t count);

#endif
