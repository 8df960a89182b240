/* SPDX-License-Identifier: MIT */
/*
 * restore.h: sets the features of the program again after a reset.
 */
#ifndef NVU_CTRL_RESTORE_H
#define NVU_CTRL_RESTORE_H

#include "ctrl/ctrl.h"

/*
 * Sets them in the order in which the program has set them, before there are I/O queues, in steps: ctrl->restoring.
 * A feature that the controller refuses or does not answer becomes an NVU_EVENT_FEATURE; the next reset tries it again.
 * STEP_AGAIN; 0; -EIO, -ENODEV: the controller failed on a feature, which the next attempt leaves out. Caller holds the
 * lock.
 */
int restore_features_step(struct nvu_ctrl *ctrl);

#endif
