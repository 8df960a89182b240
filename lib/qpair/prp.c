/* SPDX-License-Identifier: MIT */
/*
 * prp.c: building PRP lists with chaining.
 */
#include "qpair/prp.h"

#include <assert.h>

/* Entries of a list for a transfer that may begin anywhere in its first page. */
static size_t entries_max(size_t len, uint32_t page_shift)
{
	size_t page = (size_t)1 << page_shift;

	return (len + page - 1) / page;
}

size_t prp_list_bytes(size_t len, uint32_t page_shift)
{
	size_t page = (size_t)1 << page_shift;
	size_t per_page = page / sizeof(nvu_le64);
	size_t entries = entries_max(len, page_shift);
	size_t bytes = sizeof(nvu_le64);

	/* The last slot of a list page links on, or is not used. */
	if (entries >= per_page)
		return (entries + per_page - 2) / (per_page - 1) * page;
	/* One slot more than there are entries: the piece may end where its page does. */
	while (bytes < (entries + 1) * sizeof(nvu_le64))
		bytes *= 2; /* a power of two never crosses a page when it is aligned to itself */
	return bytes;
}

/*
 * The slot where a list of `count` entries begins. A controller takes the last slot of a page for a
 * link only when more than one entry is left: a list that would leave exactly one begins a slot later.
 */
static size_t first_slot(uint32_t entries, uint32_t per_page)
{
	return entries >= per_page && entries % (per_page - 1) == 1;
}

uint64_t prp_build(uint64_t iova, size_t len, uint32_t page_shift, nvu_le64 *list,
		   uint64_t list_iova, size_t list_bytes)
{
	uint64_t page = 1ull << page_shift;
	uint64_t next = (iova & ~(page - 1)) + page;
	uint64_t end = iova + len;
	uint32_t per_page = (uint32_t)(page / sizeof(nvu_le64));
	uint32_t left;
	size_t first, at;

	if (end <= next)
		return 0;
	if (end <= next + page)
		return next;
	assert(list_bytes >= prp_list_bytes(len, page_shift));
	left = (uint32_t)((end - next + page - 1) >> page_shift);
	at = first = first_slot(left, per_page);
	for (; left; left--) {
		if ((at + 1) % per_page == 0) { /* two or more are left: see first_slot() */
			list[at] = nvu_le64_put(list_iova + (at + 1) * sizeof(*list));
			at++;
		}
		list[at++] = nvu_le64_put(next);
		next += page;
	}
	return list_iova + first * sizeof(*list);
}
