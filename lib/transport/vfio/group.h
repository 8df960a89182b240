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

/*
 * The same for a group whose descriptor the caller has, and perhaps its container's (-1: as group_acquire() does it);
 * name is the device's, for sentences. Descriptors are the caller's until group_keep(); numbers that a group
 * here has already are shared.
 */
int group_adopt(int group_fd, int container_fd, const char *name, struct group **ret_group);

/* The descriptors that group_adopt() was given are nvu's to close from now on. */
void group_keep(struct group *group);

/* The opposite, if only this reference is left: group_release() closes none of them. */
void group_give_back(struct group *group);

/* Opens the device; the descriptor is the caller's. */
int group_open_device(struct group *group, const char *name, int *ret_fd);

/* The sentence for the group's file, which open() has refused with this errno. */
int group_explain_open(int err, const struct pci_info *info);

struct container *group_container(struct group *group);

#endif
