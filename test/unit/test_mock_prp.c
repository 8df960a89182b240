// SPDX-License-Identifier: MIT
/*
 * test_mock_prp.c: walking data pointers. The memory is one array; I/O address BASE + n is byte n,
 * so that a piece's place tells its address. Base 4.1.1.
 */
#include "mock/memory/prp.h"

#include "transport/transport.h"

#include <nvu/spec.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PAGE = 4096, PAGES = 1200, READ = TRANSPORT_DMA_READ };

#define BASE 0x10000000ull

struct rig {
	uint8_t *memory;
	struct mock_dma dma;
	struct mock_xfer xfer;
	uint32_t hints[2];
};

static int set_up(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	rig->memory = aligned_alloc(PAGE, (size_t)PAGES * PAGE);
	memset(rig->memory, 0, (size_t)PAGES * PAGE);
	*state = rig;
	if (mock_xfer_init(&rig->xfer, 8 << 20))
		return -1;
	return mock_dma_insert(&rig->dma, BASE, rig->memory, (uint64_t)PAGES * PAGE, READ);
}

static int tear_down(void **state)
{
	struct rig *rig = *state;

	mock_xfer_fini(&rig->xfer);
	mock_dma_fini(&rig->dma);
	free(rig->memory);
	free(rig);
	return 0;
}

static uint64_t page(uint32_t number)
{
	return BASE + (uint64_t)number * PAGE;
}

static void put_entry(struct rig *rig, uint64_t list, uint32_t idx, uint64_t entry)
{
	nvu_le64 wire = nvu_le64_put(entry);

	memcpy(rig->memory + (list - BASE) + idx * sizeof(wire), &wire, sizeof(wire));
}

static uint16_t walk(struct rig *rig, uint64_t prp1, uint64_t prp2, uint64_t len,
		     uint32_t page_bytes)
{
	const struct mock_prp prp = { prp1, prp2, len, page_bytes, READ };

	return mock_prp_walk(&rig->dma, &prp, rig->hints, &rig->xfer);
}

static void assert_piece(const struct rig *rig, uint32_t idx, uint64_t iova, size_t len)
{
	assert_true(idx < rig->xfer.count);
	assert_ptr_equal(rig->xfer.segs[idx].base, rig->memory + (iova - BASE));
	assert_int_equal(rig->xfer.segs[idx].len, len);
}

static void walk_one_page_uses_prp1_only(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(walk(rig, page(3) + 512, ~0ull, 3584, PAGE), 0);
	assert_int_equal(rig->xfer.count, 1);
	assert_piece(rig, 0, page(3) + 512, 3584);
}

static void walk_two_pages_use_prp2_as_a_page(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(walk(rig, page(3) + 512, page(9), PAGE, PAGE), 0);
	assert_int_equal(rig->xfer.count, 2);
	assert_piece(rig, 0, page(3) + 512, 3584);
	assert_piece(rig, 1, page(9), 512);
}

static void walk_pages_that_follow_on_are_joined(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(walk(rig, page(3), page(4), 2 * PAGE, PAGE), 0);
	assert_int_equal(rig->xfer.count, 1);
	assert_piece(rig, 0, page(3), 2 * PAGE);
}

static void walk_three_pages_use_a_list(void **state)
{
	struct rig *rig = *state;

	put_entry(rig, page(20), 0, page(7));
	put_entry(rig, page(20), 1, page(5));
	assert_int_equal(walk(rig, page(3) + 4, page(20), 2 * PAGE + 8, PAGE), 0);

	assert_int_equal(rig->xfer.count, 3);
	assert_piece(rig, 0, page(3) + 4, PAGE - 4);
	assert_piece(rig, 1, page(7), PAGE);
	assert_piece(rig, 2, page(5), 12);
}

/* The list starts in the last slots of its page: one entry there, then a pointer to the next. */
static void walk_list_at_the_end_of_a_page_chains(void **state)
{
	struct rig *rig = *state;
	uint64_t list = page(20) + PAGE - 16;

	put_entry(rig, list, 0, page(40));
	put_entry(rig, list, 1, page(21) + 64); /* the next list, with an offset */
	put_entry(rig, page(21) + 64, 0, page(42));
	put_entry(rig, page(21) + 64, 1, page(44));
	assert_int_equal(walk(rig, page(3), list, 4 * PAGE, PAGE), 0);

	assert_int_equal(rig->xfer.count, 4);
	assert_piece(rig, 1, page(40), PAGE);
	assert_piece(rig, 3, page(44), PAGE);
}

/* With exactly as many pages as slots, the last slot is data and no pointer. */
static void walk_list_that_just_fits_does_not_chain(void **state)
{
	struct rig *rig = *state;
	uint64_t list = page(20) + PAGE - 16;

	put_entry(rig, list, 0, page(40));
	put_entry(rig, list, 1, page(42));
	assert_int_equal(walk(rig, page(3), list, 3 * PAGE, PAGE), 0);
	assert_piece(rig, 2, page(42), PAGE);
}

