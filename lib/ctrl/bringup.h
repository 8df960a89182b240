/* SPDX-License-Identifier: MIT */
/*
 * bringup.h: the controller's state machine: disable, enable, shut down (Base 3.5, 3.6), in steps that do not wait
 * (ctrl/steps.h). Each wait of several steps has a deadline and notices a fatal or vanished controller. Caller holds
 * the lock.
 */
#ifndef NVU_CTRL_BRINGUP_H
#define NVU_CTRL_BRINGUP_H

#include "ctrl/ctrl.h"

/*
 * Checks a controller that was enabled. 0; -EIO: CSTS.CFS is 1, or CSTS.RDY is 0; STEP_AGAIN: its registers read as all
 * ones; -ENODEV: they have done so for longer than bus_silence_step() allows. Sets the sentence. No other operation
 * of ctrl->steps is in its way.
 */
int bringup_check_step(struct nvu_ctrl *ctrl);

/*
 * Whether the controller, when it was last checked, was activating firmware (CSTS.PP) and has not yet
 * taken longer than it may (MTFA): it answers nothing, and nothing is wrong.
 */
bool bringup_is_paused(const struct nvu_ctrl *ctrl);

/* CC.EN = 0 and CSTS.RDY = 0: when it returns 0, the controller makes no access to memory. */
int bringup_disable_step(struct nvu_ctrl *ctrl);

/* Sets the admin queue's attributes and addresses, enables, waits for CSTS.RDY. */
int bringup_enable_step(struct nvu_ctrl *ctrl);

/* -ENODEV, with the sentence for a virtual function that its physical function has not brought online. */
int bringup_report_offline(const struct nvu_ctrl *ctrl);

/* Normal shutdown: CC.SHN, then CSTS.SHST. */
int bringup_shutdown_step(struct nvu_ctrl *ctrl);

/* Sets where a queue pair's doorbells are: mapped registers, or the transport. Its thread, or it is new. */
void bringup_doorbells(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair);

#endif
