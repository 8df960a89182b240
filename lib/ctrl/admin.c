/* SPDX-License-Identifier: MIT */
/*
 * admin.c: the admin queue is a queue pair like any other. user_data tells its completions apart: each leads
 * to its request in the table.
 */
#include "ctrl/admin.h"

#include "base/clock.h"
#include "base/error.h"
#include "ctrl/bringup.h"
#include "ctrl/change.h"
#include "ctrl/enter.h"
#include "ctrl/features.h"
#include "qpair/poll.h"
#include "qpair/submit.h"
#include "spec/command.h"
#include "spec/status.h"

#include <assert.h>
#include <errno.h>
#include <nvu/regs.h>

enum {
	REAP_BATCH = 8,
	CHECK_EVERY_NS = 1000000,
	OWN_ROOM = 4, /* requests that callers leave to the library while they wait for answers */
};

/* An event may come for which there is no room, which is dropped: see admin_arm_events(). */
static void note_event(struct nvu_ctrl *ctrl, const struct nvu_event *event)
{
	uint32_t at = (ctrl->event_first + ctrl->event_count) % CTRL_EVENTS;

	assert(ctrl->event_count <= CTRL_EVENTS && ctrl->event_first < CTRL_EVENTS);
	change_note_event(ctrl, event);
	if (ctrl->event_count == CTRL_EVENTS)
		return;
	ctrl->events[at] = *event;
	ctrl->event_count++;
}

static void keep_event(struct nvu_ctrl *ctrl, const struct nvu_cpl *cpl)
{
	struct nvu_event event;

	assert(ctrl->events_armed);
	ctrl->events_armed--;
	if (cpl->status) {
		/* The controller takes fewer requests than AERL says: keep as many as it took. */
		ctrl->events_max = ctrl->events_armed;
		return;
	}
	/* Base 5.2.1, figure 147. */
	event = (struct nvu_event){
		.type = (uint8_t)(cpl->result & 7),
		.info = (uint8_t)(cpl->result >> 8),
		.log_page = (uint8_t)(cpl->result >> 16),
	};
	note_event(ctrl, &event);
}

/* The value counts as soon as any thread reaps the completion. */
static void settle_feature(struct nvu_ctrl *ctrl, struct ctrl_request *request, int status)
{
	struct feature *feature = request->feature;

	assert(request->progress == REQUEST_SENT);
	request->feature = NULL;
	if (feature && !status)
		features_keep(ctrl, feature);
	else
		features_drop(ctrl, feature);
}

static void take_answer(struct nvu_ctrl *ctrl, const struct nvu_cpl *cpl)
{
	struct ctrl_request *request = requests_find(ctrl, cpl->user_data);

	assert(lock_is_held(&ctrl->lock));
	if (!request)
		return;
	settle_feature(ctrl, request, cpl->status);
	request->cpl = *cpl;
	request->progress = REQUEST_ANSWERED;
	if (request->kind == REQUEST_EVENT) {
		requests_release(ctrl, request);
		keep_event(ctrl, cpl);
	} else if (request->kind == REQUEST_ABANDONED || request->kind == REQUEST_ABORT) {
		/* It may be a Format NVM that timed out. */
		if (request->changes)
			change_note(ctrl);
		requests_release(ctrl, request);
	} else if (request->kind == REQUEST_STARTED && request->changes && !cpl->status) {
		/* Now, because the program may take its completion much later. */
		change_note(ctrl);
	}
}

void admin_reap(struct nvu_ctrl *ctrl)
{
	struct nvu_qpair *admin = ctrl->admin;
	struct nvu_cpl cpls[REAP_BATCH];
	uint32_t count;

	assert(lock_is_held(&ctrl->lock));
	if (!cq_ring_pending(&admin->cq))
		return;
	count = poll_reap(admin, cpls, REAP_BATCH);
	(void)doorbell_write(&admin->cq_doorbell, cq_ring_head(&admin->cq));
	for (uint32_t i = 0; i < count; i++)
		take_answer(ctrl, &cpls[i]);
}

static int report_late(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, uint32_t timeout_ms)
{
	int ret = bringup_check_step(ctrl);

	if (ret)
		return ret;
	return error_set(-ETIMEDOUT, "%s: admin command %02xh (%s) was not answered within %u ms",
			 ctrl_name(ctrl), cmd->opcode, command_admin_name(cmd->opcode), timeout_ms);
}

static int report_reset(const struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd)
{
	return error_set(ctrl->dead ? ctrl->dead : -ECANCELED,
			 "%s: admin command %02xh (%s) was ended by a reset before it was answered",
			 ctrl_name(ctrl), cmd->opcode, command_admin_name(cmd->opcode));
}

