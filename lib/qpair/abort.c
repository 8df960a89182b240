/* SPDX-License-Identifier: MIT */
/*
 * abort.c: see abort.h.
 */
#include "qpair/abort.h"

#include "qpair/after.h"
#include "qpair/fused.h"
#include "qpair/retry.h"
#include "qpair/slow_path.h"
#include "qpair/split.h"
#include "qpair/walk.h"

#include <errno.h>
#include <string.h>

/* It is, or belongs to, a request with this user data, whose parents are marked already. */
static bool is_meant(const struct nvu_qpair *qpair, const struct inflight *record,
		     uint64_t user_data)
{
	if (inflight_has_reason(record, SPECIAL_PART))
		return split_is_unwanted(qpair, record);
	return record->user_data == user_data;
}

/* A part, or half of a pair of which the other half counts, is no request. */
static bool counts(const struct nvu_qpair *qpair, const struct inflight *record)
{
	return !inflight_has_reason(record, SPECIAL_PART) && fused_stands(qpair, record);
}

static struct nvu_sqe flush_of(const struct nvu_qpair *qpair, const struct inflight *record)
{
	return (struct nvu_sqe){
		.opcode = NVU_CMD_FLUSH,
		.nsid = nvu_le32_put(aside_of(qpair, record)->nsid),
	};
}

static void mark(struct nvu_qpair *qpair, struct inflight *record)
{
	if (inflight_has_reason(record, SPECIAL_OWN | SPECIAL_UNWANTED))
		return;
	if (inflight_has_reason(record, SPECIAL_HELD)) {
		const struct nvu_sqe cmd = flush_of(qpair, record);

		after_leave(qpair, record);
		aside_own(qpair, record, &cmd, -ECANCELED);
		return;
	}
	if (inflight_has_reason(record, SPECIAL_DELAYED)) {
		retry_leave(qpair, record, -ECANCELED);
		return;
	}
	inflight_add_reason(record, SPECIAL_UNWANTED);
	/* It is late, and nvu has sent one: there is one place for its completion. */
	if (abort_is_under_way(record))
		return;
	inflight_add_reason(record, SPECIAL_TO_ABORT);
	qpair->any_to_abort = true;
}

/* What is in the ring and the controller does not know. */
static void withdraw(struct nvu_qpair *qpair)
{
	struct walk walk = walk_begin(qpair);

	while (walk_look(&walk, qpair)) {
		struct inflight *record = walk_record(qpair, walk.from);
		bool stays = !walk_is_in_flight(qpair, walk.from) ||
			     !inflight_has_reason(record, SPECIAL_UNWANTED);

		if (!stays) {
			inflight_remove_reason(record, SPECIAL_TO_ABORT);
			aside_own(qpair, record, walk.from, -ECANCELED);
		}
		walk_go_past(&walk, qpair, stays);
	}
	walk_end(&walk, qpair);
}

uint32_t abort_mark(struct nvu_qpair *qpair, uint64_t user_data)
{
	uint32_t count = split_abandon(qpair, user_data, -ECANCELED), cursor = 0;
	struct inflight *record;

	while ((record = inflight_next(&qpair->inflight, &cursor))) {
		if (!is_meant(qpair, record, user_data))
			continue;
		count += counts(qpair, record);
		mark(qpair, record);
	}
	withdraw(qpair);
	qpair->recovery.cursor = 0; /* of those that were kept to be sent again */
	if (qpair->any_to_abort)
		qpair_force_slow(qpair, SLOW_ABORT);
	return count;
}

static struct qpair_abort *find_free(struct nvu_qpair *qpair)
{
	for (uint32_t i = 0; i < QPAIR_ABORTS; i++)
		if (!qpair->aborts[i].is_used)
			return &qpair->aborts[i];
	return NULL;
}

/* Where the completion of a record with SPECIAL_ABORTING is kept. */
static struct qpair_abort *place_of(struct nvu_qpair *qpair, const struct inflight *record)
{
	for (uint32_t i = 0; i < QPAIR_ABORTS; i++)
		if (qpair->aborts[i].is_used && qpair->aborts[i].cid == inflight_cid(record))
			return &qpair->aborts[i];
	return NULL;
}

static uint32_t answer_of(const struct qpair_abort *place)
{
	return __atomic_load_n(&place->answer, __ATOMIC_ACQUIRE);
}

/* A record whose Abort is to be sent, and that has this reason; NULL: none. */
static const struct inflight *find_to_abort(const struct nvu_qpair *qpair,
					    enum special_reason reason)
{
	const struct inflight *record;
	uint32_t cursor = 0;

	while ((record = inflight_next(&qpair->inflight, &cursor)))
		if (inflight_has_reason(record, SPECIAL_TO_ABORT) &&
		    inflight_has_reason(record, reason))
			return record;
	return NULL;
}

void abort_late(struct nvu_qpair *qpair, const uint32_t *cids, uint32_t count)
{
	qpair->any_aborted = false;
	for (uint32_t i = 0; i < count; i++) {
		struct inflight *record = inflight_at(&qpair->inflight, cids[i]);

		special_give_up(qpair, cids[i]);
		if (abort_is_under_way(record)) {
			qpair->any_aborted = true;
			continue;
		}
		inflight_add_reason(record, SPECIAL_TO_ABORT);
		qpair->any_to_abort = true;
	}
	qpair_force_slow(qpair, SLOW_ABORT);
}

