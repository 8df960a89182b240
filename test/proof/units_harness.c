/* SPDX-License-Identifier: MIT */
/*
 * Proved: units_take() takes units that were free, in a row, from a multiple of the alignment on, all inside
 * the page, and changes no other, so that no unit has two owners; when it refuses, nothing changes, and the
 * first run that would do was not free. units_give() frees what was taken and changes no other.
 *
 * Bounds: a page of 10 units in words of 4 (large: 20 in words of 8), in any state; any count and alignment,
 * one call, so any sequence of calls.
 *
 * @options --unwind 12
 * @large --unwind 22
 */
#include "proof.h"

#define UNITS_COUNT BOUND(20u, 10u)
#define UNITS_WORD_BITS BOUND(8u, 4u)

#include "dma/units.c"

/* One unit stands for all. */
void harness_take(void)
{
	struct units units, before = units;
	uint32_t count = nondet_u32(), align = nondet_u32(), unit = nondet_u32(), first;
	bool taken, inside;

	assume(align && (align & (align - 1)) == 0 && unit < UNITS_COUNT);
	taken = units_take(&units, count, align, &first);
	if (!taken) {
		prove(is_taken(&units, unit) == is_taken(&before, unit),
		      "a refusal changes nothing");
		return;
	}
	prove(count > 0 && first < UNITS_COUNT && count <= UNITS_COUNT - first, "inside the page");
	prove((first & (align - 1)) == 0, "aligned");
	inside = unit >= first && unit < first + count;
	prove(IMPLIES(inside, !is_taken(&before, unit)), "it was free");
	prove(is_taken(&units, unit) == (inside || is_taken(&before, unit)),
	      "it is taken, and no other changes");
	reached();
}

/* A run that is free is found: that one, or one before it. */
void harness_finds(void)
{
	struct units units;
	uint32_t count = nondet_u32(), align = nondet_u32(), run = nondet_u32(), first;
	bool is_free = true;

	assume(align && (align & (align - 1)) == 0 && align <= UNITS_COUNT);
	assume(count > 0 && count <= UNITS_COUNT && run <= UNITS_COUNT - count &&
	       !(run & (align - 1)));
	for (uint32_t unit = 0; unit < UNITS_COUNT; unit++)
		is_free &= unit < run || unit >= run + count || !is_taken(&units, unit);
	assume(is_free);
	prove(units_take(&units, count, align, &first) && first <= run, "the lowest run that fits");
	reached();
}

void harness_give(void)
{
	struct units units, before = units;
	uint32_t first = nondet_u32(), count = nondet_u32(), unit = nondet_u32();

	assume(first < UNITS_COUNT && count <= UNITS_COUNT - first && unit < UNITS_COUNT);
	units_give(&units, first, count);
	prove(is_taken(&units, unit) ==
		      (is_taken(&before, unit) && !(unit >= first && unit < first + count)),
	      "these are free, and no other changes");
	reached();
}
