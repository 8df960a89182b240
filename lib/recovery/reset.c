/* SPDX-License-Identifier: MIT */
/*
 * recovery.c: the ladder, and how queue pairs follow a controller through a reset.
 *
 * Other threads' queue pairs are never touched: a reset raises ctrl->epoch, their own threads see
 * it at their next look-up, answer what was in flight and create their queues anew.
 */
#include "recovery/recovery.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/probe.h"
#include "ctrl/admin.h"
#include "ctrl/bringup.h"
#include "ctrl/bus.h"
#include "ctrl/identify.h"
#include "ctrl/ioqueue.h"
#include "ctrl/notices.h"
#include "ctrl/resets.h"
#include "ctrl/restore.h"
#include "ctrl/snapshot.h"
#include "qpair/extras.h"
#include "qpair/misuse.h"
#include "qpair/poll.h"
#include "qpair/submit.h"
#include "qpair/waiting.h"

#include <errno.h>
#include <nvu/regs.h>
#include <string.h>

enum {
	HEALTH_CHECK_MS = 50, /* how often the controller is looked at */
	GRACE_MS = 50,	      /* for an aborted command to be answered, at most */
	ABORTS_MAX = 4,	      /* sent for one queue pair at a time */
	ESCALATION_TIMEOUT_MS =
		1000, /* for one Abort, Delete I/O SQ or CQ of the ladder, at most */
};

enum escalation { ESCALATION_NONE, ESCALATION_ABORT, ESCALATION_QUEUES };

/* The last sentence, without the controller's name, which the log line begins with. */
static const char *why(const struct nvu_ctrl *ctrl)
{
	const char *sentence = error_get();
	size_t len = strlen(ctrl_name(ctrl));

	return !strncmp(sentence, ctrl_name(ctrl), len) && !strncmp(sentence + len, ": ", 2)
		       ? sentence + len + 2
		       : sentence;
}

static void raise_epoch(struct nvu_ctrl *ctrl)
{
	/* Release: whoever sees the new epoch also sees that the controller is disabled. */
	__atomic_store_n(&ctrl->epoch, ctrl->epoch + 1, __ATOMIC_RELEASE);
	for (struct nvu_qpair *qpair = ctrl->qpairs; qpair; qpair = qpair->next)
		qpair_poke(qpair);
}

/* Before the controller is stopped: from now on no doorbell of an I/O queue is rung, by any thread. */
static void bar_qpairs(struct nvu_ctrl *ctrl)
{
	for (struct nvu_qpair *qpair = ctrl->qpairs; qpair; qpair = qpair->next)
		qpair_bar(qpair);
}

void recovery_give_up(struct nvu_ctrl *ctrl, int error)
{
	if (ctrl->dead)
		return;
	log_line(LOG_INFO, "%s: given up: %s", ctrl_name(ctrl), why(ctrl));
	bar_qpairs(ctrl);
	bus_cut_off(ctrl);
	PROBE2(dead, ctrl, error);
	ctrl->dead = error == -ENODEV ? -ENODEV : -EIO;
	ctrl->enabled = false;
	raise_epoch(ctrl);
}

int recovery_bring_up(struct nvu_ctrl *ctrl)
{
	uint32_t granted;
	int ret = bringup_enable(ctrl);

	if (!ret)
		ret = ioqueue_negotiate(ctrl, &granted);
	if (ret > 0 && !ctrl->info.io_queues) {
		/* A drive that is half dead can still be looked at, and often mended, by admin commands. */
		log_line(LOG_INFO, "%s: no I/O queues: %s", ctrl_name(ctrl), why(ctrl));
		ctrl->queues_refused = ret;
		return 0;
	}
	if (ret)
		return ret;
	ctrl->queues_refused = 0;
	ctrl->info.io_queues = granted;
	return 0;
}

static int stop(struct nvu_ctrl *ctrl)
{
	struct transport *transport = ctrl->transport;
	int ret = bringup_disable(ctrl);

	if (!ret || (ret == -ENODEV && !bus_answers(ctrl)))
		return ret;
	log_line(LOG_INFO, "%s: function level reset: %s", ctrl_name(ctrl), why(ctrl));
	if (transport->ops->reset(transport))
		return ret;
	ctrl->silent = false;
	return bringup_disable(ctrl);
}

/*
 * Firmware may have changed, and namespaces. What the controller refuses to tell makes namespaces stale,
 * and is no failure of the reset; when it does not answer, that is one, the first time.
 */
