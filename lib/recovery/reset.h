/* SPDX-License-Identifier: MIT */
/*
 * reset.h: the reset of a controller: stopped, brought up again, identified again; or given up. Other
 * threads' queue pairs are not touched: a reset closes the gates of their doorbells and raises ctrl->epoch,
 * and they follow (follow.h). Caller holds the lock.
 */
#ifndef NVU_RECOVERY_RESET_H
#define NVU_RECOVERY_RESET_H

#include "ctrl/ctrl.h"

/*
 * Disables the controller and brings it up again; queue pairs follow when their threads poll.
 * 0, or why it is dead now.
 */
int recovery_reset(struct nvu_ctrl *ctrl, enum nvu_reset_reason reason);

/* Cuts the controller off; it is dead: -ENODEV when it has gone, -EIO after any other error. */
void recovery_give_up(struct nvu_ctrl *ctrl, int error);

/* First enabling and each one after: admin queue, queues granted. */
int recovery_bring_up(struct nvu_ctrl *ctrl);

/* The last sentence, without the controller's name, which the log line begins with. */
const char *recovery_why(const struct nvu_ctrl *ctrl);

#endif
