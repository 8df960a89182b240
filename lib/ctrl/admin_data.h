/* SPDX-License-Identifier: MIT */
/*
 * admin_data.h: admin commands of the program, whose data are in ordinary memory. The caller holds
 * the lock; admin_wait() releases it while it waits.
 */
#ifndef NVU_CTRL_ADMIN_DATA_H
#define NVU_CTRL_ADMIN_DATA_H

#include "ctrl/admin.h"

/*
 * Sends the command with a copy of the data, call->len bytes, and copies them back if the controller returns
 * data. If no memory can be mapped for them, they go through ctrl->spare, which one thread uses at a time; a
 * command with more data is split (pieces.h).
 */
int admin_data_call(struct nvu_ctrl *ctrl, struct admin_call *call, void *data);

#endif
