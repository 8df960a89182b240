/* SPDX-License-Identifier: MIT */
/*
 * vectors.h: the interrupt vectors of a controller, and which queue pairs interrupt where. Each vector in use has an
 * eventfd; queue pairs that share a vector share that. Caller holds the lock.
 */
#ifndef NVU_CTRL_VECTORS_H
#define NVU_CTRL_VECTORS_H

#include "ctrl/ctrl.h"

struct ctrl_vector {
	uint32_t users; /* queue pairs; of vector 0 the admin queue too, which is always there */
	int fd;		/* an eventfd; -1: no queue pair uses it */
};

/* The vector with the fewest users, of these the first. count is 1 and up. */
static inline uint32_t vectors_choose(const struct ctrl_vector *vectors, uint32_t count)
{
	uint32_t least = 0;

	for (uint32_t vector = 1; vector < count; vector++)
		if (vectors[vector].users < vectors[least].users)
			least = vector;
	return least;
}

/*
 * A vector for another queue pair, which shares it if all are in use; the first call enables all. The descriptor stays
 * the controller's. -ENOTSUP: the device has no MSI-X.
 */
int vectors_take(struct nvu_ctrl *ctrl, uint32_t *ret_vector, int *ret_fd);

/* The queue pair's completion queue does not exist any more. */
void vectors_give(struct nvu_ctrl *ctrl, uint32_t vector);

/* At the close. */
void vectors_free(struct nvu_ctrl *ctrl);

#endif
