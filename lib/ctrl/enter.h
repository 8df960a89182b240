/* SPDX-License-Identifier: MIT */
/*
 * enter.h: the way into the control plane while a reset may be under way in steps (recovery/reset.h). Such a reset
 * holds the lock for one step at a time, so a thread that takes the lock may find it in the middle. Then the
 * controller answers no other thread, and ctrl->under_reset is set. A thread that needs the controller goes on with
 * the reset: so it ends even if the thread that has begun it takes no further step.
 */
#ifndef NVU_CTRL_ENTER_H
#define NVU_CTRL_ENTER_H

#include "ctrl/ctrl.h"

/* Takes the lock, and waits for the end of a reset, whose steps it takes. The controller may be dead then. */
void ctrl_enter(struct nvu_ctrl *ctrl);

/*
 * Never waits. True: the caller holds the lock, and no reset is under way. False: another thread holds it, or this one
 * has taken one step of a reset.
 */
bool ctrl_try_enter(struct nvu_ctrl *ctrl);

/* Waits for the end of a reset, as ctrl_enter(). Releases the lock between two steps. Holds the lock. */
void ctrl_settle(struct nvu_ctrl *ctrl);

#endif
