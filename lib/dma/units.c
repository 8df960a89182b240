/* SPDX-License-Identifier: MIT */
/*
 * units.c: first-fit over a map of bits. A search passes over each unit once.
 */
#include "dma/units.h"

static uint64_t bit(uint32_t unit)
{
	return 1ull << (unit % UNITS_WORD_BITS);
}

static bool is_taken(const struct units *units, uint32_t unit)
{
	return units->taken[unit / UNITS_WORD_BITS] & bit(unit);
}

static void set(struct units *units, uint32_t first, uint32_t count, bool taken)
{
	for (uint32_t unit = first; unit < first + count; unit++) {
		uint64_t *word = &units->taken[unit / UNITS_WORD_BITS];

		*word = taken ? *word | bit(unit) : *word & ~bit(unit);
	}
}

bool units_take(struct units *units, uint32_t count, uint32_t align, uint32_t *ret_first)
{
	uint32_t first = 0, unit = 0;

	if (count == 0 || count > UNITS_COUNT || align > UNITS_COUNT)
		return false;
	/* From first to unit all are free. */
	for (; unit < UNITS_COUNT && unit < first + count; unit++)
		if (unit >= first && is_taken(units, unit))
			first = (unit + align) & ~(align - 1);
	if (unit < first + count)
		return false;
	set(units, first, count, true);
	*ret_first = first;
	return true;
}

void units_give(struct units *units, uint32_t first, uint32_t count)
{
	set(units, first, count, false);
}