/* The wait takes longer than taking the lock again. */
void admin_lend(struct nvu_ctrl *ctrl)
{
	assert(lock_is_held(&ctrl->lock));
	lock_give(&ctrl->lock);
	ctrl->transport->ops->relax(ctrl->transport);
	lock_take(&ctrl->lock);
	if (ctrl->under_reset)
		(void)ctrl->reset_step(ctrl);
}

static void pause_between_looks(struct nvu_ctrl *ctrl, const struct ctrl_request *request)
{
	if (request->kind == REQUEST_CALLER)
		admin_lend(ctrl);
	else
		ctrl->transport->ops->relax(ctrl->transport);
}

static bool is_answered(struct nvu_ctrl *ctrl, const struct ctrl_request *request)
{
	if (request->progress != REQUEST_ANSWERED)
		admin_reap(ctrl);
	return request->progress == REQUEST_ANSWERED;
}

void admin_set_deadline(struct ctrl_request *request, uint64_t now_ns)
{
	assert(request->timeout_ms);
	request->deadline_ns = now_ns + request->timeout_ms * 1000000ull;
}

void admin_begin_wait(struct ctrl_request *request)
{
	uint64_t now_ns = clock_ns();

	admin_set_deadline(request, now_ns);
	request->check_ns = now_ns + CHECK_EVERY_NS;
}

int admin_look(struct nvu_ctrl *ctrl, struct ctrl_request *request, const struct nvu_sqe *cmd)
{
	uint64_t now_ns;

	assert(request->progress != REQUEST_UNSENT && request->kind != REQUEST_EVENT);
	/* A reset has removed the admin queue with this command, or is about to. */
	if (ctrl->epoch != request->epoch && request->progress != REQUEST_ANSWERED)
		return report_reset(ctrl, cmd);
	if (ctrl->stopping)
		return STEP_AGAIN;
	if (is_answered(ctrl, request))
		return 0;
	now_ns = clock_ns();
	if (now_ns >= request->check_ns) {
		int ret = bringup_check_step(ctrl);

		if (ret)
			return ret;
		request->check_ns = now_ns + CHECK_EVERY_NS;
		/* While the controller activates firmware, the time does not count. */
		if (bringup_is_paused(ctrl))
			admin_set_deadline(request, now_ns);
	}
	if (now_ns < request->deadline_ns)
		return STEP_AGAIN;
	/* Reap once more after the deadline: this thread may have been asleep. */
	return is_answered(ctrl, request) ? 0 : report_late(ctrl, cmd, request->timeout_ms);
}

static int wait_answer(struct nvu_ctrl *ctrl, struct ctrl_request *request,
		       const struct nvu_sqe *cmd)
{
	int ret;

	admin_begin_wait(request);
	while ((ret = admin_look(ctrl, request, cmd)) == STEP_AGAIN)
		pause_between_looks(ctrl, request);
	return ret;
}

int admin_report_dead(const struct nvu_ctrl *ctrl)
{
	assert(ctrl->dead < 0);
	return error_set(ctrl->dead, "%s: the controller has failed: close it and open it again",
			 ctrl_name(ctrl));
}

int admin_report_full(const struct nvu_ctrl *ctrl)
{
	return error_set(-EAGAIN,
			 "%s: too many admin commands were never answered; reset the controller",
			 ctrl_name(ctrl));
}

/* No answer makes room: the program has to take completions. */
static int report_started(const struct nvu_ctrl *ctrl, uint32_t started)
{
	return error_set(-EAGAIN,
			 "%s: the admin queue has no room: %u commands of nvu_admin_start() are "
			 "outstanding; take completions with nvu_admin_poll()",
			 ctrl_name(ctrl), started);
}

static int queue(struct nvu_ctrl *ctrl, struct ctrl_request *request, const struct nvu_sqe *cmd,
		 size_t len)
{
	int ret = qpair_queue(ctrl->admin, cmd, request->buf, 0, len,
			      requests_user_data(ctrl, request));

	assert(request->progress == REQUEST_UNSENT);
	if (ret)
		return ret;
	request->progress = REQUEST_SENT;
	request->epoch = ctrl->epoch;
	return 0;
}

int admin_send(struct nvu_ctrl *ctrl, struct ctrl_request *request, struct admin_call *call)
{
	assert(request->progress == REQUEST_UNSENT);
	if (ctrl->dead)
		return admin_report_dead(ctrl);
	if (queue(ctrl, request, call->cmd, call->len))
		return admin_report_full(ctrl);
	request->feature = call->feature;
	call->feature = NULL;
	(void)submit_publish(ctrl->admin);
	request->timeout_ms = call->timeout_ms ? call->timeout_ms : ctrl->opts.admin_timeout_ms;
	return 0;
}

int admin_report_refused(const struct nvu_ctrl *ctrl, uint8_t opcode, int status)
{
	return error_set(status, "%s: admin command %02xh (%s) failed: %s (status %#x)",
			 ctrl_name(ctrl), opcode, command_admin_name(opcode), status_words(status),
			 (unsigned)status);
}

