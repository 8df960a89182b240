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
 * A completion that is not the plain success of a command in flight: a failed command, which is
 * copied out as well, or an entry that belongs to no command (unknown, repeated or stale identifier,
 * wrong submission queue), which is dropped and counted. Returns whether cpl was filled in. Status:
 * SC and SCT go into status, CRD, M and DNR into flags; when nvu itself has asked the controller to
 * give the command up, the answer is nvu's.
 */
bool poll_odd(struct nvu_qpair *qpair, const struct nvu_cqe *entry, uint32_t answer,
	      struct nvu_cpl *cpl);

/*
 * Copies up to max completions; returns how many. The first one is pending, with this answer: the
 * entry's dword 3 with the phase tag taken out, so identifier alone for a success.
 */
static inline uint32_t poll_reap(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max,
				 uint32_t answer)
{
	struct cq_ring cq = qpair->cq;
	struct nvu_cpl *cpl = cpls;

	do {
		const struct nvu_cqe *entry = cq.next;
		struct inflight *record = inflight_at(&qpair->inflight, answer);

		if (__builtin_expect(record->cid != answer, 0) ||
		    __builtin_expect(nvu_le16_get(entry->sqid) != qpair->id, 0)) {
			cpl += poll_odd(qpair, entry, answer, cpl);
		} else {
			cpl->user_data = record->user_data;
			cpl->result = nvu_le32_get(entry->dw0) | (uint64_t)nvu_le32_get(entry->dw1)
									 << 32;
			cpl->status = 0;
			cpl->flags = 0;
			cpl->rsvd = 0;
			inflight_give(&qpair->inflight, record);
			cpl++;
		}
		cq_ring_pop(&cq);
	} while (--max && cq_ring_pending(&cq, &answer));

	qpair->cq.next = cq.next;
	qpair->cq.phase = cq.phase;
	qpair->completed += (uint32_t)(cpl - cpls);
	return (uint32_t)(cpl - cpls);
}

#endif
