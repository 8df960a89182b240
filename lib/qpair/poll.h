/* SPDX-License-Identifier: MIT */
/*
 * poll.h: the completion half of the I/O path, inline. Every entry that the controller has written
 * is matched with its record by one comparison, copied out, and its record given back; the caller's one
 * doorbell write then returns the entries.
 */
#ifndef NVU_QPAIR_POLL_H
#define NVU_QPAIR_POLL_H

#include "qpair/qpair.h"

/*
 * A status that is not zero: SC and SCT into status, CRD, M and DNR into flags. When nvu itself has
 * asked the controller to give the command up, the answer is nvu's.
 */
void poll_status(struct nvu_qpair *qpair, struct nvu_cpl *cpl, const struct inflight *record,
		 uint32_t status);

/*
 * The entry answers the record at offset if the record waits for exactly this identifier (so it is
 * in flight, and of this generation), and the entry is of this submission queue.
 */
static inline bool poll_matches(const struct nvu_qpair *qpair, const struct nvu_cqe *entry,
				uint32_t dw3, const struct inflight *record)
{
	return record->cid == CQE_CID(dw3) && nvu_le16_get(entry->sqid) == qpair->id;
}

/* Copies up to max completions; returns how many. The first one is pending, with this dword 3. */
static inline uint32_t poll_reap(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max,
				 uint32_t dw3)
{
	struct inflight_table inflight = qpair->inflight;
	struct cq_ring cq = qpair->cq;
	struct nvu_cpl *cpl = cpls;

	do {
		const struct nvu_cqe *entry = cq.next;
		uint32_t offset = inflight_offset(&inflight, dw3);
		const struct inflight *record = inflight_at(&inflight, offset);

		if (__builtin_expect(poll_matches(qpair, entry, dw3, record), 1)) {
			uint32_t status = CQE_STATUS(dw3);

			cpl->user_data = record->user_data;
			cpl->result = nvu_le32_get(entry->dw0) | (uint64_t)nvu_le32_get(entry->dw1)
									 << 32;
			cpl->status = 0;
			cpl->flags = 0;
			cpl->rsvd = 0;
			if (__builtin_expect(status != 0, 0))
				poll_status(qpair, cpl, record, status);
			inflight_give(&inflight, offset, CQE_CID(dw3));
			cpl++;
		} else {
			qpair->bad_completions++; /* the controller's mistake: dropped */
		}
		cq_ring_pop(&cq);
	} while (--max && cq_ring_pending(&cq, &dw3));

	qpair->inflight.free = inflight.free;
	qpair->cq.next = cq.next;
	qpair->cq.phase = cq.phase;
	qpair->completed += (uint32_t)(cpl - cpls);
	return (uint32_t)(cpl - cpls);
}

#endif
