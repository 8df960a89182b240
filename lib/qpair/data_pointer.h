/* SPDX-License-Identifier: MIT */
/*
 * data_pointer.h: how a command says where its data are: PRP 1 and PRP 2 (Base 4.1.1), or an SGL (Base 4.1.2). The only
 * module that decides it, for reads and writes (io/path.c), for raw commands (qpair_queue()), and for data in
 * pieces (qpair_queue_plan(); by gather.h).
 *
 * PRP 1 is the address itself. PRP 2 is nothing while the data end in their first page, the second page's
 * address while they end there, else a list: that which the buffer brings (dma/pagelist.h), or, for larger
 * memory pages and very long data, one built for the slot (prp.h).
 */
#ifndef NVU_QPAIR_DATA_POINTER_H
#define NVU_QPAIR_DATA_POINTER_H

#include "qpair/qpair.h"
#include "qpair/ranges.h"

struct gather;

/* Bytes from the beginning of the first page that a buffer's own page list can describe. */
#define DATA_POINTER_LIST_SPAN ((PAGELIST_ENTRIES_MAX + 1ull) * PAGELIST_PAGE_BYTES)

/* How far data reach, counted from the beginning of the page where they begin. */
static inline uint64_t data_pointer_span(size_t offset, size_t len)
{
	return (offset & (PAGELIST_PAGE_BYTES - 1)) + len;
}

/* PRP 2 of data that cross a page: the second page's address, or one in the buffer's page list. */
static inline uint64_t data_pointer_prp2(const struct nvu_dma *buf, size_t offset, uint64_t span)
{
	uint64_t second = (offset >> PAGELIST_PAGE_SHIFT) + 1;

	if (span <= 2 * PAGELIST_PAGE_BYTES)
		return buf->iova + (second << PAGELIST_PAGE_SHIFT);
	return pagelist_entry(buf->list_iova, second);
}

/*
 * Sets PRP 1 and PRP 2 of the command in this slot, of data with this span. False when that takes a list built for the slot:
 * then PRP 1 alone is set, and data_pointer_list() does the rest.
 */
static inline __attribute__((always_inline)) bool data_pointer_prp(const struct nvu_qpair *qpair,
								   struct nvu_sqe *slot,
								   const struct nvu_dma *buf,
								   size_t offset, uint64_t span)
{
	slot->prp1 = nvu_le64_put(buf->iova + offset);
	slot->prp2 = nvu_le64_put(0);
	if (span > PAGELIST_PAGE_BYTES) {
		if (__builtin_expect(qpair->page_shift != PAGELIST_PAGE_SHIFT ||
					     span > DATA_POINTER_LIST_SPAN,
				     0))
			return false;
		slot->prp2 = nvu_le64_put(data_pointer_prp2(buf, offset, span));
	}
	return true;
}

/* Sets PRP 2 of a command whose PRP 1 is set, with lists built in the memory of its slot. */
void data_pointer_list(struct nvu_qpair *qpair, struct nvu_sqe *slot, uint32_t cid, size_t len)
	__attribute__((cold));

/* The data pointer of the command in this slot, of data in one buffer. */
void data_pointer_buffer(struct nvu_qpair *qpair, struct nvu_sqe *slot, uint32_t cid,
			 const struct nvu_dma *buf, size_t offset, size_t len);

/*
 * The same of the next `bytes` of pieces, which fit into one command, and of its metadata, whose address MPTR is. Goes past
 * them.
 */
void data_pointer_pieces(struct nvu_qpair *qpair, struct nvu_sqe *slot, uint32_t cid,
			 const struct gather *gather, struct gather_place *place, uint64_t bytes);

/* Where the lists of pieces begin in a queue pair's sq_memory. */
static inline size_t data_pointer_pieces_start(uint32_t entries)
{
	return ranges_ring_bytes(entries) + RANGES_PAGES * (size_t)RANGES_PAGE_BYTES;
}

#endif
