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

/*
 * Creates the completion queue, then the submission queue; sets the doorbells. 0; a status > 0:
 * refused, there is no queue; -errno: the controller may have, or get, one or both of them.
 */
int ioqueue_create(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair);

/*
 * Deletes both, submission queue first (Base 3.3.1.3). 0 when the controller has let go of both.
 * timeout_ms: of each of the two commands, 0 as for admin_command().
 */
int ioqueue_delete(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair, uint32_t timeout_ms);

#endif
