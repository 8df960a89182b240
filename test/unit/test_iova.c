/* SPDX-License-Identifier: MIT */
/*
 * test_iova.c: the allocator of I/O addresses.
 */
#include "dma/iova.h"
#include "unit.h"

struct fixture {
	struct iova_extent extents[8];
	struct iova_space space;
};

static void init(struct fixture *f, uint32_t capacity)
{
	*f = (struct fixture){ .space = { .capacity = capacity } };
	f->space.free = f->extents;
}

static void alloc_takes_the_lowest_aligned_run(void **state)
{
	struct fixture f;
	uint64_t iova;
	(void)state;

	init(&f, 8);
	assert_int_equal(iova_add(&f.space, 0x1000, 0xfffff), 0);

	assert_int_equal(iova_alloc(&f.space, 0x1000, 0x10000, &iova), 0);

	assert_int_equal(iova, 0x10000);
	assert_int_equal(f.space.count, 2);
	assert_int_equal(iova_alloc(&f.space, 0x1000, 0x1000, &iova), 0);
	assert_int_equal(iova, 0x1000);
}

static void alloc_never_crosses_a_window_gap(void **state)
{
	struct fixture f;
	uint64_t iova;
	(void)state;

	init(&f, 8);
	iova_add(&f.space, 0x1000, 0xfedfffff);
	iova_add(&f.space, 0xfef00000, 0x7fffffffff);

	assert_int_equal(iova_alloc(&f.space, 0xff000000, 0x1000, &iova), 0);

	assert_int_equal(iova, 0xfef00000);
}

static void alloc_of_the_whole_space_then_one_more_returns_enospc(void **state)
{
	struct fixture f;
	uint64_t iova;
	(void)state;

	init(&f, 8);
	iova_add(&f.space, 0x1000, 0x3fff);

	assert_int_equal(iova_alloc(&f.space, 0x3000, 0x1000, &iova), 0);
	assert_int_equal(iova_alloc(&f.space, 0x1000, 0x1000, &iova), -ENOSPC);
	assert_int_equal(f.space.count, 0);
}

static void alloc_at_the_top_of_64_bits_does_not_wrap(void **state)
{
	struct fixture f;
	uint64_t iova = 7;
	(void)state;

	init(&f, 8);
	iova_add(&f.space, UINT64_MAX - 0xfff, UINT64_MAX);

	assert_int_equal(iova_alloc(&f.space, 0x2000, 0x1000, &iova), -ENOSPC);
	assert_int_equal(iova, 7);
	assert_int_equal(iova_alloc(&f.space, 0x1000, 0x1000, &iova), 0);
	assert_int_equal(iova, UINT64_MAX - 0xfff);
	assert_int_equal(iova_free(&f.space, iova, 0x1000), 0);
	assert_int_equal(f.space.count, 1);
}

static void free_merges_with_both_neighbours(void **state)
{
	struct fixture f;
	uint64_t a, b, c;
	(void)state;

	init(&f, 8);
	iova_add(&f.space, 0x1000, 0x3fff);
	iova_alloc(&f.space, 0x1000, 0x1000, &a);
	iova_alloc(&f.space, 0x1000, 0x1000, &b);
	iova_alloc(&f.space, 0x1000, 0x1000, &c);

	assert_int_equal(iova_free(&f.space, a, 0x1000), 0);
	assert_int_equal(iova_free(&f.space, c, 0x1000), 0);
	assert_int_equal(f.space.count, 2);
	assert_int_equal(iova_free(&f.space, b, 0x1000), 0);

	assert_int_equal(f.space.count, 1);
	assert_int_equal(f.extents[0].first, 0x1000);
	assert_int_equal(f.extents[0].last, 0x3fff);
}

static void free_of_what_is_free_returns_einval(void **state)
{
	struct fixture f;
	uint64_t iova;
	(void)state;

	init(&f, 8);
	iova_add(&f.space, 0x1000, 0x3fff);
	iova_alloc(&f.space, 0x1000, 0x1000, &iova);
	iova_free(&f.space, iova, 0x1000);

	assert_int_equal(iova_free(&f.space, iova, 0x1000), -EINVAL);
	assert_int_equal(iova_free(&f.space, 0x5000, 0), -EINVAL);
	assert_int_equal(iova_free(&f.space, UINT64_MAX, 2), -EINVAL);
	assert_int_equal(f.space.count, 1);
}

