/* SPDX-License-Identifier: MIT */
/*
 * admin_own.c: commands of the library itself, in steps, and with the bounce buffer as their data.
 */
#include "base/clock.h"
#include "base/error.h"
#include "ctrl/admin.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum { AGAIN_AFTER_NS = 10000000 };

static bool is_not_ready(int status)
{
	return status == NVU_SC_NS_NOT_READY || status == NVU_SC_MEDIA_NOT_READY;
}

static int send(struct nvu_ctrl *ctrl, struct admin_call *call, struct nvu_dma *buf,
		struct ctrl_request **ret_request)
{
	struct ctrl_request *request = NULL;
	int ret = admin_begin_internal(ctrl, buf, &request);

	if (ret)
		return ret;
	ret = admin_send(ctrl, request, call);
	if (ret) {
		requests_finish(ctrl, request);
		return ret;
	}
	admin_begin_wait(request);
	*ret_request = request;
	return 0;
}

int admin_step(struct nvu_ctrl *ctrl, struct ctrl_request **request, const struct nvu_sqe *cmd,
	       uint32_t timeout_ms)
{
	struct admin_call call = { .cmd = cmd, .timeout_ms = timeout_ms };
	int ret;

	assert(lock_is_held(&ctrl->lock));
	if (!*request) {
		ret = send(ctrl, &call, NULL, request);
		return ret ? ret : STEP_AGAIN;
	}
	ret = admin_look(ctrl, *request, cmd);
	if (ret == STEP_AGAIN)
		return ret;
	if (!ret)
		ret = admin_take(ctrl, *request, &call);
	requests_finish(ctrl, *request);
	*request = NULL;
	return ret;
}

/* The command has an answer, or has ended without one (ret). STEP_AGAIN: it is to be sent again later. */
static int end_own(struct nvu_ctrl *ctrl, struct admin_call *call, int ret)
{
	struct ctrl_own *own = &ctrl->own;

	if (!ret)
		ret = admin_take(ctrl, own->request, call);
	requests_finish(ctrl, own->request);
	own->request = NULL;
	if (!is_not_ready(ret) || (call->cpl.flags & NVU_CPL_DNR))
		return ret;
	own->again_ns = clock_ns() + AGAIN_AFTER_NS;
	return own->again_ns < own->end_ns ? STEP_AGAIN : ret;
}

static int step_own(struct nvu_ctrl *ctrl, struct admin_call *call, struct nvu_dma *buf)
{
	struct ctrl_own *own = &ctrl->own;
	int ret;

	if (!own->request) {
		if (own->again_ns && clock_ns() < own->again_ns)
			return STEP_AGAIN;
		ret = send(ctrl, call, buf, &own->request);
		return ret ? ret : STEP_AGAIN;
	}
	ret = admin_look(ctrl, own->request, call->cmd);
	return ret == STEP_AGAIN ? ret : end_own(ctrl, call, ret);
}

int admin_own_step(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, struct nvu_dma *buf,
		   size_t len, uint64_t *ret_result)
{
	uint32_t most_ms =
		ctrl->identify_timeout_ms ? ctrl->identify_timeout_ms : ctrl->caps.media_timeout_ms;
	struct admin_call call = { .cmd = cmd,
				   .len = len,
				   .timeout_ms = ctrl->identify_timeout_ms };
	int ret;

	assert(lock_is_held(&ctrl->lock) && (!len || buf));
	if (!ctrl->own.begun)
		ctrl->own = (struct ctrl_own){ .begun = true,
					       .end_ns = clock_ns() + most_ms * 1000000ull };
	ret = step_own(ctrl, &call, buf);
	if (ret == STEP_AGAIN)
		return ret;
	ctrl->own.begun = false;
	if (!ret && ret_result)
		*ret_result = call.cpl.result;
	return ret;
}

void admin_own_drop(struct nvu_ctrl *ctrl)
{
	assert(lock_is_held(&ctrl->lock));
	if (ctrl->own.begun && ctrl->own.request)
		requests_finish(ctrl, ctrl->own.request);
	ctrl->own = (struct ctrl_own){ .begun = false };
}

int admin_bounce(struct nvu_ctrl *ctrl)
{
	const struct dma_alloc want = {
		.len = CTRL_BOUNCE_BYTES,
		.node = ctrl->transport->numa_node,
		.prot = TRANSPORT_DMA_READ | TRANSPORT_DMA_WRITE,
	};

	assert(lock_is_held(&ctrl->lock));
	if (requests_holder(ctrl, ctrl->bounce)) {
		struct nvu_dma *fresh;
		int ret = dma_alloc(ctrl->domain, &want, &fresh);

		if (ret)
			return ret;
		/* The request that has the old buffer frees it. */
		ctrl->bounce = fresh;
	}
	memset(ctrl->bounce->addr, 0, CTRL_BOUNCE_BYTES);
	return 0;
}

int admin_identify_step(struct nvu_ctrl *ctrl, uint8_t cns, uint32_t nsid, const void **ret_data)
{
	const struct nvu_sqe cmd = {
		.opcode = NVU_ADMIN_IDENTIFY,
		.nsid = nvu_le32_put(nsid),
		.cdw10 = nvu_le32_put(cns),
	};
	int ret = ctrl->own.begun ? 0 : admin_bounce(ctrl);

	if (ret)
		return ret;
	ret = admin_own_step(ctrl, &cmd, ctrl->bounce, CTRL_BOUNCE_BYTES, NULL);
	if (!ret)
		*ret_data = ctrl->bounce->addr;
	return ret;
}

int admin_set_data_step(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, const void *data,
			size_t len)
{
	int ret;

	assert(len <= CTRL_BOUNCE_BYTES);
	if (!len)
		return admin_own_step(ctrl, cmd, NULL, 0, NULL);
	ret = ctrl->own.begun ? 0 : admin_bounce(ctrl);
	if (ret)
		return ret;
	if (!ctrl->own.begun)
		memcpy(ctrl->bounce->addr, data, len);
	return admin_own_step(ctrl, cmd, ctrl->bounce, len, NULL);
}

int admin_set_feature_step(struct nvu_ctrl *ctrl, uint8_t feature, uint32_t cdw11,
			   uint64_t *ret_result)
{
	const struct nvu_sqe cmd = {
		.opcode = NVU_ADMIN_SET_FEATURES,
		.cdw10 = nvu_le32_put(feature),
		.cdw11 = nvu_le32_put(cdw11),
	};

	return admin_own_step(ctrl, &cmd, NULL, 0, ret_result);
}
