/* SPDX-License-Identifier: MIT */
/*
 * pass_through.c: see pass_through.h.
 */
#include "admin/pass_through.h"

#include "base/error.h"
#include "ctrl/admin.h"
#include "ctrl/admin_data.h"
#include "ctrl/enter.h"
#include "ctrl/features.h"
#include "ctrl/notices.h"
#include "ctrl/snapshot.h"
#include "ns/refresh.h"

#include <assert.h>
#include <errno.h>

/* Commands that would delete or change the library's queues. */
static bool is_reserved(uint8_t opcode)
{
	return opcode == NVU_ADMIN_DELETE_SQ || opcode == NVU_ADMIN_CREATE_SQ ||
	       opcode == NVU_ADMIN_DELETE_CQ || opcode == NVU_ADMIN_CREATE_CQ ||
	       opcode == NVU_ADMIN_ASYNC_EVENT || opcode == NVU_ADMIN_DOORBELL_BUFFER;
}

int pass_through_check(const struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, const void *data,
		       size_t len)
{
	uint32_t max = snapshot_get(ctrl)->info.max_transfer_bytes;

	if (is_reserved(cmd->opcode))
		return error_set(-EPERM, "only the library itself sends admin command %02xh",
				 cmd->opcode);
	if (!data && len)
		return error_set(-EINVAL, "data is NULL but len is %zu", len);
	if (len > CTRL_ADMIN_DATA_MAX || len > max || len % 4)
		return error_set(-EINVAL, "len is %zu: it must be a multiple of 4 and at most %u",
				 len,
				 max < CTRL_ADMIN_DATA_MAX ? max : (uint32_t)CTRL_ADMIN_DATA_MAX);
	return 0;
}

static int send(struct nvu_ctrl *ctrl, struct nvu_sqe *cmd, void *data, size_t len,
		uint32_t timeout_ms, uint64_t *ret_result)
{
	struct admin_call call = { .cmd = cmd, .len = len, .timeout_ms = timeout_ms };
	int ret = features_prepare(ctrl, cmd, data, len, &call.feature);

	assert(lock_is_held(&ctrl->lock));
	if (ret)
		return ret;
	notices_keep(ctrl, cmd);
	ret = len ? admin_data_call(ctrl, &call, data) : admin_call(ctrl, &call);
	features_drop(ctrl, call.feature); /* of a command that was not sent */
	if (!ret && ret_result)
		*ret_result = call.cpl.result;
	return ret;
}

int pass_through_admin(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, void *data, size_t len,
		       uint32_t timeout_ms, uint64_t *ret_result)
{
	struct nvu_sqe copy = *cmd;
	int ret = pass_through_check(ctrl, cmd, data, len);

	if (ret)
		return ret;
	ctrl_enter(ctrl);
	ret = send(ctrl, &copy, data, len, timeout_ms, ret_result);
	refresh_after(ctrl, &copy, ret);
	lock_give(&ctrl->lock);
	return ret;
}
