/* SPDX-License-Identifier: MIT */
/*
 * upkeep.c: see recovery.h.
 */
#include "base/error.h"
#include "base/log.h"
#include "ctrl/admin.h"
#include "ctrl/bringup.h"
#include "ctrl/bus.h"
#include "ctrl/enter.h"
#include "ns/refresh.h"
#include "recovery/escalate.h"
#include "recovery/follow.h"
#include "recovery/recovery.h"
#include "recovery/reset.h"

#include <assert.h>
#include <errno.h>

enum { HEALTH_CHECK_MS = 50 }; /* between two checks of the controller */

/*
 * Reaps events and takes a step of identifying again what they report, so that polling is enough to learn of changes.
 */
static int check_events(struct nvu_ctrl *ctrl)
{
	int ret;

	assert(lock_is_held(&ctrl->lock));
	if (ctrl->dead || !ctrl->namespaces)
		return 0;
	admin_reap(ctrl);
	ctrl->identify_timeout_ms = recovery_step_timeout_ms(ctrl);
	ret = refresh_step(ctrl);
	ctrl->identify_timeout_ms = 0;
	if (ret == -EIO || ret == -ENODEV)
		return ret;
	(void)admin_arm_events(ctrl);
	return 0;
}

/* While registers read as all ones, each look reads them again, and nothing else is done. Holds the lock. */
static void check_health(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	int ret = ctrl->dead ? 0 : bringup_check_step(ctrl);

	assert(lock_is_held(&ctrl->lock));
	if (ret == STEP_AGAIN)
		return;
	qpair->recovery.health_ms = qpair->now_ms + HEALTH_CHECK_MS;
	if (!ret)
		ret = check_events(ctrl);
	if (ret == -EIO || (ret == -ENODEV && bus_answers(ctrl))) {
		log_line(LOG_INFO, "%s: resetting: %s", ctrl_name(ctrl), recovery_why(ctrl));
		recovery_reset_begin(ctrl, ret == -EIO ? NVU_RESET_FAILED : NVU_RESET_SILENT);
	} else if (ret) {
		recovery_give_up(ctrl, ret);
	}
}

/* Commands can be sent to it. */
static bool answers(const struct nvu_ctrl *ctrl)
{
	return !ctrl->dead && !ctrl->under_reset && !bus_is_silent(ctrl);
}

/*
 * Checks the controller and its late commands. While another thread holds the lock, leaves it to the next poll: a
 * busy control plane holds the lock often, but not for long. Of a reset that is under way, takes a step instead.
 */
static void check(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	if (!ctrl_try_enter(ctrl))
		return;
	if (qpair->now_ms >= qpair->recovery.health_ms || ctrl->refreshing || bus_is_silent(ctrl))
		check_health(ctrl, qpair);
	if (answers(ctrl) && recovery_has_queues(ctrl, qpair)) /* else it is seen at once */
		recovery_escalate(ctrl, qpair);
	deadline_set_due(qpair, qpair->recovery.escalation == ESCALATION_GRACE);
	if (ctrl->refreshing || bus_is_silent(ctrl) ||
	    qpair->recovery.escalation == ESCALATION_ABORT ||
	    qpair->recovery.escalation == ESCALATION_QUEUES)
		qpair->recovery.due_ms = qpair->now_ms; /* the next look takes the next step */
	lock_give(&ctrl->lock);
}

/* A failure of the check is not a failure of the poll, so it sets no sentence. */
static void check_quietly(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	error_enter();
	check(ctrl, qpair);
	(void)error_leave(0);
}

/* Each look takes a step of a reset, whichever thread has begun it. */
static bool is_due(const struct nvu_ctrl *ctrl, const struct nvu_qpair *qpair)
{
	return qpair->now_ms >= qpair->recovery.due_ms ||
	       __atomic_load_n(&ctrl->under_reset, __ATOMIC_RELAXED);
}

int recovery_upkeep(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max)
{
	struct nvu_ctrl *ctrl = qpair->ctrl;

	deadline_pass(qpair);
	qpair->recovery.look_end_ns = 0;
	if (qpair->state == QPAIR_DEAD)
		return qpair_report_end(qpair);
	if (qpair->state == QPAIR_LIVE && is_due(ctrl, qpair))
		check_quietly(ctrl, qpair);
	if (ctrl)
		recovery_follow_namespaces(ctrl, qpair);
	if (qpair->state == QPAIR_LIVE &&
	    qpair->recovery.epoch != __atomic_load_n(&ctrl->epoch, __ATOMIC_ACQUIRE))
		qpair_cut(qpair);
	if (qpair->state == QPAIR_CUT && max) {
		error_enter();
		return error_leave_count(recovery_follow(ctrl, qpair, cpls, max));
	}
	deadline_rearm(qpair);
	return 0;
}
