/* SPDX-License-Identifier: MIT */
/*
 * reset.h: resets a controller: stops it, brings it up again and identifies it again, or gives it up. It does
 * not touch other threads' queue pairs: it closes the gates of their doorbells and raises ctrl->epoch,
 * and their threads follow (follow.h). Caller holds the lock.
 */
#ifndef NVU_RECOVERY_RESET_H
#define NVU_RECOVERY_RESET_H

#include "ctrl/ctrl.h"

/*
 * Disables the controller and brings it up again; queue pairs follow when their threads poll.
 * 0, or the error for which it is given up.
 */
int recovery_reset(struct nvu_ctrl *ctrl, enum nvu_reset_reason reason);

/* Cuts the controller off; it is dead: -ENODEV when it has gone, -EIO after any other error. */
void recovery_give_up(struct nvu_ctrl *ctrl, int error);

/* Of an enabled controller, at the open and in each reset, in steps: the number of I/O queues. As admin_own_step(). */
int recovery_queues_step(struct nvu_ctrl *ctrl);

/* The last sentence, without the controller's name, which the log line begins with. */
const char *recovery_why(const struct nvu_ctrl *ctrl);

#endif