static void walk_long_transfer_follows_many_lists(void **state)
{
	struct rig *rig = *state;
	uint64_t list = page(1);

	for (uint32_t idx = 0; idx < 1100; idx++, list += 8) {
		if ((list + 8) % PAGE == 0) {
			put_entry(rig, list, 0, list + 8 + PAGE); /* lists on pages 1, 3, 5 */
			list += 8 + PAGE;
		}
		put_entry(rig, list, 0, page(10 + idx));
	}
	assert_int_equal(walk(rig, page(1110), page(1), 1101ull * PAGE, PAGE), 0);
	assert_int_equal(rig->xfer.count, 2); /* all but the first follow on */
	assert_piece(rig, 1, page(10), 1100ull * PAGE);
}

static void walk_large_pages_take_larger_steps(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(walk(rig, page(16) + PAGE, page(32), 65536, 65536), 0);
	assert_int_equal(rig->xfer.count, 1);
	assert_piece(rig, 0, page(17), 65536);
}

static void walk_bad_pointers_are_refused(void **state)
{
	const struct {
		const char *name;
		uint64_t prp1, prp2, len;
		uint16_t status;
		const char *reason;
	} cases[] = {
		{ "PRP1 byte offset", page(1) + 2, 0, 512, NVU_SC_INVALID_PRP_OFFSET, "PRP1" },
		{ "PRP2 offset", page(1), page(2) + 4, 2 * PAGE, NVU_SC_INVALID_PRP_OFFSET,
		  "PRP2" },
		{ "list pointer", page(1), page(2) + 4, 3 * PAGE, NVU_SC_INVALID_PRP_OFFSET,
		  "list pointer" },
		{ "list entry", page(1), page(50), 3 * PAGE, NVU_SC_INVALID_PRP_OFFSET,
		  "list entry" },
		{ "chain pointer", page(1), page(51) + PAGE - 8, 3 * PAGE,
		  NVU_SC_INVALID_PRP_OFFSET, "list pointer" },
		{ "PRP1 not mapped", 0, 0, 512, NVU_SC_DATA_TRANSFER_ERROR, "0x0" },
		{ "PRP2 not mapped", page(1), page(PAGES), 2 * PAGE, NVU_SC_DATA_TRANSFER_ERROR,
		  "not mapped" },
		{ "list not mapped", page(1), page(PAGES), 3 * PAGE, NVU_SC_DATA_TRANSFER_ERROR,
		  "PRP list entry at" },
		{ "past the end", page(PAGES - 1), page(PAGES), 2 * PAGE,
		  NVU_SC_DATA_TRANSFER_ERROR, "not mapped" },
		{ "top of the space", ~0ull << 2, 0, 4096, NVU_SC_DATA_TRANSFER_ERROR,
		  "not mapped" },
	};
	struct rig *rig = *state;

	put_entry(rig, page(50), 0, page(9) + 512);
	put_entry(rig, page(51), PAGE / 8 - 1, page(9) + 4);
	for (size_t idx = 0; idx < sizeof(cases) / sizeof(cases[0]); idx++) {
		print_message("%s\n", cases[idx].name);
		assert_int_equal(walk(rig, cases[idx].prp1, cases[idx].prp2, cases[idx].len, PAGE),
				 cases[idx].status);
		assert_non_null(strstr(rig->xfer.reason, cases[idx].reason));
	}
}

static void walk_circular_list_is_refused(void **state)
{
	struct rig *rig = *state;

	put_entry(rig, page(20) + PAGE - 8, 0, page(20) + PAGE - 8);
	assert_int_equal(walk(rig, page(3), page(20) + PAGE - 8, 5 * PAGE, PAGE),
			 NVU_SC_DATA_TRANSFER_ERROR);
	assert_non_null(strstr(rig->xfer.reason, "nothing but a pointer"));
}

static void put_and_get_cross_pieces(void **state)
{
	struct rig *rig = *state;
	char text[16] = "0123456789abcde", back[16] = "";

	assert_int_equal(walk(rig, page(3) + PAGE - 8, page(9), 16, PAGE), 0);
	mock_xfer_put(&rig->xfer, 0, text, 16);
	mock_xfer_get(&rig->xfer, 4, back, 10);

	assert_memory_equal(back, "456789abcd", 10);
	assert_memory_equal(rig->memory + 9ull * PAGE, "89abcde", 8);
	mock_xfer_put(&rig->xfer, 12, text, 16); /* what is past the end is dropped */
	assert_int_equal(rig->memory[9 * PAGE + 8], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(walk_one_page_uses_prp1_only, set_up, tear_down),
		cmocka_unit_test_setup_teardown(walk_two_pages_use_prp2_as_a_page, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(walk_pages_that_follow_on_are_joined, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(walk_three_pages_use_a_list, set_up, tear_down),
		cmocka_unit_test_setup_teardown(walk_list_at_the_end_of_a_page_chains, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(walk_list_that_just_fits_does_not_chain, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(walk_long_transfer_follows_many_lists, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(walk_large_pages_take_larger_steps, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(walk_bad_pointers_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(walk_circular_list_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(put_and_get_cross_pieces, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
