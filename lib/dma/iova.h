/* SPDX-License-Identifier: MIT */
/*
 * iova.h: allocates I/O addresses. Pure: the caller provides the memory for the extents, no function
 * here allocates memory or accesses a device.
 */
#ifndef NVU_DMA_IOVA_H
#define NVU_DMA_IOVA_H

#include <stdint.h>

/* A run of free addresses, both ends inclusive. */
struct iova_extent {
	uint64_t first;
	uint64_t last;
};

/* Free extents: ascending, apart from each other by at least one address in use. */
struct iova_space {
	struct iova_extent *free;
	uint32_t count;
	uint32_t capacity;
};

/*
 * Makes the space hold the given window too; windows come in ascending order and do not overlap.
 * iova_alloc() never returns the first page: 0 means "no address" in PRP 2 and elsewhere.
 * 0, -ENOSPC capacity, -EINVAL order.
 */
int iova_add(struct iova_space *space, uint64_t first, uint64_t last);

/* The lowest free run of len bytes at a multiple of align (a power of two). 0 or -ENOSPC. */
int iova_alloc(struct iova_space *space, uint64_t len, uint64_t align, uint64_t *ret_iova);

/*
 * Gives a run back. Needs room for one extent more: a space with capacity for one extent per
 * allocation and per window never lacks it. 0, -ENOSPC capacity, -EINVAL already free.
 */
int iova_free(struct iova_space *space, uint64_t iova, uint64_t len);

/* Removes all free addresses outside the windows. 0, -ENOSPC capacity. */
int iova_restrict(struct iova_space *space, const struct iova_extent *windows, uint32_t count);

#endif
