/* SPDX-License-Identifier: MIT */
/*
 * Proved: iova_restrict() leaves exactly the free addresses that are inside the windows; when it fails
 * for want of room in the table it has taken away no more than the others. Extents stay ascending,
 * apart and inside the table. (One address, which may be any, stands for all.)
 *
 * Bounds: spaces of 1 extent, with room for one more; large: and without; up to 2 windows, each number
 * of them by itself; addresses of 32 bits (space.h). More extents: each is carved by itself
 * (iova_carve). Unsigned wrap-around is not checked for: what lies around the last address is not
 * computed with.
 *
 * @without unsigned-overflow-check
 * @options --unwind 6
 */
#include "windows.h"

static void check_restrict(uint32_t count, bool full, uint32_t window_count)
{
	struct iova_space space = space_anything(count, full);
	struct space_copy old = space_copy(&space);
	struct iova_extent windows[2];
	uint32_t address = nondet_u32();
	bool wanted, is_free;
	int ret;

	for (uint32_t i = 0; i < window_count; i++)
		assume(windows[i].first <= windows[i].last &&
		       (!i || windows[i - 1].last < windows[i].first));
	wanted = has(old.extents, count, address) && has(windows, window_count, address);
	ret = iova_restrict(&space, windows, window_count);
	is_free = has(extents, space.count, address);
	prove(space_is_valid(&space), "a valid space");
	prove(ret || is_free == wanted, "free before and inside a window, and no other");
	prove(!wanted || is_free, "never less");
	prove(!is_free || has(old.extents, count, address), "never more");
}

void harness_no_window(void)
{
	check_restrict(1, BOUND(nondet_bool(), false), 0);
	reached();
}

void harness_one_window(void)
{
	check_restrict(1, BOUND(nondet_bool(), false), 1);
	reached();
}

void harness_two_windows(void)
{
	check_restrict(1, BOUND(nondet_bool(), false), 2);
	reached();
}
