/* SPDX-License-Identifier: MIT */
/*
 * follow.c: see follow.h.
 */
#include "recovery/follow.h"

#include "base/log.h"
#include "base/step.h"
#include "ctrl/aborts.h"
#include "ctrl/enter.h"
#include "ctrl/ioqueue.h"
#include "ns/follow.h"
#include "qpair/abort.h"
#include "qpair/after.h"
#include "qpair/deadline.h"
#include "qpair/misuse.h"
#include "qpair/poll.h"
#include "qpair/resend.h"
#include "qpair/slow_path.h"
#include "qpair/special.h"
#include "qpair/submit.h"
#include "qpair/waiting.h"
#include "qpair/walk.h"
#include "recovery/escalate.h"
#include "recovery/reset.h"

#include <assert.h>
#include <errno.h>

void recovery_follow_namespaces(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	if (__atomic_load_n(&ctrl->namespaces, __ATOMIC_RELAXED))
		follow_change(qpair);
}

/* What an attempt to create the queues of a queue pair again leads to. */
enum attempt {
	ATTEMPT_LIVE, /* the queues exist: the queue pair is live */
	ATTEMPT_ANSWER, /* kept commands are for what a namespace was: answer them, then attempt again */
	ATTEMPT_END, /* since the reset the controller has no room for the queue pair: it ends alone */
	ATTEMPT_FAILED, /* the controller has not created them, or is dead */
	ATTEMPT_LATER, /* not answered yet, a reset is under way, or another thread holds the lock: the next poll goes on */
};

/* ATTEMPT_LIVE: nothing is in the way. */
static enum attempt check_room(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	assert(lock_is_held(&ctrl->lock));
	if (qpair->id > ctrl->info.io_queues) {
		(void)qpair_end(qpair, QPAIR_END_QUEUES, ctrl->info.io_queues);
		return ATTEMPT_END;
	}
	if (qpair->entries > ctrl->caps.max_entries) {
		(void)qpair_end(qpair, QPAIR_END_ENTRIES, ctrl->caps.max_entries);
		return ATTEMPT_END;
	}
	recovery_follow_namespaces(ctrl, qpair);
	if (walk_has_stale(qpair) || (qpair->resend && resend_has_outdated(qpair)))
		return ATTEMPT_ANSWER;
	return ATTEMPT_LIVE;
}

/* STEP_AGAIN: the controller has not answered yet. */
static int create_some(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	int ret;

	do
		ret = ioqueue_create_step(ctrl, qpair);
	while (ret == STEP_AGAIN && recovery_look_again(ctrl, qpair));
	return ret;
}

/*
 * The queue pair has no queues until they all exist: what is queued meanwhile waits. What the room is for may have changed
 * until then. ret_error: why the controller has not created them, of ATTEMPT_FAILED.
 */
static enum attempt create_again(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair, int *ret_error)
{
	enum attempt attempt = check_room(ctrl, qpair);

	if (attempt != ATTEMPT_LIVE)
		return attempt;
	if (!ioqueue_is_creating(ctrl, qpair))
		qpair_prepare(qpair, ctrl->caps.max_entries);
	*ret_error = create_some(ctrl, qpair);
	if (*ret_error)
		return recovery_is_later(ctrl, *ret_error) ? ATTEMPT_LATER : ATTEMPT_FAILED;
	aborts_forget(ctrl, qpair, sizeof(*qpair));
	abort_forget(qpair);
	qpair_reset(qpair);
	ioqueue_open(ctrl, qpair);
	return ATTEMPT_LIVE;
}

