/* SPDX-License-Identifier: MIT */
/*
 * admin.c: the admin queue is a queue pair like any other. user_data tells its completions apart:
 * the token of a blocking command, or EVENT_TOKEN. Blocking commands wait with the lock held, so
 * there is one of them at a time, but for one more whose thread lends the lock: whoever reaps that
 * one's completion leaves it in ctrl->lender.
 */
#include "ctrl/admin.h"

#include "base/clock.h"
#include "base/error.h"
#include "ctrl/bringup.h"
#include "ctrl/change.h"
#include "ctrl/features.h"
#include "qpair/poll.h"
#include "qpair/submit.h"
#include "spec/command.h"
#include "spec/status.h"

#include <errno.h>
#include <nvu/regs.h>
#include <string.h>

#define EVENT_TOKEN UINT64_MAX

enum { REAP_BATCH = 8, CHECK_EVERY_NS = 1000000, AGAIN_AFTER_NS = 10000000 };

/* One more may come than there is room for: see admin_arm_events(). */
static void note_event(struct nvu_ctrl *ctrl, const struct nvu_event *event)
{
	uint32_t at = (ctrl->event_first + ctrl->event_count) % CTRL_EVENTS;

	change_note_event(ctrl, event);
	if (ctrl->event_count == CTRL_EVENTS)
		return;
	ctrl->events[at] = *event;
	ctrl->event_count++;
}

