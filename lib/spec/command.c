/* SPDX-License-Identifier: MIT */
/*
 * command.c: see command.h; commands.def has the rows.
 */
#include "spec/command.h"

#include <assert.h>
#include <nvu/spec.h>

/* Each row is what nvu/spec.h says of it. */
#define SYMBOL_ADMIN(symbol) NVU_ADMIN_##symbol
#define SYMBOL_IO(symbol) NVU_CMD_##symbol
#define SYMBOL_NVM(symbol) NVU_CMD_##symbol
#define SYMBOL_ZONED(symbol) NVU_ZONED_##symbol
#define SYMBOL_KV(symbol) NVU_KV_##symbol
#define COMMAND(set, symbol, opcode, name, direction, ...)                                \
	static_assert(SYMBOL_##set(symbol) == (opcode), "nvu/spec.h has another opcode"); \
	static_assert(((opcode)&3) == NVU_XFER_##direction, "bits 1:0 say another direction");
#include "spec/commands.def"
#undef COMMAND

#define COMMAND(set, symbol, ...) ROW_##set##_##symbol,
enum {
#include "spec/commands.def"
	ROWS
};
#undef COMMAND
static_assert(ROWS < UINT8_MAX, "a row's number fits the index");

/* Columns that are two members. */
#define LENGTH_NO_DATA COMMAND_NO_DATA, 0
#define LENGTH_BYTES(bytes) COMMAND_BYTES, bytes
#define LENGTH_BLOCKS COMMAND_BLOCKS, 12
#define LENGTH_DWORDS(word) COMMAND_DWORDS, word
#define LENGTH_SIZE(word) COMMAND_SIZE, word
#define LENGTH_RANGES(bytes) COMMAND_RANGES, bytes
#define LENGTH_LOG COMMAND_LOG, 10
#define LENGTH_QUEUE COMMAND_QUEUE, 0
#define LENGTH_BY_FIELD COMMAND_LENGTH_BY_FIELD, 0
#define GATE_MANDATORY COMMAND_MANDATORY, 0
#define GATE_EFFECTS COMMAND_BY_EFFECTS, 0
#define GATE_OACS(bit) COMMAND_BY_OACS, 1u << (bit)
#define GATE_ONCS(bit) COMMAND_BY_ONCS, 1u << (bit)
#define GATE_CTRATT(bits) COMMAND_BY_CTRATT, bits
#define GATE_KAS COMMAND_BY_KAS, UINT16_MAX
#define GATE_SANICAP(bits) COMMAND_BY_SANICAP, bits

#define NSID_NO_NS COMMAND_NO_NS
#define NSID_ONE_NS COMMAND_ONE_NS
#define NSID_ONE_OR_ALL COMMAND_ONE_OR_ALL
#define NSID_ANY_NS COMMAND_ANY_NS
#define NSID_BY_FIELD COMMAND_NSID_BY_FIELD
#define EFFECTS_NOTHING 0
#define EFFECTS_LBCC COMMAND_LBCC
#define EFFECTS_LBCC_NCC_CSE (COMMAND_LBCC | COMMAND_NCC | COMMAND_CSE)
#define EFFECTS_NIC COMMAND_NIC
#define EFFECTS_CCC COMMAND_CCC
#define AGAIN_NEVER 0
#define AGAIN_ALWAYS COMMAND_OF_ALL
#define AGAIN_UNZONED (COMMAND_OF_ALL & ~COMMAND_OF_CSI(COMMAND_CSI_ZONED))

#define MOCK_MOCK true
#define MOCK_NO_MOCK false

#define COMMAND(set, symbol, opcode, name, direction, length, nsid, effects, again, gate, mock, \
		...)                                                                            \
	{ COMMAND_##set,     opcode,	      NSID_##nsid, AGAIN_##again, MOCK_##mock,          \
	  EFFECTS_##effects, LENGTH_##length, GATE_##gate, name },
static const struct spec_command rows[] = {
#include "spec/commands.def"
};
#undef COMMAND

/* The row's number and one more; 0: there is none. Two rows of one opcode do not compile. */
#define COMMAND(set, symbol, opcode, ...) [COMMAND_##set][opcode] = ROW_##set##_##symbol + 1,
static const uint8_t index_of[COMMAND_SETS][UINT8_MAX + 1] = {
#include "spec/commands.def"
};
#undef COMMAND

static const struct spec_command *find(enum command_set set, uint8_t opcode)
{
	uint8_t number = index_of[set][opcode];

	assert(set < COMMAND_SETS);
	return number ? &rows[number - 1] : NULL;
}

const struct spec_command *command_of_admin(uint8_t opcode)
{
	return find(COMMAND_ADMIN, opcode);
}

const char *command_admin_name(uint8_t opcode)
{
	const struct spec_command *row = command_of_admin(opcode);

	return row ? row->name : opcode >= 0xc0 ? "vendor specific" : "unknown";
}

/* Of the set itself, of the one that it builds on, of all: no opcode is in two of these. */
const struct spec_command *command_of_io(uint32_t csi, uint8_t opcode)
{
	const struct spec_command *row = NULL;

	if (csi >= COMMAND_CSIS)
		return NULL;
	if (csi == COMMAND_CSI_ZONED)
		row = find(COMMAND_ZONED, opcode);
	if (!row)
		row = find(csi == COMMAND_CSI_KV ? COMMAND_KV : COMMAND_NVM, opcode);
	return row ? row : find(COMMAND_IO, opcode);
}

bool command_is_offered(const struct spec_command *row, uint32_t oncs)
{
	return row->gate != COMMAND_BY_ONCS || (oncs & row->gate_bits);
}

bool command_has_lba(const struct spec_command *row)
{
	return row->set == COMMAND_ZONED || (row->set == COMMAND_NVM && row->opcode != NVU_CMD_DSM);
}

bool command_may_repeat(uint32_t csi_bits, uint8_t opcode)
{
	if (!csi_bits)
		return false;
	for (uint32_t csi = 0; csi < COMMAND_CSIS; csi++) {
		const struct spec_command *row = command_of_io(csi, opcode);

		if ((csi_bits & COMMAND_OF_CSI(csi)) &&
		    (!row || !(row->again & COMMAND_OF_CSI(csi))))
			return false;
	}
	return true;
}
