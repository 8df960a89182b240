/* SPDX-License-Identifier: MIT */
/*
 * huge_pool.h: huge pages of 2 MiB, each mapped once, that small memory of one kind shares: of one NUMA node,
 * and that the device may access in the same way. The processor reaches all of it by one translation, and so
 * does the IOMMU. Callers hold the domain's lock.
 *
 * The pool takes a page only if one is free at that moment, on the node that is asked for, and if it may lock
 * more memory than a page is worth: see may_lock(). Otherwise it has nothing, and the caller allocates as if
 * there were no pool.
 */
#ifndef NVU_DMA_HUGE_POOL_H
#define NVU_DMA_HUGE_POOL_H

#include "dma/domain.h"

#include <stdbool.h>
#include <stddef.h>

struct huge_page;

struct huge_want {
	size_t len;
	uint64_t align; /* of the I/O address, a power of two; 0: page */
	uint32_t prot;	/* TRANSPORT_DMA_... */
	int node;	/* or PAGES_NODE_ANY */
};

struct huge_piece {
	struct huge_page *page;
	void *addr; /* zeroed */
	size_t len; /* a multiple of 4 KiB */
	uint64_t iova;
};

/* 0, or -ENOMEM: the pool has nothing. */
int huge_pool_take(struct dma_domain *domain, const struct huge_want *want,
		   struct huge_piece *ret_piece);

/*
 * Gives a piece back, and the huge page with the last one of it. confirmed: the device no longer uses the
 * memory, by its own account; if not, nothing gets this piece again before the page has been unmapped.
 * 0, or -errno with the sentence set: the kernel did not unmap the page, and the piece is still taken.
 */
int huge_pool_give(struct dma_domain *domain, const struct huge_piece *piece, bool confirmed);

#endif
