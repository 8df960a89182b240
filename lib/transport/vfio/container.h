/* SPDX-License-Identifier: MIT */
/*
 * container.h: VFIO containers, each an IOMMU domain. One is shared by all devices of the process,
 * so that one buffer serves them all; a group that cannot join it gets a container of its own.
 *
 * Any thread; locked inside.
 */
#ifndef NVU_TRANSPORT_VFIO_CONTAINER_H
#define NVU_TRANSPORT_VFIO_CONTAINER_H

#include "transport/transport.h"

struct container;

/*
 * Puts an open VFIO group into a container. name is the device's, for sentences. The group's
 * attachment is a reference.
 */
int container_attach(int group_fd, const char *name, struct container **ret_container);

/*
 * The same with a container whose descriptor the caller has: the one that has this number already, or one of its
 * own. is_in: the group is in it. The descriptor is the caller's until container_keep().
 */
int container_adopt(int container_fd, int group_fd, bool is_in, const char *name,
		    struct container **ret_container);

/* Its descriptor is nvu's to close from now on. */
void container_keep(struct container *container);

/* The opposite, if the descriptor was a caller's and no other group is in the container. */
void container_give_back(struct container *container);

/* Whether the descriptor is that of the container. */
bool container_is(struct container *container, int fd);

/*
 * Takes the group out again. With its last group a container loses all mappings and can map no
 * more; its domain stays until the last reference goes.
 */
void container_detach(struct container *container, int group_fd);

struct transport_domain *container_domain(struct container *container);

#endif
