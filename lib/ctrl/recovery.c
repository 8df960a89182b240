/* SPDX-License-Identifier: MIT */
/*
 * recovery.c: the ladder, and how queue pairs follow a controller through a reset.
 *
 * Other threads' queue pairs are never touched: a reset raises ctrl->epoch, their own threads see
 * it at their next look-up, answer what was in flight and create their queues anew.
 */
#include "ctrl/recovery.h"

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
#include "ctrl/snapshot.h"
#include "qpair/extras.h"
#include "qpair/guard.h"
#include "qpair/poll.h"

#include <errno.h>
#include <nvu/regs.h>
#include <string.h>

enum {
	LOOK_MS = 50,		/* how often deadlines and the controller are looked at */
	SELDOM_MS = 4,		/* between two looks at the clock: the application polls seldom */
	ABORTS_MAX = 4,		/* sent for one queue pair at a time */
	RUNG_TIMEOUT_MS = 1000, /* for one Abort, Delete I/O SQ or CQ of the ladder, at most */
};

enum rung { RUNG_NONE, RUNG_ABORT, RUNG_QUEUES };

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
}

void recovery_give_up(struct nvu_ctrl *ctrl, int error)
{
	if (ctrl->dead)
		return;
	log_line(LOG_INFO, "%s: given up: %s", ctrl_name(ctrl), why(ctrl));
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
	int ret = notices_enable(ctrl);

	if (ret || !ctrl->ns_ops)
		return ret;
	ctrl->ns_ops->forget(ctrl);
	ctrl->resettable = !last;
	ret = ctrl->ns_ops->refresh(ctrl);
	ctrl->resettable = false;
	(void)snapshot_publish(ctrl); /* limits may have changed all the same */
	return ret == -EIO || ret == -ENODEV || (ret == -ETIMEDOUT && !last) ? ret : 0;
}

static int reset_once(struct nvu_ctrl *ctrl)
{
	int ret;

	PROBE2(reset, ctrl, ctrl->epoch);
	bus_connect(ctrl);
	ret = stop(ctrl);
	if (ret)
		return ret;
	raise_epoch(ctrl);
	admin_release_all(ctrl);
	ctrl->events_armed = 0;
	ret = identify_caps_again(ctrl);
	if (!ret)
		ret = recovery_bring_up(ctrl);
	if (!ret)
		ret = ioqueue_shadow(ctrl);
	return ret ? ret : identify_host(ctrl);
}

int recovery_reset(struct nvu_ctrl *ctrl)
{
	int ret;

	if (ctrl->dead)
		return error_set(ctrl->dead,
				 "%s: the controller has failed: close it and open it "
				 "again",
				 ctrl_name(ctrl));
	ret = reset_once(ctrl);
	if (!ret && identify_again(ctrl, false)) {
		log_line(LOG_INFO, "%s: resetting once more: %s", ctrl_name(ctrl), why(ctrl));
		ret = reset_once(ctrl);
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
static uint32_t rung_timeout_ms(const struct nvu_ctrl *ctrl)
{
	uint32_t timeout_ms = ctrl->opts.admin_timeout_ms;

	return timeout_ms < RUNG_TIMEOUT_MS ? timeout_ms : RUNG_TIMEOUT_MS;
}

static void abort_commands(struct nvu_ctrl *ctrl, const struct nvu_qpair *qpair,
			   const uint32_t *cids, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		/* Base 5.1, figure 139. */
		const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_ABORT,
					     .cdw10 = nvu_le32_put(cids[i] << 16 | qpair->id) };

		if (admin_command(ctrl, &cmd, NULL, 0, rung_timeout_ms(ctrl), NULL) < 0)
			return;
	}
}

/* Time for an aborted command to be answered: as long again as it had, within reason. */
static uint32_t grace_ms(const struct nvu_qpair *qpair)
{
	uint32_t grace = qpair->timeout_ms / 2;

	return grace > RUNG_TIMEOUT_MS ? RUNG_TIMEOUT_MS : grace;
}

