/* SPDX-License-Identifier: MIT */
/*
 * Proved: carve(), of which iova_restrict() is made, takes a range of addresses away from the free ones
 * and nothing else; when it fails for want of room in the table it has taken away no more than that.
 * Extents stay ascending, apart and inside the table. (One address, which may be any, stands for all.)
 *
 * Bounds: spaces of up to 2 extents, with room for more and without; addresses of 32 bits (space.h); one
 * call from any valid state, so any sequence of calls. Unsigned wrap-around is not checked for: what lies
 * around the last address is not computed with.
 *
 * @without unsigned-overflow-check
 * @options --unwind 6
 */
#include "windows.h"

static void check_carve(uint32_t count, bool full)
{
	struct iova_space space = space_anything(count, full);
	struct space_copy old = space_copy(&space);
	uint32_t first = nondet_u32(), last = nondet_u32(), address = nondet_u32();
	bool wanted, is_free;
	int ret;

	assume(first <= last);
	wanted = has(old.extents, count, address) && (address < first || address > last);
	ret = carve(&space, first, last);
	is_free = has(extents, space.count, address);
	prove(space_is_valid(&space), "a valid space");
	prove(ret || is_free == wanted, "the range is taken away, and nothing else");
	prove(!wanted || is_free, "never less");
	prove(!is_free || has(old.extents, count, address), "never more");
}

void harness_room(void)
{
	SPACE_EACH(2, check_carve, false);
	reached();
}

void harness_full(void)
{
	SPACE_EACH(2, check_carve, true);
	reached();
}
