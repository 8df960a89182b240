/* SPDX-License-Identifier: MIT */
/*
 * pagelist.h: lists of a buffer's page addresses. nvu writes a list once, when it makes the buffer; the
 * device reads it from then on: a command that needs a list points into the list of its buffer.
 *
 * A buffer of N 4 KiB pages has windows of 512 entries, one list page each; window w holds the
 * addresses of pages 256 w to 256 w + 511. So whichever page p a list begins with, entry p % 256 of
 * window p / 256 has at least 256 entries before it reaches the last of its list page, and no list
 * that short needs a chain or the last slot. It costs 16 bytes a page. Buffers of up to 256 pages
 * share list pages. They have no entry for page 0, which no list names: so the last of their slots,
 * which may be the last of a list page, stays empty.
 *
 * The lists are mapped for the device to read only.
 */
#ifndef NVU_DMA_PAGELIST_H
#define NVU_DMA_PAGELIST_H

#include <nvu/types.h>

#include <stddef.h>
#include <stdint.h>

struct dma_domain;
struct pagelist_slab;

enum {
	PAGELIST_PAGE_SHIFT = 12,
	PAGELIST_PAGE_BYTES = 1 << PAGELIST_PAGE_SHIFT,
	PAGELIST_STEP = 256,	    /* pages from one window to the next */
	PAGELIST_WINDOW = 512,	    /* entries of a window */
	PAGELIST_ENTRIES_MAX = 256, /* of one list, wherever it begins */
	PAGELIST_PAGES_MIN = 3,	    /* smaller buffers never need a list */
};

struct pagelist {
	uint64_t iova; /* of the entry for page 0, there or not; 0: the buffer needs none */
	nvu_le64 *entries;
	size_t bytes;
};

/* The I/O address of the entry for page `page` of the buffer whose list begins at `list_iova`. */
static inline uint64_t pagelist_entry(uint64_t list_iova, uint64_t page)
{
	return list_iova + ((page / PAGELIST_STEP) << PAGELIST_PAGE_SHIFT) +
	       page % PAGELIST_STEP * sizeof(nvu_le64);
}

/* Bytes of the list of a buffer of `pages` pages; 0 if it needs none. Pure. */
size_t pagelist_bytes(uint64_t pages);

/* The first page that has an entry in the list of a buffer of `pages` pages. Pure. */
uint32_t pagelist_first(uint64_t pages);

/*
 * Writes the list, which begins with page pagelist_first(pages). Pure. entries has room for
 * pagelist_bytes(pages), and the last slot of them stays as it is.
 */
void pagelist_fill(nvu_le64 *entries, uint64_t buffer_iova, uint64_t pages);

/* The pool that lists come from. Callers of the rest hold the domain's lock. */
int pagelist_slab_make(struct pagelist_slab **ret_slab);
void pagelist_slab_free(struct pagelist_slab *slab, struct dma_domain *domain);

/* Makes the list of a buffer. 0, -ENOMEM, -ENOSPC, or the transport's error. */
int pagelist_take(struct pagelist_slab *slab, struct dma_domain *domain, uint64_t buffer_iova,
		  size_t buffer_bytes, struct pagelist *ret_list);
void pagelist_give(struct pagelist_slab *slab, struct dma_domain *domain,
		   const struct pagelist *list);

#endif
