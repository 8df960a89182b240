/* SPDX-License-Identifier: MIT */
/*
 * deadline.c: see deadline.h.
 */
#include "qpair/deadline.h"

#include "qpair/aside.h"

/* The bits of a record for its deadline, in units of UNIT_MS, hold 24 days before and after now. */
#define UNIT_MS 4
#define FIELD ((1ull << INFLIGHT_DEADLINE_BITS) - 1)
#define TIMEOUT_MAX_MS ((uint32_t)INT32_MAX - 4 * UNIT_MS)

/* The most commands that get a deadline in one millisecond: the completion of each takes the slow path once. */
enum { COMMANDS_PER_MS = 128, TIMING_MAX_MS = 8 };

/* How much time passes between two looks that give deadlines. */
static uint64_t timing_ms(const struct nvu_qpair *qpair)
{
	uint32_t ms = qpair->entries / COMMANDS_PER_MS;

	return ms < TIMING_MAX_MS ? ms : TIMING_MAX_MS;
}

/* Every waiting poll looks, until then. */
static void set_dense(struct nvu_qpair *qpair, uint64_t until_ms)
{
	if (until_ms > qpair->dense_until_ms)
		qpair->dense_until_ms = until_ms;
	if (qpair->dense_until_ms > qpair->now_ms)
		qpair->pace.waiting = 0;
}

/* The record has a deadline: how far it is from the last reading, in units; 0 or less: it has passed. */
static int32_t units_left(const struct nvu_qpair *qpair, const struct inflight *record)
{
	uint32_t deadline = (uint32_t)(record->state >> INFLIGHT_DEADLINE_SHIFT);
	uint32_t left = deadline - (uint32_t)(qpair->now_ms / UNIT_MS);
	const uint32_t others = 32 - INFLIGHT_DEADLINE_BITS;

	return (int32_t)(left << others) >> others;
}

bool deadline_is_past(const struct nvu_qpair *qpair, const struct inflight *record)
{
	return inflight_has_reason(record, SPECIAL_TIMED) &&
	       !inflight_has_reason(record, SPECIAL_UNMET) && units_left(qpair, record) <= 0;
}

bool deadline_any_is_past(const struct nvu_qpair *qpair)
{
	const struct inflight *record;
	uint32_t cursor = 0;

	while ((record = inflight_next(&qpair->inflight, &cursor)))
		if (deadline_is_past(qpair, record))
			return true;
	return false;
}

/* The clock was read up to a millisecond after now_ms. */
static void set_deadline(struct nvu_qpair *qpair, struct inflight *record, uint64_t now_ms,
			 uint32_t timeout_ms)
{
	uint32_t left_ms = timeout_ms < TIMEOUT_MAX_MS ? timeout_ms : TIMEOUT_MAX_MS;
	uint64_t units = (now_ms + 1 + left_ms + UNIT_MS - 1) / UNIT_MS;

	record->state &= ~(FIELD << INFLIGHT_DEADLINE_SHIFT);
	record->state |= (units & FIELD) << INFLIGHT_DEADLINE_SHIFT;
	inflight_add_reason(record, SPECIAL_TIMED);
	if (qpair->recovery.due_ms > units * UNIT_MS)
		qpair->recovery.due_ms = units * UNIT_MS;
}

/* A look meets a record. Returns whether it is for the first time. What is not sent has no deadline. */
static bool meet(struct nvu_qpair *qpair, struct inflight *record)
{
	if (aside_has(record))
		return false;
	if (!inflight_has_reason(record, SPECIAL_TIMED)) {
		set_deadline(qpair, record, qpair->now_ms, qpair->timeout_ms);
		return true;
	}
	if (!inflight_has_reason(record, SPECIAL_UNMET))
		return false;
	inflight_remove_reason(record, SPECIAL_UNMET);
	if (qpair->state == QPAIR_LIVE && deadline_is_past(qpair, record)) {
		set_deadline(qpair, record, qpair->now_ms, 0);
		set_dense(qpair, qpair->now_ms + 2 * UNIT_MS);
	}
	return true;
}

