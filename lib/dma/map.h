/* SPDX-License-Identifier: MIT */
/*
 * map.h: mapping memory into a domain at addresses that the allocator chooses. Callers hold the
 * domain's lock.
 */
#ifndef NVU_DMA_MAP_H
#define NVU_DMA_MAP_H

#include "dma/domain.h"

/*
 * Finds I/O addresses for the memory and maps it; prot: TRANSPORT_DMA_... Both ends must be multiples
 * of the domain's page; the addresses begin at a multiple of align, a power of two, or of what suits the
 * length when it is 0. 0, -ENOMEM, -ENOSPC, -ENOTSUP the domain needs a descriptor that the memory does not
 * have, or the transport's error.
 */
int dma_map(struct dma_domain *domain, const struct dma_source *source, uint64_t align,
	    uint32_t prot, uint64_t *ret_iova);

/* Undoes dma_map(). On failure the addresses stay taken: the device may still use them. */
int dma_unmap(struct dma_domain *domain, uint64_t iova, size_t len);

/* Reserves room for `extra` more free extents, so that freeing cannot fail. */
int dma_map_reserve(struct dma_domain *domain, uint32_t extra);

#endif