static void free_without_capacity_returns_enospc_and_changes_nothing(void **state)
{
	struct fixture f;
	uint64_t a, b;
	(void)state;

	init(&f, 1);
	iova_add(&f.space, 0x1000, 0x3fff);
	iova_alloc(&f.space, 0x1000, 0x1000, &a);
	iova_alloc(&f.space, 0x1000, 0x1000, &b);

	assert_int_equal(iova_free(&f.space, a, 0x1000), -ENOSPC);
	assert_int_equal(f.extents[0].first, 0x3000);
	assert_int_equal(iova_free(&f.space, b, 0x1000), 0);
	assert_int_equal(iova_free(&f.space, a, 0x1000), 0);
}

static void restrict_takes_a_new_hole_out_of_the_middle(void **state)
{
	const struct iova_extent windows[] = { { 0, 0x1fff }, { 0x3000, UINT64_MAX } };
	struct fixture f;
	(void)state;

	init(&f, 8);
	iova_add(&f.space, 0x1000, 0x7fff);

	assert_int_equal(iova_restrict(&f.space, windows, 2), 0);

	assert_int_equal(f.space.count, 2);
	assert_int_equal(f.extents[0].last, 0x1fff);
	assert_int_equal(f.extents[1].first, 0x3000);
}

static void add_out_of_order_returns_einval(void **state)
{
	struct fixture f;
	(void)state;

	init(&f, 8);
	iova_add(&f.space, 0x5000, 0x7fff);

	assert_int_equal(iova_add(&f.space, 0x1000, 0x2fff), -EINVAL);
	assert_int_equal(iova_add(&f.space, 0x7fff, 0x8fff), -EINVAL);
	assert_int_equal(iova_add(&f.space, 0x9000, 0x8fff), -EINVAL);
}

/* Any order of allocating and freeing ends with the one extent there was. */
static void random_order_ends_where_it_began(void **state)
{
	static struct iova_extent extents[256];
	struct iova_space space = { .free = extents, .capacity = COUNT(extents) };
	struct {
		uint64_t iova, len;
	} runs[128] = { 0 };
	uint32_t seed = 1;
	(void)state;

	iova_add(&space, 0x1000, 0xffffff);
	for (int i = 0; i < 20000; i++) {
		uint32_t at = (seed = seed * 1664525 + 1013904223) >> 25;
		uint64_t len = 0x1000ull << (seed >> 8 & 3);

		if (runs[at].len) {
			assert_int_equal(iova_free(&space, runs[at].iova, runs[at].len), 0);
			runs[at].len = 0;
		} else if (!iova_alloc(&space, len, len, &runs[at].iova)) {
			assert_int_equal(runs[at].iova % len, 0);
			runs[at].len = len;
		}
	}
	for (uint32_t i = 0; i < COUNT(runs); i++)
		if (runs[i].len)
			assert_int_equal(iova_free(&space, runs[i].iova, runs[i].len), 0);
	assert_int_equal(space.count, 1);
	assert_int_equal(extents[0].first, 0x1000);
	assert_int_equal(extents[0].last, 0xffffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alloc_takes_the_lowest_aligned_run),
		cmocka_unit_test(alloc_never_crosses_a_window_gap),
		cmocka_unit_test(alloc_of_the_whole_space_then_one_more_returns_enospc),
		cmocka_unit_test(alloc_at_the_top_of_64_bits_does_not_wrap),
		cmocka_unit_test(free_merges_with_both_neighbours),
		cmocka_unit_test(free_of_what_is_free_returns_einval),
		cmocka_unit_test(free_without_capacity_returns_enospc_and_changes_nothing),
		cmocka_unit_test(restrict_takes_a_new_hole_out_of_the_middle),
		cmocka_unit_test(add_out_of_order_returns_einval),
		cmocka_unit_test(random_order_ends_where_it_began),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
