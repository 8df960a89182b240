/* SPDX-License-Identifier: MIT */
/*
 * ctrl.c: the public functions of nvu/ctrl.h.
 */
#include "address/address.h"
#include "base/error.h"
#include "base/opts.h"
#include "ctrl/admin.h"
#include "ctrl/admin_data.h"
#include "ctrl/bringup.h"
#include "ctrl/features.h"
#include "ctrl/notices.h"
#include "ctrl/resets.h"
#include "ctrl/snapshot.h"
#include "ns/refresh.h"
#include "recovery/life.h"
#include "recovery/recovery.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* The sentence that counts is the one there is, not that of the closing. */
static int close_after_failure(struct nvu_ctrl *ctrl, int ret)
{
	char why[512];

	(void)snprintf(why, sizeof(why), "%s", error_get());
	nvu_ctrl_close(ctrl);
	return error_set(ret, "%s", why);
}

static int open_controller(const char *address, const struct nvu_ctrl_opts *opts,
			   struct nvu_ctrl **ret_ctrl)
{
	struct nvu_ctrl_opts copy;
	struct transport_open_opts how;
	struct transport *transport;
	struct nvu_ctrl *ctrl;
	int ret = opts_copy(&copy, sizeof(copy), opts);

	if (!ret)
		ret = check_opts(&copy);
	if (ret)
		return ret;
	how.reset = !(copy.flags & NVU_CTRL_NO_DEVICE_RESET);
	ret = address_open(address, &how, &transport);
	if (ret)
		return ret;
	ret = ctrl_open(transport, &copy, &ctrl);
	if (ret) {
		transport->ops->close(transport);
		return ret;
	}
	ret = refresh_begin(ctrl);
	if (ret)
		return close_after_failure(ctrl, ret);
	*ret_ctrl = ctrl;
	return 0;
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
	ctrl_close(ctrl);
	(void)error_leave(0);
	if (!ctrl_keep_tombstone(ctrl)) {
		ns_keep_tombstones(ctrl->namespaces);
		return;
	}
	ns_free(ctrl->namespaces);
	snapshot_free(ctrl);
	free(ctrl);
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
	pthread_mutex_lock(&ctrl->lock);
	ret = recovery_reset(ctrl, NVU_RESET_CALLER);
	pthread_mutex_unlock(&ctrl->lock);
	return error_leave(ret);
}

/* Commands that would pull the queues from under the library. */
static bool is_reserved(uint8_t opcode)
{
	return opcode == NVU_ADMIN_DELETE_SQ || opcode == NVU_ADMIN_CREATE_SQ ||
	       opcode == NVU_ADMIN_DELETE_CQ || opcode == NVU_ADMIN_CREATE_CQ ||
	       opcode == NVU_ADMIN_ASYNC_EVENT || opcode == NVU_ADMIN_DOORBELL_BUFFER;
}

static int check_admin(const struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, const void *data,
		       size_t len)
{
	uint32_t max = snapshot_get(ctrl)->info.max_transfer_bytes;

	if (is_reserved(cmd->opcode))
		return error_set(-EPERM, "admin command %02xh is the library's own", cmd->opcode);
	if (!data && len)
		return error_set(-EINVAL, "%zu bytes of data but no memory for them", len);
	if (len > CTRL_ADMIN_DATA_MAX || len > max || len % 4)
		return error_set(-EINVAL,
				 "%zu bytes of data: it must be a multiple of 4 and at "
				 "most %u",
				 len,
				 max < CTRL_ADMIN_DATA_MAX ? max : (uint32_t)CTRL_ADMIN_DATA_MAX);
	return 0;
}

static int send(struct nvu_ctrl *ctrl, struct nvu_sqe *cmd, void *data, size_t len,
		uint32_t timeout_ms, uint64_t *ret_result)
{
	uint64_t token;
	int ret = features_prepare(ctrl, cmd, data, len);

	if (ret)
		return ret;
	notices_keep(ctrl, cmd);
	if (len)
		ret = admin_data_command(ctrl, cmd, data, len, timeout_ms, ret_result);
	else
		ret = admin_command_lending(ctrl, cmd, NULL, 0, timeout_ms, ret_result, &token);
	features_settle(ctrl, ret);
	return ret;
}

int nvu_admin(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, void *data, size_t len,
	      uint32_t timeout_ms, uint64_t *ret_result)
{
	struct nvu_sqe copy;
	int ret = ctrl_is_open(ctrl, __func__);

	if (!ret)
		ret = check_admin(ctrl, cmd, data, len);
	if (ret)
		return ret;
	copy = *cmd;
	error_enter();
	pthread_mutex_lock(&ctrl->turn);
	pthread_mutex_lock(&ctrl->lock);
	ret = send(ctrl, &copy, data, len, timeout_ms, ret_result);
	refresh_after(ctrl, &copy, ret);
	pthread_mutex_unlock(&ctrl->lock);
	pthread_mutex_unlock(&ctrl->turn);
	return error_leave(ret);
}

/* The kernel repeats its request while it waits: it is told once, and keeps no other event back. */
static bool is_wanted_back(struct nvu_ctrl *ctrl)
{
	struct pollfd request = { .fd = ctrl->release_fd, .events = POLLIN };

	if (ctrl->release_told || ctrl->release_fd < 0 || poll(&request, 1, 0) != 1)
		return false;
	ctrl->release_told = true;
	return true;
}

int nvu_ctrl_release_fd(struct nvu_ctrl *ctrl)
{
	int ret = ctrl_is_open(ctrl, __func__);

	if (!ret && ctrl->release_fd < 0)
		ret = error_set(-ENOTSUP,
				"%s: this transport does not tell when the device is wanted back",
				ctrl_name(ctrl));
	return ret ? ret : ctrl->release_fd;
}

static int service(struct nvu_ctrl *ctrl, struct nvu_event *ret_event)
{
	int ret;

	if (ctrl->dead)
		return error_set(ctrl->dead,
				 "%s: the controller has failed: close it and open it "
				 "again",
				 ctrl_name(ctrl));
	ret = bringup_check(ctrl);
	if (ret)
		return ret;
	if (ret_event && is_wanted_back(ctrl)) {
		*ret_event = (struct nvu_event){ .type = NVU_EVENT_RELEASE };
		return 1;
	}
	if (ret_event && (resets_event(ctrl, ret_event) || features_event(ctrl, ret_event)))
		return 1;
	admin_reap(ctrl);
	/* What an event tells of is known before the program gets it. */
	ret = ctrl->ns_ops->refresh(ctrl);
	if (ret == -EIO || ret == -ENODEV)
		return ret;
	ret = 0;
	if (ctrl->event_count && ret_event) {
		*ret_event = ctrl->events[ctrl->event_first];
		ctrl->event_first = (ctrl->event_first + 1) % CTRL_EVENTS;
		ctrl->event_count--;
		ret = 1;
	}
	(void)admin_arm_events(ctrl);
	return ret;
}

int nvu_ctrl_service(struct nvu_ctrl *ctrl, struct nvu_event *ret_event)
{
	int ret = ctrl_is_open(ctrl, __func__);

	if (ret)
		return ret;
	/* Another thread in the control plane, such as one that resets, may hold it for long. */
	if (pthread_mutex_trylock(&ctrl->lock))
		return 0;
	error_enter();
	ret = service(ctrl, ret_event);
	pthread_mutex_unlock(&ctrl->lock);
	return error_leave_count(ret);
}