/* Some commands are late. Takes the next rung if it is due. Holds the lock. */
static void climb(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair, const uint32_t *cids,
		  uint32_t count)
{
	uint32_t now_ms = qpair_now_ms(qpair);

	if (qpair->rung == RUNG_NONE) {
		PROBE2(late, qpair, qpair->id);
		log_line(LOG_INFO, "%s: queue %u: a command is late: abort", ctrl_name(ctrl),
			 qpair->id);
		qpair->rung = RUNG_ABORT;
		abort_commands(ctrl, qpair, cids, count);
		/* From now on: the aborts may have taken longer than that. */
		qpair->rung_ms = (uint32_t)clock_coarse_ms() + grace_ms(qpair);
		return;
	}
	if ((int32_t)(now_ms - qpair->rung_ms) < 0)
		return;
	qpair->rung = RUNG_QUEUES;
	log_line(LOG_INFO, "%s: queue %u: deleting the queues", ctrl_name(ctrl), qpair->id);
	if (ioqueue_delete(ctrl, qpair, rung_timeout_ms(ctrl))) {
		log_line(LOG_INFO, "%s: resetting: %s", ctrl_name(ctrl), why(ctrl));
		(void)recovery_reset(ctrl);
	}
	qpair_cut(qpair);
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
static void look_at_commands(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	uint32_t cids[ABORTS_MAX], count, cursor = 0;

	if (!inflight_next(&qpair->inflight, &cursor, true, qpair_now_ms(qpair))) {
		qpair->rung = RUNG_NONE;
		return;
	}
	if (is_excused(ctrl, qpair))
		return;
	count = qpair_late(qpair, cids, ABORTS_MAX);
	if (count)
		climb(ctrl, qpair, cids, count);
}

/* What the controller tells of changes is learnt by a program that does nothing but poll, too. */
static int look_at_events(struct nvu_ctrl *ctrl)
{
	int ret = 0;

	if (ctrl->dead || !ctrl->ns_ops)
		return 0;
	admin_reap(ctrl);
	if (ctrl->outdated) {
		ctrl->identify_timeout_ms = rung_timeout_ms(ctrl);
		ret = ctrl->ns_ops->refresh(ctrl);
		ctrl->identify_timeout_ms = 0;
	}
	if (ret == -EIO || ret == -ENODEV)
		return ret;
	(void)admin_arm_events(ctrl);
	return 0;
}

/*
 * Is the controller alive, is a command late? Left to the next tick while another thread holds the
 * lock: a busy control plane holds it often, but not for long.
 */
static void look(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair, uint64_t now_ms)
{
	int ret;

	if (pthread_mutex_trylock(&ctrl->lock))
		return;
	qpair->look_ms = now_ms;
	ret = ctrl->dead ? 0 : bringup_check(ctrl);
	if (!ret)
		ret = look_at_events(ctrl);
	if (ret == -EIO || (ret == -ENODEV && bus_answers(ctrl))) {
		log_line(LOG_INFO, "%s: resetting: %s", ctrl_name(ctrl), why(ctrl));
		(void)recovery_reset(ctrl);
	} else if (ret)
		recovery_give_up(ctrl, ret);
	else if (qpair->epoch == ctrl->epoch) /* else it is seen at the next tick */
		look_at_commands(ctrl, qpair);
	pthread_mutex_unlock(&ctrl->lock);
}

/* What goes wrong there is no failure of the poll that it is part of. */
static void look_quietly(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair, uint64_t now_ms)
{
	error_enter();
	look(ctrl, qpair, now_ms);
	(void)error_leave(0);
}

/* The queue pair's thread has one view of the namespaces until it follows. */
static void follow_namespaces(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	if ((uint32_t)qpair->key != __atomic_load_n(&ctrl->key, __ATOMIC_ACQUIRE) && ctrl->ns_ops)
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
			ret = recovery_reset(ctrl);
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

/* All commands are answered: create the queues anew, or learn that there is no hope. */
static void revive(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	int ret = ctrl ? try_again(ctrl, qpair) : qpair->error; /* an orphan */

	if (!ret && qpair->extras)
		extras_resend(qpair);
	else if (ret == -ESTALE)
		qpair->cursor = 0; /* qpair_cancel() begins again */
	else if (ret && qpair->extras && qpair->extras->keeping)
		extras_despair(qpair);
	else if (ret)
		qpair_kill(qpair, ret);
}

static int follow(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair, struct nvu_cpl *cpls,
		  uint32_t max)
{
	uint32_t count;

	/*
	 * What the controller had answered before it stopped is the truth. It may lie behind entries
	 * that answer nothing, max at a time; a queue holds no more than it has entries.
	 */
	for (uint32_t left = qpair->entries; left && cq_ring_pending(&qpair->cq); left--) {
		count = poll_reap(qpair, cpls, max);
		guard_forget(qpair);
		if (count)
			return (int)count;
	}
	count = qpair_cancel(qpair, cpls, max);
	if (count)
		return (int)count;
	revive(ctrl, qpair);
	/* There is no hope for what was kept: answered now, before anything can be queued again. */
	if (qpair->state == QPAIR_CUT)
		return (int)qpair_cancel(qpair, cpls, max);
	return qpair->state == QPAIR_DEAD ? qpair_report_end(qpair) : 0;
}

/* Late without being published, by a deadline of their own: the controller does not know of them. */
static void set_unpublished(struct nvu_qpair *qpair, uint32_t deadline_ms)
{
	struct sq_ring ring = qpair->sq;

	for (ring.slot = ring.published; ring.slot != qpair->sq.slot;
	     sq_ring_advance(&ring, ring.slot)) {
		struct inflight *record =
			inflight_at(&qpair->inflight, nvu_le16_get(ring.slot->cid));

		if (qpair_expired(qpair, record))
			record->deadline_ms = deadline_ms;
	}
}

/*
 * A command's deadline counts from the last look at the clock. When that is long ago, because nobody
 * polled, the commands queued since then would be late at once: their time begins now. They are
 * known by their deadline, an even number; what is given to them is odd, so they get it only once.
 */
static void set_deadline(struct nvu_qpair *qpair, uint64_t now_ms)
{
	uint32_t cursor = 0, stale_ms = qpair->inflight.deadline_ms;
	uint32_t deadline_ms = ((uint32_t)now_ms + qpair->timeout_ms) & ~1u;
	struct inflight *record;

	qpair->inflight.deadline_ms = deadline_ms;
	if (now_ms - qpair->tick_ms > LOOK_MS) {
		while ((record = inflight_next(&qpair->inflight, &cursor, false, 0)))
			if (record->deadline_ms == stale_ms)
				record->deadline_ms = deadline_ms | 1;
		set_unpublished(qpair, deadline_ms | 1);
	}
	qpair->tick_ms = now_ms;
}

void recovery_set_timeout(struct nvu_qpair *qpair, uint32_t timeout_ms)
{
	uint64_t now_ms = clock_coarse_ms();

	set_deadline(qpair, now_ms); /* for what has been queued */
	qpair->timeout_ms = timeout_ms;
	set_deadline(qpair, now_ms);
}

/* Who polls seldom looks up at each poll, who polls all the time at every 256th. */
static uint32_t choose_tick(const struct nvu_qpair *qpair, uint64_t gap_ms, uint32_t polls)
{
	if (qpair->state != QPAIR_LIVE || qpair->extras || gap_ms >= SELDOM_MS)
		return 1;
	return polls < QPAIR_POLLS_PER_TICK ? polls * 2 : QPAIR_POLLS_PER_TICK;
}

void recovery_orphan(struct nvu_qpair *qpair)
{
	if (qpair->state != QPAIR_DEAD) {
		qpair_cut(qpair);
		qpair->error = -ENODEV;
	}
	qpair->rung = RUNG_QUEUES; /* what was aborted by their deletion is nvu's own doing */
	qpair->tick = 1;
	qpair->ctrl = NULL;
	guard_orphan(qpair);
}

int recovery_tick(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max)
{
	struct nvu_ctrl *ctrl = qpair->ctrl;
	uint64_t now_ms = clock_coarse_ms();
	uint64_t gap_ms = now_ms - qpair->tick_ms;
	uint32_t polls = qpair->tick_polls;

	qpair->polls += polls;
	qpair->tick = qpair->tick_polls = 1; /* as long as it is not live */
	set_deadline(qpair, now_ms);
	if (qpair->state == QPAIR_DEAD)
		return qpair_report_end(qpair);
	if (qpair->state == QPAIR_LIVE && now_ms - qpair->look_ms >= LOOK_MS)
		look_quietly(ctrl, qpair, now_ms);
	if (ctrl)
		follow_namespaces(ctrl, qpair);
	if (qpair->state == QPAIR_LIVE &&
	    qpair->epoch != __atomic_load_n(&ctrl->epoch, __ATOMIC_ACQUIRE))
		qpair_cut(qpair);
	if (qpair->state == QPAIR_CUT && max) {
		error_enter();
		return error_leave_count(follow(ctrl, qpair, cpls, max));
	}
	qpair->tick = qpair->tick_polls = choose_tick(qpair, gap_ms, polls);
	return 0;
}
