/* SPDX-License-Identifier: MIT */
/*
 * restore.h: sets the features of the program again after a reset.
 */
#ifndef NVU_CTRL_RESTORE_H
#define NVU_CTRL_RESTORE_H

#include "ctrl/ctrl.h"

/*
 * In the order in which they were set, before there are I/O queues. What the controller refuses or does
 * not answer becomes an NVU_EVENT_FEATURE, and is tried again at the next reset. 0; -EIO, -ENODEV: the
 * controller has failed; the feature that it was about is left out when it is tried again. Caller holds
 * the lock.
 */
int restore_features(struct nvu_ctrl *ctrl);

#endif
