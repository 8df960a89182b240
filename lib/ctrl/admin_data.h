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

/*
 * Gives the request a buffer for call->len bytes, copies the data to it and sends the command. Does not wait. If no
 * memory can be mapped, takes ctrl->spare, if it is long enough and no request has it. 0 or the error.
 */
int admin_data_send(struct nvu_ctrl *ctrl, struct ctrl_request *request, struct admin_call *call,
		    const void *data);

#endif
