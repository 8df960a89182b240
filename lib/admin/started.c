/* SPDX-License-Identifier: MIT */
/*
 * started.c: see started.h. A request stays in the table until a poll has returned its completion. So whatever ends it
 * (its answer, its deadline, a reset, the end of the controller) is found in one place, collect(), and answers it once.
 */
#include "admin/started.h"

#include "admin/pass_through.h"
#include "base/clock.h"
#include "base/error.h"
#include "ctrl/admin.h"
#include "ctrl/admin_data.h"
#include "ctrl/bringup.h"
#include "ctrl/change.h"
#include "ctrl/enter.h"
#include "ctrl/features.h"
#include "ctrl/notices.h"
#include "ns/refresh.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum { CHECK_EVERY_NS = 1000000 };

static int send(struct nvu_ctrl *ctrl, const struct started *how, struct admin_call *call)
{
	struct ctrl_request *request;
	int ret = admin_begin_started(ctrl, &request);

	if (ret)
		return ret;
	request->cmd = *call->cmd;
	request->changes = change_is_by(call->cmd);
	request->data = how->data;
	request->len = how->len;
	request->user_data = how->user_data;
	ret = how->len ? admin_data_send(ctrl, request, call, how->data)
		       : admin_send(ctrl, request, call);
	if (ret)
		requests_finish(ctrl, request);
	else
		admin_set_deadline(request, clock_ns());
	return ret;
}

static int start(struct nvu_ctrl *ctrl, const struct started *how)
{
	struct nvu_sqe cmd = *how->cmd;
	struct admin_call call = { .cmd = &cmd, .len = how->len, .timeout_ms = how->timeout_ms };
	int ret = features_prepare(ctrl, &cmd, how->data, how->len, &call.feature);

	assert(lock_is_held(&ctrl->lock));
	if (ret)
		return ret;
	notices_keep(ctrl, &cmd);
	ret = send(ctrl, how, &call);
	features_drop(ctrl, call.feature); /* of a command that was not sent */
	return ret;
}

int started_start(struct nvu_ctrl *ctrl, const struct started *how)
{
	int ret = pass_through_check(ctrl, how->cmd, how->data, how->len);

	if (ret)
		return ret;
	if (!ctrl_try_enter(ctrl))
		return -EAGAIN;
	ret = start(ctrl, how);
	lock_give(&ctrl->lock);
	return ret;
}

/* While the controller activates firmware, the time does not count. */
static void extend(struct nvu_ctrl *ctrl, uint64_t now_ns)
{
	assert(lock_is_held(&ctrl->lock));
	for (uint32_t i = 0; i < REQUESTS_MAX; i++)
		if (ctrl->requests[i].kind == REQUEST_STARTED)
			admin_set_deadline(&ctrl->requests[i], now_ns);
}

/* Whether the controller works, now and then. 0, or why it answers no command any more. */
static int check(struct nvu_ctrl *ctrl, uint64_t now_ns)
{
	int ret;

	if (ctrl->dead || now_ns < ctrl->started_check_ns)
		return ctrl->dead;
	ret = bringup_check_step(ctrl);
	if (ret == STEP_AGAIN) /* its registers read as all ones: the next call reads them again */
		return 0;
	ctrl->started_check_ns = now_ns + CHECK_EVERY_NS;
	if (!ret && bringup_is_paused(ctrl))
		extend(ctrl, now_ns);
	return ret;
}

/* 0: the request is outstanding. 1: it was answered. -errno: it ends without an answer. */
static int judge(const struct nvu_ctrl *ctrl, const struct ctrl_request *request, uint64_t now_ns,
		 int lost)
{
	assert(request->progress != REQUEST_UNSENT);
	if (request->progress == REQUEST_ANSWERED)
		return 1;
	if (request->epoch != ctrl->epoch)
		return ctrl->dead ? ctrl->dead : -ECANCELED;
	if (lost)
		return lost;
	return now_ns >= request->deadline_ns ? -ETIMEDOUT : 0;
}

/* Its data are the program's again. */
static void complete(struct nvu_ctrl *ctrl, struct ctrl_request *request, int fate,
		     struct nvu_cpl *ret_cpl)
{
	struct nvu_cpl cpl = { .status = (int16_t)fate };

	assert(fate);
	if (fate > 0)
		cpl = request->cpl;
	cpl.user_data = request->user_data;
	if (!cpl.status && request->len && (request->cmd.opcode & NVU_XFER_FROM_CTRL))
		memcpy(request->data, request->buf->addr, request->len);
	refresh_note(ctrl, &request->cmd, cpl.status);
	requests_finish(ctrl, request);
	*ret_cpl = cpl;
}

/* now_ns: from before the completions were reaped, so that one that was there in time counts. */
static int collect(struct nvu_ctrl *ctrl, uint64_t now_ns, int lost, struct nvu_cpl *cpls,
		   uint32_t max)
{
	uint32_t count = 0;

	assert(lock_is_held(&ctrl->lock));
	for (uint32_t i = 0; i < REQUESTS_MAX && count < max; i++) {
		struct ctrl_request *request = &ctrl->requests[i];
		int fate;

		if (request->kind != REQUEST_STARTED)
			continue;
		fate = judge(ctrl, request, now_ns, lost);
		if (fate)
			complete(ctrl, request, fate, &cpls[count++]);
	}
	return (int)count;
}

static int take(struct nvu_ctrl *ctrl, struct nvu_cpl *cpls, uint32_t max)
{
	int ret = 0;

	assert(lock_is_held(&ctrl->lock));
	if (requests_count(ctrl, REQUEST_STARTED)) {
		uint64_t now_ns = clock_ns();

		if (!ctrl->dead)
			admin_reap(ctrl);
		ret = collect(ctrl, now_ns, check(ctrl, now_ns), cpls, max);
	}
	return !ret && ctrl->dead ? admin_report_dead(ctrl) : ret;
}

int started_poll(struct nvu_ctrl *ctrl, struct nvu_cpl *cpls, uint32_t max)
{
	int ret;

	if (!max)
		return error_set(-EINVAL, "max is 0: nvu_admin_poll() needs room for a completion");
	if (!ctrl_try_enter(ctrl))
		return 0;
	ret = take(ctrl, cpls, max);
	lock_give(&ctrl->lock);
	return ret;
}
