/* SPDX-License-Identifier: MIT */
/*
 * notices.h: the asynchronous events that report a change of what nvu has identified: namespace attributes,
 * firmware activation, the end of a sanitize operation. Caller holds the lock.
 */
#ifndef NVU_CTRL_NOTICES_H
#define NVU_CTRL_NOTICES_H

#include "ctrl/ctrl.h"

/*
 * Switches on the notices that the controller offers (Base 5.27.1.8; OAES), and leaves the others as they are. Call
 * it before the first event request and after each reset. In steps (ctrl/steps.h): STEP_AGAIN; 0, also if the
 * controller refuses or does not answer; -EIO, -ENODEV: it has failed.
 */
int notices_enable_step(struct nvu_ctrl *ctrl);

/*
 * Reads the log pages that the notices named (ctrl/change.h), in steps: the controller sends the next notice only after
 * that. Call it before nvu identifies again, so that the controller reports a change that comes later. *unread: the
 * pages that are left of those that it has begun with; 0 at the first call. 0, or STEP_AGAIN.
 */
int notices_acknowledge_step(struct nvu_ctrl *ctrl, uint32_t *unread);

/* Sets the bits that nvu needs in a program's command for Async Event Configuration. */
void notices_keep(const struct nvu_ctrl *ctrl, struct nvu_sqe *cmd);

#endif