static bool is_of_late(const struct qpair_abort *place, enum qpair_abort_answer answer)
{
	return place->is_used && place->is_late && answer_of(place) == answer;
}

bool abort_late_is_pending(const struct nvu_qpair *qpair)
{
	for (uint32_t i = 0; i < QPAIR_ABORTS; i++)
		if (is_of_late(&qpair->aborts[i], ABORT_UNANSWERED))
			return true;
	return false;
}

bool abort_late_may_have_any(const struct nvu_qpair *qpair)
{
	bool any = qpair->any_aborted || find_to_abort(qpair, SPECIAL_GIVEN_UP);

	for (uint32_t i = 0; i < QPAIR_ABORTS; i++)
		any |= is_of_late(&qpair->aborts[i], ABORT_DONE);
	return any;
}

void abort_mark_answered(struct nvu_qpair *qpair)
{
	for (uint32_t i = 0; i < QPAIR_ABORTS; i++) {
		const struct qpair_abort *place = &qpair->aborts[i];
		struct inflight *record = inflight_at(&qpair->inflight, place->cid);

		if (place->is_used && answer_of(place) != ABORT_UNANSWERED &&
		    inflight_waits_for(record, place->cid) &&
		    inflight_has_reason(record, SPECIAL_KEPT_BACK))
			inflight_add_reason(record, SPECIAL_ANSWERED);
	}
}

bool abort_next(struct nvu_qpair *qpair, struct qpair_abort **ret_place, uint32_t *ret_cid)
{
	struct qpair_abort *place = find_free(qpair);
	const struct inflight *record = NULL;

	if (qpair->any_to_abort && place) {
		record = find_to_abort(qpair, SPECIAL_GIVEN_UP);
		record = record ? record : find_to_abort(qpair, SPECIAL_TO_ABORT);
	}
	if (record) {
		*ret_place = place;
		*ret_cid = inflight_cid(record);
		return true;
	}
	if (place)
		qpair->any_to_abort = false;
	return false;
}

void abort_begin(struct nvu_qpair *qpair, struct qpair_abort *place, uint32_t cid)
{
	struct inflight *record = inflight_at(&qpair->inflight, cid);

	assert(inflight_waits_for(record, cid) && !abort_is_under_way(record));
	inflight_remove_reason(record, SPECIAL_TO_ABORT);
	inflight_add_reason(record, SPECIAL_ABORTING);
	*place = (struct qpair_abort){
		.is_used = true,
		.is_late = inflight_has_reason(record, SPECIAL_GIVEN_UP),
		.cid = cid,
	};
	qpair->abort_count++;
}

static void give_back(struct nvu_qpair *qpair, struct qpair_abort *place)
{
	assert(qpair->abort_count);
	place->is_used = false;
	qpair->abort_count--;
}

void abort_undo(struct nvu_qpair *qpair, struct qpair_abort *place)
{
	struct inflight *record = inflight_at(&qpair->inflight, place->cid);

	inflight_remove_reason(record, SPECIAL_ABORTING);
	inflight_add_reason(record, SPECIAL_TO_ABORT);
	give_back(qpair, place);
}

void abort_keep(struct nvu_qpair *qpair, struct inflight *record, const struct nvu_cpl *cpl)
{
	struct qpair_abort *place = place_of(qpair, record);

	assert(place && !inflight_has_reason(record, SPECIAL_KEPT_BACK));
	place->cpl = *cpl;
	inflight_add_reason(record, SPECIAL_KEPT_BACK);
	qpair->aside_count++;
}

struct nvu_cpl abort_kept(struct nvu_qpair *qpair, struct inflight *record)
{
	struct qpair_abort *place = place_of(qpair, record);

	assert(place && qpair->aside_count);
	inflight_remove_reason(record, SPECIAL_KEPT_BACK | SPECIAL_ABORTING);
	qpair->aside_count--;
	qpair->failed += place->cpl.status != 0;
	special_complete(qpair, record, &place->cpl);
	return place->cpl;
}

/* Its Abort is answered. Returns whether the caller gets *ret_cpl. */
static bool settle(struct nvu_qpair *qpair, struct qpair_abort *place, struct nvu_cpl *ret_cpl)
{
	struct inflight *record = inflight_at(&qpair->inflight, place->cid);
	bool is_delivered = false;

	if (inflight_waits_for(record, place->cid) && abort_is_under_way(record)) {
		bool has_come = inflight_has_reason(record, SPECIAL_KEPT_BACK);

		if (has_come)
			*ret_cpl = abort_kept(qpair, record);
		inflight_remove_reason(record, SPECIAL_ABORTING);
		if (has_come)
			is_delivered = special_answer(qpair, record, ret_cpl);
	}
	qpair->any_aborted |= is_of_late(place, ABORT_DONE);
	give_back(qpair, place);
	return is_delivered;
}

uint32_t abort_take(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < QPAIR_ABORTS; i++) {
		struct qpair_abort *place = &qpair->aborts[i];

		if (place->is_used && count < max && answer_of(place) != ABORT_UNANSWERED)
			count += settle(qpair, place, &cpls[count]);
	}
	if (!qpair->abort_count && !qpair->any_to_abort)
		qpair_allow_fast(qpair, SLOW_ABORT);
	qpair->completed += count;
	return count;
}

void abort_forget(struct nvu_qpair *qpair)
{
	memset(qpair->aborts, 0, sizeof(qpair->aborts));
	qpair->abort_count = 0;
	qpair->any_to_abort = false;
	qpair_allow_fast(qpair, SLOW_ABORT);
}
