/* SPDX-License-Identifier: MIT */
/*
 * ctrl.c: the public functions of nvu/ctrl.h for a controller that is open.
 */
#include "admin/events.h"
#include "admin/pass_through.h"
#include "admin/registers.h"
#include "admin/started.h"
#include "api/step_leave.h"
#include "base/error.h"
#include "ctrl/enter.h"
#include "ctrl/snapshot.h"
#include "ctrl/tombstone.h"
#include "recovery/reset.h"

#include <errno.h>
#include <nvu/regs.h>

/* Zeroes until it is open. */
static const struct ctrl_snapshot *get_snapshot(const struct nvu_ctrl *ctrl, const char *function)
{
	static const struct nvu_id_ctrl no_id;
	static const struct ctrl_snapshot none = { .id = &no_id };
	const struct ctrl_snapshot *snapshot = snapshot_get(ctrl);

	(void)ctrl_is_open(ctrl, function);
	return snapshot ? snapshot : &none;
}

const struct nvu_ctrl_info *nvu_ctrl_info(const struct nvu_ctrl *ctrl)
{
	return &get_snapshot(ctrl, __func__)->info;
}

const struct nvu_id_ctrl *nvu_ctrl_identify(const struct nvu_ctrl *ctrl)
{
	return get_snapshot(ctrl, __func__)->id;
}

int nvu_ctrl_reset(struct nvu_ctrl *ctrl)
{
	int ret = ctrl_is_open(ctrl, __func__);

	if (ret)
		return ret;
	error_enter();
	lock_take(&ctrl->lock);
	ret = recovery_reset_request(ctrl);
	if (!ret)
		ret = recovery_reset_finish(ctrl);
	lock_give(&ctrl->lock);
	return error_leave(ret);
}

int nvu_ctrl_reset_start(struct nvu_ctrl *ctrl)
{
	int ret = ctrl_is_open(ctrl, __func__);

	if (ret)
		return ret;
	if (!lock_try(&ctrl->lock))
		return -EAGAIN;
	error_enter();
	ret = recovery_reset_request(ctrl);
	lock_give(&ctrl->lock);
	return error_leave(ret);
}

int nvu_ctrl_reset_step(struct nvu_ctrl *ctrl)
{
	int ret = ctrl_is_open(ctrl, __func__);

	if (ret)
		return ret;
	if (!lock_try(&ctrl->lock))
		return -EAGAIN;
	error_enter();
	ret = recovery_reset_join(ctrl);
	lock_give(&ctrl->lock);
	return step_leave(ret);
}

int nvu_admin(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, void *data, size_t len,
	      uint32_t timeout_ms, uint64_t *ret_result)
{
	int ret = ctrl_is_open(ctrl, __func__);

	if (ret)
		return ret;
	error_enter();
	return error_leave(pass_through_admin(ctrl, cmd, data, len, timeout_ms, ret_result));
}

int nvu_admin_start(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, void *data, size_t len,
		    uint32_t timeout_ms, uint64_t user_data)
{
	const struct started how = {
		.cmd = cmd,
		.data = data,
		.len = len,
		.timeout_ms = timeout_ms,
		.user_data = user_data,
	};
	int ret = ctrl_is_open(ctrl, __func__);

	if (ret)
		return ret;
	error_enter();
	return error_leave(started_start(ctrl, &how));
}

int nvu_admin_poll(struct nvu_ctrl *ctrl, struct nvu_cpl *cpls, uint32_t max)
{
	int ret = ctrl_is_open(ctrl, __func__);

	if (ret)
		return ret;
	error_enter();
	return error_leave_count(started_poll(ctrl, cpls, max));
}

int nvu_ctrl_registers(struct nvu_ctrl *ctrl, void *data, size_t len)
{
	int ret = ctrl_is_open(ctrl, __func__);

	if (ret)
		return ret;
	error_enter();
	lock_take(&ctrl->lock);
	ret = registers_read(ctrl, data, len);
	lock_give(&ctrl->lock);
	return error_leave(ret);
}

int nvu_ctrl_release_fd(struct nvu_ctrl *ctrl)
{
	int ret = ctrl_is_open(ctrl, __func__);

	if (!ret && ctrl->release_fd < 0)
		ret = error_set(-ENOTSUP, "%s: this transport does not report release requests",
				ctrl_name(ctrl));
	return ret ? ret : ctrl->release_fd;
}

int nvu_ctrl_service(struct nvu_ctrl *ctrl, struct nvu_event *ret_event)
{
	int ret = ctrl_is_open(ctrl, __func__);

	if (ret)
		return ret;
	/* Another thread in the control plane, such as one that resets, may hold the lock for long. */
	if (!ctrl_try_enter(ctrl))
		return 0;
	error_enter();
	ret = events_service(ctrl, ret_event);
	lock_give(&ctrl->lock);
	return error_leave_count(ret);
}
