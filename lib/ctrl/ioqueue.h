/* SPDX-License-Identifier: MIT */
/*
 * ioqueue.h: I/O queues on the controller: how many there may be, shadow doorbells, creation and
 * deletion. Caller holds the lock.
 */
#ifndef NVU_CTRL_IOQUEUE_H
#define NVU_CTRL_IOQUEUE_H

#include "ctrl/ctrl.h"

/*
 * Asks for the I/O queues that the caller wants (Number of Queues, Base 5.27.1.5), in steps. Returns how many are granted.
 * As admin_own_step().
 */
int ioqueue_negotiate_step(struct nvu_ctrl *ctrl, uint32_t *ret_granted);

/*
 * Sends Doorbell Buffer Config (Base 5.8) if the controller offers it and the caller has not switched it off, in steps.
 * As admin_own_step(), but 0 if the controller refuses it.
 */
int ioqueue_shadow_step(struct nvu_ctrl *ctrl);

/* Of a queue pair's queues: the command that is sent next, or not answered yet. */
enum ioqueue_stage {
	IOQUEUE_SETTLED,
	IOQUEUE_DELETE_SQ,
	IOQUEUE_DELETE_CQ,
	IOQUEUE_CREATE_CQ,
	IOQUEUE_CREATE_SQ,
	IOQUEUE_TAKE_BACK, /* the completion queue is deleted again, as the submission queue was refused */
	IOQUEUE_CREATED, /* and not opened yet */
};

/*
 * Creates the completion queue, then the submission queue, behind the closed gate; sets the doorbells. In steps, each of
 * which sends a command or looks for its answer once. STEP_AGAIN; 0: they are there, and ioqueue_open() lets the queue
 * pair use them; a status > 0: refused, there is no queue; -EAGAIN: no room for the command, which may be sent later; else
 * -errno: the controller may have, or get, one or both of them.
 */
int ioqueue_create_step(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair);

/* The queue pair has these queues, which are as new: its gate opens. */
void ioqueue_open(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair);

/* All the steps that are left, with a pause after each; and opens. As ioqueue_create_step(). */
int ioqueue_create(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair);

/*
 * Deletes both, submission queue first (Base 3.3.1.3), in steps. STEP_AGAIN; 0: the controller has let go of both; -EAGAIN: no
 * room for the command, which may be sent later; else a failure. timeout_ms: of each of the two commands, 0 as for admin_command().
 */
int ioqueue_delete_step(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair, uint32_t timeout_ms);

/* All the steps that are left, with a pause after each. */
int ioqueue_delete(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair, uint32_t timeout_ms);

/* Whether queues are being created, or are, that the queue pair does not use yet. What a reset has ended is forgotten. */
bool ioqueue_is_creating(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair);

/* What is under way is of no importance any more: nothing takes the answer of its command. */
void ioqueue_drop(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair);

#endif
