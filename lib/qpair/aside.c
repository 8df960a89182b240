/* SPDX-License-Identifier: MIT */
/*
 * aside.c: see aside.h.
 */
#include "qpair/aside.h"

#include "base/error.h"
#include "qpair/deadline.h"
#include "qpair/failures.h"
#include "qpair/slow_path.h"

#include <errno.h>
#include <stdlib.h>

int aside_make(struct nvu_qpair *qpair)
{
	size_t slots = qpair->inflight.mask + 1ul;

	qpair->aside = calloc(slots, sizeof(*qpair->aside));
	if (!qpair->aside)
		return error_set(-ENOMEM, "no memory to hold %zu commands back", slots);
	return 0;
}

void aside_free(struct nvu_qpair *qpair)
{
	free(qpair->aside);
	qpair->aside = NULL;
}

void aside_hold(struct nvu_qpair *qpair, struct inflight *record, uint32_t nsid)
{
	struct qpair_aside *aside = aside_of(qpair, record);

	aside->status = 0;
	aside->nsid = nsid;
	inflight_add_reason(record, SPECIAL_HELD);
	qpair->aside_count++;
}

void aside_release(struct nvu_qpair *qpair, struct inflight *record)
{
	assert(qpair->aside_count && inflight_has_reason(record, SPECIAL_HELD));
	inflight_remove_reason(record, SPECIAL_HELD);
	qpair->aside_count--;
}

/* What nvu_cpl_describe() says of it: its entry, if it has one, may not be its own. */
static void note(struct nvu_qpair *qpair, const struct nvu_sqe *cmd, const struct nvu_cpl *cpl)
{
	const struct qpair_failure failure = {
		.cpl = *cpl,
		.opcode = cmd->opcode,
		.nsid = nvu_le32_get(cmd->nsid),
		.lba = nvu_le32_get(cmd->cdw10) | (uint64_t)nvu_le32_get(cmd->cdw11) << 32,
		.known = true,
	};

	failures_put(qpair, &failure);
}

void aside_own(struct nvu_qpair *qpair, struct inflight *record, const struct nvu_sqe *cmd,
	       int status)
{
	const struct nvu_cpl cpl = { .user_data = record->user_data, .status = (int16_t)status };
	const uint32_t slot = (uint32_t)(record - qpair->inflight.records);

	assert(!inflight_has_reason(record, SPECIAL_OWN) && status);
	if (inflight_has_reason(record, SPECIAL_HELD))
		aside_release(qpair, record);
	deadline_forget(record);
	inflight_add_reason(record, SPECIAL_OWN);
	aside_of(qpair, record)->status = cpl.status;
	/* Parts and halves are no requests: split.c and fused.c note these. */
	if (!inflight_has_reason(record, SPECIAL_PART | SPECIAL_FUSED))
		note(qpair, cmd, &cpl);
	qpair->aside_count++;
	qpair->own_count++;
	/* A queue pair that is cut answers it with the others. */
	if (qpair->recovery.cursor > slot)
		qpair->recovery.cursor = slot;
	qpair_force_slow(qpair, SLOW_OWN);
}

void aside_answer(struct nvu_qpair *qpair)
{
	assert(qpair->aside_count && qpair->own_count);
	qpair->failed++;
	qpair->aside_count--;
	if (!--qpair->own_count)
		qpair_allow_fast(qpair, SLOW_OWN);
}
