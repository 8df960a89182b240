// SPDX-License-Identifier: MIT
/*
 * bad.c: see bad.h.
 */
#include "mock/memory/bad.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

static bool overlaps(const struct mock_bad_range *range, uint64_t first, uint64_t end)
{
	return range->first < end && first < range->end;
}

bool mock_bad_has(const struct mock_bad *bad, uint64_t first, uint64_t end)
{
	for (uint32_t idx = 0; idx < bad->count; idx++)
		if (overlaps(&bad->ranges[idx], first, end))
			return true;
	return false;
}

/* Makes room for more ranges. */
static int reserve(struct mock_bad *bad, uint32_t more)
{
	uint32_t capacity = bad->capacity ? bad->capacity * 2 : 16;
	struct mock_bad_range *ranges;

	assert(bad->count <= bad->capacity);
	if (bad->count + more <= bad->capacity)
		return 0;
	ranges = realloc(bad->ranges, capacity * sizeof(*ranges));
	if (!ranges)
		return -ENOMEM;
	bad->ranges = ranges;
	bad->capacity = capacity;
	return 0;
}

/* Removes [first, end) from a range, which may become two. Returns whether the range itself is kept. */
static bool cut(struct mock_bad *bad, struct mock_bad_range *range, uint64_t first, uint64_t end)
{
	const struct mock_bad_range behind = { end, range->end };

	assert(overlaps(range, first, end));
	if (range->first < first) {
		range->end = first;
		if (behind.first < behind.end)
			bad->ranges[bad->count++] = behind;
		return true;
	}
	range->first = end;
	return behind.first < behind.end;
}

int mock_bad_remove(struct mock_bad *bad, uint64_t first, uint64_t end)
{
	int ret = bad->count ? reserve(bad, 1) : 0; /* one range may become two */

	for (uint32_t idx = 0; !ret && idx < bad->count;) {
		struct mock_bad_range *range = &bad->ranges[idx];

		if (overlaps(range, first, end) && !cut(bad, range, first, end))
			*range = bad->ranges[--bad->count];
		else
			idx++;
	}
	return ret;
}

int mock_bad_add(struct mock_bad *bad, uint64_t first, uint64_t end)
{
	int ret = reserve(bad, 2);

	assert(first < end);
	if (ret)
		return ret;
	(void)mock_bad_remove(bad, first, end);
	bad->ranges[bad->count++] = (struct mock_bad_range){ first, end };
	return 0;
}

void mock_bad_clear(struct mock_bad *bad)
{
	assert(bad->count <= bad->capacity);
	free(bad->ranges);
	*bad = (struct mock_bad){ .count = 0 };
}
