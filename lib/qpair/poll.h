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
 * A completion that is not the plain success of a command in flight: a failed or a special command, which is
 * copied out as well, or an entry that belongs to no command (unknown, repeated or stale identifier,
 * wrong submission queue), which is dropped and counted. Returns whether cpl was filled in. Status:
 * SC and SCT go into status, CRD, M and DNR into flags; when nvu itself has asked the controller to
 * give the command up, the answer is nvu's.
 */
bool poll_exceptional(struct nvu_qpair *qpair, const struct nvu_cqe *entry, uint64_t answer,
		      struct nvu_cpl *cpl) __attribute__((cold));

/* New, of this submission queue, a success, to a command in flight that is not special: see inflight.h. */
static inline bool poll_is_plain(const struct inflight *record, uint64_t answer)
{
	return __builtin_expect(record->state == answer, 1);
}

/* Its data to the caller, its record back to the table. */
static inline void poll_copy(struct inflight_table *table, struct inflight *record, uint64_t answer,
			     const struct nvu_cqe *entry, struct nvu_cpl *cpl)
{
	cpl->user_data = record->user_data;
	cpl->result = nvu_le32_get(entry->dw0) | (uint64_t)nvu_le32_get(entry->dw1) << 32;
	cpl->status = 0;
	cpl->flags = 0;
	cpl->member = 0;
	inflight_give(table, record, answer);
}

/*
 * Copies up to max completions; returns how many. The ring is walked in runs that end where it
 * does, so that an entry costs one comparison of position.
 */
static inline uint32_t poll_reap(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max)
{
	struct inflight_table table = qpair->inflight; /* in registers */
	struct cq_ring cq = qpair->cq;
	struct nvu_cpl *cpl = cpls;

	while (max) {
		const struct nvu_cqe *stop = cq_ring_stop(&cq, max);

		max -= (uint32_t)(stop - cq.next);
		do {
			uint64_t answer = cq_ring_answer(&cq);
			struct inflight *record = inflight_of(&table, answer);

			if (poll_is_plain(record, answer)) {
				poll_copy(&table, record, answer, cq.next, cpl++);
			} else {
				if (answer & CQE_PHASE)
					goto out; /* not written yet */
				qpair->inflight.free = table.free;
				cpl += poll_exceptional(qpair, cq.next, answer, cpl);
				table.free = qpair->inflight.free;
			}
		} while (++cq.next != stop);
		qpair_wrap(qpair, &cq);
	}
out:
	qpair->inflight.free = table.free;
	qpair->cq.next = cq.next;
	qpair->completed += (uint32_t)(cpl - cpls);
	return (uint32_t)(cpl - cpls);
}

/*
 * The first completion by itself, for polls that find one: in the next entry, which has this answer; no loop to
 * set up. Returns the position behind it; NULL when it is not a plain success, or the caller has no room: then nothing
 * has changed.
 */
static inline const struct nvu_cqe *poll_first(struct nvu_qpair *qpair, const struct nvu_cqe *entry,
					       uint64_t answer, struct nvu_cpl *cpls, uint32_t max)
{
	struct inflight *record = inflight_of(&qpair->inflight, answer);

	if (!poll_is_plain(record, answer) || __builtin_expect(!max, 0))
		return NULL;
	poll_copy(&qpair->inflight, record, answer, entry, cpls);
	qpair->completed++;
	return qpair_take(qpair, entry + 1);
}

/*
 * What the controller had answered before it stopped is the truth. It may lie behind entries that answer
 * nothing, max at a time; a queue holds no more than it has entries.
 */
static inline uint32_t poll_reap_truth(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max)
{
	uint32_t count = 0;

	for (uint32_t left = qpair->cq_entries; !count && left && cq_ring_pending(&qpair->cq);
	     left--)
		count = poll_reap(qpair, cpls, max);
	return count;
}

#endif
