// SPDX-License-Identifier: MIT
/*
 * test_pieces.c: which admin commands can be cut, and what the pieces say.
 */
#include "ctrl/pieces.h"
#include "unit.h"

enum { PIECE = 4096 };

static struct nvu_sqe log_page(uint32_t bytes, uint32_t flags, uint64_t offset)
{
	return (struct nvu_sqe){
		.opcode = NVU_ADMIN_GET_LOG_PAGE,
		.cdw10 = nvu_le32_put((bytes / 4 - 1) << 16 | flags | NVU_LOG_ERROR),
		.cdw11 = nvu_le32_put(5u << 16 | (bytes / 4 - 1) >> 16),
		.cdw12 = nvu_le32_put((uint32_t)offset),
		.cdw13 = nvu_le32_put((uint32_t)(offset >> 32)),
	};
}

static struct nvu_sqe firmware(uint32_t bytes, uint32_t offset)
{
	return (struct nvu_sqe){
		.opcode = NVU_ADMIN_FW_DOWNLOAD,
		.cdw10 = nvu_le32_put(bytes / 4 - 1),
		.cdw11 = nvu_le32_put(offset / 4),
	};
}

static void only_commands_with_an_offset_can_be_cut(void **state)
{
	const struct nvu_id_ctrl offsets = { .lpa = 1u << 2 }, none = { .lpa = 0 };
	struct nvu_sqe cmd = log_page(8192, 0, 0);

	(void)state;
	assert_true(pieces_allowed(&offsets, &cmd, 8192, PIECE));
	assert_false(pieces_allowed(&none, &cmd, 8192, PIECE));
	assert_false(pieces_allowed(&offsets, &cmd, 4096, PIECE)); /* not what the command says */
	cmd.cdw14 = nvu_le32_put(1u << 23);
	assert_false(pieces_allowed(&offsets, &cmd, 8192, PIECE));
	cmd = (struct nvu_sqe){ .opcode = NVU_ADMIN_IDENTIFY };
	assert_false(pieces_allowed(&offsets, &cmd, 8192, PIECE));
}

static void firmware_is_cut_where_its_granularity_allows(void **state)
{
	static const struct {
		uint8_t fwug;
		bool allowed;
	} rows[] = { { 0, true }, { 1, true }, { 2, false }, { 0xfe, false }, { 0xff, true } };
	const struct nvu_sqe cmd = firmware(8192, 0);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct nvu_id_ctrl id = { .fwug = rows[i].fwug };

		assert_int_equal(pieces_allowed(&id, &cmd, 8192, PIECE), rows[i].allowed);
		assert_false(pieces_allowed(&id, &cmd, 4096, PIECE));
	}
}

static void pieces_of_a_log_page_retain_its_events_until_the_last(void **state)
{
	const struct nvu_sqe cmd = log_page(1 << 20, 3u << 8, 0xfffff000);
	struct nvu_sqe piece = pieces_cut(&cmd, 4096, 4096, false);

	(void)state;
	assert_int_equal(nvu_le32_get(piece.cdw10),
			 1023u << 16 | 1u << 15 | 3u << 8 | NVU_LOG_ERROR);
	assert_int_equal(nvu_le32_get(piece.cdw11), 5u << 16);
	assert_int_equal(nvu_le32_get(piece.cdw12), 0);
	assert_int_equal(nvu_le32_get(piece.cdw13), 1);
	piece = pieces_cut(&cmd, 8192, 512, true);
	assert_int_equal(nvu_le32_get(piece.cdw10), 127u << 16 | 3u << 8 | NVU_LOG_ERROR);
	assert_int_equal(nvu_le32_get(piece.cdw12), 0x1000);
	/* The caller's own wish is kept. */
	piece = log_page(8192, 1u << 15, 0);
	piece = pieces_cut(&piece, 4096, 4096, true);
	assert_true(nvu_le32_get(piece.cdw10) & 1u << 15);
}

static void pieces_of_firmware_follow_on(void **state)
{
	const struct nvu_sqe cmd = firmware(12288, 65536);
	const struct nvu_sqe piece = pieces_cut(&cmd, 8192, 4096, true);

	(void)state;
	assert_int_equal(nvu_le32_get(piece.cdw10), 1023);
	assert_int_equal(nvu_le32_get(piece.cdw11), (65536 + 8192) / 4);
	assert_int_equal(piece.opcode, NVU_ADMIN_FW_DOWNLOAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_commands_with_an_offset_can_be_cut),
		cmocka_unit_test(firmware_is_cut_where_its_granularity_allows),
		cmocka_unit_test(pieces_of_a_log_page_retain_its_events_until_the_last),
		cmocka_unit_test(pieces_of_firmware_follow_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
