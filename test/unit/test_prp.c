/* SPDX-License-Identifier: MIT */
/*
 * test_prp.c: physical region pages: lists built per command, and lists that buffers bring along.
 * Both are checked by walking them as a controller does (Base 4.1.1).
 */
#include "dma/pagelist.h"
#include "qpair/prp.h"
#include "unit.h"

#include <stdlib.h>

#define LIST_IOVA 0x4000000000ull

static nvu_le64 list[16384];
static uint64_t list_iova = LIST_IOVA;

/* Where the last piece of a list page would be; a list of whole pages begins with one. */
static void place(size_t room, uint32_t shift)
{
	list_iova = LIST_IOVA;
	if (room < 1ull << shift)
		list_iova += (1ull << shift) - room;
}

/* Reads what the controller reads: entry at a list address. */
static uint64_t entry_at(uint64_t iova, size_t room)
{
	assert_int_equal(iova % 8, 0);
	assert_true(iova >= list_iova && iova - list_iova < room);
	return nvu_le64_get(list[(iova - list_iova) / 8]);
}

/* Walks PRP 1 and 2; asserts that they describe exactly [iova, iova + len). */
static void walk(uint64_t iova, size_t len, uint64_t prp2, uint32_t shift, size_t room)
{
	uint64_t page = 1ull << shift;
	uint64_t expected = (iova & ~(page - 1)) + page;
	uint64_t end = iova + len;

	if (end <= expected) {
		assert_int_equal(prp2, 0);
		return;
	}
	if (end <= expected + page) {
		assert_int_equal(prp2, expected);
		return;
	}
	for (uint64_t at = prp2; expected < end; expected += page, at += 8) {
		bool last_of_page = (at + 8) % page == 0;

		if (last_of_page) {
			assert_true(expected + page < end); /* a link, never data */
			at = entry_at(at, room);
			assert_int_equal(at % page, 0);
		}
		assert_int_equal(entry_at(at, room), expected);
	}
}

static void build_table(void **state)
{
	static const struct {
		const char *name;
		uint64_t iova;
		size_t len;
	} rows[] = {
		{ "one byte past nothing", 0x10000, 4 },
		{ "one page", 0x10000, 4096 },
		{ "crosses into the second page", 0x10e00, 1024 },
		{ "two pages", 0x10000, 8192 },
		{ "two pages and a bit: three entries", 0x10004, 8192 },
		{ "64 KiB", 0x10000, 65536 },
		{ "1 MiB at an unaligned offset", 0x10ffc, 1 << 20 },
		{ "exactly one full list page", 0x10000, 513 * 4096 },
		{ "one entry more than a list page", 0x10000, 514 * 4096 },
		{ "two full list pages", 0x10000, (511 + 512 + 1) * 4096 },
		{ "as full as a list page may be", 0x10000, 512 * 4096 },
		{ "one entry left for the second page", 0x10000, (511 + 511 + 1) * 4096 },
		{ "one entry left for the third page", 0x10000, (511 + 511 + 511 + 1 + 1) * 4096 },
		{ "8 MiB at an unaligned offset", 0x10abc, 8 << 20 },
	};
	(void)state;

	for (uint32_t shift = 12; shift <= 16; shift += 2)
		for (uint32_t i = 0; i < COUNT(rows); i++) {
			size_t room = prp_list_bytes(rows[i].len, shift);
			uint64_t prp2;

			print_message("%s\n", rows[i].name);
			assert_true(room <= sizeof(list));
			memset(list, 0, sizeof(list));
			place(room, shift);
			prp2 = prp_build(rows[i].iova, rows[i].len, shift, list, list_iova, room);
			walk(rows[i].iova, rows[i].len, prp2, shift, room);
		}
}

static void build_every_length_and_offset_stays_in_its_memory(void **state)
{
	(void)state;

	for (size_t len = 512; len <= 3u << 20; len += 3 * 4096 + 512)
		for (uint64_t offset = 0; offset < 4096; offset += 1020) {
			size_t room = prp_list_bytes(len, 12);
			uint64_t prp2;

			memset(list, 0, sizeof(list));
			place(room, 12);
			prp2 = prp_build(0x10000 + offset, len, 12, list, list_iova, room);
			walk(0x10000 + offset, len, prp2, 12, room);
			assert_int_equal(nvu_le64_get(list[room / 8]), 0);
		}
}

/* Any transfer of up to 1 MiB at any page of a buffer finds its list, unchained, in the window. */
static void pagelist_serves_every_transfer_up_to_1_mib(void **state)
{
	static const uint64_t page_counts[] = { 3,   4,	  5,   8,   9,	 16,  17,  128,
						255, 256, 257, 258, 512, 513, 1000 };
	(void)state;

	for (uint32_t i = 0; i < COUNT(page_counts); i++) {
		uint64_t pages = page_counts[i], skip = 8 * pagelist_first(pages);
		size_t room = pagelist_bytes(pages);

		memset(list, 0, sizeof(list));
		pagelist_fill(list, 0x100000, pages);
		assert_int_equal(nvu_le64_get(list[room / 8]), 0);
		place(room, 12);
		for (uint64_t first = 0; first + 3 <= pages; first++) {
			uint64_t count = pages - first < 257 ? pages - first : 257;
			uint64_t prp2 = pagelist_entry(list_iova - skip, first + 1);

			walk(0x100000 + first * 4096, count * 4096, prp2, 12, room);
		}
	}
}

static void pagelist_of_two_pages_needs_no_memory(void **state)
{
	(void)state;

	assert_int_equal(pagelist_bytes(1), 0);
	assert_int_equal(pagelist_bytes(2), 0);
	assert_int_equal(pagelist_bytes(3), 24);
	assert_int_equal(pagelist_bytes(256), 2048);
	assert_int_equal(pagelist_bytes(257), 8192);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(build_table),
		cmocka_unit_test(build_every_length_and_offset_stays_in_its_memory),
		cmocka_unit_test(pagelist_serves_every_transfer_up_to_1_mib),
		cmocka_unit_test(pagelist_of_two_pages_needs_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