static int identify_again(struct nvu_ctrl *ctrl, bool last)
{
	int ret = restore_features(ctrl);

	if (!ret)
		ret = notices_enable(ctrl);
	if (ret || !ctrl->ns_ops)
		return ret;
	ctrl->ns_ops->forget(ctrl);
	ctrl->resettable = !last;
	ret = ctrl->ns_ops->refresh(ctrl);
	ctrl->resettable = false;
	(void)snapshot_publish(ctrl); /* limits may have changed all the same */
	return ret == -EIO || ret == -ENODEV || (ret == -ETIMEDOUT && !last) ? ret : 0;
}

static int reset_once(struct nvu_ctrl *ctrl, enum nvu_reset_reason reason)
{
	int ret;

	PROBE2(reset, ctrl, ctrl->epoch);
	bar_qpairs(ctrl);
	bus_connect(ctrl, false);
	ret = stop(ctrl);
	if (ret)
		return ret;
	bus_connect(ctrl, true);
	raise_epoch(ctrl);
	resets_note(ctrl, reason);
	admin_release_all(ctrl);
	ctrl->events_armed = 0;
	ret = identify_caps_again(ctrl);
	if (!ret)
		ret = recovery_bring_up(ctrl);
	if (!ret)
		ret = ioqueue_shadow(ctrl);
	return ret ? ret : identify_host(ctrl);
}

int recovery_reset(struct nvu_ctrl *ctrl, enum nvu_reset_reason reason)
{
	int ret;

	if (ctrl->dead)
		return error_set(ctrl->dead,
				 "%s: the controller has failed: close it and open it "
				 "again",
				 ctrl_name(ctrl));
	ret = reset_once(ctrl, reason);
	if (!ret && identify_again(ctrl, false)) {
		log_line(LOG_INFO, "%s: resetting once more: %s", ctrl_name(ctrl), why(ctrl));
		ret = reset_once(ctrl, NVU_RESET_IDENTIFY);
		ret = ret ? ret : identify_again(ctrl, true);
	}
	if (!ret)
		ret = admin_arm_events(ctrl);
	if (ret)
		recovery_give_up(ctrl, ret);
	else
		log_line(LOG_INFO, "%s: reset, and up again", ctrl_name(ctrl));
	return ret;
}

/*
 * A controller that does not answer within a second, while commands are late already, will sooner do
 * so after a reset: the caller waits, and with it every thread that needs the lock.
 */
static uint32_t escalation_timeout_ms(const struct nvu_ctrl *ctrl)
{
	uint32_t timeout_ms = ctrl->opts.admin_timeout_ms;

	return timeout_ms < ESCALATION_TIMEOUT_MS ? timeout_ms : ESCALATION_TIMEOUT_MS;
}

/* Whether the controller has aborted one of them at least, by its own account. */
static bool abort_commands(struct nvu_ctrl *ctrl, const struct nvu_qpair *qpair,
			   const uint32_t *cids, uint32_t count)
{
	bool any = false;

	for (uint32_t i = 0; i < count; i++) {
		/* Base 5.1, figure 139; the result's bit 0: not aborted. */
		const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_ABORT,
					     .cdw10 = nvu_le32_put(cids[i] << 16 | qpair->id) };
		uint64_t result = 1;

		if (admin_command(ctrl, &cmd, NULL, 0, escalation_timeout_ms(ctrl), &result) < 0)
			break;
		any = any || !(result & 1);
	}
	return any;
}

/* Time for an aborted command to be answered. */
static uint32_t grace_ms(const struct nvu_qpair *qpair)
{
	uint32_t grace = qpair->timeout_ms / 2;

	return grace > GRACE_MS ? GRACE_MS : grace;
}

/* The next rung: without their queues, the commands are answered. Holds the lock. */
static void delete_queues(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	qpair->escalation = ESCALATION_QUEUES;
	log_line(LOG_INFO, "%s: queue %u: deleting the queues", ctrl_name(ctrl), qpair->id);
	if (ioqueue_delete(ctrl, qpair, escalation_timeout_ms(ctrl))) {
		log_line(LOG_INFO, "%s: resetting: %s", ctrl_name(ctrl), why(ctrl));
		(void)recovery_reset(ctrl, NVU_RESET_LATE);
	}
	qpair_cut(qpair);
}

