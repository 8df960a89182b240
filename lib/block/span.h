/* SPDX-License-Identifier: MIT */
/*
 * span.h: bytes as blocks: the arithmetic of a block device. Pure.
 */
#ifndef NVU_BLOCK_SPAN_H
#define NVU_BLOCK_SPAN_H

#include <stdbool.h>
#include <stdint.h>

/* The blocks that hold a range of bytes. */
struct span {
	uint64_t first;
	uint64_t blocks;
	uint32_t head; /* bytes of the first block before the range */
	uint32_t tail; /* bytes of the last block behind it */
};

/* True when the bytes are inside a device of `bytes`. */
static inline bool span_fits(uint64_t at, uint64_t len, uint64_t bytes)
{
	return len <= bytes && at <= bytes - len;
}

/* Of a range that fits, of at least one byte, with blocks of 1 << shift bytes. */
static inline struct span span_around(uint64_t at, uint64_t len, uint32_t shift)
{
	const uint64_t mask = (1ull << shift) - 1;
	const uint64_t last = at + (len - 1);

	return (struct span){
		.first = at >> shift,
		.blocks = (last >> shift) - (at >> shift) + 1,
		.head = (uint32_t)(at & mask),
		.tail = (uint32_t)(mask - (last & mask)),
	};
}

/* The whole blocks inside the range; head and tail are bytes of the range outside them. blocks is 0 if there is none. */
static inline struct span span_inside(uint64_t at, uint64_t len, uint32_t shift)
{
	const uint64_t mask = (1ull << shift) - 1;
	const uint64_t head = (mask + 1 - (at & mask)) & mask;
	struct span span = { 0 };

	if (len < head || (len - head) >> shift == 0)
		return span;
	span.first = (at + head) >> shift;
	span.blocks = (len - head) >> shift;
	span.head = (uint32_t)head;
	span.tail = (uint32_t)((len - head) & mask);
	return span;
}

/* Blocks that a writer holds; alone means that it reads and writes back the first, or the last of them. */
struct claim {
	uint64_t first;
	uint64_t last; /* not below first */
	bool first_alone;
	bool last_alone;
};

static inline bool claim_covers(const struct claim *claim, uint64_t block)
{
	return claim->first <= block && block <= claim->last;
}

/* Whether two writers must not work at the same time: one changes a block that the other must have alone. */
static inline bool claim_excludes(const struct claim *a, const struct claim *b)
{
	return (a->first_alone && claim_covers(b, a->first)) ||
	       (a->last_alone && claim_covers(b, a->last)) ||
	       (b->first_alone && claim_covers(a, b->first)) ||
	       (b->last_alone && claim_covers(a, b->last));
}

#endif