/* The first failure costs a reset, the second the controller: ATTEMPT_FAILED. */
static enum attempt create_or_reset(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	int error = 0;
	enum attempt attempt = create_again(ctrl, qpair, &error);

	if (attempt != ATTEMPT_FAILED) {
		qpair->recovery.has_failed &= attempt == ATTEMPT_LATER;
		return attempt;
	}
	if (qpair->recovery.has_failed) {
		recovery_give_up(ctrl, error);
		return ATTEMPT_FAILED;
	}
	log_line(LOG_INFO, "%s: queue %u: cannot re-create it, resetting: %s", ctrl_name(ctrl),
		 qpair->id, recovery_why(ctrl));
	qpair->recovery.has_failed = true;
	ioqueue_drop(ctrl, qpair);
	recovery_reset_begin(ctrl, NVU_RESET_CREATE);
	return ATTEMPT_LATER;
}

/* All commands of the lost queues are answered. ATTEMPT_FAILED: the controller is dead. */
static enum attempt revive(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	enum attempt attempt;

	if (!ctrl_try_enter(ctrl))
		return ATTEMPT_LATER;
	attempt = ctrl->dead ? ATTEMPT_FAILED : create_or_reset(ctrl, qpair);
	lock_give(&ctrl->lock);
	if (attempt != ATTEMPT_LIVE)
		return attempt;
	log_line(LOG_INFO, "%s: queue %u: re-created", ctrl_name(ctrl), qpair->id);
	deadline_extend(qpair);
	if (qpair->resend)
		resend_queue(qpair); /* their time begins with the next look at the clock */
	after_go_on(qpair);
	return attempt;
}

/* Answers commands of a queue pair that has no queues. 0: none is left that must be answered now. */
static uint32_t answer_cut(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max)
{
	uint32_t count = qpair_cancel(qpair, cpls, max);

	return count ? count : waiting_answer(qpair, qpair->recovery.fate, cpls, max);
}

/* The queues could not be created now, or never can be. */
static uint32_t stay_cut(const struct nvu_ctrl *ctrl, struct nvu_qpair *qpair, enum attempt attempt,
			 struct nvu_cpl *cpls, uint32_t max)
{
	assert(attempt <= ATTEMPT_FAILED && attempt != ATTEMPT_LIVE && qpair->state == QPAIR_CUT);
	if (attempt == ATTEMPT_ANSWER)
		qpair->recovery.cursor = 0; /* qpair_cancel() begins again */
	else if (attempt == ATTEMPT_END)
		qpair_refuse(qpair, -ENOSPC);
	else
		qpair_refuse(qpair, ctrl->dead); /* which never changes any more */
	return answer_cut(qpair, cpls, max);
}

int recovery_follow(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair, struct nvu_cpl *cpls,
		    uint32_t max)
{
	uint32_t count = poll_reap_truth(qpair, cpls, max);

	assert(qpair->state == QPAIR_CUT && max);
	if (!count)
		count = answer_cut(qpair, cpls, max);
	if (!count && !qpair->recovery.fate) {
		enum attempt attempt = revive(ctrl, qpair);

		if (qpair->queues.stage)
			qpair->recovery.due_ms = qpair->now_ms; /* a wait looks soon */
		if (attempt == ATTEMPT_LIVE || attempt == ATTEMPT_LATER)
			return 0;
		count = stay_cut(ctrl, qpair, attempt, cpls, max);
	}
	if (count && qpair->recovery.fate)
		qpair_force_slow(
			qpair,
			SLOW_REFUSED); /* the records that they have freed are not for new commands */
	if (count || !qpair->recovery.fate)
		return (int)count;
	qpair_kill(qpair);
	return qpair_report_end(qpair);
}

void recovery_orphan(struct nvu_qpair *qpair)
{
	if (qpair->state != QPAIR_DEAD) {
		qpair_cut(qpair);
		waiting_end(qpair);
		qpair_refuse(qpair, -ENODEV);
		qpair->error = -ENODEV;
	}
	/* nvu itself has aborted the commands of the queues that it has deleted. */
	special_give_up_all(qpair);
	qpair->ctrl = NULL;
	qpair->gate.transport = NULL;
	misuse_orphan(qpair);
}
