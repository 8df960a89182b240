// SPDX-License-Identifier: MIT
/*
 * test_mock_bad.c: ranges of the mock that cannot be read, against a plain map of bytes.
 */
#include "mock/memory/bad.h"
#include "unit.h"

enum { BYTES = 64, STEPS = 20000 };

static uint32_t seed = 1;

static uint32_t random_below(uint32_t limit)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % limit;
}

static void assert_same(const struct mock_bad *bad, const bool *map)
{
	for (uint64_t at = 0; at < BYTES; at++)
		assert_int_equal(mock_bad_has(bad, at, at + 1), map[at]);
}

static void ranges_are_what_was_added_and_not_removed(void **state)
{
	struct mock_bad bad = { .count = 0 };
	bool map[BYTES] = { false };

	(void)state;
	for (int step = 0; step < STEPS; step++) {
		uint32_t first = random_below(BYTES), end = first + 1 + random_below(BYTES - first);
		bool add = random_below(2);

		assert_int_equal(add ? mock_bad_add(&bad, first, end)
				     : mock_bad_remove(&bad, first, end),
				 0);
		for (uint32_t at = first; at < end; at++)
			map[at] = add;
		assert_same(&bad, map);
		assert_true(bad.count <= BYTES / 2 + 1); /* they do not overlap */
	}
	mock_bad_clear(&bad);
	assert_false(mock_bad_has(&bad, 0, UINT64_MAX));
}

static void range_has_its_ends(void **state)
{
	struct mock_bad bad = { .count = 0 };

	(void)state;
	assert_int_equal(mock_bad_remove(&bad, 0, 1), 0);
	assert_int_equal(mock_bad_add(&bad, 10, 20), 0);
	assert_false(mock_bad_has(&bad, 0, 10));
	assert_true(mock_bad_has(&bad, 9, 11));
	assert_true(mock_bad_has(&bad, 19, 20));
	assert_false(mock_bad_has(&bad, 20, UINT64_MAX));
	mock_bad_clear(&bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_are_what_was_added_and_not_removed),
		cmocka_unit_test(range_has_its_ends),
	};

	return cmocka_run_group_tests_name("mock bad", tests, NULL, NULL);
}
