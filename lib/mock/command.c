// SPDX-License-Identifier: MIT
/*
 * command.c: see command.h.
 */
#include "mock/command.h"

#include <assert.h>

const struct spec_command *mock_command_row(const struct nvu_mock *mock, uint16_t qid,
					    uint8_t opcode)
{
	return qid ? command_of_io(mock->config.opts.csi, opcode) : command_of_admin(opcode);
}

/* What depends on how the mock is made. */
static bool is_configured(const struct nvu_mock *mock, const struct spec_command *row)
{
	if (row->set != COMMAND_ADMIN)
		return true;
	switch (row->opcode) {
	case NVU_ADMIN_DOORBELL_BUFFER:
		return mock->config.opts.flags & NVU_MOCK_SHADOW_DOORBELLS;
	case NVU_ADMIN_NS_MANAGEMENT:
	case NVU_ADMIN_NS_ATTACHMENT:
		return mock_config_has_managed_ns(&mock->config);
	default:
		return true;
	}
}

const struct spec_command *mock_command_offered(const struct nvu_mock *mock, uint16_t qid,
						uint8_t opcode)
{
	const struct spec_command *row = mock_command_row(mock, qid, opcode);

	return row && row->mocked && is_configured(mock, row) ? row : NULL;
}

/* Base figure 197: NUMDL is the upper half of CDW10, NUMDU the lower half of CDW11; 0's based. */
static uint64_t log_bytes(const struct nvu_sqe *sqe)
{
	uint32_t low = nvu_le32_get(sqe->cdw10) >> 16, high = nvu_le32_get(sqe->cdw11) & 0xffff;

	return ((uint64_t)high << 16 | low) * 4 + 4;
}

uint64_t mock_command_bytes(const struct nvu_mock *mock, const struct mock_cmd *cmd)
{
	const struct spec_command *row = mock_command_row(mock, cmd->sq->qid, cmd->sqe.opcode);

	assert(row);
	switch (row->length) {
	case COMMAND_BYTES:
		return row->unit;
	case COMMAND_RANGES:
		return ((nvu_le32_get(cmd->sqe.cdw10) & 0xff) + 1ull) * row->unit;
	default:
		assert(row->length == COMMAND_LOG);
		return log_bytes(&cmd->sqe);
	}
}

static uint32_t gates_of_queue(const struct nvu_mock *mock, uint16_t qid, enum command_gate gate)
{
	uint32_t bits = 0;

	for (uint32_t opcode = 0; opcode <= UINT8_MAX; opcode++) {
		const struct spec_command *row = mock_command_offered(mock, qid, (uint8_t)opcode);

		if (row && row->gate == gate)
			bits |= row->gate_bits;
	}
	return bits;
}

uint32_t mock_command_gates(const struct nvu_mock *mock, enum command_gate gate)
{
	assert(gate != COMMAND_MANDATORY);
	return gates_of_queue(mock, 0, gate) | gates_of_queue(mock, 1, gate);
}
