/* SPDX-License-Identifier: MIT */
/*
 * Proved: iova_alloc() finds the lowest run that is free, aligned and long enough, and fails only when
 * there is none, or when splitting an extent needs room in the table that is not there. iova_add()
 * adds exactly its window, or nothing.
 *
 * Bounds: spaces of up to 2 extents, addresses of 32 bits (space.h), one call from any
 * valid state, so any sequence of calls. Unsigned wrap-around is not checked for: an
 * alignment beyond the last address is looked for.
 *
 * @without unsigned-overflow-check
 * @options --unwind 6
 */
#include "space.h"

/* Whether an aligned run in any extent begins there. */
static bool has_run(const struct space_copy *space, uint32_t start, uint32_t len, uint32_t align)
{
	for (uint32_t i = 0; i < space->count; i++)
		if (start >= space->extents[i].first && start <= space->extents[i].last &&
		    space->extents[i].last - start >= len - 1 && (start & (align - 1)) == 0)
			return true;
	return false;
}

static void check_fit(uint32_t count, bool full)
{
	struct iova_space space = space_anything(count, full);
	struct space_copy old = space_copy(&space);
	uint32_t len = nondet_u32(), align = nondet_u32(), other = nondet_u32(), iova;
	int ret;

	assume(len > 0 && align && (align & (align - 1)) == 0);
	ret = iova_alloc(&space, len, align, &iova);
	if (!has_run(&old, other, len, align))
		return;
	prove(!ret || full, "there was a run");
	prove(ret || iova <= other, "there was no lower run");
}

static void check_add(uint32_t count, bool full)
{
	struct iova_space space = space_anything(count, full);
	struct space_copy old = space_copy(&space);
	uint32_t first = nondet_u32(), last = nondet_u32();
	const struct iova_extent *top = &extents[count ? count - 1 : 0];
	bool above = !count || first > top->last, touches = count && first - 1 == top->last;
	int ret = iova_add(&space, first, last);

	prove(space_is_valid(&space), "a valid space");
	prove((ret == -EINVAL) == (first > last || !above), "in order only");
	if (ret) {
		prove(space_is(&space, &old, count), "a failure changes nothing");
		return;
	}
	prove(space.count == count + !touches, "a window more");
	top = &extents[space.count - 1];
	prove(top->first == (touches ? old.extents[count - 1].first : first) && top->last == last,
	      "this window");
	prove(space_is(&space, &old, space.count - 1), "the others are as they were");
}

void harness_fit_room(void)
{
	SPACE_EACH(2, check_fit, false);
	reached();
}

void harness_fit_full(void)
{
	SPACE_EACH(2, check_fit, true);
	reached();
}

void harness_add(void)
{
	SPACE_EACH(2, check_add, false);
	SPACE_EACH(2, check_add, true);
	reached();
}
