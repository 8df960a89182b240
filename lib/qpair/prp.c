/* SPDX-License-Identifier: MIT */
/*
 * prp.c: building PRP lists with chaining.
 */
#include "qpair/prp.h"

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

	/* Each list page but the last holds one entry less: it links on. */
	if (entries > per_page)
		return (entries + per_page - 3) / (per_page - 1) * page;
	while (bytes < entries * sizeof(nvu_le64))
		bytes *= 2; /* a power of two never crosses a page when it is aligned to itself */
	return bytes;
}

uint64_t prp_build(uint64_t iova, size_t len, uint32_t page_shift, nvu_le64 *list,
		   uint64_t list_iova)
{
	uint64_t page = 1ull << page_shift;
	uint64_t next = (iova & ~(page - 1)) + page;
	uint64_t end = iova + len;
	uint32_t per_page = (uint32_t)(page / sizeof(nvu_le64));
	uint32_t left;
	size_t at = 0;

	if (end <= next)
		return 0;
	if (end <= next + page)
		return next;
	for (left = (uint32_t)((end - next + page - 1) >> page_shift); left; left--) {
		if ((at + 1) % per_page == 0 && left > 1) {
			list[at] = nvu_le64_put(list_iova + (at + 1) * sizeof(*list));
			at++;
		}
		list[at++] = nvu_le64_put(next);
		next += page;
	}
	return list_iova;
}
