/* SPDX-License-Identifier: MIT */
/*
 * bringup.h: the controller's state machine: disable, enable, shut down (Base 3.5, 3.6). Every wait
 * has a deadline and notices a fatal or vanished controller. Caller holds the lock, or is alone.
 */
#ifndef NVU_CTRL_BRINGUP_H
#define NVU_CTRL_BRINGUP_H

#include "ctrl/ctrl.h"

/*
 * Of a controller that was enabled: alive? 0, -EIO CSTS.CFS, or not ready any more; -ENODEV registers
 * read as all ones; sentence set.
 */
int bringup_check(struct nvu_ctrl *ctrl);

/* CC.EN = 0 and CSTS.RDY = 0: when it returns 0, the controller makes no access to memory. */
int bringup_disable(struct nvu_ctrl *ctrl);

/* Sets the admin queue's attributes and addresses, enables, waits for CSTS.RDY. */
int bringup_enable(struct nvu_ctrl *ctrl);

/* Normal shutdown: CC.SHN, then CSTS.SHST. */
int bringup_shutdown(struct nvu_ctrl *ctrl);

/* A queue's doorbells: registers, or the transport. */
void bringup_doorbells(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair);

#endif
