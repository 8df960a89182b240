/* SPDX-License-Identifier: MIT */
/*
 * special.c: see special.h.
 */
#include "qpair/special.h"

#include "qpair/after.h"
#include "qpair/deadline.h"
#include "qpair/failures.h"
#include "qpair/fused.h"
#include "qpair/split.h"

#include <errno.h>

/* nvu has asked for it: an abort hits commands that are late, a deleted queue all of its own. */
static void answer_given_up(struct nvu_qpair *qpair, const struct inflight *record,
			    struct nvu_cpl *cpl)
{
	bool late = deadline_is_past(qpair, record);

	if (cpl->status != NVU_SC_ABORT_REQUESTED && cpl->status != NVU_SC_ABORT_SQ_DELETED)
		return;
	cpl->flags = 0;
	cpl->status = late ? -ETIMEDOUT : -ECANCELED;
	qpair->timeouts += late;
}

static const struct {
	enum special_reason reason;
	void (*complete)(struct nvu_qpair *qpair, const struct inflight *record,
			 struct nvu_cpl *cpl);
} handlers[] = {
	{ SPECIAL_GIVEN_UP, answer_given_up },
};

void special_complete(struct nvu_qpair *qpair, const struct inflight *record, struct nvu_cpl *cpl)
{
	for (size_t row = 0; row < sizeof(handlers) / sizeof(handlers[0]); row++)
		if (inflight_has_reason(record, handlers[row].reason))
			handlers[row].complete(qpair, record, cpl);
}

static bool answer(struct nvu_qpair *qpair, struct inflight *record, struct nvu_cpl *cpl)
{
	bool is_own = inflight_has_reason(record, SPECIAL_OWN);

	if (is_own)
		aside_answer(qpair);
	if (inflight_has_reason(record, SPECIAL_PART))
		return split_answer(qpair, record, cpl);
	if (inflight_has_reason(record, SPECIAL_FUSED))
		return fused_answer(qpair, record, cpl);
	if (cpl->status && !is_own)
		failures_note(qpair, inflight_cid(record), cpl);
	inflight_give_back(&qpair->inflight, record);
	return true;
}

bool special_answer(struct nvu_qpair *qpair, struct inflight *record, struct nvu_cpl *cpl)
{
	uint32_t waiter = after_waiter(qpair, record);
	bool is_delivered = answer(qpair, record, cpl);

	after_answered(qpair, waiter);
	return is_delivered;
}

void special_give_up(struct nvu_qpair *qpair, uint32_t cid)
{
	struct inflight *record = inflight_at(&qpair->inflight, cid);

	if (inflight_waits_for(record, cid))
		inflight_add_reason(record, SPECIAL_GIVEN_UP);
}

void special_give_up_all(struct nvu_qpair *qpair)
{
	struct inflight *record;
	uint32_t cursor = 0;

	while ((record = inflight_next(&qpair->inflight, &cursor)))
		inflight_add_reason(record, SPECIAL_GIVEN_UP);
}
