/* SPDX-License-Identifier: MIT */
/*
 * domain.h: one IOMMU domain as nvu uses it: which I/O addresses are free, which memory is mapped,
 * how many mappings are left. Shared by all controllers of the domain and by every buffer in it;
 * lives until the last of them drops its reference. Any thread.
 */
#ifndef NVU_DMA_DOMAIN_H
#define NVU_DMA_DOMAIN_H

#include "dma/iova.h"
#include "transport/transport.h"

#include <pthread.h>
#include <stdint.h>

struct huge_page;
struct pagelist_slab;

struct dma_domain {
	struct transport_domain *transport;
	uint64_t owner_id; /* in the upper half; see base/owner_id.h */
	uint32_t refs;	   /* under the registry's lock in domain.c */

	pthread_mutex_t lock; /* all below, and calls of the transport's domain ops */
	struct iova_space space;
	uint32_t mappings;
	uint64_t limit; /* the highest address given out; 0: as the windows say */
	void *regions;	/* tsearch(3) tree of struct nvu_dma, by memory range */
	struct pagelist_slab *pagelists;
	struct huge_page *huge_pages; /* see huge_pool.h */
};

/* The domain of a transport, made if this is its first use. Counts a reference. */
int dma_domain_get(struct transport_domain *transport, struct dma_domain **ret_domain);

/*
 * Allocates no address above `last` from now on. -EBUSY with the sentence set: some are in use already.
 * Any thread.
 */
int dma_domain_limit(struct dma_domain *domain, uint64_t last);

/* One reference more; one less. NULL is fine. */
void dma_domain_ref(struct dma_domain *domain);
void dma_domain_put(struct dma_domain *domain);

#endif
