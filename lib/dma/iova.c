/* SPDX-License-Identifier: MIT */
/*
 * iova.c: first-fit allocation of I/O addresses over a sorted array of free extents. Merging on
 * release keeps the array as short as the number of holes, so a search sees few extents.
 */
#include "dma/iova.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

static void insert_extent(struct iova_space *space, uint32_t at, uint64_t first, uint64_t last)
{
	memmove(&space->free[at + 1], &space->free[at],
		(space->count - at) * sizeof(space->free[0]));
	space->free[at] = (struct iova_extent){ .first = first, .last = last };
	space->count++;
}

static void remove_extent(struct iova_space *space, uint32_t at)
{
	space->count--;
	memmove(&space->free[at], &space->free[at + 1],
		(space->count - at) * sizeof(space->free[0]));
}

int iova_add(struct iova_space *space, uint64_t first, uint64_t last)
{
	struct iova_extent *below = space->count ? &space->free[space->count - 1] : NULL;

	if (first > last || (below && first <= below->last))
		return -EINVAL;
	if (below && first - 1 == below->last) {
		below->last = last;
		return 0;
	}
	if (space->count == space->capacity)
		return -ENOSPC;
	insert_extent(space, space->count, first, last);
	return 0;
}

/* The first aligned address of the extent from which len bytes fit; false when they do not. */
static int fit(const struct iova_extent *extent, uint64_t len, uint64_t align, uint64_t *ret_iova)
{
	uint64_t start = (extent->first + align - 1) & ~(align - 1);

	if (start < extent->first || start > extent->last || extent->last - start < len - 1)
		return 0;
	*ret_iova = start;
	return 1;
}

int iova_alloc(struct iova_space *space, uint64_t len, uint64_t align, uint64_t *ret_iova)
{
	assert(len > 0 && align > 0 && (align & (align - 1)) == 0);

	for (uint32_t i = 0; i < space->count; i++) {
		struct iova_extent *extent = &space->free[i];
		uint64_t start;
		struct iova_extent before, after;

		if (!fit(extent, len, align, &start))
			continue;
		before = (struct iova_extent){ extent->first, start - 1 };
		after = (struct iova_extent){ start + len, extent->last };
		if (start > extent->first && start + (len - 1) < extent->last) {
			if (space->count == space->capacity)
				return -ENOSPC;
			*extent = before;
			insert_extent(space, i + 1, after.first, after.last);
		} else if (start > extent->first) {
			*extent = before;
		} else if (start + (len - 1) < extent->last) {
			*extent = after;
		} else {
			remove_extent(space, i);
		}
		*ret_iova = start;
		return 0;
	}
	return -ENOSPC;
}

/* Index of the first extent that begins above iova. */
static uint32_t find_above(const struct iova_space *space, uint64_t iova)
{
	uint32_t low = 0, high = space->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (space->free[middle].first > iova)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

int iova_free(struct iova_space *space, uint64_t iova, uint64_t len)
{
	uint32_t at = find_above(space, iova);
	uint64_t last = iova + (len - 1);
	struct iova_extent *below = at > 0 ? &space->free[at - 1] : NULL;
	struct iova_extent *above = at < space->count ? &space->free[at] : NULL;
	int joins_below, joins_above;

	if (len == 0 || last < iova || (below && below->last >= iova) ||
	    (above && above->first <= last))
		return -EINVAL;
	joins_below = below && below->last + 1 == iova;
	joins_above = above && last + 1 == above->first;
	if (joins_below && joins_above) {
		below->last = above->last;
		remove_extent(space, at);
	} else if (joins_below) {
		below->last = last;
	} else if (joins_above) {
		above->first = iova;
	} else {
		if (space->count == space->capacity)
			return -ENOSPC;
		insert_extent(space, at, iova, last);
	}
	return 0;
}

/* Removes [first, last] from the free addresses. */
static int carve(struct iova_space *space, uint64_t first, uint64_t last)
{
	uint32_t i = 0;

	while (i < space->count) {
		struct iova_extent *extent = &space->free[i];
		const struct iova_extent old = *extent;

		if (old.last < first || old.first > last) {
			i++;
		} else if (old.first < first && old.last > last) {
			if (space->count == space->capacity)
				return -ENOSPC;
			extent->last = first - 1;
			insert_extent(space, i + 1, last + 1, old.last);
			i += 2;
		} else if (old.first < first) {
			extent->last = first - 1;
			i++;
		} else if (old.last > last) {
			extent->first = last + 1;
			i++;
		} else {
			remove_extent(space, i);
		}
	}
	return 0;
}

int iova_restrict(struct iova_space *space, const struct iova_extent *windows, uint32_t count)
{
	uint64_t from = 0;

	for (uint32_t i = 0; i < count; i++) {
		int ret = windows[i].first > from ? carve(space, from, windows[i].first - 1) : 0;

		if (ret)
			return ret;
		if (windows[i].last == UINT64_MAX)
			return 0;
		from = windows[i].last + 1;
	}
	return carve(space, from, UINT64_MAX);
}
