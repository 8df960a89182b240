/* SPDX-License-Identifier: MIT */
/*
 * follow.c: see follow.h.
 */
#include "recovery/follow.h"

#include "base/log.h"
#include "ctrl/ioqueue.h"
#include "ns/follow.h"
#include "qpair/deadline.h"
#include "qpair/misuse.h"
#include "qpair/poll.h"
#include "qpair/resend.h"
#include "qpair/slow_path.h"
#include "qpair/submit.h"
#include "qpair/waiting.h"
#include "recovery/reset.h"

#include <errno.h>

void recovery_follow_namespaces(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	if (__atomic_load_n(&ctrl->namespaces, __ATOMIC_RELAXED))
		follow_change(qpair);
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
	recovery_follow_namespaces(ctrl, qpair);
	if (waiting_has_stale(qpair))
		return -ESTALE;
	return qpair->resend && resend_has_outdated(qpair) ? -ESTALE : 0;
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

	lock_take(&ctrl->lock);
	ret = ctrl->dead;
	if (!ret) {
		ret = create_anew(ctrl, qpair);
		if (ret && !is_own_end(ret)) {
			log_line(LOG_INFO, "%s: queue %u: cannot re-create it, resetting: %s",
				 ctrl_name(ctrl), qpair->id, recovery_why(ctrl));
			ret = recovery_reset(ctrl, NVU_RESET_CREATE);
			ret = ret ? ret : create_anew(ctrl, qpair);
		}
		if (ret && !is_own_end(ret)) {
			recovery_give_up(ctrl, ret);
			ret = ctrl->dead;
			qpair_cut(qpair);
		}
	}
	lock_give(&ctrl->lock);
	if (!ret)
		log_line(LOG_INFO, "%s: queue %u: re-created", ctrl_name(ctrl), qpair->id);
	return ret;
}

/* All commands of the lost queues are answered: make new ones, or learn that there is no hope. 0, or why. */
static int revive(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair)
{
	int ret = try_again(ctrl, qpair);

	if (!ret)
		deadline_extend(qpair);
	if (!ret && qpair->resend)
		resend_queue(qpair); /* with all their time from that reading of the clock on */
	return ret;
}

/* Answers of a queue pair that has no queues; 0: all that had to be given now are given. */
static uint32_t answer_cut(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max)
{
	uint32_t count = qpair_cancel(qpair, cpls, max);

	return count ? count : waiting_answer(qpair, qpair->recovery.fate, cpls, max);
}

/* There are no queues yet, or will be none. */
static uint32_t stay_cut(struct nvu_qpair *qpair, int ret, struct nvu_cpl *cpls, uint32_t max)
{
	if (ret == -ESTALE)
		qpair->recovery.cursor = 0; /* qpair_cancel() begins again */
	else
		qpair_refuse(qpair, ret);
	return answer_cut(qpair, cpls, max);
}

int recovery_follow(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair, struct nvu_cpl *cpls,
		    uint32_t max)
{
	uint32_t count = poll_reap_truth(qpair, cpls, max);

	if (!count)
		count = answer_cut(qpair, cpls, max);
	if (!count && !qpair->recovery.fate) {
		int ret = revive(ctrl, qpair);

		if (!ret)
			return 0;
		count = stay_cut(qpair, ret, cpls, max);
	}
	if (count && qpair->recovery.fate)
		qpair_force_slow(qpair,
				 SLOW_REFUSED); /* what they have freed is not for new commands */
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
	/* What the deletion of its queues has aborted is nvu's own doing. */
	qpair->recovery.aborting = true;
	qpair->ctrl = NULL;
	qpair->gate.transport = NULL;
	misuse_orphan(qpair);
}
