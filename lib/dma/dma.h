/* SPDX-License-Identifier: MIT */
/*
 * dma.h: a buffer: memory with one contiguous run of I/O addresses. The first fields are all that
 * the I/O path reads.
 */
#ifndef NVU_DMA_DMA_H
#define NVU_DMA_DMA_H

#include "dma/domain.h"
#include "dma/pagelist.h"
#include "dma/pages.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

struct nvu_dma {
	/* Read per command; set once. */
	alignas(64) uint64_t len; /* bytes that may be used; 0: not a live buffer */
	uint64_t iova;		  /* page aligned */
	uint64_t owner_id;	  /* of the domain */
	uint64_t list_iova;	  /* page list, 0 for buffers of one or two pages */
	uint64_t write_len;	  /* bytes that the device may write: len, or 0 */

	/* Cold. */
	void *addr;
	size_t mapped_len;
	struct dma_domain *domain;
	struct pagelist list;
	struct huge_page *home;	   /* where it lies; NULL: it is mapped by itself */
	struct nvu_dma *next_free; /* while the handle is free */
	bool owns_memory;
	uint32_t in_flight; /* commands that use it; counted only when use is checked. Atomic */
};

/* True when [offset, offset + len) is inside the buffer; false for a freed one (len > 0 given). */
static inline bool dma_holds(const struct nvu_dma *buf, size_t offset, size_t len)
{
	uint64_t last;

	if (__builtin_expect(__builtin_sub_overflow(buf->len, (uint64_t)len, &last), 0))
		return false;
	return offset <= last;
}

/* The same for a command by which the device writes to the buffer. */
static inline bool dma_takes(const struct nvu_dma *buf, size_t offset, size_t len)
{
	uint64_t last;

	if (__builtin_expect(__builtin_sub_overflow(buf->write_len, (uint64_t)len, &last), 0))
		return false;
	return offset <= last;
}

struct dma_alloc {
	size_t len;
	uint64_t align; /* of the I/O address; 0: page */
	bool huge;
	bool pooled; /* may lie in a huge page beside others; without a page list, wherever it lies */
	int node;    /* or PAGES_NODE_ANY */
	uint32_t prot; /* TRANSPORT_DMA_...: what the device may do */
};

/* Allocates and maps. References the domain. Sentence set on failure. Any thread. */
int dma_alloc(struct dma_domain *domain, const struct dma_alloc *want, struct nvu_dma **ret_buf);

/*
 * Maps the caller's own memory, and passes its descriptor, if it has one, to the transport; prot:
 * TRANSPORT_DMA_...
 */
int dma_register(struct dma_domain *domain, const struct dma_source *source, uint32_t prot,
		 struct nvu_dma **ret_buf);

/*
 * The live buffer that holds [addr, addr + len), which is not empty and does not wrap; NULL: none holds all of it. Any
 * thread.
 */
struct nvu_dma *dma_find(struct dma_domain *domain, const void *addr, size_t len);

/* Unmaps; frees what dma_alloc() allocated. NULL is fine. 0, -EINVAL not a live buffer. */
int dma_free(struct nvu_dma *buf);

/*
 * The same for memory that the device may still write to: where it is pooled, nothing gets it before it has
 * been unmapped.
 */
int dma_free_unconfirmed(struct nvu_dma *buf);

#endif
