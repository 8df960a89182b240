/* SPDX-License-Identifier: MIT */
/*
 * admin_data.h: admin commands of the program, whose data are in ordinary memory. The caller holds
 * the lock, which is lent to others meanwhile, as by admin_wait().
 */
#ifndef NVU_CTRL_ADMIN_DATA_H
#define NVU_CTRL_ADMIN_DATA_H

#include "ctrl/admin.h"

/*
 * Sends the command with a copy of the data, call->len bytes, and copies them back if the controller returns
 * some. Where no memory can be mapped for them, they go through ctrl->spare, in pieces if need be and if the
 * command can be cut; one thread at a time.
 */
int admin_data_call(struct nvu_ctrl *ctrl, struct admin_call *call, void *data);

#endif