int admin_take(const struct nvu_ctrl *ctrl, const struct ctrl_request *request,
	       struct admin_call *call)
{
	assert(request->progress == REQUEST_ANSWERED);
	call->cpl = request->cpl;
	return call->cpl.status ? admin_report_refused(ctrl, call->cmd->opcode, call->cpl.status)
				: 0;
}

int admin_wait(struct nvu_ctrl *ctrl, struct ctrl_request *request, struct admin_call *call)
{
	const struct nvu_sqe *cmd = call->cmd;
	int ret;

	if (request->kind == REQUEST_CALLER)
		ctrl_settle(ctrl);
	ret = admin_send(ctrl, request, call);
	if (!ret)
		ret = wait_answer(ctrl, request, cmd);
	return ret ? ret : admin_take(ctrl, request, call);
}

/* Whether room remains for event requests that nvu sends again, and for commands of the library. */
static bool has_room(const struct nvu_ctrl *ctrl, bool shared)
{
	uint32_t room = requests_count(ctrl, REQUEST_FREE);
	uint32_t events =
		ctrl->events_max > ctrl->events_armed ? ctrl->events_max - ctrl->events_armed : 0;

	return room > (shared ? events + OWN_ROOM : 0);
}

int admin_begin(struct nvu_ctrl *ctrl, struct ctrl_request **ret_request)
{
	assert(lock_is_held(&ctrl->lock));
	for (;;) {
		uint32_t callers = requests_count(ctrl, REQUEST_CALLER);
		uint32_t started = requests_count(ctrl, REQUEST_STARTED);

		if (ctrl->dead)
			return admin_report_dead(ctrl);
		if (has_room(ctrl, callers || started))
			break;
		if (!callers)
			return started ? report_started(ctrl, started) : admin_report_full(ctrl);
		admin_lend(ctrl);
	}
	*ret_request = requests_take(ctrl, REQUEST_CALLER);
	return 0;
}

int admin_begin_started(struct nvu_ctrl *ctrl, struct ctrl_request **ret_request)
{
	assert(lock_is_held(&ctrl->lock));
	if (ctrl->dead)
		return admin_report_dead(ctrl);
	if (!has_room(ctrl, true))
		return report_started(ctrl, requests_count(ctrl, REQUEST_STARTED));
	*ret_request = requests_take(ctrl, REQUEST_STARTED);
	return 0;
}

int admin_call(struct nvu_ctrl *ctrl, struct admin_call *call)
{
	struct ctrl_request *request;
	int ret = admin_begin(ctrl, &request);

	if (ret)
		return ret;
	request->changes = change_is_by(call->cmd);
	ret = admin_wait(ctrl, request, call);
	requests_finish(ctrl, request);
	return ret;
}

int admin_begin_internal(struct nvu_ctrl *ctrl, struct nvu_dma *buf,
			 struct ctrl_request **ret_request)
{
	struct ctrl_request *request = requests_take(ctrl, REQUEST_INTERNAL);

	assert(!buf || !requests_holder(ctrl, buf));
	if (!request)
		return ctrl->dead ? admin_report_dead(ctrl) : admin_report_full(ctrl);
	request->buf = buf;
	*ret_request = request;
	return 0;
}

static int run(struct nvu_ctrl *ctrl, struct nvu_dma *buf, struct admin_call *call)
{
	struct ctrl_request *request = NULL;
	int ret = admin_begin_internal(ctrl, buf, &request);

	if (ret)
		return ret;
	ret = admin_wait(ctrl, request, call);
	requests_finish(ctrl, request);
	return ret;
}

int admin_command(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, struct nvu_dma *buf, size_t len,
		  uint32_t timeout_ms, uint64_t *ret_result)
{
	struct admin_call call = { .cmd = cmd, .len = len, .timeout_ms = timeout_ms };
	int ret = run(ctrl, buf, &call);

	if (!ret && ret_result)
		*ret_result = call.cpl.result;
	return ret;
}

int admin_arm_events(struct nvu_ctrl *ctrl)
{
	const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_ASYNC_EVENT };
	bool any = false;

	assert(lock_is_held(&ctrl->lock));
	/*
	 * At most as many requests as the event queue has room for, but always one: nvu itself needs
	 * the notices of changes, even if the program never takes an event.
	 */
	while (ctrl->events_armed < ctrl->events_max &&
	       (ctrl->event_count + ctrl->events_armed < CTRL_EVENTS || !ctrl->events_armed)) {
		struct ctrl_request *request = requests_take(ctrl, REQUEST_EVENT);
		int ret = request ? queue(ctrl, request, &cmd, 0) : -EAGAIN;

		if (ret) {
			if (request)
				requests_release(ctrl, request);
			return ret;
		}
		ctrl->events_armed++;
		any = true;
	}
	if (any)
		(void)submit_publish(ctrl->admin);
	return 0;
}
