// SPDX-License-Identifier: MIT
/*
 * fuzz_prp.c: lib/qpair/prp.c: PRP lists for any address, length and page size, in memory of exactly
 * the size that prp_list_bytes() says, read back as a controller would.
 */
#include "qpair/prp.h"

#include "input.h"

enum { LEN_MAX = 8 << 20 };

#define LIST_IOVA 0x7f0000000000ull

/* Where the list is: the last piece of a list page, or whole pages. */
static uint64_t list_iova;

static uint64_t entry_at(const nvu_le64 *list, size_t bytes, uint64_t iova)
{
	uint64_t offset = iova - list_iova;

	PROMISE(offset < bytes && offset % sizeof(*list) == 0);
	return nvu_le64_get(list[offset / sizeof(*list)]);
}

/* Base 4.1.1, from the second page on. */
static void walk(const nvu_le64 *list, size_t bytes, uint64_t at, uint64_t next, uint64_t end,
		 uint64_t page)
{
	while (next < end) {
		uint64_t entry = entry_at(list, bytes, at);

		if ((at + sizeof(*list)) % page == 0) {
			PROMISE(end - next > page && entry % page == 0);
			at = entry;
			continue;
		}
		PROMISE(entry == next);
		next += page;
		at += sizeof(*list);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, data + size };
	uint32_t shift = 12 + input_u8(&input) % 5;
	uint64_t page = 1ull << shift;
	uint64_t iova = input_u64(&input) % (1ull << 52) & ~3ull;
	size_t len = (size_t)(input_u32(&input) % (LEN_MAX / 4) + 1) * 4;
	size_t bytes = prp_list_bytes(len, shift);
	nvu_le64 *list = malloc(bytes);
	uint64_t prp2, next = (iova & ~(page - 1)) + page;

	PROMISE(list);
	list_iova = LIST_IOVA + (bytes < page ? page - bytes : 0);
	prp2 = prp_build(iova, len, shift, list, list_iova, bytes);
	if (iova + len <= next)
		PROMISE(prp2 == 0);
	else if (iova + len <= next + page)
		PROMISE(prp2 == next);
	else {
		PROMISE(prp2 - list_iova <= sizeof(*list));
		walk(list, bytes, prp2, next, iova + len, page);
	}
	free(list);
	return 0;
}
