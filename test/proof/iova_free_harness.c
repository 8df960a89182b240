/* SPDX-License-Identifier: MIT */
/*
 * Proved: iova_free() makes the run that is given back free and nothing else; it refuses a run of
 * which an address is free already, an empty one and one that wraps, and changes nothing then; runs
 * that touch are merged. Extents stay ascending, apart and inside the table.
 *
 * Bounds: spaces of up to 2 extents, addresses of 32 bits (space.h), one call from any
 * valid state, so any sequence of calls. Unsigned wrap-around is not checked for: it looks for
 * it by itself.
 *
 * @without unsigned-overflow-check
 * @options --unwind 6
 */
#include "space.h"

static bool is(const struct iova_extent *extent, uint32_t first, uint32_t last)
{
	return extent->first == first && extent->last == last;
}

/* That the run and the extents that it touches are one now, and all others as they were. */
static bool is_given_back(const struct iova_space *space, const struct space_copy *old,
			  uint32_t first, uint32_t last)
{
	bool same = true, found = false;
	uint32_t at = 0;

	for (uint32_t i = 0; i < old->count; i++) {
		const struct iova_extent *extent = &old->extents[i];

		if (extent->last + 1 == first && first) {
			first = extent->first;
		} else if (extent->first - 1 == last && extent->first) {
			last = extent->last;
		} else {
			if (!found && extent->first > last) {
				same &= is(&space->free[at++], first, last);
				found = true;
			}
			same &= is(&space->free[at++], extent->first, extent->last);
		}
	}
	if (!found)
		same &= is(&space->free[at++], first, last);
	return same && at == space->count;
}

static bool is_in_use(const struct space_copy *space, uint32_t first, uint32_t last)
{
	for (uint32_t i = 0; i < space->count; i++)
		if (space->extents[i].first <= last && space->extents[i].last >= first)
			return false;
	return true;
}

static void check_free(uint32_t count, bool full)
{
	struct iova_space space = space_anything(count, full);
	struct space_copy old = space_copy(&space);
	uint32_t first = nondet_u32(), len = nondet_u32(), last = first + (len - 1);
	int ret = iova_free(&space, first, len);

	prove(space_is_valid(&space), "a valid space");
	prove((ret == -EINVAL) == (len == 0 || last < first || !is_in_use(&old, first, last)),
	      "refused when an address is not in use");
	prove(!ret || ret == -EINVAL || full, "fails for want of room only");
	if (ret)
		prove(space_is(&space, &old, count), "a failure changes nothing");
	else
		prove(is_given_back(&space, &old, first, last), "free again, nothing else");
}

void harness_room(void)
{
	SPACE_EACH(2, check_free, false);
	reached();
}

void harness_full(void)
{
	SPACE_EACH(2, check_free, true);
	reached();
}