static void keep_event(struct nvu_ctrl *ctrl, const struct nvu_cpl *cpl)
{
	struct nvu_event event;

	ctrl->events_armed--;
	if (cpl->status) {
		/* The controller takes fewer requests than it said: ask no more. */
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

static void free_data(struct nvu_ctrl *ctrl, struct nvu_dma *buf)
{
	if (buf == ctrl->spare)
		ctrl->spare_lost = false;
	else
		(void)dma_free(buf);
}

/* A command that was given up has been answered: its buffer can go. */
static void release_lost(struct nvu_ctrl *ctrl, uint64_t token)
{
	for (size_t i = 0; i < sizeof(ctrl->lost) / sizeof(ctrl->lost[0]); i++) {
		if (!ctrl->lost[i].buf || ctrl->lost[i].token != token)
			continue;
		free_data(ctrl, ctrl->lost[i].buf);
		ctrl->lost[i].buf = NULL;
	}
}

void admin_release_all(struct nvu_ctrl *ctrl)
{
	for (size_t i = 0; i < sizeof(ctrl->lost) / sizeof(ctrl->lost[0]); i++)
		if (ctrl->lost[i].buf)
			release_lost(ctrl, ctrl->lost[i].token);
	features_forget_sent(ctrl);
}

/* Whether a blocking command that has ended has not been answered yet. */
static bool is_outstanding(const struct nvu_ctrl *ctrl, uint64_t token)
{
	const struct inflight *record;
	uint32_t cursor = 0;

	while ((record = inflight_next(&ctrl->admin->inflight, &cursor, false, 0)))
		if (record->user_data == token)
			return true;
	return false;
}

void admin_release(struct nvu_ctrl *ctrl, uint64_t token, struct nvu_dma *buf)
{
	if (ctrl->dead || !is_outstanding(ctrl, token)) {
		free_data(ctrl, buf);
		return;
	}
	ctrl->spare_lost |= buf == ctrl->spare;
	/* There is room: one buffer for each command that the admin queue holds. */
	for (size_t i = 0; i < sizeof(ctrl->lost) / sizeof(ctrl->lost[0]); i++) {
		if (ctrl->lost[i].buf)
			continue;
		ctrl->lost[i] = (struct ctrl_lost){ .token = token, .buf = buf };
		return;
	}
}

/* Copies the completion of this command to *ret_cpl, if it is there. */
static bool reap(struct nvu_ctrl *ctrl, uint64_t token, struct nvu_cpl *ret_cpl)
{
	struct nvu_qpair *admin = ctrl->admin;
	struct nvu_cpl cpls[REAP_BATCH];
	bool found = false;
	uint32_t count;

	if (!cq_ring_pending(&admin->cq))
		return false;
	count = poll_reap(admin, cpls, REAP_BATCH);
	doorbell_write(&admin->cq_doorbell, cq_ring_head(&admin->cq));
	for (uint32_t i = 0; i < count; i++) {
		features_answer(ctrl, cpls[i].user_data, cpls[i].status);
		if (cpls[i].user_data == EVENT_TOKEN) {
			keep_event(ctrl, &cpls[i]);
		} else if (cpls[i].user_data == token) {
			*ret_cpl = cpls[i];
			found = true;
		} else if (cpls[i].user_data == ctrl->lender.token) {
			ctrl->lender.cpl = cpls[i];
			ctrl->lender.answered = true;
		} else {
			release_lost(ctrl, cpls[i].user_data);
			/* It may be the format that nobody waits for any more. */
			if (ctrl->changers_lost)
				change_note(ctrl);
		}
	}
	return found;
}

void admin_reap(struct nvu_ctrl *ctrl)
{
	struct nvu_cpl ignored;

	(void)reap(ctrl, 0, &ignored);
}

static int report_late(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, uint32_t timeout_ms)
{
	int ret = bringup_check(ctrl);

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

/* What it waits for is slower than to get the lock; others get it meanwhile, if it is lent. */
static void pause_between_looks(struct nvu_ctrl *ctrl, bool lend)
{
	if (lend)
		pthread_mutex_unlock(&ctrl->lock);
	ctrl->transport->ops->relax(ctrl->transport);
	if (lend)
		pthread_mutex_lock(&ctrl->lock);
}

static bool is_answered(struct nvu_ctrl *ctrl, uint64_t token, struct nvu_cpl *ret_cpl)
{
	if (token != ctrl->lender.token || !ctrl->lender.answered)
		return reap(ctrl, token, ret_cpl);
	*ret_cpl = ctrl->lender.cpl;
	return true;
}

static int wait_completion(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, uint32_t timeout_ms,
			   struct nvu_cpl *ret_cpl)
{
	uint64_t token = ctrl->token, now_ns = clock_ns();
	uint64_t deadline_ns = now_ns + timeout_ms * 1000000ull;
	uint64_t check_ns = now_ns + CHECK_EVERY_NS;
	uint32_t epoch = ctrl->epoch;
	bool lend = token == ctrl->lender.token;

	while (!is_answered(ctrl, token, ret_cpl)) {
		pause_between_looks(ctrl, lend);
		/* The command has gone with the admin queue of that life. */
		if (ctrl->epoch != epoch && !ctrl->lender.answered)
			return report_reset(ctrl, cmd);
		now_ns = clock_ns();
		if (now_ns >= check_ns) {
			int ret = bringup_check(ctrl);

			if (ret)
				return ret;
			check_ns = now_ns + CHECK_EVERY_NS;
			/* While firmware is activated, time stands still for what waits. */
			if (bringup_is_paused(ctrl))
				deadline_ns = now_ns + timeout_ms * 1000000ull;
		}
		/* One more look after the deadline: this thread may have been asleep. */
		if (now_ns >= deadline_ns)
			return is_answered(ctrl, token, ret_cpl)
				       ? 0
				       : report_late(ctrl, cmd, timeout_ms);
	}
	return 0;
}

/* A command that has got the next token. */
static int send_and_wait(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd,
			 const struct nvu_dma *buf, size_t len, uint32_t timeout_ms,
			 uint64_t *ret_result)
{
	struct nvu_cpl cpl;
	int ret;

	if (ctrl->dead)
		return error_set(ctrl->dead,
				 "%s: the controller has failed: close it and open it "
				 "again",
				 ctrl_name(ctrl));
	ret = qpair_queue(ctrl->admin, cmd, buf, 0, len, ctrl->token);
	if (ret)
		return error_set(ret,
				 "%s: too many admin commands were never answered; reset the "
				 "controller",
				 ctrl_name(ctrl));
	(void)submit_publish(ctrl->admin);
	ret = wait_completion(ctrl, cmd, timeout_ms ? timeout_ms : ctrl->opts.admin_timeout_ms,
			      &cpl);
	if (ret)
		return ret;
	ctrl->admin_flags = cpl.flags;
	if (cpl.status)
		return error_set(cpl.status, "%s: admin command %02xh (%s) failed: %s (status %#x)",
				 ctrl_name(ctrl), cmd->opcode, command_admin_name(cmd->opcode),
				 status_words(cpl.status), (unsigned)cpl.status);
	if (ret_result)
		*ret_result = cpl.result;
	return 0;
}

int admin_command(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, const struct nvu_dma *buf,
		  size_t len, uint32_t timeout_ms, uint64_t *ret_result)
{
	ctrl->token++;
	return send_and_wait(ctrl, cmd, buf, len, timeout_ms, ret_result);
}

static bool is_not_ready(int status)
{
	return status == NVU_SC_NS_NOT_READY || status == NVU_SC_MEDIA_NOT_READY;
}

int admin_when_ready(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, const struct nvu_dma *buf,
		     size_t len, uint64_t *ret_result)
{
	uint32_t most_ms =
		ctrl->identify_timeout_ms ? ctrl->identify_timeout_ms : ctrl->caps.media_timeout_ms;
	uint64_t deadline_ns = clock_ns() + most_ms * 1000000ull;

	for (;;) {
		int ret = admin_command(ctrl, cmd, buf, len, ctrl->identify_timeout_ms, ret_result);
		uint64_t again_ns = clock_ns() + AGAIN_AFTER_NS;

		if (!is_not_ready(ret) || (ctrl->admin_flags & NVU_CPL_DNR) ||
		    again_ns >= deadline_ns)
			return ret;
		while (clock_ns() < again_ns)
			ctrl->transport->ops->relax(ctrl->transport);
	}
}

int admin_command_lending(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd,
			  const struct nvu_dma *buf, size_t len, uint32_t timeout_ms,
			  uint64_t *ret_result, uint64_t *ret_token)
{
	int ret;

	*ret_token = ctrl->token_lent = ++ctrl->token;
	features_send(ctrl, *ret_token);
	ctrl->lender = (struct ctrl_lender){ .token = ctrl->token };
	ret = send_and_wait(ctrl, cmd, buf, len, timeout_ms, ret_result);
	ctrl->lender = (struct ctrl_lender){ .token = 0 };
	return ret;
}

/* The controller has not answered and may still write to the bounce buffer. Keeps the sentence. */
static int replace_bounce(struct nvu_ctrl *ctrl)
{
	const struct dma_alloc want = {
		.len = CTRL_BOUNCE_BYTES,
		.node = ctrl->transport->numa_node,
		.prot = TRANSPORT_DMA_READ | TRANSPORT_DMA_WRITE,
	};
	struct nvu_dma *fresh;
	int ret = dma_alloc(ctrl->domain, &want, &fresh);

	if (ret)
		return ret;
	admin_release(ctrl, ctrl->token, ctrl->bounce);
	ctrl->bounce = fresh;
	return -ETIMEDOUT;
}

int admin_identify(struct nvu_ctrl *ctrl, uint8_t cns, uint32_t nsid, const void **ret_data)
{
	const struct nvu_sqe cmd = {
		.opcode = NVU_ADMIN_IDENTIFY,
		.nsid = nvu_le32_put(nsid),
		.cdw10 = nvu_le32_put(cns),
	};
	int ret;

	memset(ctrl->bounce->addr, 0, CTRL_BOUNCE_BYTES);
	ret = admin_when_ready(ctrl, &cmd, ctrl->bounce, CTRL_BOUNCE_BYTES, NULL);
	if (!ret)
		*ret_data = ctrl->bounce->addr;
	return ret == -ETIMEDOUT ? replace_bounce(ctrl) : ret;
}

int admin_set_data(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, const void *data, size_t len)
{
	int ret;

	if (!len)
		return admin_when_ready(ctrl, cmd, NULL, 0, NULL);
	memset(ctrl->bounce->addr, 0, CTRL_BOUNCE_BYTES);
	memcpy(ctrl->bounce->addr, data, len);
	ret = admin_when_ready(ctrl, cmd, ctrl->bounce, len, NULL);
	return ret == -ETIMEDOUT ? replace_bounce(ctrl) : ret;
}

int admin_set_feature_data(struct nvu_ctrl *ctrl, uint8_t feature, const void *data, size_t len)
{
	const struct nvu_sqe cmd = {
		.opcode = NVU_ADMIN_SET_FEATURES,
		.cdw10 = nvu_le32_put(feature),
	};

	return admin_set_data(ctrl, &cmd, data, len);
}

int admin_set_feature(struct nvu_ctrl *ctrl, uint8_t feature, uint32_t cdw11, uint64_t *ret_result)
{
	const struct nvu_sqe cmd = {
		.opcode = NVU_ADMIN_SET_FEATURES,
		.cdw10 = nvu_le32_put(feature),
		.cdw11 = nvu_le32_put(cdw11),
	};

	return admin_when_ready(ctrl, &cmd, NULL, 0, ret_result);
}

int admin_arm_events(struct nvu_ctrl *ctrl)
{
	const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_ASYNC_EVENT };
	bool any = false;

	/*
	 * Never more outstanding than the event queue can hold; but one always, because nvu itself
	 * lives by the notices of change, also where the program never takes an event.
	 */
	while (ctrl->events_armed < ctrl->events_max &&
	       (ctrl->event_count + ctrl->events_armed < CTRL_EVENTS || !ctrl->events_armed)) {
		int ret = qpair_queue(ctrl->admin, &cmd, NULL, 0, 0, EVENT_TOKEN);

		if (ret)
			return ret;
		ctrl->events_armed++;
		any = true;
	}
	if (any)
		(void)submit_publish(ctrl->admin);
	return 0;
}
