/* SPDX-License-Identifier: MIT */
/*
 * escalate.c: see escalate.h.
 */
#include "recovery/escalate.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/probe.h"
#include "ctrl/aborts.h"
#include "ctrl/bringup.h"
#include "ctrl/ioqueue.h"
#include "qpair/abort.h"
#include "qpair/deadline.h"
#include "qpair/special.h"
#include "recovery/reset.h"

#include <assert.h>
#include <nvu/regs.h>

enum {
	GRACE_MS = 50,		/* for an aborted command to be answered, at most */
	ABORTS_MAX = 4,		/* sent for one queue pair at a time */
	STEP_TIMEOUT_MS = 1000, /* for one Abort, Delete I/O SQ or CQ, at most */
};

/*
 * At most a second: while commands are late, a controller that does not answer sooner is reset sooner. The caller
 * waits for it, and so does every thread that needs the lock.
 */
uint32_t recovery_step_timeout_ms(const struct nvu_ctrl *ctrl)
{
	uint32_t timeout_ms = ctrl->opts.admin_timeout_ms;

	return timeout_ms < STEP_TIMEOUT_MS ? timeout_ms : STEP_TIMEOUT_MS;
}

/*
 * Returns whether the controller reports that it has aborted at least one of them, or may yet: the program has asked for it
 * before, or for as many others as the controller takes.
 */
static bool abort_commands(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair, const uint32_t *cids,
			   uint32_t count)
{
	bool any = false;

	assert(count && count <= ABORTS_MAX);
	for (uint32_t i = 0; i < count; i++) {
		bool aborted = true;

		special_give_up(qpair, cids[i]);
		if (abort_is_under_way(inflight_at(&qpair->inflight, cids[i]))) {
			any = true;
			continue;
		}
		if (aborts_have_room(ctrl) &&
		    aborts_run(ctrl, qpair->id, cids[i], recovery_step_timeout_ms(ctrl), &aborted) <
			    0)
			break;
		any = any || aborted;
	}
	return any;
}

/* How long nvu waits for the completion of an aborted command. */
static uint32_t grace_ms(const struct nvu_qpair *qpair)
{
	uint32_t grace = qpair->timeout_ms / 2;

	return grace > GRACE_MS ? GRACE_MS : grace;
}

/* The next step: once the queues are deleted, nvu answers their commands. Holds the lock. */
static void delete_queues(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	assert(qpair->state == QPAIR_LIVE);
	qpair->recovery.escalation = ESCALATION_QUEUES;
	special_give_up_all(qpair);
	log_line(LOG_INFO, "%s: queue %u: deleting the queues", ctrl_name(ctrl), qpair->id);
	if (ioqueue_delete(ctrl, qpair, recovery_step_timeout_ms(ctrl))) {
		log_line(LOG_INFO, "%s: resetting: %s", ctrl_name(ctrl), recovery_why(ctrl));
		recovery_reset_begin(ctrl, NVU_RESET_LATE);
	} else {
		qpair_cut(qpair);
	}
}

/* Some commands are late: takes the next step if it is due. Holds the lock. */
static void escalate(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair, uint32_t *cids, uint32_t count)
{
	bool aborted;

	assert(count && qpair->recovery.escalation <= ESCALATION_QUEUES);
	if (qpair->recovery.escalation != ESCALATION_NONE) {
		if ((int32_t)((uint32_t)qpair->now_ms - qpair->recovery.escalation_ms) >= 0)
			delete_queues(ctrl, qpair);
		return;
	}
	PROBE2(late, qpair, qpair->id);
	log_line(LOG_INFO, "%s: queue %u: a command is late: abort", ctrl_name(ctrl), qpair->id);
	qpair->recovery.escalation = ESCALATION_ABORT;
	aborted = abort_commands(ctrl, qpair, cids, count);
	/* Counted from now, because the aborts may have taken longer than the grace. */
	qpair->recovery.escalation_ms = (uint32_t)(clock_ns() / 1000000) + grace_ms(qpair);
	/* A controller that has aborted nothing will not answer within the grace either. */
	if (!aborted && qpair_late(qpair, cids, 1))
		delete_queues(ctrl, qpair);
}

/* Commands wait while the controller activates firmware, and have all their time again after that. */
static bool is_excused(const struct nvu_ctrl *ctrl, const struct nvu_qpair *qpair)
{
	return bringup_is_paused(ctrl) ||
	       (ctrl->resumed_ms && clock_coarse_ms() - ctrl->resumed_ms < qpair->timeout_ms);
}

/*
 * Ends commands whose deadline has passed. The step stays until the last of them is answered, because the completion
 * of an aborted command may lie in the queue for long.
 */
void recovery_escalate(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	uint32_t cids[ABORTS_MAX], count;

	assert(lock_is_held(&ctrl->lock) && qpair->state == QPAIR_LIVE);
	if (!deadline_any_is_past(qpair)) {
		qpair->recovery.escalation = ESCALATION_NONE;
		return;
	}
	if (is_excused(ctrl, qpair))
		return;
	count = qpair_late(qpair, cids, ABORTS_MAX);
	if (count)
		escalate(ctrl, qpair, cids, count);
}
