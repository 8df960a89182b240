/* SPDX-License-Identifier: MIT */
/*
 * reset.c: see reset.h.
 */
#include "recovery/reset.h"

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
#include "ns/refresh.h"
#include "qpair/slow_path.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

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
	ctrl->enabled = false;
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

static int stop(struct nvu_ctrl *ctrl)
{
	struct transport *transport = ctrl->transport;
	int ret = steps_finish(ctrl, bringup_disable_step);

	if (!ret || (ret == -ENODEV && !bus_answers(ctrl)))
		return ret;
	log_line(LOG_INFO, "%s: function level reset: %s", ctrl_name(ctrl), recovery_why(ctrl));
	if (transport->ops->reset(transport))
		return ret;
	ctrl->silent = false;
	return steps_finish(ctrl, bringup_disable_step);
}

/*
 * A reset may activate firmware and change namespaces. If the controller refuses to identify them, their handles
 * become stale, and the reset succeeds. If it does not answer, the reset fails, the first time.
 */
static int identify_again(struct nvu_ctrl *ctrl, bool last)
{
	int ret = restore_features(ctrl);

	assert(lock_is_held(&ctrl->lock));
	if (!ret)
		ret = steps_finish(ctrl, notices_enable_step);
	if (ret || !ctrl->namespaces)
		return ret;
	refresh_forget(ctrl);
	ctrl->resettable = !last;
	ret = refresh_if_wanted(ctrl);
	ctrl->resettable = false;
	(void)snapshot_publish(ctrl); /* limits may have changed all the same */
	return ret == -EIO || ret == -ENODEV || (ret == -ETIMEDOUT && !last) ? ret : 0;
}

static int reset_once(struct nvu_ctrl *ctrl, enum nvu_reset_reason reason)
{
	static const ctrl_step up[] = {
		identify_caps_again_step, bringup_enable_step, recovery_queues_step,
		ioqueue_shadow_step,	  identify_host_step,
	};
	int ret;

	assert(!ctrl->dead);
	PROBE2(reset, ctrl, ctrl->epoch);
	bar_qpairs(ctrl);
	bus_connect(ctrl, false);
	ret = stop(ctrl);
	if (ret)
		return ret;
	bus_connect(ctrl, true);
	raise_epoch(ctrl);
	resets_note(ctrl, reason);
	requests_end_all(ctrl);
	for (size_t i = 0; !ret && i < sizeof(up) / sizeof(up[0]); i++)
		ret = steps_finish(ctrl, up[i]);
	return ret;
}

int recovery_reset(struct nvu_ctrl *ctrl, enum nvu_reset_reason reason)
{
	int ret;

	assert(lock_is_held(&ctrl->lock));
	if (ctrl->dead)
		return admin_report_dead(ctrl);
	refresh_drop(ctrl); /* identify_again() begins again */
	ret = reset_once(ctrl, reason);
	if (!ret && identify_again(ctrl, false)) {
		log_line(LOG_INFO, "%s: resetting once more: %s", ctrl_name(ctrl),
			 recovery_why(ctrl));
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