/* Some commands are late. Takes the next rung if it is due. Holds the lock. */
static void escalate(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair, uint32_t *cids, uint32_t count)
{
	bool aborted;

	if (qpair->escalation != ESCALATION_NONE) {
		if ((int32_t)((uint32_t)qpair->now_ms - qpair->escalation_ms) >= 0)
			delete_queues(ctrl, qpair);
		return;
	}
	PROBE2(late, qpair, qpair->id);
	log_line(LOG_INFO, "%s: queue %u: a command is late: abort", ctrl_name(ctrl), qpair->id);
	qpair->escalation = ESCALATION_ABORT;
	aborted = abort_commands(ctrl, qpair, cids, count);
	/* From now on: the aborts may have taken longer than that. */
	qpair->escalation_ms = (uint32_t)(clock_ns() / 1000000) + grace_ms(qpair);
	/* A controller that has aborted nothing will not answer within the grace either. */
	if (!aborted && qpair_late(qpair, cids, 1))
		delete_queues(ctrl, qpair);
}

/* While firmware is activated commands wait, and from then on they have all their time again. */
static bool is_excused(const struct nvu_ctrl *ctrl, const struct nvu_qpair *qpair)
{
	return bringup_is_paused(ctrl) ||
	       (ctrl->resumed_ms && clock_coarse_ms() - ctrl->resumed_ms < qpair->timeout_ms);
}

/*
 * Commands whose deadline has passed. The rung stays until the last of them is answered: an answer
 * to an aborted one may lie in the queue for long.
 */
static void check_deadlines(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	uint32_t cids[ABORTS_MAX], count, cursor = 0;

	if (!inflight_next(&qpair->inflight, &cursor, true, (uint32_t)qpair->now_ms)) {
		qpair->escalation = ESCALATION_NONE;
		return;
	}
	if (is_excused(ctrl, qpair))
		return;
	count = qpair_late(qpair, cids, ABORTS_MAX);
	if (count)
		escalate(ctrl, qpair, cids, count);
}

/* What the controller tells of changes is learnt by a program that does nothing but poll, too. */
static int check_events(struct nvu_ctrl *ctrl)
{
	int ret = 0;

	if (ctrl->dead || !ctrl->ns_ops)
		return 0;
	admin_reap(ctrl);
	if (ctrl->outdated) {
		ctrl->identify_timeout_ms = escalation_timeout_ms(ctrl);
		ret = ctrl->ns_ops->refresh(ctrl);
		ctrl->identify_timeout_ms = 0;
	}
	if (ret == -EIO || ret == -ENODEV)
		return ret;
	(void)admin_arm_events(ctrl);
	return 0;
}

/* Holds the lock. */
static void check_health(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	int ret = ctrl->dead ? 0 : bringup_check(ctrl);

	qpair->health_ms = qpair->now_ms + HEALTH_CHECK_MS;
	if (!ret)
		ret = check_events(ctrl);
	if (ret == -EIO || (ret == -ENODEV && bus_answers(ctrl))) {
		log_line(LOG_INFO, "%s: resetting: %s", ctrl_name(ctrl), why(ctrl));
		(void)recovery_reset(ctrl, ret == -EIO ? NVU_RESET_FAILED : NVU_RESET_SILENT);
	} else if (ret) {
		recovery_give_up(ctrl, ret);
	}
}

/*
 * Is the controller alive, is a command late? Left to the next waiting poll while another thread holds
 * the lock: a busy control plane holds it often, but not for long.
 */
static void check(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	if (pthread_mutex_trylock(&ctrl->lock))
		return;
	if (qpair->now_ms >= qpair->health_ms)
		check_health(ctrl, qpair);
	if (!ctrl->dead && qpair->epoch == ctrl->epoch) /* else it is seen at once */
		check_deadlines(ctrl, qpair);
	deadline_set_due(qpair, qpair->escalation == ESCALATION_ABORT);
	pthread_mutex_unlock(&ctrl->lock);
}

/* What goes wrong there is no failure of the poll that it is part of. */
static void check_quietly(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	error_enter();
	check(ctrl, qpair);
	(void)error_leave(0);
}

/* The queue pair's thread has one view of the namespaces until it follows. */
static void follow_namespaces(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	if (ctrl->ns_ops)
		ctrl->ns_ops->follow(qpair);
}

/*
 * Whether the controller has room for the queue pair since the reset: -ENOSPC, then it ends alone; and
 * whether what it has kept is still to be sent: -ESTALE, then some of it is to be answered first.
 */
