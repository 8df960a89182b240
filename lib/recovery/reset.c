/* SPDX-License-Identifier: MIT */
/*
 * reset.c: see reset.h.
 */
#include "recovery/reset.h"

#include "base/error.h"
#include "base/log.h"
#include "base/probe.h"
#include "base/step.h"
#include "ctrl/admin.h"
#include "ctrl/bringup.h"
#include "ctrl/bus.h"
#include "ctrl/identify.h"
#include "ctrl/ioqueue.h"
#include "ctrl/notices.h"
#include "ctrl/resets.h"
#include "ctrl/restore.h"
#include "ctrl/snapshot.h"
#include "ns/refresh.h"
#include "qpair/slow_path.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* How far a reset is that is under way; what the last one led to. */
struct resetting {
	uint32_t stage;
	enum nvu_reset_reason reason;
	bool is_second; /* the controller did not answer, or failed, when it was identified */
	bool was_function_reset; /* it did not stop otherwise */
	int result;		 /* of the last one that has ended */
	struct error_kept why;
};

const char *recovery_why(const struct nvu_ctrl *ctrl)
{
	const char *sentence = error_get();
	size_t len = strlen(ctrl_name(ctrl));

	return !strncmp(sentence, ctrl_name(ctrl), len) && !strncmp(sentence + len, ": ", 2)
		       ? sentence + len + 2
		       : sentence;
}

static void raise_epoch(struct nvu_ctrl *ctrl)
{
	assert(lock_is_held(&ctrl->lock));
	/* Release: a thread that sees the new epoch also sees that the controller is disabled. */
	__atomic_store_n(&ctrl->epoch, ctrl->epoch + 1, __ATOMIC_RELEASE);
	for (struct nvu_qpair *qpair = ctrl->qpairs; qpair; qpair = qpair->next)
		qpair_poke(qpair);
}

/* Before the controller is stopped: from now on no thread rings a doorbell of an I/O queue. */
static void bar_qpairs(struct nvu_ctrl *ctrl)
{
	assert(lock_is_held(&ctrl->lock));
	for (struct nvu_qpair *qpair = ctrl->qpairs; qpair; qpair = qpair->next)
		qpair_bar(qpair);
}

void recovery_give_up(struct nvu_ctrl *ctrl, int error)
{
	assert(lock_is_held(&ctrl->lock) && error);
	if (ctrl->dead)
		return;
	log_line(LOG_INFO, "%s: giving up: %s", ctrl_name(ctrl), recovery_why(ctrl));
	refresh_drop(ctrl);
	bar_qpairs(ctrl);
	bus_cut_off(ctrl);
	PROBE2(dead, ctrl, error);
	ctrl->dead = error == -ENODEV ? -ENODEV : -EIO;
	ctrl->enabled = ctrl->stopping = false;
	raise_epoch(ctrl);
}

int recovery_queues_step(struct nvu_ctrl *ctrl)
{
	uint32_t granted;
	int ret = ioqueue_negotiate_step(ctrl, &granted);

	assert(lock_is_held(&ctrl->lock));
	if (ret > 0 && !ctrl->info.io_queues) {
		/* Admin commands can still examine, and often repair, a drive that is partly defective. */
		log_line(LOG_INFO, "%s: no I/O queues: %s", ctrl_name(ctrl), recovery_why(ctrl));
		ctrl->queues_refused = ret;
		return 0;
	}
	if (ret)
		return ret;
	ctrl->queues_refused = 0;
	ctrl->info.io_queues = granted;
	return 0;
}

static int begin_again(struct nvu_ctrl *ctrl)
{
	assert(!ctrl->dead);
	PROBE2(reset, ctrl, ctrl->epoch);
	ctrl->stopping = true;
	ctrl->restoring = (struct ctrl_restoring){ .done = 0 };
	bar_qpairs(ctrl);
	bus_connect(ctrl, false);
	return 0;
}

static void note_stopped(struct nvu_ctrl *ctrl)
{
	bus_connect(ctrl, true);
	raise_epoch(ctrl);
	ctrl->stopping = false;
	resets_note(ctrl, ctrl->resetting->reason);
	requests_end_all(ctrl);
}

static int stop(struct nvu_ctrl *ctrl)
{
	struct transport *transport = ctrl->transport;
	int ret = bringup_disable_step(ctrl);

	if (!ret)
		note_stopped(ctrl);
	if (!ret || ret == STEP_AGAIN)
		return ret;
	if (ctrl->resetting->was_function_reset || (ret == -ENODEV && !bus_answers(ctrl)))
		return ret;
	log_line(LOG_INFO, "%s: function level reset: %s", ctrl_name(ctrl), recovery_why(ctrl));
	ctrl->resetting->was_function_reset = true;
	if (transport->ops->reset(transport))
		return ret;
	ctrl->silent = false;
	return STEP_AGAIN;
}

/* A reset may activate firmware and change namespaces. */
static int forget_namespaces(struct nvu_ctrl *ctrl)
{
	if (!ctrl->namespaces)
		return 0;
	refresh_forget(ctrl);
	ctrl->resettable = !ctrl->resetting->is_second;
	return 0;
}

/*
 * If the controller refuses to identify namespaces, their handles become stale, and the reset succeeds. If it does not
 * answer, the reset fails, the first time.
 */
