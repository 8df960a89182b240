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
 * Disables the controller and brings it up again; queue pairs follow when their threads poll. Waits. 0, or the error for
 * which it is given up. No other reset is under way.
 */
int recovery_reset(struct nvu_ctrl *ctrl, enum nvu_reset_reason reason);

/*
 * The same in steps: ctrl->under_reset from its begin to its end. The queue pairs' threads are poked, as they may have to
 * go on with it. A step sends a command, looks for its answer or at a
 * register, and does not wait. Any thread may take the next one: ctrl/enter.h. STEP_AGAIN; else as recovery_reset().
 */
void recovery_reset_begin(struct nvu_ctrl *ctrl, enum nvu_reset_reason reason);
int recovery_reset_step(struct nvu_ctrl *ctrl);

/*
 * What nvu_ctrl_reset() and its steps do. Request: begins, unless a reset is under way, which is joined. Join: takes a step; of none under way, the result of the last one. Finish: waits for the
 * end, and keeps the lock. The error of a controller that is dead.
 */
int recovery_reset_request(struct nvu_ctrl *ctrl);
int recovery_reset_join(struct nvu_ctrl *ctrl);
int recovery_reset_finish(struct nvu_ctrl *ctrl);

/* At the close: ends a reset that is under way where it is. Returns whether there was one. */
bool recovery_reset_drop(struct nvu_ctrl *ctrl);

/* Memory for the state of resets: at the open. 0, or -ENOMEM with the sentence set. */
int recovery_reset_prepare(struct nvu_ctrl *ctrl);

/* Cuts the controller off; it is dead: -ENODEV when it has gone, -EIO after any other error. */
void recovery_give_up(struct nvu_ctrl *ctrl, int error);

/* Of an enabled controller, at the open and in each reset, in steps: the number of I/O queues. As admin_own_step(). */
int recovery_queues_step(struct nvu_ctrl *ctrl);

/* The last sentence, without the controller's name, which the log line begins with. */
const char *recovery_why(const struct nvu_ctrl *ctrl);

#endif
