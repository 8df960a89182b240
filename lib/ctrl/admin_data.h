/* SPDX-License-Identifier: MIT */
/*
 * admin_data.h: admin commands of the program, whose data are in ordinary memory. The caller has the
 * turn and the lock, as for admin_command_lending().
 */
#ifndef NVU_CTRL_ADMIN_DATA_H
#define NVU_CTRL_ADMIN_DATA_H

#include "ctrl/ctrl.h"

/*
 * Sends the command with a copy of the data, and copies them back if the controller returns some. Where
 * no memory can be mapped for them, they go through ctrl->spare, in pieces if need be and if the
 * command can be cut.
 */
int admin_data_command(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, void *data, size_t len,
		       uint32_t timeout_ms, uint64_t *ret_result);

#endif
