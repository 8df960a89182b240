// SPDX-License-Identifier: MIT
/*
 * test_command.c: the rows of lib/spec/commands.def, as the command sets see them.
 */
#include "spec/command.h"
#include "spec/encode.h"
#include "spec/status.h"
#include "unit.h"

#include <nvu/spec.h>

/* An opcode of a row of every set that it may be looked up in: no row hides another. */
static void opcode_means_one_command_in_each_command_set(void **state)
{
	static const struct {
		uint32_t csi;
		uint8_t opcode;
		const char *name;
	} rows[] = {
		{ NVU_CSI_NVM, 0x01, "Write" },
		{ NVU_CSI_KV, 0x01, "Store" },
		{ NVU_CSI_ZONED, 0x01, "Write" },
		{ NVU_CSI_NVM, 0x02, "Read" },
		{ NVU_CSI_KV, 0x02, "Retrieve" },
		{ NVU_CSI_ZONED, 0x7d, "Zone Append" },
		{ NVU_CSI_NVM, 0x7d, NULL },
		{ NVU_CSI_KV, 0x7d, NULL },
		{ NVU_CSI_KV, 0x08, NULL },
		{ NVU_CSI_NVM, 0x10, NULL },
		{ NVU_CSI_NVM, 0x00, "Flush" },
		{ NVU_CSI_KV, 0x00, "Flush" },
		{ NVU_CSI_ZONED, 0x12, "I/O Management Receive" },
		{ NVU_CSI_NVM, 0x80, NULL },
		{ 3, 0x00, NULL },
		{ UINT32_MAX, 0x02, NULL },
	};

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++) {
		const struct spec_command *found = command_of_io(rows[row].csi, rows[row].opcode);

		if (!rows[row].name) {
			assert_null(found);
			continue;
		}
		assert_non_null(found);
		assert_int_equal(found->opcode, rows[row].opcode);
		assert_string_equal(found->name, rows[row].name);
	}
}

static void command_of_a_vendor_has_no_row(void **state)
{
	(void)state;
	for (uint32_t opcode = 0xc0; opcode <= UINT8_MAX; opcode++)
		assert_null(command_of_admin((uint8_t)opcode));
	for (uint32_t opcode = 0x80; opcode <= UINT8_MAX; opcode++)
		for (uint32_t csi = 0; csi < COMMAND_CSIS; csi++) {
			assert_null(command_of_io(csi, (uint8_t)opcode));
			assert_false(command_may_repeat(COMMAND_OF_CSI(csi), (uint8_t)opcode));
		}
}

static void assert_sane(const struct spec_command *row)
{
	bool has_data = row->opcode & 3;

	print_message("%s\n", row->name);
	assert_true(strlen(row->name) > 0);
	assert_int_equal(row->length != COMMAND_NO_DATA, has_data);
	assert_int_equal(row->gate_bits != 0,
			 row->gate != COMMAND_MANDATORY && row->gate != COMMAND_BY_EFFECTS);
	/* What changes anything is not sent again without a look at what it changes. */
	assert_false((row->effects & (COMMAND_NCC | COMMAND_NIC | COMMAND_CCC)) && row->again);
}

static void rows_contradict_themselves_nowhere(void **state)
{
	uint32_t count = 0;

	(void)state;
	for (uint32_t opcode = 0; opcode <= UINT8_MAX; opcode++) {
		const struct spec_command *row = command_of_admin((uint8_t)opcode);

		if (row)
			assert_sane(row);
		count += row != NULL;
		for (uint32_t csi = 0; csi < COMMAND_CSIS; csi++) {
			row = command_of_io(csi, (uint8_t)opcode);
			if (row)
				assert_sane(row);
		}
	}
	assert_in_range(count, 30, 64);
}

static void repeat_asks_every_command_set_that_it_may_be(void **state)
{
	const uint32_t nvm = COMMAND_OF_CSI(NVU_CSI_NVM), kv = COMMAND_OF_CSI(NVU_CSI_KV),
		       zoned = COMMAND_OF_CSI(NVU_CSI_ZONED);

	(void)state;
	assert_true(command_may_repeat(nvm, NVU_CMD_WRITE));
	assert_false(command_may_repeat(nvm | zoned, NVU_CMD_WRITE));
	assert_false(command_may_repeat(nvm | kv, NVU_KV_STORE));
	assert_true(command_may_repeat(COMMAND_OF_ALL, NVU_CMD_FLUSH));
	assert_false(command_may_repeat(0, NVU_CMD_FLUSH));
	assert_false(command_may_repeat(kv, NVU_CMD_VERIFY));
}

