/* SPDX-License-Identifier: MIT */
/*
 * Proved: what prp_build() writes, read as Base 4.1.1 tells the controller to read it, names the pages
 * of the transfer, each once and in order, and no others; nothing is written beyond the memory that
 * prp_list_bytes() asks for, for this length or any that is longer; a list page's last slot links on, and
 * never holds the address of data; a list that is no whole pages does not cross one.
 *
 * Bounds: memory pages of 32 bytes, whose list pages have 4 entries (the code knows the page size as
 * a shift only); transfers of 7 lengths from 32 to 257 bytes (8 pages and a part of one: lists of one to
 * three pages), large: of 18 from 1 to 352 (11 pages and a part of one: lists of up to four pages), that
 * begin at any multiple of 4 in a page, some in memory for longer ones; one place in memory, one of the
 * list: the last piece of a list page, or whole pages.
 *
 * @sources qpair/prp.c
 * @options --unwind 20
 */
#include "proof.h"
#include "qpair/prp.h"

#include <stdlib.h>

enum { SHIFT = 5, PAGE = 1 << SHIFT, PAGES_MAX = 12, LEN_MAX = 11 * PAGE };

/* What the controller finds at the address of a list entry. */
static uint64_t fetch(const nvu_le64 *list, uint64_t list_iova, uint64_t bytes, uint64_t address)
{
	prove(address >= list_iova && address - list_iova < bytes, "an entry inside the list");
	prove(address % sizeof(*list) == 0, "an aligned entry");
	assume(address >= list_iova && address - list_iova < bytes);
	return list[(address - list_iova) / sizeof(*list)];
}

/* Reads a list for this number of pages, of which the first is `page`. */
static void walk(const nvu_le64 *list, uint64_t list_iova, uint64_t bytes, uint64_t at,
		 uint64_t page, uint32_t count)
{
	for (uint32_t i = 0; i < PAGES_MAX && i < count; i++) {
		bool is_last_of_list_page = (at + sizeof(*list)) % PAGE == 0;

		if (is_last_of_list_page) {
			prove(i + 1 < count, "no data in the last slot of a list page");
			at = fetch(list, list_iova, bytes, at);
			prove(at % PAGE == 0, "a list page begins at a page");
		}
		prove(fetch(list, list_iova, bytes, at) == page + (uint64_t)i * PAGE,
		      "the transfer's next page");
		at += sizeof(*list);
	}
}

/* A transfer of len bytes that begins at an offset, in memory for one of most bytes. */
static void check_at(size_t len, size_t most, uint32_t offset)
{
	size_t bytes = prp_list_bytes(most, SHIFT);
	uint64_t iova = 0x123456789a0ull + offset, list_iova = 0xfedcb9000ull;
	uint64_t prp2, first;
	nvu_le64 *list = malloc(bytes);
	uint32_t count;

	/* As data_pointer_list() places them. */
	list_iova += bytes < PAGE ? PAGE - bytes : PAGE;
	first = iova / PAGE * PAGE;
	count = (uint32_t)((iova - first + len + PAGE - 1) / PAGE);
	prp2 = prp_build(iova, len, SHIFT, list, list_iova, bytes);
	if (count == 1)
		prove(prp2 == 0, "within a page there is no PRP 2");
	else if (count == 2)
		prove(prp2 == first + PAGE, "PRP 2 is the second page");
	else
		prove(prp2 - list_iova <= sizeof(*list), "PRP 2 is the list");
	if (count > 2)
		walk(list, list_iova, bytes, prp2, first + PAGE, count - 1);
}

/* At each: with numbers that are known, nothing is left to be solved. */
static void check(size_t len, size_t most)
{
	for (uint32_t offset = 0; offset < PAGE; offset += 4)
		check_at(len, most, offset);
}

void harness(void)
{
	static const uint16_t lengths[] = { 32, 65, 97, 129, 161, 225, 257, 1,	 4,
					    31, 33, 64, 96,  128, 160, 224, 256, LEN_MAX };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		check(lengths[i], lengths[i]);
	check(97, LEN_MAX);
	check(129, 225);
	reached();
}
