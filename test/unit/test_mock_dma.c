// SPDX-License-Identifier: MIT
/*
 * test_mock_dma.c: the mock's IOMMU table. Memory is never touched, so addresses may be invented.
 */
#include "mock/memory/dma.h"

#include "transport/transport.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { PAGE = 4096, MANY = 100000, BOTH = TRANSPORT_DMA_READ | TRANSPORT_DMA_WRITE };

static uint8_t *memory_at(uintptr_t address)
{
	return (uint8_t *)address;
}

static uint8_t *find(const struct mock_dma *dma, uint64_t iova, uint64_t len, uint64_t *ret_len)
{
	uint32_t hint = 0;

	return mock_dma_translate(dma, iova, len, TRANSPORT_DMA_READ, &hint, ret_len);
}

static void translate_inside_a_mapping_adds_the_offset(void **state)
{
	struct mock_dma dma = { 0 };
	uint64_t len = 0;

	(void)state;
	assert_int_equal(mock_dma_insert(&dma, 0x10000, memory_at(0x700000), 2 * PAGE, BOTH), 0);

	assert_ptr_equal(find(&dma, 0x10000, 100, &len), memory_at(0x700000));
	assert_int_equal(len, 100);
	assert_ptr_equal(find(&dma, 0x11fff, 100, &len), memory_at(0x701fff));
	assert_int_equal(len, 1); /* ends with the mapping */
	assert_null(find(&dma, 0x12000, 1, &len));
	assert_null(find(&dma, 0xffff, 1, &len));
	assert_null(find(&dma, UINT64_MAX, 1, &len));
	mock_dma_fini(&dma);
}

static void translate_without_permission_finds_nothing(void **state)
{
	struct mock_dma dma = { 0 };
	uint32_t hint = 0;
	uint64_t len;

	(void)state;
	assert_int_equal(mock_dma_insert(&dma, 0, memory_at(PAGE), PAGE, TRANSPORT_DMA_READ), 0);

	assert_non_null(mock_dma_translate(&dma, 0, 8, TRANSPORT_DMA_READ, &hint, &len));
	assert_null(mock_dma_translate(&dma, 0, 8, TRANSPORT_DMA_WRITE, &hint, &len));
	assert_null(mock_dma_translate(&dma, 0, 8, BOTH, &hint, &len));
	mock_dma_fini(&dma);
}

static void translate_any_hint_is_fine(void **state)
{
	struct mock_dma dma = { 0 };
	uint32_t hint = UINT32_MAX;
	uint64_t len;

	(void)state;
	assert_int_equal(mock_dma_insert(&dma, 0, memory_at(PAGE), PAGE, BOTH), 0);
	assert_non_null(mock_dma_translate(&dma, 0, 8, TRANSPORT_DMA_READ, &hint, &len));
	assert_int_equal(hint, 0);
	mock_dma_fini(&dma);
}

/* One mapping where two were: what is left of the second must not hide it. */
static void translate_where_smaller_mappings_were_removed(void **state)
{
	struct mock_dma dma = { 0 };
	uint64_t len;

	(void)state;
	assert_int_equal(mock_dma_insert(&dma, PAGE, memory_at(PAGE), PAGE, BOTH), 0);
	for (uint64_t page = 4; page < 6; page++)
		assert_int_equal(mock_dma_insert(&dma, page * PAGE, memory_at(PAGE), PAGE, BOTH),
				 0);
	for (uint64_t page = 4; page < 6; page++)
		assert_int_equal(mock_dma_remove(&dma, page * PAGE, PAGE), 0);

	assert_int_equal(mock_dma_insert(&dma, 4 * PAGE, memory_at(8 * PAGE), 2 * PAGE, BOTH), 0);

	assert_ptr_equal(find(&dma, 5 * PAGE, 8, &len), memory_at(9 * PAGE));
	mock_dma_fini(&dma);
}

static void insert_overlap_is_refused(void **state)
{
	static const struct {
		uint64_t iova, len;
		int ret;
	} cases[] = {
		{ 0x4000, PAGE, -EEXIST },     { 0x3000, 2 * PAGE, -EEXIST },
		{ 0x5000, PAGE, -EEXIST },     { 0x0, 0x100000, -EEXIST },
		{ 0x3000, PAGE, 0 },	       { 0x6000, PAGE, 0 },
		{ 0x2000, 2 * PAGE, -EEXIST }, { 0x7000, PAGE, 0 },
	};
	struct mock_dma dma = { 0 };

	(void)state;
	assert_int_equal(mock_dma_insert(&dma, 0x4000, memory_at(PAGE), 2 * PAGE, BOTH), 0);
	for (size_t idx = 0; idx < sizeof(cases) / sizeof(cases[0]); idx++)
		assert_int_equal(mock_dma_insert(&dma, cases[idx].iova, memory_at(0x100000),
						 cases[idx].len, BOTH),
				 cases[idx].ret);
	mock_dma_fini(&dma);
}

