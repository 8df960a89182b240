// SPDX-License-Identifier: MIT
/*
 * test_units.c: the map of a huge page. That no unit is taken twice, and that nothing else changes, is proved
 * (test/proof); here is where the lowest fitting run lies.
 */
#include "dma/units.h"
#include "unit.h"

static void take_gives_the_lowest_run_that_fits(void **state)
{
	static const struct {
		const char *name;
		uint32_t count, align, first;
	} rows[] = {
		{ "the first", 1, 1, 0 },
		{ "behind it", 3, 1, 1 },
		{ "aligned", 2, 16, 16 },
		{ "in the gap", 12, 1, 4 },
		{ "across words", 60, 1, 18 },
		{ "aligned to the half", 16, 256, 256 },
		{ "the rest of the first half", 178, 1, 78 },
		{ "to the end", 240, 1, 272 },
	};
	struct units units = { { 0 } };
	uint32_t first;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_row(rows[i].name, units_take(&units, rows[i].count, rows[i].align, &first));
		assert_row(rows[i].name, first == rows[i].first);
	}
	assert_false(units_take(&units, 1, 1, &first));
}

static void take_refuses_what_does_not_fit(void **state)
{
	struct units units = { { 0 } };
	uint32_t first = 7;

	(void)state;
	assert_false(units_take(&units, 0, 1, &first));
	assert_false(units_take(&units, UNITS_COUNT + 1, 1, &first));
	assert_false(units_take(&units, UINT32_MAX, 1, &first));
	assert_false(units_take(&units, 1, 2 * UNITS_COUNT, &first));
	assert_int_equal(first, 7);
	assert_true(units_take(&units, UNITS_COUNT, UNITS_COUNT, &first));
	assert_false(units_take(&units, 1, 1, &first));
}

static void give_joins_with_what_is_free(void **state)
{
	struct units units = { { 0 } };
	uint32_t first;

	(void)state;
	for (uint32_t i = 0; i < UNITS_COUNT; i += 4)
		assert_true(units_take(&units, 4, 1, &first));
	units_give(&units, 60, 4);
	units_give(&units, 68, 4);
	assert_false(units_take(&units, 5, 1, &first));
	units_give(&units, 64, 4);
	assert_true(units_take(&units, 12, 1, &first));
	assert_int_equal(first, 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(take_gives_the_lowest_run_that_fits),
		cmocka_unit_test(take_refuses_what_does_not_fit),
		cmocka_unit_test(give_joins_with_what_is_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
