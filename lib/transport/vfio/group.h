/* SPDX-License-Identifier: MIT */
/*
 * group.h: IOMMU groups opened for this process. Two devices of one group share its descriptor,
 * because the kernel lets a group be opened once.
 *
 * Any thread; locked inside.
 */
#ifndef NVU_TRANSPORT_VFIO_GROUP_H
#define NVU_TRANSPORT_VFIO_GROUP_H

#include "transport/vfio/container.h"
#include "transport/vfio/pci.h"

struct group;

/* Opens the device's group and attaches it to a container, or takes a reference to it. */
int group_acquire(const struct pci_info *info, struct group **ret_group);

/* The last reference detaches and closes. group may be NULL. */
void group_release(struct group *group);

/* Opens the device; the descriptor is the caller's. */
int group_open_device(struct group *group, const struct pci_info *info, int *ret_fd);

/* The sentence for the group's file, which open() has refused with this errno. */
int group_explain_open(int err, const struct pci_info *info);

struct container *group_container(struct group *group);

#endif
