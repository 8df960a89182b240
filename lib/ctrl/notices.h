/* SPDX-License-Identifier: MIT */
/*
 * notices.h: the asynchronous events that report a change of what nvu has identified: namespace attributes,
 * firmware activation, the end of a sanitize operation. Caller holds the lock.
 */
#ifndef NVU_CTRL_NOTICES_H
#define NVU_CTRL_NOTICES_H

#include "ctrl/ctrl.h"

/*
 * Switches on those that the controller offers (Base 5.27.1.8; OAES), besides what is on. Once before
 * the first event request and after each reset. 0, also when the controller refuses or does not
 * answer; -EIO, -ENODEV: it has failed.
 */
int notices_enable(struct nvu_ctrl *ctrl);

/*
 * Reads the log pages that the notices named (ctrl/change.h): only then does the controller send the next one. Before
 * what has changed is read, so that a change after that is told again.
 */
void notices_acknowledge(struct nvu_ctrl *ctrl);

/* A command of the program: bits that nvu lives by stay set in Async Event Configuration. */
void notices_keep(const struct nvu_ctrl *ctrl, struct nvu_sqe *cmd);

#endif
