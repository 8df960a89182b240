/* SPDX-License-Identifier: MIT */
/*
 * admin_data.c: monitoring must work when all memory that may be mapped is: hence the spare page.
 */
#include "ctrl/admin_data.h"

#include "ctrl/admin.h"
#include "ctrl/pieces.h"

#include <string.h>

static int send_piece(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, struct nvu_dma *buf,
		      void *data, size_t len, uint32_t timeout_ms, uint64_t *ret_result)
{
	uint64_t token;
	int ret;

	memcpy(buf->addr, data, len);
	ret = admin_command_lending(ctrl, cmd, buf, len, timeout_ms, ret_result, &token);
	if (!ret && (cmd->opcode & NVU_XFER_FROM_CTRL))
		memcpy(data, buf->addr, len);
	admin_release(ctrl, token, buf);
	return ret;
}

/* no_memory: why no buffer could be made, with the sentence set. */
static int send_by_spare(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, char *data, size_t len,
			 uint32_t timeout_ms, uint64_t *ret_result, int no_memory)
{
	int ret = no_memory;

	if (len <= CTRL_SPARE_BYTES)
		return ctrl->spare_lost ? ret
					: send_piece(ctrl, cmd, ctrl->spare, data, len, timeout_ms,
						     ret_result);
	if (!pieces_allowed(&ctrl->id, cmd, len, CTRL_SPARE_BYTES))
		return ret;
	for (size_t at = 0; at < len; at += CTRL_SPARE_BYTES) {
		size_t rest = len - at;
		bool last = rest <= CTRL_SPARE_BYTES;
		size_t bytes = last ? rest : CTRL_SPARE_BYTES;
		struct nvu_sqe piece = pieces_cut(cmd, at, bytes, last);

		if (ctrl->spare_lost)
			return no_memory;
		ret = send_piece(ctrl, &piece, ctrl->spare, data + at, bytes, timeout_ms,
				 ret_result);
		if (ret)
			break;
	}
	return ret;
}

int admin_data_command(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, void *data, size_t len,
		       uint32_t timeout_ms, uint64_t *ret_result)
{
	const struct dma_alloc want = {
		.len = len,
		.align = ctrl->info.page_bytes,
		.node = ctrl->transport->numa_node,
		.prot = TRANSPORT_DMA_READ | TRANSPORT_DMA_WRITE,
	};
	struct nvu_dma *buf;
	int ret = dma_alloc(ctrl->domain, &want, &buf);

	if (ret)
		return send_by_spare(ctrl, cmd, data, len, timeout_ms, ret_result, ret);
	return send_piece(ctrl, cmd, buf, data, len, timeout_ms, ret_result);
}