static int check_room(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	if (qpair->id > ctrl->info.io_queues)
		return qpair_end(qpair, QPAIR_END_QUEUES, ctrl->info.io_queues);
	if (qpair->entries > ctrl->caps.max_entries)
		return qpair_end(qpair, QPAIR_END_ENTRIES, ctrl->caps.max_entries);
	follow_namespaces(ctrl, qpair);
	if (waiting_has_stale(qpair))
		return -ESTALE;
	return qpair->extras && extras_has_outdated(qpair) ? -ESTALE : 0;
}

static bool is_own_end(int ret)
{
	return ret == -ENOSPC || ret == -ESTALE;
}

static int create_anew(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	int ret = check_room(ctrl, qpair);

	if (ret) {
		if (qpair->state == QPAIR_LIVE) /* by an attempt before this one */
			qpair_cut(qpair);
		return ret;
	}
	qpair_reset(qpair);
	return ioqueue_create(ctrl, qpair);
}

/* 0, or why there is no hope for the queue pair. */
static int try_again(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	int ret;

	pthread_mutex_lock(&ctrl->lock);
	ret = ctrl->dead;
	if (!ret) {
		ret = create_anew(ctrl, qpair);
		if (ret && !is_own_end(ret)) {
			log_line(LOG_INFO, "%s: queue %u is not created anew, resetting: %s",
				 ctrl_name(ctrl), qpair->id, why(ctrl));
			ret = recovery_reset(ctrl, NVU_RESET_CREATE);
			ret = ret ? ret : create_anew(ctrl, qpair);
		}
		if (ret && !is_own_end(ret)) {
			recovery_give_up(ctrl, ret);
			ret = ctrl->dead;
			qpair_cut(qpair);
		}
	}
	pthread_mutex_unlock(&ctrl->lock);
	if (!ret)
		log_line(LOG_INFO, "%s: queue %u: made anew", ctrl_name(ctrl), qpair->id);
	return ret;
}

/* All commands of the lost queues are answered: make new ones, or learn that there is no hope. 0, or why. */
static int revive(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	int ret = try_again(ctrl, qpair);

	if (!ret)
		deadline_extend(qpair);
	if (!ret && qpair->extras)
		extras_resend(qpair); /* with all their time from that reading of the clock on */
	return ret;
}

/* Answers of a queue pair that has no queues; 0: all that had to be given now are given. */
static uint32_t answer_cut(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max)
{
	uint32_t count = qpair_cancel(qpair, cpls, max);

	return count ? count : waiting_answer(qpair, qpair->fate, cpls, max);
}

/* There are no queues yet, or will be none. */
static uint32_t stay_cut(struct nvu_qpair *qpair, int ret, struct nvu_cpl *cpls, uint32_t max)
{
	if (ret == -ESTALE)
		qpair->cursor = 0; /* qpair_cancel() begins again */
	else
		qpair_refuse(qpair, ret);
	return answer_cut(qpair, cpls, max);
}

static int follow(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair, struct nvu_cpl *cpls,
		  uint32_t max)
{
	uint32_t count = poll_reap_truth(qpair, cpls, max);

	if (!count)
		count = answer_cut(qpair, cpls, max);
	if (!count && !qpair->fate) {
		int ret = revive(ctrl, qpair);

		if (!ret)
			return 0;
		count = stay_cut(qpair, ret, cpls, max);
	}
	if (count && qpair->fate)
		misuse_forget(qpair); /* what they have freed is not for new commands */
	if (count || !qpair->fate)
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
	qpair->escalation =
		ESCALATION_QUEUES; /* what was aborted by their deletion is nvu's own doing */
	qpair->ctrl = NULL;
	qpair->gate.transport = NULL;
	misuse_orphan(qpair);
}

int recovery_upkeep(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max)
{
	struct nvu_ctrl *ctrl = qpair->ctrl;

	deadline_pass(qpair);
	if (qpair->state == QPAIR_DEAD)
		return qpair_report_end(qpair);
	if (qpair->state == QPAIR_LIVE && qpair->now_ms >= qpair->due_ms)
		check_quietly(ctrl, qpair);
	if (ctrl)
		follow_namespaces(ctrl, qpair);
	if (qpair->state == QPAIR_LIVE &&
	    qpair->epoch != __atomic_load_n(&ctrl->epoch, __ATOMIC_ACQUIRE))
		qpair_cut(qpair);
	if (qpair->state == QPAIR_CUT && max) {
		error_enter();
		return error_leave_count(follow(ctrl, qpair, cpls, max));
	}
	deadline_rearm(qpair);
	return 0;
}
