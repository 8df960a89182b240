/* SPDX-License-Identifier: MIT */
/*
 * ctrl.c: the public functions of nvu/ctrl.h.
 */
#include "admin/events.h"
#include "admin/pass_through.h"
#include "admin/started.h"
#include "base/error.h"
#include "base/opts.h"
#include "ctrl/snapshot.h"
#include "ctrl/tombstone.h"
#include "recovery/life.h"
#include "recovery/reset.h"

#include <errno.h>

static int check_opts(const struct nvu_ctrl_opts *opts)
{
	const uint32_t known = NVU_CTRL_NO_SHADOW_DOORBELLS | NVU_CTRL_NO_DEVICE_RESET;

	if (opts->flags & ~known)
		return error_set(-EINVAL, "controller option flags %#x are not known",
				 opts->flags & ~known);
	if (opts->max_transfer_bytes && opts->max_transfer_bytes < 4096)
		return error_set(-EINVAL, "max_transfer_bytes is %u: at least 4096 are needed",
				 opts->max_transfer_bytes);
	if (opts->io_timeout_ms > INT32_MAX)
		return error_set(-EINVAL, "an I/O timeout of %u ms is too long: at most %d",
				 opts->io_timeout_ms, INT32_MAX);
	return 0;
}

static int open_controller(const char *address, const struct nvu_ctrl_opts *opts,
			   struct nvu_ctrl **ret_ctrl)
{
	struct nvu_ctrl_opts copy;
	int ret = opts_copy(&copy, sizeof(copy), opts);

	if (!ret)
		ret = check_opts(&copy);
	return ret ? ret : life_open(address, &copy, ret_ctrl);
}

int nvu_ctrl_open(const char *address, const struct nvu_ctrl_opts *opts, struct nvu_ctrl **ret_ctrl)
{
	error_enter();
	return error_leave(open_controller(address, opts, ret_ctrl));
}

void nvu_ctrl_close(struct nvu_ctrl *ctrl)
{
	if (!ctrl || ctrl_is_open(ctrl, "nvu_ctrl_close"))
		return;
	error_enter();
	life_close(ctrl);
	(void)error_leave(0);
}

const struct nvu_ctrl_info *nvu_ctrl_info(const struct nvu_ctrl *ctrl)
{
	(void)ctrl_is_open(ctrl, __func__);
	return &snapshot_get(ctrl)->info;
}

const struct nvu_id_ctrl *nvu_ctrl_identify(const struct nvu_ctrl *ctrl)
{
	(void)ctrl_is_open(ctrl, __func__);
	return snapshot_get(ctrl)->id;
}

int nvu_ctrl_reset(struct nvu_ctrl *ctrl)
{
	int ret = ctrl_is_open(ctrl, __func__);

	if (ret)
		return ret;
	error_enter();
	lock_take(&ctrl->lock);
	ret = recovery_reset(ctrl, NVU_RESET_CALLER);
	lock_give(&ctrl->lock);
	return error_leave(ret);
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
	if (!lock_try(&ctrl->lock))
		return 0;
	error_enter();
	ret = events_service(ctrl, ret_event);
	lock_give(&ctrl->lock);
	return error_leave_count(ret);
}
