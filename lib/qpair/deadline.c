/* SPDX-License-Identifier: MIT */
/*
 * deadline.c: see deadline.h.
 */
#include "qpair/deadline.h"

/* Without INFLIGHT_PROLONGED. */
static uint32_t deadline_after(uint64_t now_ms, uint32_t timeout_ms, uint32_t slack_ms)
{
	/* The clock was read up to a millisecond after now_ms. */
	return ((uint32_t)now_ms + 1 + timeout_ms + slack_ms + 1) & ~INFLIGHT_PROLONGED;
}

/* In the units of now_ms; one that has passed is now. */
static uint64_t deadline_of(const struct nvu_qpair *qpair, const struct inflight *record)
{
	int32_t left_ms = (int32_t)(record->deadline_ms - (uint32_t)qpair->now_ms);

	return qpair->now_ms + (left_ms > 0 ? (uint32_t)left_ms : 0);
}

/* Every waiting poll looks, until then. */
static void set_dense(struct nvu_qpair *qpair, uint64_t until_ms)
{
	if (until_ms > qpair->dense_until_ms)
		qpair->dense_until_ms = until_ms;
	if (qpair->dense_until_ms > qpair->now_ms)
		qpair->waiting_countdown = 0;
}

/* In qpair->coarse: the clock has been read, and no poll has acted on it. No reading has this bit. */
#define UNMET (1ull << 63)

/* Commands from `from` on whose deadline has passed. Returns whether there is one. */
static bool extend_expired(struct nvu_qpair *qpair, struct nvu_sqe *from, uint32_t deadline_ms)
{
	const struct sq_ring *ring = &qpair->sq;
	struct nvu_sqe *entry;
	bool any = false;

	sq_ring_for_each_from (ring, entry, from) {
		uint32_t cid = nvu_le16_get(entry->cid);
		struct inflight *record = inflight_at(&qpair->inflight, cid);

		if (record->word == cid && qpair_expired(qpair, record)) {
			record->deadline_ms = deadline_ms;
			any = true;
		}
	}
	return any;
}

/*
 * Long after the last reading: what no look has met was queued since then, and has its time from now on. It
 * is known by the deadline of that reading; the one that it gets is marked, so this happens to it once.
 */
static void extend_stale(struct nvu_qpair *qpair, uint32_t stale_ms)
{
	uint32_t deadline_ms =
		deadline_after(qpair->now_ms, qpair->timeout_ms, 0) | INFLIGHT_PROLONGED;
	const struct sq_ring *ring = &qpair->sq;
	struct nvu_sqe *seen = qpair->seen ? qpair->seen : sq_ring_after(ring, ring->slot);
	struct nvu_sqe *entry;
	bool any = false;

	sq_ring_for_each_from (ring, entry, seen) {
		uint32_t cid = nvu_le16_get(entry->cid);
		struct inflight *record = inflight_at(&qpair->inflight, cid);

		if (record->word == cid && record->deadline_ms == stale_ms) {
			record->deadline_ms = deadline_ms;
			any = true;
		}
	}
	/* Of another timeout, and late already: until the next poll the controller has not known of it. */
	if (qpair->state == QPAIR_LIVE)
		any |= extend_expired(qpair, seen,
				      deadline_after(qpair->now_ms, 0, 0) | INFLIGHT_PROLONGED);
	if (any)
		set_dense(qpair, qpair->now_ms + qpair->timeout_ms + 3);
}

/* False when no time has passed. */
static bool read_clock(struct nvu_qpair *qpair)
{
	uint64_t coarse = clock_coarse(&qpair->scratch), before_ms = qpair->now_ms;
	uint32_t stale_ms = qpair->inflight.deadline_ms;
	bool often;

	if (coarse == (__atomic_load_n(&qpair->coarse, __ATOMIC_RELAXED) & ~UNMET))
		return false;
	__atomic_store_n(&qpair->coarse, coarse, __ATOMIC_RELAXED);
	qpair->now_ms = clock_ns() / 1000000;
	qpair->inflight.deadline_ms =
		deadline_after(qpair->now_ms, qpair->timeout_ms, DEADLINE_SLACK_MS);
	/* Looks that found no time passed, since the last reading: the program polls often. */
	often = qpair->often && qpair->now_ms >= qpair->dense_until_ms;
	qpair->often = false;
	qpair->waiting_countdown = often;
	if (qpair->now_ms - before_ms > DEADLINE_SLACK_MS)
		extend_stale(qpair, stale_ms);
	return true;
}

void deadline_pass(struct nvu_qpair *qpair)
{
	if (!read_clock(qpair) && __atomic_load_n(&qpair->coarse, __ATOMIC_RELAXED) & UNMET)
		__atomic_store_n(&qpair->coarse, qpair->coarse & ~UNMET, __ATOMIC_RELAXED);
	qpair->seen = qpair->sq.slot;
}

void deadline_extend(struct nvu_qpair *qpair)
{
	qpair->seen = qpair->sq.slot;
	deadline_pass(qpair);
	(void)extend_expired(qpair, qpair->sq.published,
			     deadline_after(qpair->now_ms, qpair->timeout_ms, 0) |
				     INFLIGHT_PROLONGED);
}

void deadline_set_timeout(struct nvu_qpair *qpair, uint32_t timeout_ms)
{
	/* For what has been queued. It is for a poll to act on what time has passed, and on a poke. */
	if (read_clock(qpair))
		__atomic_store_n(&qpair->coarse, qpair->coarse | UNMET, __ATOMIC_RELAXED);
	qpair->timeout_ms = timeout_ms;
	qpair->inflight.deadline_ms = deadline_after(qpair->now_ms, timeout_ms, DEADLINE_SLACK_MS);
	if (qpair->recovery.due_ms > qpair->now_ms + timeout_ms)
		qpair->recovery.due_ms = qpair->now_ms + timeout_ms;
}

void deadline_rearm(struct nvu_qpair *qpair)
{
	qpair->upkeep_countdown = qpair->waiting_countdown;
	qpair->idle_polls = 0;
}

void deadline_set_due(struct nvu_qpair *qpair, bool grace)
{
	uint64_t due_ms = qpair->recovery.health_ms, dense_ms = 0;
	uint32_t left_ms = qpair->recovery.escalation_ms - (uint32_t)qpair->now_ms, cursor = 0;
	const struct inflight *record;

	while ((record = inflight_next(&qpair->inflight, &cursor, false, 0))) {
		uint64_t deadline_ms = deadline_of(qpair, record);

		if (qpair_expired(qpair, record))
			continue;
		if (deadline_ms < due_ms)
			due_ms = deadline_ms;
		if ((record->deadline_ms & INFLIGHT_PROLONGED) && deadline_ms > dense_ms)
			dense_ms = deadline_ms;
	}
	if (due_ms > qpair->now_ms + qpair->timeout_ms)
		due_ms = qpair->now_ms + qpair->timeout_ms;
	if (grace && (int32_t)left_ms > 0) {
		if (qpair->now_ms + left_ms < due_ms)
			due_ms = qpair->now_ms + left_ms;
		if (qpair->now_ms + left_ms > dense_ms)
			dense_ms = qpair->now_ms + left_ms;
	}
	qpair->recovery.due_ms = due_ms;
	qpair->dense_until_ms = 0;
	set_dense(qpair, dense_ms);
}
