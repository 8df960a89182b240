// SPDX-License-Identifier: MIT
/*
 * data.c: see data.h.
 */
#include "mock/queues/data.h"

#include "mock/faults/fault.h"
#include "mock/faults/violation.h"
#include "mock/memory/sgl.h"
#include "transport/transport.h"

#include <assert.h>
#include <string.h>

/* What the driver did wrong. Returns the status. */
static uint16_t note(struct nvu_mock *mock, const struct mock_cmd *cmd, uint16_t status)
{
	if (mock->xfer.list_writable && !mock->serve)
		mock_violation_add_cmd(mock, cmd,
				       "the device may write to the %s list at 0x%llx: map it for "
				       "reading only",
				       cmd->sqe.flags & NVU_PSDT ? "SGL" : "PRP",
				       (unsigned long long)nvu_le64_get(cmd->sqe.flags & NVU_PSDT
										? cmd->sqe.prp1
										: cmd->sqe.prp2));
	if (!status)
		return 0;
	mock_violation_add_cmd(mock, cmd, "%s", mock->xfer.reason);
	return MOCK_DNR(status);
}

/* Base 3.3.3.1: only for I/O commands, and as SGLS announces it. */
static uint16_t map_sgl(struct nvu_mock *mock, const struct mock_cmd *cmd, uint64_t len,
			uint32_t prot)
{
	struct mock_sgl sgl = { .len = len, .prot = prot, .sgls = mock->config.opts.sgls };
	uint32_t psdt = cmd->sqe.flags & NVU_PSDT;

	if (!sgl.sgls || !cmd->sq->qid || psdt == NVU_PSDT) {
		mock_violation_add_cmd(mock, cmd, "PSDT is %u: SGLs are not announced for it",
				       psdt / NVU_PSDT_SGL);
		return MOCK_DNR(NVU_SC_INVALID_FIELD);
	}
	static_assert(offsetof(struct nvu_sqe, prp2) == offsetof(struct nvu_sqe, prp1) + 8,
		      "SGL1 has the place of both");
	memcpy(&sgl.first, &cmd->sqe.prp1, sizeof(sgl.first));
	return note(mock, cmd, mock_sgl_walk(mock->dma, &sgl, cmd->sq->dma_hints, &mock->xfer));
}

uint16_t mock_data_map(struct nvu_mock *mock, const struct mock_cmd *cmd, uint64_t len,
		       uint32_t prot)
{
	const struct mock_prp prp = {
		.prp1 = nvu_le64_get(cmd->sqe.prp1),
		.prp2 = nvu_le64_get(cmd->sqe.prp2),
		.len = len,
		.page_bytes = mock->page_bytes,
		.prot = prot,
	};
	uint16_t status;

	if (len == 0 || len > mock->max_transfer_bytes)
		return MOCK_DNR(NVU_SC_INVALID_FIELD);
	if (cmd->sqe.flags & NVU_PSDT)
		return map_sgl(mock, cmd, len, prot);
	status = mock_prp_walk(mock->dma, &prp, cmd->sq->dma_hints, &mock->xfer);
	if (!status && prp.prp2 && (prp.prp1 & (prp.page_bytes - 1)) + len <= prp.page_bytes)
		mock_violation_add_cmd(mock, cmd,
				       "PRP2 is 0x%llx, but the data end in the page of PRP1",
				       (unsigned long long)prp.prp2);
	return note(mock, cmd, status);
}

uint64_t mock_data_length(const struct nvu_mock *mock, const struct mock_cmd *cmd, uint64_t len)
{
	uint64_t place = nvu_le64_get(cmd->sqe.prp1) & (mock->page_bytes - 1);
	uint64_t most = mock->page_bytes - place;

	assert(len);
	if (!cmd->effects.has_length || cmd->effects.length <= len)
		return cmd->effects.has_length ? cmd->effects.length : len;
	most = most > len ? most : len;
	return cmd->effects.length < most ? cmd->effects.length : most;
}

uint16_t mock_data_reply(struct nvu_mock *mock, const struct mock_cmd *cmd, const void *data,
			 uint64_t len)
{
	uint16_t status;

	len = mock_data_length(mock, cmd, len);
	if (len == 0)
		return 0;
	status = mock_data_map(mock, cmd, len, TRANSPORT_DMA_WRITE);
	if (status)
		return status;
	mock_xfer_put(&mock->xfer, 0, data, len);
	mock_fault_patch_data(mock, cmd);
	return 0;
}
