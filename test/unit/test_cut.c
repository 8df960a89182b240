// SPDX-License-Identifier: MIT
/*
 * test_cut.c: where requests are cut into commands. test/proof has what holds of every cut.
 */
#include "qpair/cut.h"
#include "unit.h"

static void blocks_are_cut_at_the_first_limit(void **state)
{
	static const struct {
		struct cut_rule rule;
		uint64_t lba, left;
		uint32_t blocks;
	} rows[] = {
		{ { 8, 0, 0, 0 }, 3, 8, 8 },
		{ { 8, 0, 0, 0 }, 3, 9, 8 },
		{ { 65536, 0, 0, 0 }, UINT64_MAX - (1ull << 40), 1ull << 40, 65536 },
		/* a boundary ends each command, also the last one */
		{ { 8, 16, 0, 0 }, 3, 100, 8 },
		{ { 8, 16, 0, 0 }, 11, 100, 5 },
		{ { 8, 16, 0, 0 }, 14, 4, 2 },
		{ { 8, 16, 0, 0 }, 16, 4, 4 },
		{ { 8, 1, 0, 0 }, 16, 4, 1 },
		/* a seam ends those that are cut anyway, and only where one is in reach */
		{ { 8, 0, 4, 0 }, 2, 100, 6 },
		{ { 8, 0, 4, 0 }, 2, 8, 8 },
		{ { 8, 0, 4, 0 }, 4, 100, 8 },
		{ { 8, 0, 64, 0 }, 2, 100, 8 },
		{ { 8, 0, 64, 0 }, 60, 100, 4 },
		{ { 8, 0, 4, 3 }, 2, 100, 5 },
		{ { 8, 0, 4, 300 }, 2, 100, 8 },
		{ { 8, 6, 4, 0 }, 7, 100, 5 },
		{ { 8, 6, 5, 0 }, 7, 100, 3 },
	};

	(void)state;
	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++)
		assert_int_equal(cut_blocks(&rows[row].rule, rows[row].lba, rows[row].left),
				 rows[row].blocks);
}

/* Ranges of 5, 1 and 4 blocks: into commands of at most 2 ranges, each of at most 3 blocks, at most 5 together. */
static void ranges_are_cut_and_gathered(void **state)
{
	static const struct cut_limits limits = { .ranges = 2, .range_blocks = 3, .blocks = 5 };
	static const struct {
		uint64_t lba;
		uint32_t blocks;
		bool is_last;
	} parts[] = {
		{ 100, 3, false }, { 103, 2, true }, { 7, 1, false },
		{ 50, 3, true },   { 53, 1, true },
	};
	const struct nvu_dsm_range list[] = {
		{ .lba = nvu_le64_put(100), .blocks = nvu_le32_put(5) },
		{ .lba = nvu_le64_put(7), .blocks = nvu_le32_put(1) },
		{ .lba = nvu_le64_put(50), .blocks = nvu_le32_put(4) },
	};
	struct cut_place place = { 0, 0 };
	struct nvu_dsm_range range;
	uint32_t have = 0;
	uint64_t blocks = 0;

	(void)state;
	for (size_t part = 0; part < sizeof(parts) / sizeof(parts[0]); part++) {
		assert_true(cut_range(&limits, list, 3, &place, have, blocks, &range));
		assert_true(nvu_le64_get(range.lba) == parts[part].lba);
		assert_int_equal(nvu_le32_get(range.blocks), parts[part].blocks);
		assert_int_equal(nvu_le32_get(range.attributes), 0);
		have++;
		blocks += nvu_le32_get(range.blocks);
		if (!parts[part].is_last)
			continue;
		assert_false(cut_range(&limits, list, 3, &place, have, blocks, &range));
		have = 0;
		blocks = 0;
	}
	assert_int_equal(place.index, 3);
	assert_int_equal(place.done, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_cut_at_the_first_limit),
		cmocka_unit_test(ranges_are_cut_and_gathered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
