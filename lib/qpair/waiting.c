/* SPDX-License-Identifier: MIT */
/*
 * waiting.c: see waiting.h.
 */
#include "qpair/waiting.h"

#include "qpair/deadline.h"
#include "qpair/failures.h"
#include "qpair/special.h"

#include <errno.h>
#include <string.h>

static struct inflight *record_of(struct nvu_qpair *qpair, const struct nvu_sqe *entry)
{
	return inflight_at(&qpair->inflight, nvu_le16_get(entry->cid));
}

/* False when a controller has answered the command, although the driver has not published it. */
static bool is_waiting(struct nvu_qpair *qpair, const struct nvu_sqe *entry)
{
	return inflight_waits_for(record_of(qpair, entry), nvu_le16_get(entry->cid));
}

void waiting_begin(struct nvu_qpair *qpair, struct nvu_sqe *bar)
{
	struct sq_ring *ring = &qpair->sq;

	if (sq_ring_count_from(ring, bar) < sq_ring_unpublished(ring))
		ring->published = bar;
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
		if (is_waiting(qpair, entry))
			inflight_add_reason(record_of(qpair, entry), SPECIAL_WAITING);
}

void waiting_unmark(struct nvu_qpair *qpair)
{
	const struct sq_ring *ring = &qpair->sq;
	struct nvu_sqe *entry;

	sq_ring_for_each_unpublished (ring, entry)
		inflight_remove_reason(record_of(qpair, entry), SPECIAL_WAITING);
}

static void answer(struct nvu_qpair *qpair, struct inflight *record, int status,
		   struct nvu_cpl *ret_cpl)
{
	*ret_cpl = (struct nvu_cpl){ .user_data = record->user_data, .status = (int16_t)status };
	failures_note(qpair, inflight_cid(record), ret_cpl);
	inflight_give_back(&qpair->inflight, record);
	qpair->timeouts += status == -ETIMEDOUT;
	qpair->completed++;
	qpair->failed++;
}

/*
 * The ring is read and written in one go: what stays closes the gaps, also those of entries that wait no
 * more.
 */
uint32_t waiting_answer(struct nvu_qpair *qpair, int status, struct nvu_cpl *cpls, uint32_t max)
{
	struct sq_ring *ring = &qpair->sq;
	struct nvu_sqe *to = ring->published, *from, *stale_end = qpair->stale_end;
	bool stale = waiting_has_stale(qpair);
	uint32_t count = 0;

	sq_ring_for_each_from (ring, from, to) {
		struct inflight *record = record_of(qpair, from);
		int why;

		if (stale && from == stale_end) {
			stale = false;
			qpair->stale_end = to;
		}
		if (!is_waiting(qpair, from))
			continue;
		why = stale ? -ESTALE : status;
		if (count < max && (why || deadline_is_past(qpair, record))) {
			answer(qpair, record, why ? why : -ETIMEDOUT, &cpls[count++]);
			continue;
		}
		if (to != from)
			*to = *from;
		to = sq_ring_after(ring, to);
	}
	if (stale)
		qpair->stale_end = to;
	sq_ring_restart(ring, to);
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
		entry->cid = nvu_le16_put((uint16_t)inflight_cid(record_of(qpair, entry)));
}
