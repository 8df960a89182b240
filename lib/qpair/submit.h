/* SPDX-License-Identifier: MIT */
/*
 * submit.h: the submission half of the I/O path, inline. A command is checked, takes a record, is
 * written straight into its ring slot; publishing tells the controller of all that are waiting.
 */
#ifndef NVU_QPAIR_SUBMIT_H
#define NVU_QPAIR_SUBMIT_H

#include "base/probe.h"
#include "qpair/qpair.h"

/* A submission entry as the eight words that are stored. */
typedef uint64_t __attribute__((may_alias)) sqe_word;

/* Bytes from the beginning of the first page that a buffer's own page list can describe. */
#define SUBMIT_LIST_SPAN ((PAGELIST_ENTRIES_MAX + 1ull) * PAGELIST_PAGE_BYTES)

/*
 * PRP 2 for [offset, offset + len) of a buffer (Base 4.1.1): nothing within one page, the second
 * page's address for two, else an address in the buffer's own page list.
 */
static inline uint64_t submit_prp2(struct nvu_qpair *qpair, uint32_t cid, const struct nvu_dma *buf,
				   size_t offset, size_t len)
{
	uint64_t span = (offset & (PAGELIST_PAGE_BYTES - 1)) + len;

	if (__builtin_expect(span <= PAGELIST_PAGE_BYTES, 1))
		return 0;
	if (__builtin_expect(qpair->page_shift != PAGELIST_PAGE_SHIFT, 0) ||
	    __builtin_expect(span > SUBMIT_LIST_SPAN, 0))
		return qpair_build_list(qpair, cid, buf->iova + offset, len);
	if (span <= 2 * PAGELIST_PAGE_BYTES)
		return buf->iova + (offset & ~(PAGELIST_PAGE_BYTES - 1ull)) + PAGELIST_PAGE_BYTES;
	return pagelist_entry(buf->list_iova, (offset >> PAGELIST_PAGE_SHIFT) + 1);
}

/* Fills in the data pointer; len > 0 and inside the buffer. */
static inline void submit_data(struct nvu_qpair *qpair, struct nvu_sqe *slot, uint32_t cid,
			       const struct nvu_dma *buf, size_t offset, size_t len)
{
	slot->prp1 = nvu_le64_put(buf->iova + offset);
	slot->prp2 = nvu_le64_put(submit_prp2(qpair, cid, buf, offset, len));
}

/*
 * Words 0 to 2: opcode, identifier and namespace (identifier << 32); nothing in CDW2, CDW3, MPTR.
 */
static inline void submit_head(struct nvu_sqe *slot, uint64_t opcode, uint32_t cid, uint64_t head)
{
	sqe_word *words = (sqe_word *)slot;

	words[0] = NVU_SWAP(64, opcode | (uint64_t)cid << 16 | head);
	words[1] = 0;
	words[2] = 0;
}

/* Words 5 to 7: CDW10 to CDW15. */
static inline void submit_tail(struct nvu_sqe *slot, uint64_t cdw10_11, uint64_t cdw12_13)
{
	sqe_word *words = (sqe_word *)slot;

	words[5] = NVU_SWAP(64, cdw10_11);
	words[6] = NVU_SWAP(64, cdw12_13);
	words[7] = 0;
}

/* The tail for a queue pair with shadow doorbells, an unmapped register, or extras. */
void submit_publish_other(struct nvu_qpair *qpair, uint32_t tail);

/* One doorbell write for all that has been queued since the last one. */
static inline void submit_publish(struct nvu_qpair *qpair)
{
	uint32_t tail = sq_ring_index(&qpair->sq, qpair->sq.slot);

	qpair->sq_doorbells++;
	PROBE2(submit, qpair, tail);
	if (__builtin_expect(qpair->sq_doorbell.reg != 0, 1))
		mmio_write32(qpair->sq_doorbell.reg, tail);
	else
		submit_publish_other(qpair, tail);
	qpair->sq.published = qpair->sq.slot;
}

static inline bool submit_waiting(const struct nvu_qpair *qpair)
{
	return qpair->sq.slot != qpair->sq.published;
}

#endif
