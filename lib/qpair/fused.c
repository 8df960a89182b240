/* SPDX-License-Identifier: MIT */
/*
 * fused.c: see fused.h.
 */
#include "qpair/fused.h"

#include "qpair/failures.h"
#include "qpair/special.h"

#include <nvu/spec.h>

static uint32_t slot_of(const struct nvu_qpair *qpair, const struct inflight *record)
{
	return (uint32_t)(record - qpair->inflight.records);
}

static struct qpair_fused *find_free(const struct nvu_qpair *qpair)
{
	for (uint32_t i = 0; i < FUSED_PAIRS; i++)
		if (!qpair->fused[i].used)
			return (struct qpair_fused *)&qpair->fused[i];
	return NULL;
}

/* The pair of a half, and which half it is. */
static struct qpair_fused *find(const struct nvu_qpair *qpair, const struct inflight *record,
				uint32_t *ret_half)
{
	uint32_t slot = slot_of(qpair, record);

	for (uint32_t i = 0; i < FUSED_PAIRS; i++) {
		const struct qpair_fused *pair = &qpair->fused[i];

		if (!pair->used || (pair->slots[0] != slot && pair->slots[1] != slot))
			continue;
		*ret_half = pair->slots[1] == slot;
		return (struct qpair_fused *)pair;
	}
	return NULL;
}

bool fused_has_room(const struct nvu_qpair *qpair)
{
	return find_free(qpair) != NULL;
}

void fused_pair(struct nvu_qpair *qpair, uint32_t first, uint32_t second)
{
	struct inflight *records[] = { inflight_at(&qpair->inflight, first),
				       inflight_at(&qpair->inflight, second) };
	struct qpair_fused *pair = find_free(qpair);

	assert(pair && inflight_waits_for(records[0], first) &&
	       inflight_waits_for(records[1], second));
	*pair = (struct qpair_fused){
		.used = true,
		.slots = { slot_of(qpair, records[0]), slot_of(qpair, records[1]) },
	};
	for (uint32_t half = 0; half < 2; half++)
		inflight_add_reason(records[half], SPECIAL_FUSED);
}

/* Says nothing by itself: success, or that the other one failed. */
static bool is_consequence(const struct nvu_cpl *cpl)
{
	return !cpl->status || cpl->status == NVU_SC_ABORT_FUSED_FAILED ||
	       cpl->status == NVU_SC_ABORT_FUSED_MISSING;
}

/* The first half's status, unless it follows from the second's. half: the one that *cpl is of. */
static bool takes_kept(const struct qpair_fused *pair, uint32_t half, const struct nvu_cpl *cpl)
{
	return half ? !is_consequence(&pair->cpl) || !cpl->status
		    : is_consequence(cpl) && pair->cpl.status;
}

bool fused_answer(struct nvu_qpair *qpair, struct inflight *record, struct nvu_cpl *cpl)
{
	uint32_t half, cid = inflight_cid(record);
	struct qpair_fused *pair = find(qpair, record, &half);
	bool is_last;

	assert(pair);
	is_last = pair->answered;
	if (!is_last) {
		/* The record is free from now on: a command that takes it is of no pair. */
		pair->slots[half] = UINT32_MAX;
		pair->answered = true;
		pair->cpl = *cpl;
		pair->cid = cid;
		qpair->completed++;
	} else {
		pair->used = false;
		if (takes_kept(pair, half, cpl)) {
			cid = pair->cid;
			*cpl = pair->cpl;
		}
		if (cpl->status)
			failures_note(qpair, cid, cpl);
	}
	inflight_give_back(&qpair->inflight, record);
	return is_last;
}

bool fused_is_widowed(const struct nvu_qpair *qpair, const struct inflight *record)
{
	uint32_t half;
	const struct qpair_fused *pair;

	if (!inflight_has_reason(record, SPECIAL_FUSED))
		return false;
	pair = find(qpair, record, &half);
	return pair && pair->answered;
}

bool fused_stands(const struct nvu_qpair *qpair, const struct inflight *record)
{
	uint32_t half;
	const struct qpair_fused *pair;

	if (!inflight_has_reason(record, SPECIAL_FUSED))
		return true;
	pair = find(qpair, record, &half);
	return pair && (half == 0 || pair->answered);
}