static void remove_only_what_was_mapped(void **state)
{
	struct mock_dma dma = { 0 };
	uint64_t len;

	(void)state;
	assert_int_equal(mock_dma_remove(&dma, 0, PAGE), -ENOENT);
	assert_int_equal(mock_dma_insert(&dma, 0x4000, memory_at(PAGE), 2 * PAGE, BOTH), 0);

	assert_int_equal(mock_dma_remove(&dma, 0x4000, PAGE), -ENOENT);
	assert_int_equal(mock_dma_remove(&dma, 0x5000, PAGE), -ENOENT);
	assert_int_equal(mock_dma_remove(&dma, 0x4000, 2 * PAGE), 0);
	assert_int_equal(mock_dma_remove(&dma, 0x4000, 2 * PAGE), -ENOENT);
	assert_null(find(&dma, 0x4000, 1, &len));
	assert_int_equal(mock_dma_live(&dma), 0);
	assert_int_equal(dma.bytes, 0);
	mock_dma_fini(&dma);
}

enum { SLOTS = 64 };

/* A plain model: which page belongs to the mapping that begins at which page; -1: none. */
struct model {
	int owner[SLOTS];
};

static bool is_free(const struct model *model, uint32_t first, uint32_t pages)
{
	for (uint32_t page = first; page < first + pages; page++)
		if (model->owner[page] >= 0)
			return false;
	return true;
}

static void set_owner(struct model *model, uint32_t first, uint32_t pages, int owner)
{
	for (uint32_t page = first; page < first + pages; page++)
		model->owner[page] = owner;
}

static void toggle(struct mock_dma *dma, struct model *model, uint32_t first, uint32_t pages)
{
	uint32_t owned = 0;

	while (first + owned < SLOTS && model->owner[first + owned] == (int)first)
		owned++;
	if (owned) {
		assert_int_equal(mock_dma_remove(dma, first * PAGE, owned * PAGE), 0);
		set_owner(model, first, owned, -1);
	} else if (is_free(model, first, pages)) {
		assert_int_equal(mock_dma_insert(dma, first * PAGE,
						 memory_at(0x1000000 + first * PAGE), pages * PAGE,
						 BOTH),
				 0);
		set_owner(model, first, pages, (int)first);
	} else {
		assert_int_equal(
			mock_dma_insert(dma, first * PAGE, memory_at(PAGE), pages * PAGE, BOTH),
			-EEXIST);
	}
}

static void random_changes_keep_the_table_right(void **state)
{
	struct mock_dma dma = { 0 };
	uint32_t random = 1;
	struct model model;
	uint64_t len;

	(void)state;
	set_owner(&model, 0, SLOTS, -1);
	for (int round = 0; round < 20000; round++) {
		uint32_t first = (random = random * 1103515245 + 12345) >> 16 & (SLOTS - 1);
		uint32_t pages = (random >> 24 & 7) + 1;

		toggle(&dma, &model, first, pages < SLOTS - first ? pages : SLOTS - first);
		for (uint64_t page = 0; page < SLOTS; page++)
			assert_ptr_equal(
				find(&dma, page * PAGE, 1, &len),
				model.owner[page] < 0 ? NULL : memory_at(0x1000000 + page * PAGE));
	}
	mock_dma_fini(&dma);
}

static void many_mappings_in_any_order_are_found(void **state)
{
	struct mock_dma dma = { 0 };
	uint64_t len;

	(void)state;
	for (uint64_t idx = 0; idx < MANY; idx++)
		assert_int_equal(mock_dma_insert(&dma, idx * 2 * PAGE, memory_at(0x1000000 + idx),
						 PAGE, BOTH),
				 0);
	for (uint64_t idx = 0; idx < MANY; idx += 2) /* ascending: the slow order of an array */
		assert_int_equal(mock_dma_remove(&dma, idx * 2 * PAGE, PAGE), 0);

	assert_int_equal(mock_dma_live(&dma), MANY / 2);
	for (uint64_t idx = 0; idx < MANY; idx++)
		assert_ptr_equal(find(&dma, idx * 2 * PAGE, 1, &len),
				 idx & 1 ? memory_at(0x1000000 + idx) : NULL);
	mock_dma_fini(&dma);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(translate_inside_a_mapping_adds_the_offset),
		cmocka_unit_test(translate_without_permission_finds_nothing),
		cmocka_unit_test(translate_any_hint_is_fine),
		cmocka_unit_test(translate_where_smaller_mappings_were_removed),
		cmocka_unit_test(insert_overlap_is_refused),
		cmocka_unit_test(remove_only_what_was_mapped),
		cmocka_unit_test(random_changes_keep_the_table_right),
		cmocka_unit_test(many_mappings_in_any_order_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
