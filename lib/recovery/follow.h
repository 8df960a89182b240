/* SPDX-License-Identifier: MIT */
/*
 * follow.h: how a queue pair follows its controller through a reset: its own thread answers what was in
 * flight and creates the queues again, or the queue pair ends.
 */
#ifndef NVU_RECOVERY_FOLLOW_H
#define NVU_RECOVERY_FOLLOW_H

#include "ctrl/ctrl.h"

#include <assert.h>

/*
 * Takes one step for a queue pair whose queues are lost. Returns the number of completions written to cpls; 0: the
 * queue pair is live again, or waits; -errno: all commands are answered and the queue pair has ended. The queue
 * pair's thread, lock not held.
 */
int recovery_follow(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair, struct nvu_cpl *cpls,
		    uint32_t max);

/*
 * True while the controller has the queues of this queue pair: a reset, which raises the epoch, deletes them. Holds
 * the lock.
 */
static inline bool recovery_has_queues(const struct nvu_ctrl *ctrl, const struct nvu_qpair *qpair)
{
	assert(lock_is_held(&ctrl->lock));
	return qpair->state == QPAIR_LIVE && qpair->recovery.epoch == ctrl->epoch;
}

/* Takes over the controller's present namespaces, if they are identified. The queue pair's thread. */
void recovery_follow_namespaces(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair);

/*
 * Call it while the controller is closed, after the queue pair's queues have gone: its next polls answer what was
 * in flight, and then return -ENODEV. Holds the lock; no thread uses the queue pair meanwhile.
 */
void recovery_orphan(struct nvu_qpair *qpair);

#endif
