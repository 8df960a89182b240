/* SPDX-License-Identifier: MIT */
/*
 * abort.c: see abort.h.
 */
#include "recovery/abort.h"

#include "ctrl/aborts.h"
#include "ctrl/enter.h"
#include "qpair/abort.h"
#include "recovery/escalate.h"
#include "recovery/follow.h"

void recovery_send_aborts_locked(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	struct qpair_abort *place;
	uint32_t cid;

	assert(recovery_has_queues(ctrl, qpair));
	while (aborts_have_room(ctrl) && abort_next(qpair, &place, &cid)) {
		abort_begin(qpair, place, cid);
		if (aborts_send(ctrl, qpair->id, cid, place->is_late, &place->answer))
			continue;
		abort_undo(qpair, place);
		break;
	}
}

void recovery_send_aborts(struct nvu_qpair *qpair)
{
	struct nvu_ctrl *ctrl = qpair->ctrl;

	if (!ctrl || qpair->state != QPAIR_LIVE || !ctrl_try_enter(ctrl))
		return;
	if (recovery_has_queues(ctrl, qpair) && qpair->recovery.escalation != ESCALATION_QUEUES)
		recovery_send_aborts_locked(ctrl, qpair);
	lock_give(&ctrl->lock);
}

uint32_t recovery_abort(struct nvu_qpair *qpair, uint64_t user_data)
{
	uint32_t count = abort_mark(qpair, user_data);

	if (qpair->any_to_abort)
		recovery_send_aborts(qpair);
	return count;
}
