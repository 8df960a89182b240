// SPDX-License-Identifier: MIT
/*
 * command.c: see command.h.
 */
#include "mock/command.h"

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
	return gates_of_queue(mock, 0, gate) | gates_of_queue(mock, 1, gate);
}
