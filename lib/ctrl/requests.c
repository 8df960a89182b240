/* SPDX-License-Identifier: MIT */
/*
 * requests.c: see requests.h. The table is short, and an admin command takes longer than a walk through it.
 */
#include "ctrl/requests.h"

#include "ctrl/ctrl.h"
#include "ctrl/features.h"

#include <assert.h>
#include <stddef.h>

enum { PLACE_BITS = 8 };

static_assert(REQUESTS_MAX == CTRL_ADMIN_ENTRIES - 1, "one for each command of the admin queue");
static_assert(REQUESTS_MAX < 1 << PLACE_BITS, "a place fits its bits");

struct ctrl_request *requests_take(struct nvu_ctrl *ctrl, enum request_kind kind)
{
	assert(lock_is_held(&ctrl->lock) && kind != REQUEST_FREE);
	for (uint32_t i = 0; i < REQUESTS_MAX; i++) {
		struct ctrl_request *request = &ctrl->requests[i];

		if (request->kind != REQUEST_FREE)
			continue;
		*request = (struct ctrl_request){ .kind = kind, .use = request->use };
		return request;
	}
	return NULL;
}

uint64_t requests_user_data(const struct nvu_ctrl *ctrl, const struct ctrl_request *request)
{
	assert(request >= ctrl->requests && request < ctrl->requests + REQUESTS_MAX);
	return request->use << PLACE_BITS | (uint64_t)(request - ctrl->requests);
}

struct ctrl_request *requests_find(struct nvu_ctrl *ctrl, uint64_t user_data)
{
	uint64_t place = user_data & ((1u << PLACE_BITS) - 1);
	struct ctrl_request *request;

	assert(lock_is_held(&ctrl->lock));
	if (place >= REQUESTS_MAX)
		return NULL;
	request = &ctrl->requests[place];
	if (request->kind == REQUEST_FREE || request->progress != REQUEST_SENT ||
	    request->use != user_data >> PLACE_BITS)
		return NULL;
	return request;
}

uint32_t requests_count(const struct nvu_ctrl *ctrl, enum request_kind kind)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < REQUESTS_MAX; i++)
		count += ctrl->requests[i].kind == kind;
	return count;
}

const struct ctrl_request *requests_holder(const struct nvu_ctrl *ctrl, const struct nvu_dma *buf)
{
	for (uint32_t i = 0; i < REQUESTS_MAX; i++)
		if (ctrl->requests[i].kind != REQUEST_FREE && ctrl->requests[i].buf == buf)
			return &ctrl->requests[i];
	return NULL;
}

/* Base 5.1.2, figure 140: bit 0 of the result is 0 if the command was aborted. */
static enum qpair_abort_answer answer_of(const struct ctrl_request *request)
{
	return request->progress == REQUEST_ANSWERED && !request->cpl.status &&
			       !(request->cpl.result & 1)
		       ? ABORT_DONE
		       : ABORT_IN_VAIN;
}

void requests_release(struct nvu_ctrl *ctrl, struct ctrl_request *request)
{
	assert(request->kind != REQUEST_FREE);
	if (request->buf != ctrl->bounce && request->buf != ctrl->spare)
		(void)dma_free(request->buf);
	features_drop(ctrl, request->feature);
	if (request->answer)
		__atomic_store_n(request->answer, answer_of(request), __ATOMIC_RELEASE);
	*request = (struct ctrl_request){ .use = request->use + 1 };
}

void requests_finish(struct nvu_ctrl *ctrl, struct ctrl_request *request)
{
	bool may_be_answered =
		request->progress == REQUEST_SENT && request->epoch == ctrl->epoch && !ctrl->dead;

	assert(request->kind >= REQUEST_INTERNAL && request->kind <= REQUEST_STARTED);
	if (may_be_answered)
		request->kind = REQUEST_ABANDONED;
	else
		requests_release(ctrl, request);
}

void requests_end_all(struct nvu_ctrl *ctrl)
{
	assert(lock_is_held(&ctrl->lock));
	for (uint32_t i = 0; i < REQUESTS_MAX; i++)
		if (ctrl->requests[i].kind == REQUEST_ABANDONED ||
		    ctrl->requests[i].kind == REQUEST_ABORT ||
		    ctrl->requests[i].kind == REQUEST_EVENT)
			requests_release(ctrl, &ctrl->requests[i]);
	ctrl->events_armed = 0;
}

void requests_drop_started(struct nvu_ctrl *ctrl)
{
	assert(lock_is_held(&ctrl->lock));
	for (uint32_t i = 0; i < REQUESTS_MAX; i++)
		if (ctrl->requests[i].kind == REQUEST_STARTED)
			requests_release(ctrl, &ctrl->requests[i]);
}
