/* SPDX-License-Identifier: MIT */
/*
 * waiting.c: see waiting.h.
 */
#include "qpair/waiting.h"

#include "qpair/deadline.h"
#include "qpair/fused.h"
#include "qpair/special.h"
#include "qpair/split.h"
#include "qpair/walk.h"

#include <errno.h>
#include <string.h>

void waiting_begin(struct nvu_qpair *qpair, struct nvu_sqe *bar)
{
	struct sq_ring *ring = &qpair->sq;

	if (sq_ring_count_from(ring, bar) < sq_ring_unpublished(ring))
		ring->published = bar;
	/* A pair that the bar divides is lost as a whole. */
	if (ring->published != ring->slot && (ring->published->flags & FUSED_MASK) == FUSED_SECOND)
		ring->published = sq_ring_after(ring, ring->published);
}

void waiting_end(struct nvu_qpair *qpair)
{
	qpair->sq.published = qpair->sq.slot;
}

void waiting_mark(struct nvu_qpair *qpair)
{
	const struct sq_ring *ring = &qpair->sq;
	struct nvu_sqe *entry;

	sq_ring_for_each_unpublished (ring, entry)
		if (walk_is_in_flight(qpair, entry))
			inflight_add_reason(walk_record(qpair, entry), SPECIAL_WAITING);
}

void waiting_unmark(struct nvu_qpair *qpair)
{
	const struct sq_ring *ring = &qpair->sq;
	struct nvu_sqe *entry;

	sq_ring_for_each_unpublished (ring, entry)
		inflight_remove_reason(walk_record(qpair, entry), SPECIAL_WAITING);
}

/* Why this waiting command is to be answered now; 0: it goes on waiting. */
static int find_reason(const struct nvu_qpair *qpair, const struct inflight *record, int status,
		       bool is_stale)
{
	if (is_stale)
		return -ESTALE;
	if (status)
		return status;
	if (split_has_failed(qpair, record) || fused_is_widowed(qpair, record))
		return -ECANCELED;
	return deadline_is_past(qpair, record) ? -ETIMEDOUT : 0;
}

/* Returns whether the caller gets the completion. */
static bool answer(struct nvu_qpair *qpair, struct inflight *record, int status,
		   struct nvu_cpl *ret_cpl)
{
	*ret_cpl = (struct nvu_cpl){ .user_data = record->user_data, .status = (int16_t)status };
	qpair->timeouts += status == -ETIMEDOUT;
	qpair->failed++;
	return special_answer(qpair, record, ret_cpl);
}

/*
 * The ring is read and written in one go: what stays closes the gaps, also those of entries that wait no more. Returns
 * whether a request has failed with one of its parts.
 */
static bool answer_once(struct nvu_qpair *qpair, int status, struct nvu_cpl *cpls, uint32_t max,
			uint32_t *count)
{
	struct walk walk = walk_begin(qpair);
	bool again = false;

	while (walk_look(&walk, qpair)) {
		struct inflight *record = walk_record(qpair, walk.from);
		bool stays = walk_is_in_flight(qpair, walk.from);
		int why = stays && *count < max
				  ? find_reason(qpair, record, status, walk.stale_end != NULL)
				  : 0;

		if (why) {
			again |= inflight_has_reason(record, SPECIAL_PART) &&
				 !split_has_failed(qpair, record);
			*count += answer(qpair, record, why, &cpls[*count]);
			stays = false;
		}
		walk_go_past(&walk, qpair, stays);
	}
	walk_end(&walk, qpair);
	return again;
}

/* Again where a request has failed: other parts of it may be before that one. */
uint32_t waiting_answer(struct nvu_qpair *qpair, int status, struct nvu_cpl *cpls, uint32_t max)
{
	uint32_t count = 0;

	while (answer_once(qpair, status, cpls, max, &count))
		;
	qpair->completed += count;
	return count;
}

static void reverse(struct nvu_sqe *first, struct nvu_sqe *end)
{
	while (first < end && first < --end) {
		struct nvu_sqe kept = *first;

		*first++ = *end;
		*end = kept;
	}
}

uint32_t waiting_gather(struct nvu_qpair *qpair)
{
	struct sq_ring *ring = &qpair->sq;
	uint32_t count;

	(void)waiting_answer(qpair, 0, NULL, 0); /* drops entries that wait no more */
	count = sq_ring_unpublished(ring);
	/* A rotation, in place: nothing is allocated after a queue pair was made. */
	reverse(ring->first, ring->published);
	reverse(ring->published, ring->end);
	reverse(ring->first, ring->end);
	memset(ring->first + count, 0,
	       (size_t)(ring->end - ring->first - count) * sizeof(*ring->first));
	return count;
}

void waiting_rename(struct nvu_qpair *qpair, uint32_t count)
{
	for (struct nvu_sqe *entry = qpair->sq.first; count--; entry++)
		entry->cid = nvu_le16_put((uint16_t)inflight_cid(walk_record(qpair, entry)));
}
