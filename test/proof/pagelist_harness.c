/* SPDX-License-Identifier: MIT */
/*
 * Proved: a buffer's page list, written once, serves every transfer inside the buffer: with the PRP 2
 * that the I/O path computes (data_pointer_prp2()), the controller's walk (Base 4.1.1) reads entries inside
 * the list, in one list page and never its last slot, so that none is taken for a link, and entry by entry
 * those that pagelist_fill() has written for the transfer's pages. Nothing is written beyond pagelist_bytes().
 *
 * Bounds: where the entries are: none, any buffer of up to 2^40 pages, any transfer of it, any page of
 * that. What they hold: buffers of 3 and 4 pages at any address below 2^60, of 257 (two list pages) at
 * one; large: and of 513 (three).
 *
 * @options --unwind 514 --unwindset check_fill.0:1538
 */
#include "proof.h"
#include "qpair/data_pointer.h"

#include "dma/pagelist.c"

/* Which of the pages of a buffer an entry of the list is for. */
static uint64_t page_of(uint64_t index, uint64_t pages)
{
	return index / PAGELIST_WINDOW * PAGELIST_STEP + index % PAGELIST_WINDOW +
	       pagelist_first(pages);
}

/* Pieces of list pages are as long as a power of two, the shortest 32 bytes: take_piece(). */
static bool is_place(uint64_t list_iova, uint64_t pages)
{
	uint64_t bytes = 1ull << (PIECE_MIN_SHIFT + piece_class(pagelist_bytes(pages)));

	if (pages > PAGELIST_STEP)
		bytes = PAGELIST_PAGE_BYTES;
	return list_iova % bytes == 0;
}

/* Page i of any transfer, PRP 1 being page 0, is found where it is written. */
static void check_walk(void)
{
	uint64_t pages = nondet_u64(), list_iova = nondet_u64(), iova = nondet_u64();
	size_t offset = nondet_size(), len = nondet_size();
	uint64_t i = nondet_u64(), span, prp2, first, last, entry, index;
	struct nvu_dma buf;

	assume(pages >= PAGELIST_PAGES_MIN && pages <= 1ull << 40);
	assume(iova % PAGELIST_PAGE_BYTES == 0 && iova < 1ull << 60);
	assume(list_iova > 0 && list_iova < 1ull << 60 && is_place(list_iova, pages));
	buf.len = pages << PAGELIST_PAGE_SHIFT;
	buf.iova = iova;
	buf.list_iova = list_iova - pagelist_first(pages) * sizeof(nvu_le64);
	assume(len > 0 && dma_holds(&buf, offset, len));
	span = data_pointer_span(offset, len);
	assume(span > PAGELIST_PAGE_BYTES && span <= DATA_POINTER_LIST_SPAN);
	prp2 = data_pointer_prp2(&buf, offset, span);
	first = offset / PAGELIST_PAGE_BYTES;
	last = (offset + len - 1) / PAGELIST_PAGE_BYTES;
	if (span <= 2 * PAGELIST_PAGE_BYTES) {
		prove(last == first + 1, "two pages");
		prove(prp2 == iova + last * PAGELIST_PAGE_BYTES, "the second page");
		return;
	}
	assume(i > 0 && i <= last - first);
	entry = prp2 + (i - 1) * sizeof(nvu_le64);
	prove(entry / PAGELIST_PAGE_BYTES == prp2 / PAGELIST_PAGE_BYTES, "in one list page");
	prove((entry + sizeof(nvu_le64)) % PAGELIST_PAGE_BYTES != 0, "not the last slot of it");
	prove(entry >= list_iova && entry - list_iova < pagelist_bytes(pages), "inside the list");
	index = (entry - list_iova) / sizeof(nvu_le64);
	prove(page_of(index, pages) == first + i && first + i < pages, "the transfer's page");
}

/* All entries of a buffer of this number of pages. */
static void check_fill(uint32_t pages, uint64_t iova)
{
	size_t bytes = pagelist_bytes(pages);
	nvu_le64 *list = malloc(bytes);

	pagelist_fill(list, iova, pages);
	for (size_t index = 0; index < bytes / sizeof(*list); index++)
		if (page_of(index, pages) < pages && index % PAGELIST_WINDOW < PAGELIST_WINDOW - 1)
			prove(list[index] == iova + (page_of(index, pages) << PAGELIST_PAGE_SHIFT),
			      "an entry for its page");
}

void harness(void)
{
	uint64_t iova = nondet_u64();

	check_walk();
	assume(iova < 1ull << 60);
	check_fill(3, iova);
	check_fill(4, iova);
	check_fill(257, 0xabcde000);
	if (BOUND(true, false))
		check_fill(513, 0xabcde000);
	reached();
}
