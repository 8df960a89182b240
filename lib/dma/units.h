/* SPDX-License-Identifier: MIT */
/*
 * units.h: which 4 KiB of a huge page are taken. Pure: a map of bits, no function here allocates memory.
 */
#ifndef NVU_DMA_UNITS_H
#define NVU_DMA_UNITS_H

#include <stdbool.h>
#include <stdint.h>

enum { UNITS_SHIFT = 12 };

#ifndef UNITS_COUNT	 /* a proof has fewer */
#define UNITS_COUNT 512u /* of 2 MiB */
#define UNITS_WORD_BITS 64u
#endif

struct units {
	uint64_t taken[(UNITS_COUNT + UNITS_WORD_BITS - 1) / UNITS_WORD_BITS];
};

/*
 * Takes the lowest `count` free units in a row whose first is a multiple of align, a power of two.
 * False, and nothing changes: there are none.
 */
bool units_take(struct units *units, uint32_t count, uint32_t align, uint32_t *ret_first);

/* Gives back what units_take() has taken. */
void units_give(struct units *units, uint32_t first, uint32_t count);

#endif
