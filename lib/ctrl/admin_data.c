/* SPDX-License-Identifier: MIT */
/*
 * admin_data.c: monitoring must work when all memory that may be mapped is: hence the spare page.
 */
#include "ctrl/admin_data.h"

#include "ctrl/change.h"
#include "ctrl/pieces.h"

#include <assert.h>
#include <string.h>

/* The request's buffer is there: copies the data to it, waits for the answer, and copies them back. */
static int send_copy(struct nvu_ctrl *ctrl, struct ctrl_request *request, struct admin_call *call,
		     void *data)
{
	int ret;

	assert(request->buf && call->len);
	request->changes = change_is_by(call->cmd);
	memcpy(request->buf->addr, data, call->len);
	ret = admin_wait(ctrl, request, call);
	if (!ret && (call->cmd->opcode & NVU_XFER_FROM_CTRL))
		memcpy(data, request->buf->addr, call->len);
	return ret;
}

/* no_memory: as below. Waits while another thread's command has the page. */
static int take_spare(struct nvu_ctrl *ctrl, struct ctrl_request *request, int no_memory)
{
	const struct ctrl_request *holder;

	assert(!request->buf);
	while ((holder = requests_holder(ctrl, ctrl->spare))) {
		/* No answer gives it back: a program has to poll, or reset the controller. */
		if (holder->kind == REQUEST_ABANDONED || holder->kind == REQUEST_STARTED)
			return no_memory;
		admin_lend(ctrl);
	}
	request->buf = ctrl->spare;
	return 0;
}

static int send_piece(struct nvu_ctrl *ctrl, struct admin_call *call, void *data, int no_memory)
{
	struct ctrl_request *request;
	int ret = admin_begin(ctrl, &request);

	if (ret)
		return ret;
	ret = take_spare(ctrl, request, no_memory);
	if (!ret)
		ret = send_copy(ctrl, request, call, data);
	requests_finish(ctrl, request);
	return ret;
}

/* no_memory: why no buffer could be made, with the sentence set. */
static int send_by_spare(struct nvu_ctrl *ctrl, struct admin_call *call, char *data, int no_memory)
{
	size_t len = call->len;
	int ret = no_memory;

	assert(no_memory < 0);
	if (len <= CTRL_SPARE_BYTES)
		return send_piece(ctrl, call, data, no_memory);
	if (!pieces_allowed(&ctrl->id, call->cmd, len, CTRL_SPARE_BYTES))
		return ret;
	for (size_t at = 0; at < len; at += CTRL_SPARE_BYTES) {
		size_t rest = len - at;
		bool last = rest <= CTRL_SPARE_BYTES;
		size_t bytes = last ? rest : CTRL_SPARE_BYTES;
		const struct nvu_sqe cmd = pieces_cut(call->cmd, at, bytes, last);
		struct admin_call piece = { .cmd = &cmd,
					    .len = bytes,
					    .timeout_ms = call->timeout_ms };

		ret = send_piece(ctrl, &piece, data + at, no_memory);
		call->cpl = piece.cpl;
		if (ret)
			break;
	}
	return ret;
}

static int alloc_buffer(struct nvu_ctrl *ctrl, size_t len, struct nvu_dma **ret_buf)
{
	const struct dma_alloc want = {
		.len = len,
		.align = ctrl->info.page_bytes,
		.node = ctrl->transport->numa_node,
		.prot = TRANSPORT_DMA_READ | TRANSPORT_DMA_WRITE,
	};

	assert(len);
	return dma_alloc(ctrl->domain, &want, ret_buf);
}

int admin_data_send(struct nvu_ctrl *ctrl, struct ctrl_request *request, struct admin_call *call,
		    const void *data)
{
	int ret = alloc_buffer(ctrl, call->len, &request->buf);

	assert(lock_is_held(&ctrl->lock) && request->kind == REQUEST_STARTED);
	if (ret) {
		if (call->len > CTRL_SPARE_BYTES || requests_holder(ctrl, ctrl->spare))
			return ret;
		request->buf = ctrl->spare;
	}
	memcpy(request->buf->addr, data, call->len);
	return admin_send(ctrl, request, call);
}

int admin_data_call(struct nvu_ctrl *ctrl, struct admin_call *call, void *data)
{
	struct ctrl_request *request;
	struct nvu_dma *buf;
	int ret = alloc_buffer(ctrl, call->len, &buf);

	assert(lock_is_held(&ctrl->lock));
	if (ret)
		return send_by_spare(ctrl, call, data, ret);
	ret = admin_begin(ctrl, &request);
	if (ret) {
		(void)dma_free(buf);
		return ret;
	}
	request->buf = buf;
	ret = send_copy(ctrl, request, call, data);
	requests_finish(ctrl, request);
	return ret;
}
