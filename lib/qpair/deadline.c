/* SPDX-License-Identifier: MIT */
/*
 * deadline.c: see deadline.h.
 */
#include "qpair/deadline.h"

/* An even number: odd deadlines are those that were set once more. */
static uint32_t deadline_after(uint64_t now_ms, uint32_t timeout_ms, uint32_t slack_ms)
{
	/* The clock was read up to a millisecond after now_ms. */
	return ((uint32_t)now_ms + 1 + timeout_ms + slack_ms + 1) & ~1u;
}

/* In the units of now_ms; one that has passed is now. */
static uint64_t deadline_of(const struct nvu_qpair *qpair, const struct inflight *record)
{
	int32_t left_ms = (int32_t)(record->deadline_ms - (uint32_t)qpair->now_ms);

	return qpair->now_ms + (left_ms > 0 ? (uint32_t)left_ms : 0);
}

/*
 * Late, although the controller does not know of them, or has not been given the time of one poll:
 * commands from `from` on.
 */
static void extend_expired(struct nvu_qpair *qpair, struct nvu_sqe *from, uint32_t deadline_ms)
{
	const struct sq_ring *ring = &qpair->sq;

	for (struct nvu_sqe *entry = from; entry != ring->slot;
	     entry = sq_ring_after(ring, entry)) {
		uint32_t cid = nvu_le16_get(entry->cid);
		struct inflight *record = inflight_at(&qpair->inflight, cid);

		if (record->word == cid && qpair_expired(qpair, record))
			record->deadline_ms = deadline_ms;
	}
}

/*
 * Nobody has looked at the clock for long. Commands queued since then have their time from now on; they
 * are known by their deadline, and get an odd one, so that this happens to a command once. Until the
 * last deadline of a command in flight has passed, every waiting poll looks.
 */
static void extend_stale(struct nvu_qpair *qpair, uint32_t stale_ms)
{
	uint32_t deadline_ms = deadline_after(qpair->now_ms, qpair->timeout_ms, 0) | 1;
	uint64_t until_ms = 0;
	uint32_t cursor = 0;
	struct inflight *record;

	while ((record = inflight_next(&qpair->inflight, &cursor, false, 0))) {
		if (record->deadline_ms == stale_ms)
			record->deadline_ms = deadline_ms;
		if (deadline_of(qpair, record) > until_ms)
			until_ms = deadline_of(qpair, record);
	}
	if (qpair->state == QPAIR_LIVE)
		extend_expired(qpair, qpair->seen, deadline_ms);
	if (until_ms > qpair->dense_until_ms)
		qpair->dense_until_ms = until_ms;
}

void deadline_pass(struct nvu_qpair *qpair)
{
	uint64_t coarse = clock_coarse(&qpair->scratch), before_ms = qpair->now_ms;
	uint32_t stale_ms = qpair->inflight.deadline_ms;
	bool often;

	if (coarse == __atomic_load_n(&qpair->coarse, __ATOMIC_RELAXED))
		return;
	__atomic_store_n(&qpair->coarse, coarse, __ATOMIC_RELAXED);
	qpair->now_ms = clock_ns() / 1000000;
	qpair->inflight.deadline_ms =
		deadline_after(qpair->now_ms, qpair->timeout_ms, DEADLINE_SLACK_MS);
	if (qpair->now_ms - before_ms > DEADLINE_SLACK_MS)
		extend_stale(qpair, stale_ms);
	qpair->seen = qpair->sq.slot;
	/* Looks that found no time passed, since the last reading: the program polls often. */
	often = qpair->often && qpair->now_ms >= qpair->dense_until_ms;
	qpair->often = false;
	qpair->waiting_look = (struct qpair_look){ .polls = often ? 2 : 1, .tick = often };
}

void deadline_extend(struct nvu_qpair *qpair)
{
	deadline_pass(qpair);
	extend_expired(qpair, qpair->sq.published,
		       deadline_after(qpair->now_ms, qpair->timeout_ms, 0) | 1);
}

void deadline_set_timeout(struct nvu_qpair *qpair, uint32_t timeout_ms)
{
	deadline_pass(qpair); /* for what has been queued */
	qpair->timeout_ms = timeout_ms;
	qpair->inflight.deadline_ms = deadline_after(qpair->now_ms, timeout_ms, DEADLINE_SLACK_MS);
	if (qpair->due_ms > qpair->now_ms + timeout_ms)
		qpair->due_ms = qpair->now_ms + timeout_ms;
}

void deadline_rearm(struct nvu_qpair *qpair)
{
	qpair->look.polls = qpair->waiting_look.polls;
	qpair->look.tick = qpair->waiting_look.tick;
	if (qpair->look.polls == 1 || !qpair_is_idle(qpair)) {
		qpair->idle_polls = 0;
		return;
	}
	if (qpair->idle_polls < DEADLINE_IDLE_POLLS)
		qpair->idle_polls = qpair->idle_polls * 2 + 2;
	qpair->look.tick = (int32_t)qpair->idle_polls - 1;
	/* What is queued by an idle program is looked at by the first poll that leaves something. */
	qpair->look.polls = 1;
}

static uint64_t earliest(const struct nvu_qpair *qpair, uint64_t limit_ms)
{
	uint32_t cursor = 0;
	const struct inflight *record;

	while ((record = inflight_next(&qpair->inflight, &cursor, false, 0)))
		if (!qpair_expired(qpair, record) && deadline_of(qpair, record) < limit_ms)
			limit_ms = deadline_of(qpair, record);
	return limit_ms;
}

void deadline_set_due(struct nvu_qpair *qpair, bool grace)
{
	uint64_t due_ms = earliest(qpair, qpair->health_ms);
	uint32_t left_ms = qpair->rung_ms - (uint32_t)qpair->now_ms;

	if (due_ms > qpair->now_ms + qpair->timeout_ms)
		due_ms = qpair->now_ms + qpair->timeout_ms;
	if (grace && (int32_t)left_ms > 0 && qpair->now_ms + left_ms < due_ms)
		due_ms = qpair->now_ms + left_ms;
	qpair->due_ms = due_ms;
}