/* NVM 3.2.7, figures 80 to 82: SLBA in two dwords, NLB counts from 0. */
static void write_uncorrectable_has_its_fields_in_their_dwords(void **state)
{
	const struct nvu_sqe cmd = encode_write_uncorrectable(7, 0x123456789a, ENCODE_BLOCKS_MAX);

	(void)state;
	assert_int_equal(cmd.opcode, 0x04);
	assert_int_equal(nvu_le32_get(cmd.nsid), 7);
	assert_int_equal(nvu_le32_get(cmd.cdw10), 0x3456789a);
	assert_int_equal(nvu_le32_get(cmd.cdw11), 0x12);
	assert_int_equal(nvu_le32_get(cmd.cdw12), 0xffff);
	assert_int_equal(nvu_le64_get(cmd.prp1) | nvu_le64_get(cmd.prp2), 0);
}

/* NVM figures 36, 78, 84: flags are CDW12's own bits, which outlast a change of the blocks. */
static void commands_for_blocks_have_their_fields_in_their_dwords(void **state)
{
	struct nvu_sqe cmd = encode_rw(0x0c, 7, NVU_RW_FUA | NVU_RW_DEAC, 0x10002);

	(void)state;
	encode_set_blocks(&cmd, 1, 1);
	encode_set_blocks(&cmd, 0x123456789a, ENCODE_BLOCKS_MAX);
	assert_int_equal(cmd.opcode, 0x0c);
	assert_int_equal(nvu_le32_get(cmd.nsid), 7);
	assert_int_equal(nvu_le32_get(cmd.cdw10), 0x3456789a);
	assert_int_equal(nvu_le32_get(cmd.cdw11), 0x12);
	assert_int_equal(nvu_le32_get(cmd.cdw12), 0x4200ffff);
	assert_int_equal(nvu_le32_get(cmd.cdw13), 0x10002);
}

/* NVM figures 42 to 45. */
static void deallocation_has_its_ranges_counted_from_zero(void **state)
{
	const struct nvu_sqe cmd = encode_deallocate(5, ENCODE_RANGES_MAX);
	const struct nvu_dsm_range range = encode_range(0x123456789a, 0x80000001);
	static const uint8_t bytes[16] = {
		0, 0, 0, 0, 1, 0, 0, 0x80, 0x9a, 0x78, 0x56, 0x34, 0x12
	};

	(void)state;
	assert_int_equal(cmd.opcode, 0x09);
	assert_int_equal(nvu_le32_get(cmd.cdw10), 255);
	assert_int_equal(nvu_le32_get(cmd.cdw11), 4);
	assert_memory_equal(&range, bytes, sizeof(bytes));
}

static void words_are_those_of_the_specification(void **state)
{
	static const struct {
		uint16_t status;
		const char *word;
	} rows[] = {
		{ 0x001, "opcode" },
		{ 0x002, "field" },
		{ 0x004, "transferred" },
		{ 0x006, "internal" },
		{ 0x007, "aborted on request" },
		{ 0x00b, "namespace" },
		{ 0x080, "end" },
		{ 0x281, "read" },
		{ 0x6ff, "" },
	};

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++)
		if (!strstr(status_words(rows[row].status), rows[row].word))
			fail_msg("status %#x: \"%s\" does not say \"%s\"", rows[row].status,
				 status_words(rows[row].status), rows[row].word);
	assert_string_equal(command_admin_name(0x06), "Identify");
	assert_string_equal(command_admin_name(0x05), "Create I/O Completion Queue");
	assert_string_not_equal(command_admin_name(0xff), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opcode_means_one_command_in_each_command_set),
		cmocka_unit_test(command_of_a_vendor_has_no_row),
		cmocka_unit_test(rows_contradict_themselves_nowhere),
		cmocka_unit_test(write_uncorrectable_has_its_fields_in_their_dwords),
		cmocka_unit_test(commands_for_blocks_have_their_fields_in_their_dwords),
		cmocka_unit_test(deallocation_has_its_ranges_counted_from_zero),
		cmocka_unit_test(words_are_those_of_the_specification),
		cmocka_unit_test(repeat_asks_every_command_set_that_it_may_be),
	};

	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
