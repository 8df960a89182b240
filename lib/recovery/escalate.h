/* SPDX-License-Identifier: MIT */
/*
 * escalate.h: the steps by which nvu ends late commands. Each step is bounded in time:
 *
 *	1 abort the late commands            2 delete and create the queue pair's queues
 *	3 reset the controller (CC.EN)       4 reset the function, then give the controller up
 *
 * A command is answered only when the controller can no longer touch its buffer: its completion
 * came, its queue was deleted, or the controller was disabled, reset, or cut off from the bus.
 */
#ifndef NVU_RECOVERY_ESCALATE_H
#define NVU_RECOVERY_ESCALATE_H

#include "ctrl/ctrl.h"

enum escalation {
	ESCALATION_NONE,
	ESCALATION_ABORT,  /* Aborts are to be sent, or not answered yet */
	ESCALATION_GRACE,  /* a command that was aborted is to be answered */
	ESCALATION_QUEUES, /* the queues are being deleted; its gate is closed */
};

/*
 * Takes the next step if commands of the queue pair are late and the step is due. Does not wait for answers beyond
 * what recovery_look_again() allows: later polls look for them. The queue pair's thread; holds the lock.
 */
void recovery_escalate(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair);

/*
 * Whether this poll looks for an answer once more: after a pause (relax() of the transport), for 200 us together. Most
 * controllers answer an admin command within that time; so a program that polls seldom does not need a poll for each.
 */
bool recovery_look_again(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair);

/* What a step of the queues returns when a later poll is to go on: not answered yet, or other queue pairs' have the room. */
bool recovery_is_later(const struct nvu_ctrl *ctrl, int ret);

/* How long one admin command may take while commands are late already. */
uint32_t recovery_step_timeout_ms(const struct nvu_ctrl *ctrl);

#endif