/* Afterwards every command in flight has a deadline. */
static void meet_all(struct nvu_qpair *qpair, bool quick)
{
	bool is_slow = qpair->now_ms - qpair->timed_ms > DEADLINE_SLACK_MS, any = false;
	/* An idle queue pair's table is not walked. */
	bool is_idle =
		qpair_is_settled(qpair, cq_ring_head_bytes(&qpair->cq)) && !qpair->aside_count;
	struct inflight *record;
	uint32_t cursor = 0;

	if (is_idle || !inflight_next(&qpair->inflight, &cursor))
		qpair->dense_until_ms = 0;
	qpair->pace.waiting = quick && qpair->now_ms >= qpair->dense_until_ms;
	cursor = 0;
	while (!is_idle && (record = inflight_next(&qpair->inflight, &cursor)))
		any |= meet(qpair, record);
	if (any && is_slow)
		set_dense(qpair, qpair->now_ms + qpair->timeout_ms + 2 * UNIT_MS);
	qpair->timed_ms = qpair->now_ms;
	qpair->any_unmet = false;
}

void deadline_pass(struct nvu_qpair *qpair)
{
	uint64_t coarse = clock_coarse(&qpair->scratch);
	bool quick;

	if (coarse == __atomic_load_n(&qpair->coarse, __ATOMIC_RELAXED))
		return;
	__atomic_store_n(&qpair->coarse, coarse, __ATOMIC_RELAXED);
	qpair->now_ms = clock_ns() / 1000000;
	/* Looks that found no time passed, since the last reading: the program polls often. */
	quick = qpair->often;
	qpair->often = false;
	if (!quick)
		qpair->pace.waiting = 0;
	if (qpair->any_unmet || qpair->now_ms - qpair->timed_ms >= timing_ms(qpair))
		meet_all(qpair, quick);
}

void deadline_set_timeout(struct nvu_qpair *qpair, uint32_t timeout_ms)
{
	uint64_t now_ms = clock_ns() / 1000000;
	struct inflight *record;
	uint32_t cursor = 0;

	if (timeout_ms == qpair->timeout_ms)
		return;
	while ((record = inflight_next(&qpair->inflight, &cursor))) {
		if (inflight_has_reason(record, SPECIAL_TIMED) || aside_has(record))
			continue;
		set_deadline(qpair, record, now_ms, qpair->timeout_ms);
		inflight_add_reason(record, SPECIAL_UNMET);
		qpair->any_unmet = true;
	}
	qpair->timeout_ms = timeout_ms;
}

void deadline_forget(struct inflight *record)
{
	inflight_remove_reason(record, SPECIAL_TIMED | SPECIAL_UNMET);
}

void deadline_extend(struct nvu_qpair *qpair)
{
	const struct sq_ring *ring = &qpair->sq;
	struct nvu_sqe *entry;

	deadline_pass(qpair);
	sq_ring_for_each_unpublished (ring, entry) {
		uint32_t cid = nvu_le16_get(entry->cid);
		struct inflight *record = inflight_at(&qpair->inflight, cid);

		if (inflight_waits_for(record, cid) && deadline_is_past(qpair, record))
			deadline_forget(record);
	}
}

void deadline_set_due(struct nvu_qpair *qpair, bool grace)
{
	uint64_t due_ms = qpair->recovery.health_ms;
	uint32_t left_ms = qpair->recovery.escalation_ms - (uint32_t)qpair->now_ms, cursor = 0;
	const struct inflight *record;

	while ((record = inflight_next(&qpair->inflight, &cursor))) {
		uint64_t units = qpair->now_ms / UNIT_MS;

		if (!inflight_has_reason(record, SPECIAL_TIMED) || units_left(qpair, record) <= 0)
			continue;
		units += (uint32_t)units_left(qpair, record);
		if (units * UNIT_MS < due_ms)
			due_ms = units * UNIT_MS;
	}
	if (grace && (int32_t)left_ms > 0) {
		if (qpair->now_ms + left_ms < due_ms)
			due_ms = qpair->now_ms + left_ms;
		set_dense(qpair, qpair->now_ms + left_ms);
	}
	qpair->recovery.due_ms = due_ms;
}
