/* SPDX-License-Identifier: MIT */
/*
 * identify.h: reads what the controller says about itself into ctrl->info, ctrl->caps and ctrl->id.
 * Caller holds the lock.
 */
#ifndef NVU_CTRL_IDENTIFY_H
#define NVU_CTRL_IDENTIFY_H

#include "ctrl/ctrl.h"

/* CAP and VS, in steps (ctrl/steps.h). STEP_AGAIN, 0, the transport's error, or -ENOTSUP, -ENODEV with the sentence set. */
int identify_caps_step(struct nvu_ctrl *ctrl);

/* After a reset: the same; the memory page size stays that of the open, or it fails with -ENOTSUP. */
int identify_caps_again_step(struct nvu_ctrl *ctrl);

/*
 * In steps: Identify Controller, of an enabled controller; then Identify Controller of the NVM command set, if the
 * controller has it and supports a command that it limits. shutdown_wish: the caller of nvu_ctrl_open() chose the time
 * for a shutdown. STEP_AGAIN, 0, -errno or an NVMe status > 0 with the sentence set.
 */
int identify_ctrl_step(struct nvu_ctrl *ctrl, bool shutdown_wish);
int identify_limits_step(struct nvu_ctrl *ctrl);

/*
 * Of an identified controller, after each enabling, in steps: says that formats above 16 are understood (Host
 * Behavior Support, LBAFEE), without which it hides namespaces that have one. STEP_AGAIN, 0, or what ends a
 * controller: refusing it does not.
 */
int identify_host_step(struct nvu_ctrl *ctrl);

#endif
