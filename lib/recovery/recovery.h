/* SPDX-License-Identifier: MIT */
/*
 * recovery.h: what happens beside the I/O path when a command is late or the controller fails. The
 * ladder, each rung bounded in time:
 *
 *	1 abort the late commands            2 delete and create the queue pair's queues
 *	3 reset the controller (CC.EN)       4 reset the function, then give the controller up
 *
 * A command is answered only when the controller can no longer touch its buffer: its completion
 * came, its queue was deleted, or the controller was disabled, reset, or cut off from the bus.
 */
#ifndef NVU_CTRL_RECOVERY_H
#define NVU_CTRL_RECOVERY_H

#include "ctrl/ctrl.h"
#include "qpair/deadline.h"

/*
 * What a poll has to do when time has passed (see deadline.h), or at each poll while the queue pair is
 * not live. Returns completions written to cpls, 0: go on polling, or -errno: all commands are answered
 * and the controller is dead. The queue pair's thread, lock not held.
 */
int recovery_upkeep(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max);

/*
 * True when recovery_upkeep() has nothing to do: no time has passed, and no reset, which pokes. The queue
 * pair's thread.
 */
static inline bool recovery_is_quiet(struct nvu_qpair *qpair)
{
	return deadline_is_quiet(qpair);
}

/*
 * Disables the controller and brings it up again; queue pairs follow when their threads poll.
 * 0, or why it is dead now. Caller holds the lock.
 */
int recovery_reset(struct nvu_ctrl *ctrl, enum nvu_reset_reason reason);

/*
 * The controller is being closed and the queue pair's queues are gone: its next polls answer what was
 * in flight, and then say -ENODEV. Holds the lock; nobody uses the queue pair meanwhile.
 */
void recovery_orphan(struct nvu_qpair *qpair);

/*
 * Cuts the controller off; it is dead: -ENODEV when it has gone, -EIO after any other error. Holds
 * the lock.
 */
void recovery_give_up(struct nvu_ctrl *ctrl, int error);

/* First enabling and each one after: admin queue, queues granted, shadow doorbells, events. */
int recovery_bring_up(struct nvu_ctrl *ctrl);

#endif
