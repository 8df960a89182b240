// SPDX-License-Identifier: MIT
/*
 * test_split_ranges.c: deallocations that are too large for one command: where their ranges are cut, and the pages in which
 * these are.
 */
#include "harness.h"

enum { BLOCK = 512, BACK = 1 << 20 };

/* A controller that has a limit: a byte of its Identify Controller data of the NVM command set. */
static void start_limited(struct rig *rig, uint32_t offset, uint8_t limit,
			  const struct nvu_qpair_opts *opts)
{
	rig_start_patched(rig, NVU_CNS_CSI_CTRL, offset, limit, opts);
}

/* DMRL is byte 3 of Identify Controller of the NVM command set, DMRSL 4 to 7, DMSL 8 to 15. */
static void deallocations_are_cut_at_every_limit(void **state)
{
	static const struct {
		uint32_t offset, commands;
	} rows[] = { { 3, 128 }, { 4, 2 }, { 8, 255 } };
	struct nvu_range ranges[256];
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(rows); row++) {
		uint64_t before;

		start_limited(rig, rows[row].offset, 2, NULL);
		rig_fill(rig->data, 1024ul * BLOCK, 5);
		assert_int_equal(rig_write(rig, 0, 1024, 0), 0);
		/* Blocks 4n and 4n + 1, and the last range is longer. */
		for (uint32_t i = 0; i < COUNT(ranges); i++)
			ranges[i] = (struct nvu_range){ 4ull * i, 2, 0 };
		ranges[255].blocks = 3;
		if (row == 2)
			ranges[0].blocks = 1;
		before = rig_mock_stats(rig).io_commands;
		assert_int_equal(nvu_deallocate(rig->qpair, rig->ns, ranges, 256, 4), 0);
		memset(ranges, 0xff, sizeof(ranges)); /* they were copied */
		assert_int_equal(rig_answer(rig).result, row == 2 ? 512 : 513);
		assert_in_range(rig_mock_stats(rig).io_commands - before, rows[row].commands,
				rows[row].commands + 2);
		memset(rig->data + BACK, 1, BACK);
		assert_int_equal(rig_read(rig, 0, 1024, BACK), 0);
		for (uint32_t i = 0; i < 1024; i++) {
			bool gone = i % 4 < 2 || i == 1022;

			if (row == 2 && i == 1)
				gone = false;
			assert_int_equal(rig->data[BACK + i * (size_t)BLOCK + 1] == 0 &&
						 rig->data[BACK + i * (size_t)BLOCK + 9] == 0,
					 gone);
		}
		rig_again(rig);
	}
}

static void a_split_deallocation_takes_two_pages(void **state)
{
	static const struct nvu_range ranges[] = { { 0, 5, 0 }, { 9, 5, 0 } };
	struct rig *rig = *state;
	struct nvu_cpl cpls[3];

	start_limited(rig, 3, 1, NULL);
	for (int turn = 0; turn < 3; turn++) {
		assert_int_equal(nvu_deallocate(rig->qpair, rig->ns, ranges, 1, 1), 0);
		assert_int_equal(nvu_deallocate(rig->qpair, rig->ns, ranges, 2, 2), 0);
		assert_int_equal(nvu_deallocate(rig->qpair, rig->ns, ranges, 2, 3), -EAGAIN);
		assert_int_equal(nvu_deallocate(rig->qpair, rig->ns, ranges, 1, 3), 0);
		assert_int_equal(nvu_deallocate(rig->qpair, rig->ns, ranges, 1, 3), -EAGAIN);
		rig_reap(rig, cpls, 3);
	}
	assert_int_equal(rig_mock_stats(rig).io_commands, 12);
}

static void deallocation_goes_on_after_a_reset(void **state)
{
	static const struct nvu_range range = { .lba = 1, .blocks = 9 };
	struct rig *rig = *state;

	for (uint32_t parts = 0; parts < 5; parts++) {
		struct nvu_cpl cpl;

		start_limited(rig, 8, 2, NVU_QPAIR_OPTS(.depth = 4, .flags = NVU_QPAIR_RETRY));
		rig_fill(rig->data, 10ul * BLOCK, 5);
		assert_int_equal(rig_write(rig, 0, 11, 0), 0);
		assert_int_equal(nvu_deallocate(rig->qpair, rig->ns, &range, 1, 3), 0);
		for (uint32_t part = 0; part < parts; part++) {
			assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 0);
			(void)nvu_mock_step(rig->mock, 1);
		}
		if (parts % 2)
			assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 0);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		cpl = rig_answer(rig);
		assert_int_equal(cpl.status, 0);
		assert_int_equal(cpl.result, 9);
		assert_int_equal(rig_read(rig, 0, 11, BACK), 0);
		for (size_t at = 0; at < 9ul * BLOCK; at++)
			assert_int_equal(rig->data[BACK + BLOCK + at], 0);
		assert_memory_equal(rig->data + BACK, rig->data, BLOCK);
		rig_again(rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(deallocations_are_cut_at_every_limit),
		RIG_TEST(a_split_deallocation_takes_two_pages),
		RIG_TEST(deallocation_goes_on_after_a_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
