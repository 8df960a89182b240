/* SPDX-License-Identifier: MIT */
/*
 * escalate.c: see escalate.h.
 */
#include "recovery/escalate.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/probe.h"
#include "base/step.h"
#include "ctrl/bringup.h"
#include "ctrl/ioqueue.h"
#include "qpair/abort.h"
#include "qpair/deadline.h"
#include "qpair/slow_path.h"
#include "qpair/special.h"
#include "recovery/abort.h"
#include "recovery/reset.h"

#include <assert.h>
#include <errno.h>
#include <nvu/regs.h>

enum {
	GRACE_MS = 50,		/* for an aborted command to be answered, at most */
	ABORTS_MAX = 4,		/* sent for one queue pair at a time */
	STEP_TIMEOUT_MS = 1000, /* for Aborts, and for one Delete I/O SQ or CQ, at most */
	LOOK_NS = 200000,
};

/* At most a second: while commands are late, a controller that does not answer sooner is reset sooner. */
uint32_t recovery_step_timeout_ms(const struct nvu_ctrl *ctrl)
{
	uint32_t timeout_ms = ctrl->opts.admin_timeout_ms;

	return timeout_ms < STEP_TIMEOUT_MS ? timeout_ms : STEP_TIMEOUT_MS;
}

bool recovery_look_again(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	struct qpair_recovery *recovery = &qpair->recovery;
	const uint64_t now_ns = clock_ns();

	assert(lock_is_held(&ctrl->lock));
	if (!recovery->look_end_ns)
		recovery->look_end_ns = now_ns + LOOK_NS;
	if (now_ns >= recovery->look_end_ns)
		return false;
	ctrl->transport->ops->relax(ctrl->transport);
	return true;
}

bool recovery_is_later(const struct nvu_ctrl *ctrl, int ret)
{
	return ret == STEP_AGAIN || (ret == -EAGAIN && requests_count(ctrl, REQUEST_INTERNAL));
}

/* The next step is due then. */
static void set_due(struct nvu_qpair *qpair, uint32_t ms)
{
	qpair->recovery.escalation_ms = (uint32_t)(clock_ns() / 1000000) + ms;
}

static bool is_due(const struct nvu_qpair *qpair)
{
	return (int32_t)((uint32_t)qpair->now_ms - qpair->recovery.escalation_ms) >= 0;
}

/* How long nvu waits for the completion of an aborted command. */
static uint32_t grace_ms(const struct nvu_qpair *qpair)
{
	uint32_t grace = qpair->timeout_ms / 2;

	return grace > GRACE_MS ? GRACE_MS : grace;
}

/* Of a queue pair that is barred. */
static void go_on_deleting(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	int ret;

	do
		ret = ioqueue_delete_step(ctrl, qpair, recovery_step_timeout_ms(ctrl));
	while (ret == STEP_AGAIN && recovery_look_again(ctrl, qpair));
	if (recovery_is_later(ctrl, ret))
		return;
	if (ret) {
		log_line(LOG_INFO, "%s: resetting: %s", ctrl_name(ctrl), recovery_why(ctrl));
		recovery_reset_begin(ctrl, NVU_RESET_LATE);
	} else {
		qpair_cut(qpair);
	}
}

/* The next step: once the queues are deleted, nvu answers their commands. Holds the lock. */
static void delete_queues(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	assert(qpair->state == QPAIR_LIVE);
	qpair->recovery.escalation = ESCALATION_QUEUES;
	special_give_up_all(qpair);
	log_line(LOG_INFO, "%s: queue %u: deleting the queues", ctrl_name(ctrl), qpair->id);
	qpair_bar(qpair);
	qpair_force_slow(qpair, SLOW_LOST); /* each poll looks */
	go_on_deleting(ctrl, qpair);
}

static void begin_aborts(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair, const uint32_t *cids,
			 uint32_t count)
{
	assert(count && count <= ABORTS_MAX);
	PROBE2(late, qpair, qpair->id);
	log_line(LOG_INFO, "%s: queue %u: a command is late: abort", ctrl_name(ctrl), qpair->id);
	qpair->recovery.escalation = ESCALATION_ABORT;
	set_due(qpair, recovery_step_timeout_ms(ctrl));
	abort_late(qpair, cids, count);
}

/* Sends what the controller takes. Returns whether all Aborts are answered, or have had their time. */
static bool have_aborts_ended(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	bool is_pending;

	do {
		recovery_send_aborts_locked(ctrl, qpair);
		is_pending = abort_late_is_pending(qpair);
	} while (is_pending && recovery_look_again(ctrl, qpair));
	return !is_pending || is_due(qpair);
}

/* The grace begins now, because the aborts may have taken longer than that. */
static void end_aborts(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	uint32_t cid;

	qpair->recovery.escalation = ESCALATION_GRACE;
	set_due(qpair, grace_ms(qpair));
	/* A controller that has aborted nothing will not answer within the grace either. */
	if (!abort_late_may_have_any(qpair) && qpair_late(qpair, &cid, 1))
		delete_queues(ctrl, qpair);
}

/* Some commands are late: takes the next step if it is due. Holds the lock. */
static void escalate(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair, const uint32_t *cids,
		     uint32_t count)
{
	assert(count && qpair->recovery.escalation < ESCALATION_QUEUES);
	if (qpair->recovery.escalation == ESCALATION_NONE)
		begin_aborts(ctrl, qpair, cids, count);
	if (qpair->recovery.escalation == ESCALATION_ABORT) {
		if (have_aborts_ended(ctrl, qpair))
			end_aborts(ctrl, qpair);
	} else if (is_due(qpair)) {
		delete_queues(ctrl, qpair);
	}
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
	if (qpair->recovery.escalation == ESCALATION_QUEUES) {
		go_on_deleting(ctrl, qpair);
		return;
	}
	if (!deadline_any_is_past(qpair)) {
		qpair->recovery.escalation = ESCALATION_NONE;
		return;
	}
	if (is_excused(ctrl, qpair)) {
		/* So do Aborts. */
		if (qpair->recovery.escalation == ESCALATION_ABORT)
			set_due(qpair, recovery_step_timeout_ms(ctrl));
		return;
	}
	count = qpair_late(qpair, cids, ABORTS_MAX);
	if (count)
		escalate(ctrl, qpair, cids, count);
}
