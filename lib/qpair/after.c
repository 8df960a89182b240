/* SPDX-License-Identifier: MIT */
/*
 * after.c: see after.h.
 */
#include "qpair/after.h"

#include "qpair/split.h"

#include <errno.h>

static uint16_t slot_of(const struct nvu_qpair *qpair, const struct inflight *record)
{
	return (uint16_t)(record - qpair->inflight.records);
}

/* Requests of several commands. */
static uint32_t claim_parents(struct nvu_qpair *qpair, uint16_t waiter)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < qpair->split_count; i++) {
		struct split *split = &qpair->splits[i];

		if (!split->is_used || split->waiter != ASIDE_NONE)
			continue;
		split->waiter = waiter;
		count++;
	}
	return count;
}

/* The flush with this slot waits for all that is outstanding and has no waiter. Returns how many these are. */
static uint32_t claim(struct nvu_qpair *qpair, uint16_t waiter)
{
	uint32_t count = claim_parents(qpair, waiter), cursor = 0;
	struct inflight *record;

	while ((record = inflight_next(&qpair->inflight, &cursor))) {
		if (inflight_has_reason(record, SPECIAL_PART | SPECIAL_BEFORE))
			continue;
		inflight_add_reason(record, SPECIAL_BEFORE);
		aside_of(qpair, record)->waiter = waiter;
		count++;
	}
	return count;
}

static struct nvu_sqe encode(uint32_t nsid)
{
	return (struct nvu_sqe){ .opcode = NVU_CMD_FLUSH, .nsid = nvu_le32_put(nsid) };
}

bool after_flush(struct nvu_qpair *qpair, uint32_t nsid, uint64_t user_data)
{
	const struct nvu_sqe cmd = encode(nsid);
	struct inflight *record = qpair->inflight.free;
	uint32_t count;

	if (!record)
		return false;
	count = claim(qpair, slot_of(qpair, record));
	if (!count)
		return !qpair_queue(qpair, &cmd, NULL, 0, 0, user_data);
	(void)inflight_take(&qpair->inflight, record, user_data);
	aside_hold(qpair, record, nsid);
	aside_of(qpair, record)->left = (uint16_t)count;
	return true;
}

/*
 * It is the turn of a flush. There may be a reason not to send it: its namespace has changed, or the queue pair ends. While
 * the queue pair is cut it waits: see after_go_on().
 */
static void take_turn(struct nvu_qpair *qpair, struct inflight *record)
{
	const struct qpair_aside *aside = aside_of(qpair, record);
	const struct nvu_sqe cmd = encode(aside->nsid);
	const int status = qpair->recovery.fate ? qpair->recovery.fate : aside->status;
	struct nvu_sqe *slot = qpair->sq.slot;

	if (status) {
		aside_own(qpair, record, &cmd, status);
		return;
	}
	if (qpair->state != QPAIR_LIVE)
		return;
	aside_release(qpair, record);
	sq_ring_fill(&qpair->sq, &cmd);
	slot->cid = nvu_le16_put((uint16_t)inflight_cid(record));
	(void)qpair_advance(qpair, slot);
}

void after_answered(struct nvu_qpair *qpair, uint32_t waiter)
{
	struct inflight *record;
	struct qpair_aside *aside;

	if (waiter == ASIDE_NONE)
		return;
	record = &qpair->inflight.records[waiter];
	aside = aside_of(qpair, record);
	assert(inflight_has_reason(record, SPECIAL_HELD) && aside->left);
	if (!--aside->left)
		take_turn(qpair, record);
}

void after_go_on(struct nvu_qpair *qpair)
{
	struct inflight *record;
	uint32_t cursor = 0;

	while (qpair->aside_count && (record = inflight_next(&qpair->inflight, &cursor)))
		if (inflight_has_reason(record, SPECIAL_HELD) && !aside_of(qpair, record)->left)
			take_turn(qpair, record);
}

void after_outdate(struct nvu_qpair *qpair, bool (*changed)(const void *arg, uint32_t nsid),
		   const void *arg)
{
	struct inflight *record;
	uint32_t cursor = 0;

	while (qpair->aside_count && (record = inflight_next(&qpair->inflight, &cursor)))
		if (inflight_has_reason(record, SPECIAL_HELD) &&
		    changed(arg, aside_of(qpair, record)->nsid))
			aside_of(qpair, record)->status = -ESTALE;
}

/* Parents: how many they are. */
static uint32_t pass_parents_on(struct nvu_qpair *qpair, uint16_t from, uint16_t to)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < qpair->split_count; i++) {
		struct split *split = &qpair->splits[i];

		if (!split->is_used || split->waiter != from)
			continue;
		split->waiter = to;
		count++;
	}
	return count;
}

void after_leave(struct nvu_qpair *qpair, const struct inflight *record)
{
	uint16_t from = slot_of(qpair, record), to = (uint16_t)after_waiter(qpair, record);
	uint32_t count = pass_parents_on(qpair, from, to), cursor = 0;
	struct inflight *before;

	while ((before = inflight_next(&qpair->inflight, &cursor))) {
		if (after_waiter(qpair, before) != from)
			continue;
		if (to == ASIDE_NONE)
			inflight_remove_reason(before, SPECIAL_BEFORE);
		else
			aside_of(qpair, before)->waiter = to;
		count++;
	}
	if (to != ASIDE_NONE)
		qpair->aside[to].left = (uint16_t)(qpair->aside[to].left + count);
	qpair->aside[from].left = 0;
}
