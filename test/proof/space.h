/* SPDX-License-Identifier: MIT */
/*
 * space.h: a space of I/O addresses in any state that it can be in, and a copy of it to compare with
 * after a step.
 *
 * Addresses have 32 bits here instead of 64, all of them: the code has one type for them and no
 * constant but the largest, and half the width is a proof in seconds instead of minutes.
 */
#ifndef NVU_TEST_PROOF_SPACE_H
#define NVU_TEST_PROOF_SPACE_H

#include "proof.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define uint64_t uint32_t /* unsigned int: no narrower, or sums would be promoted */
#undef UINT64_MAX
#define UINT64_MAX UINT32_MAX
#include "dma/iova.c"

enum { SPACE_EXTENTS = 4 };

static struct iova_extent extents[SPACE_EXTENTS];

/*
 * Extent by extent, which CBMC follows much better than byte by byte. That each is inside the table is
 * checked as ever.
 */
void *memmove(void *to, const void *from, size_t bytes)
{
	size_t target = (size_t)((struct iova_extent *)to - extents);
	size_t source = (size_t)((const struct iova_extent *)from - extents);
	size_t count = bytes / sizeof(extents[0]);

	prove(bytes % sizeof(extents[0]) == 0 && count <= SPACE_EXTENTS, "whole extents are moved");
	if (target < source)
		for (size_t i = 0; i < count; i++)
			extents[target + i] = extents[source + i];
	else
		for (size_t i = count; i > 0; i--)
			extents[target + i - 1] = extents[source + i - 1];
	return to;
}

/* Ascending, and at least one address in use apart: a run of free addresses is one extent. */
static inline bool space_is_valid(const struct iova_space *space)
{
	if (space->count > space->capacity)
		return false;
	for (uint32_t i = 0; i < space->count; i++) {
		if (space->free[i].first > space->free[i].last)
			return false;
		if (i > 0 && (space->free[i].first <= space->free[i - 1].last ||
			      space->free[i].first - 1 == space->free[i - 1].last))
			return false;
	}
	return true;
}

/* With this number of extents, and room for more or not. */
static inline struct iova_space space_anything(uint32_t count, bool full)
{
	struct iova_space space = { .free = extents, .count = count, .capacity = count + !full };

	anything(extents);
	assume(space_is_valid(&space));
	return space;
}

/* The check with each number of extents up to `most`, in a table with room or in a full one. */
#define SPACE_EACH(most, check, full)                      \
	for (uint32_t count = 0; count <= (most); count++) \
	check(count, full)

struct space_copy {
	uint32_t count;
	struct iova_extent extents[SPACE_EXTENTS];
};

static inline struct space_copy space_copy(const struct iova_space *space)
{
	struct space_copy copy = { .count = space->count };

	for (uint32_t i = 0; i < space->count; i++)
		copy.extents[i] = space->free[i];
	return copy;
}

/* That the first `count` extents are as they were. */
static inline bool space_is(const struct iova_space *space, const struct space_copy *old,
			    uint32_t count)
{
	bool same = count <= space->count && count <= old->count;

	for (uint32_t i = 0; i < SPACE_EXTENTS; i++)
		if (i < count)
			same &= space->free[i].first == old->extents[i].first &&
				space->free[i].last == old->extents[i].last;
	return same;
}

#endif
