/* SPDX-License-Identifier: MIT */
/*
 * nvu/discover.h: the NVMe controllers of this machine, as the kernel's sysfs shows them: which of them a program can
 * open, and what is in the way.
 *
 *	struct nvu_found found[32] = { { .size = sizeof(found[0]) } };
 *	int count = nvu_discover(found, 32);
 *
 *	for (int i = 0; i < count && i < 32; i++)
 *		printf("%s: driver \"%s\"\n", found[i].address, found[i].driver);
 *
 * Nothing is opened, and no controller notices.
 *
 * Thread rule: any thread.
 */
#ifndef NVU_DISCOVER_H
#define NVU_DISCOVER_H

#include <nvu/types.h>

NVU_BEGIN_DECLS

/* nvu_found.flags. */
#define NVU_FOUND_VFIO \
	(1u << 0) /* its driver is vfio-pci or a variant of it: nvu_ctrl_open() takes it */
#define NVU_FOUND_VIRTUAL (1u << 1) /* a virtual function (SR-IOV) */

/* A controller. Texts are terminated, and empty where there is nothing to say. */
struct nvu_found {
	size_t size;	     /* sizeof(struct nvu_found), in the first element of an array */
	char address[24];    /* for nvu_ctrl_open(): "0000:01:00.0" */
	char driver[32];     /* the kernel's: "nvme", "vfio-pci" */
	int32_t group;	     /* IOMMU group, of /dev/vfio/N; -1: none, the IOMMU is off */
	int32_t numa_node;   /* -1: unknown */
	uint16_t pci_vendor; /* 0: unknown */
	uint16_t pci_device;
	uint32_t flags; /* NVU_FOUND_... */
	int32_t user; /* a process that has the IOMMU group open; 0: none that this process can see */
	char user_name[20]; /* its name */
	char obstacle
		[64]; /* "0000:01:00.1 is bound to the driver snd": the group's device that prevents an open */
	uint32_t rsvd[14];
};
NVU_STATIC_ASSERT(sizeof(struct nvu_found) == 224, "fixed by the ABI");

/**
 * nvu_discover() - list the NVMe controllers of this machine
 * @found: an array, whose first element has its size filled in; in the order of addresses
 * @max: elements of @found, of which 256 are used at most; 0: only count, and @found may be NULL
 *
 * Reads /sys, and of /proc the descriptors of the processes that the caller may look at: for other users' processes
 * it has to be root.
 *
 * Return: how many controllers there are, which may be more than @max; -EINVAL @found or its size; -ENODEV there is no
 * sysfs; -EIO sysfs cannot be read. Any thread. Since 0.1.
 */
NVU_API int nvu_discover(struct nvu_found *found, uint32_t max);

NVU_END_DECLS

#endif /* NVU_DISCOVER_H */