static int identify_again(struct nvu_ctrl *ctrl)
{
	int ret = ctrl->namespaces ? refresh_step(ctrl) : 0;

	assert(lock_is_held(&ctrl->lock));
	if (ret == STEP_AGAIN || !ctrl->namespaces)
		return ret;
	ctrl->resettable = false;
	(void)snapshot_publish(ctrl); /* limits may have changed all the same */
	return ret == -EIO || ret == -ENODEV || (ret == -ETIMEDOUT && !ctrl->resetting->is_second)
		       ? ret
		       : 0;
}

/* Each does one thing at a time, as those of an opening: life.c. */
static const ctrl_step stages[] = {
	begin_again,
	stop,
	identify_caps_again_step,
	bringup_enable_step,
	recovery_queues_step,
	ioqueue_shadow_step,
	identify_host_step,
	restore_features_step,
	notices_enable_step,
	forget_namespaces,
	identify_again,
};

/* From FIRST_IDENTIFY on, a failure costs one more reset. */
enum { FIRST_IDENTIFY = 7, STAGES = sizeof(stages) / sizeof(stages[0]) };

static void begin(struct nvu_ctrl *ctrl, enum nvu_reset_reason reason)
{
	assert(lock_is_held(&ctrl->lock) && !ctrl->dead && !ctrl->under_reset);
	refresh_drop(ctrl); /* identify_again() begins again */
	*ctrl->resetting = (struct resetting){ .reason = reason };
	__atomic_store_n(&ctrl->under_reset, true, __ATOMIC_RELAXED);
}

static int end(struct nvu_ctrl *ctrl, int ret)
{
	struct resetting *resetting = ctrl->resetting;

	assert(lock_is_held(&ctrl->lock));
	/* For a caller in steps -EAGAIN is no failure. */
	resetting->result = ret == -EAGAIN ? -ETIMEDOUT : ret;
	__atomic_store_n(&ctrl->under_reset, false, __ATOMIC_RELAXED);
	if (ret) {
		recovery_give_up(ctrl, ret);
		error_keep(&resetting->why);
	} else {
		log_line(LOG_INFO, "%s: reset, and up again", ctrl_name(ctrl));
	}
	return resetting->result;
}

int recovery_reset_step(struct nvu_ctrl *ctrl)
{
	struct resetting *resetting = ctrl->resetting;
	int ret;

	assert(lock_is_held(&ctrl->lock) && ctrl->under_reset && resetting->stage < STAGES);
	ret = stages[resetting->stage](ctrl);
	if (ret == STEP_AGAIN)
		return ret;
	if (!ret && ++resetting->stage < STAGES)
		return STEP_AGAIN;
	if (!ret || resetting->stage < FIRST_IDENTIFY || resetting->is_second)
		return end(ctrl, ret ? ret : admin_arm_events(ctrl));
	log_line(LOG_INFO, "%s: resetting once more: %s", ctrl_name(ctrl), recovery_why(ctrl));
	*resetting = (struct resetting){ .reason = NVU_RESET_IDENTIFY, .is_second = true };
	return STEP_AGAIN;
}

/* Pauses only where a step has to be taken again: in between, nothing is waited for. */
int recovery_reset_finish(struct nvu_ctrl *ctrl)
{
	uint32_t stage;
	int ret = recovery_reset_join(ctrl);

	while (ret == STEP_AGAIN) {
		stage = ctrl->resetting->stage;
		ret = recovery_reset_join(ctrl);
		if (ctrl->resetting->stage == stage)
			(void)steps_pause(ctrl, ret);
	}
	return ret;
}

int recovery_reset(struct nvu_ctrl *ctrl, enum nvu_reset_reason reason)
{
	assert(lock_is_held(&ctrl->lock));
	if (ctrl->dead)
		return admin_report_dead(ctrl);
	begin(ctrl, reason);
	return recovery_reset_finish(ctrl);
}

/* The first step at once, because a queue pair that is poked has to be barred. */
void recovery_reset_begin(struct nvu_ctrl *ctrl, enum nvu_reset_reason reason)
{
	begin(ctrl, reason);
	(void)recovery_reset_step(ctrl);
	for (struct nvu_qpair *qpair = ctrl->qpairs; qpair; qpair = qpair->next)
		qpair_poke(qpair);
}

int recovery_reset_request(struct nvu_ctrl *ctrl)
{
	assert(lock_is_held(&ctrl->lock));
	if (ctrl->dead)
		return admin_report_dead(ctrl);
	if (!ctrl->under_reset)
		recovery_reset_begin(ctrl, NVU_RESET_CALLER);
	return 0;
}

int recovery_reset_join(struct nvu_ctrl *ctrl)
{
	const struct resetting *resetting = ctrl->resetting;

	assert(lock_is_held(&ctrl->lock));
	if (ctrl->under_reset)
		return recovery_reset_step(ctrl);
	if (resetting->result)
		return error_restore(&resetting->why, resetting->result);
	return ctrl->dead ? admin_report_dead(ctrl) : 0;
}

/* What the controller was asked to do is not waited for: it is disabled next, without a shutdown. */
bool recovery_reset_drop(struct nvu_ctrl *ctrl)
{
	assert(lock_is_held(&ctrl->lock));
	if (!ctrl->under_reset)
		return false;
	admin_own_drop(ctrl);
	ctrl->stopping = false;
	ctrl->shut_down = true;
	__atomic_store_n(&ctrl->under_reset, false, __ATOMIC_RELAXED);
	return true;
}

int recovery_reset_prepare(struct nvu_ctrl *ctrl)
{
	ctrl->resetting = calloc(1, sizeof(*ctrl->resetting));
	ctrl->reset_step = recovery_reset_step;
	return ctrl->resetting ? 0 : error_set(-ENOMEM, "no memory for a controller");
}
