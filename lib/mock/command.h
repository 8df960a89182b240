/* SPDX-License-Identifier: MIT */
/*
 * command.h: which of the rows of spec/commands.def this mock has. Identify, the Commands Supported and
 * Effects log page and the execution of commands agree, because all of them ask here. Pure.
 */
#ifndef NVU_MOCK_COMMAND_H
#define NVU_MOCK_COMMAND_H

#include "mock/model.h"
#include "spec/command.h"

/* Carries a command out. 0, an NVMe status, or MOCK_NO_ANSWER. */
typedef uint16_t mock_command_fn(struct nvu_mock *mock, struct mock_cmd *cmd);

/* The row of an opcode on a queue, by the command set of the namespaces; NULL: there is none. */
const struct spec_command *mock_command_row(const struct nvu_mock *mock, uint16_t qid,
					    uint8_t opcode);

/* The same, if the mock has it as it is configured; NULL: Invalid Command Opcode. */
const struct spec_command *mock_command_offered(const struct nvu_mock *mock, uint16_t qid,
						uint8_t opcode);

/*
 * Bytes of data of a command that its row gives a number for: BYTES, RANGES, LOG. The row exists and says one of
 * these.
 */
uint64_t mock_command_bytes(const struct nvu_mock *mock, const struct mock_cmd *cmd);

/* Bits of a field of Identify Controller, of all commands that the mock has. */
uint32_t mock_command_gates(const struct nvu_mock *mock, enum command_gate gate);

#endif
