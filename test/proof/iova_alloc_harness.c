/* SPDX-License-Identifier: MIT */
/*
 * Proved: iova_alloc() hands out a run that was free and aligned as asked for, and nothing else
 * changes; the run is not free afterwards, so nothing is handed out twice; a failure changes nothing.
 * Extents stay ascending, apart and inside the table.
 *
 * Bounds: spaces of up to 2 extents, addresses of 32 bits (space.h), one call from any
 * valid state, so any sequence of calls. Unsigned wrap-around is not checked for: it looks for
 * it by itself, and an end beyond the last address is computed though not used.
 *
 * @without unsigned-overflow-check
 * @options --unwind 6
 */
#include "space.h"

static bool is(const struct iova_extent *extent, uint32_t first, uint32_t last)
{
	return extent->first == first && extent->last == last;
}

/* That extent `at` has lost [first, last], which was inside, and no other has changed. */
static bool has_lost(const struct iova_space *space, const struct space_copy *old, uint32_t at,
		     uint32_t first, uint32_t last)
{
	const struct iova_extent *extent = &old->extents[at];
	bool before = first > extent->first, after = last < extent->last, same = true;

	if (space->count != old->count - 1 + before + after)
		return false;
	for (uint32_t i = 0; i < old->count; i++)
		if (i != at)
			same &= is(&space->free[i < at ? i : i - 1 + before + after],
				   old->extents[i].first, old->extents[i].last);
	return same && (!before || is(&space->free[at], extent->first, first - 1)) &&
	       (!after || is(&space->free[at + before], last + 1, extent->last));
}

/* That the run was inside an extent, and that all is as it was but for it. */
static bool is_taken_out(const struct iova_space *space, const struct space_copy *old,
			 uint32_t first, uint32_t last)
{
	for (uint32_t i = 0; i < old->count; i++)
		if (first >= old->extents[i].first && last <= old->extents[i].last)
			return has_lost(space, old, i, first, last);
	return false;
}

static void check_alloc(uint32_t count, bool full)
{
	struct iova_space space = space_anything(count, full);
	struct space_copy old = space_copy(&space);
	uint32_t len = nondet_u32(), align = nondet_u32(), iova;
	int ret;

	assume(len > 0 && align && (align & (align - 1)) == 0);
	ret = iova_alloc(&space, len, align, &iova);
	prove(space_is_valid(&space), "a valid space");
	prove(IMPLIES(ret, space_is(&space, &old, old.count)), "a failure changes nothing");
	if (ret)
		return;
	prove((iova & (align - 1)) == 0, "the run is aligned");
	prove(iova + (len - 1) >= iova, "the run does not wrap");
	prove(is_taken_out(&space, &old, iova, iova + (len - 1)),
	      "the run was free and is gone, nothing else changes");
}

void harness_room(void)
{
	SPACE_EACH(2, check_alloc, false);
	reached();
}

void harness_full(void)
{
	SPACE_EACH(2, check_alloc, true);
	reached();
}
