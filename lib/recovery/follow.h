/* SPDX-License-Identifier: MIT */
/*
 * follow.h: how a queue pair follows its controller through a reset: its own thread answers what was in
 * flight and creates the queues again, or the queue pair ends.
 */
#ifndef NVU_RECOVERY_FOLLOW_H
#define NVU_RECOVERY_FOLLOW_H

#include "ctrl/ctrl.h"

/*
 * One step of that for a queue pair whose queues are lost: returns completions written to cpls; 0: the queue
 * pair lives again, or waits; -errno: all commands are answered and nothing works any more. The queue pair's
 * thread, lock not held.
 */
int recovery_follow(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair, struct nvu_cpl *cpls,
		    uint32_t max);

/* Takes the controller's present view of the namespaces for the queue pair's. The queue pair's thread. */
void recovery_follow_namespaces(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair);

/*
 * The controller is being closed and the queue pair's queues are gone: its next polls answer what was
 * in flight, and then say -ENODEV. Holds the lock; nobody uses the queue pair meanwhile.
 */
void recovery_orphan(struct nvu_qpair *qpair);

#endif
