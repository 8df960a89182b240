// SPDX-License-Identifier: MIT
/*
 * dma.c: a sorted array with binary search. Insertion in ascending order and removal in any order are
 * cheap: a driver with 100,000 mappings does both.
 */
#include "mock/memory/dma.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 64 };

void mock_dma_fini(struct mock_dma *dma)
{
	assert(dma->removed <= dma->count);
	free(dma->maps);
	*dma = (struct mock_dma){ 0 };
}

/* The first slot whose iova is above the given one. */
static uint32_t slot_above(const struct mock_dma *dma, uint64_t iova)
{
	uint32_t low = 0;
	uint32_t high = dma->count;

	if (high && dma->maps[high - 1].iova <= iova)
		return high;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (dma->maps[middle].iova <= iova)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Whether a live mapping meets [iova, iova + len). slot is slot_above(iova). */
static bool overlaps(const struct mock_dma *dma, uint32_t slot, uint64_t iova, uint64_t len)
{
	assert(slot <= dma->count);
	for (uint32_t idx = slot; idx > 0; idx--) {
		const struct mock_map *map = &dma->maps[idx - 1];

		if (map->len) {
			if (iova - map->iova < map->len)
				return true;
			break;
		}
	}
	for (uint32_t idx = slot; idx < dma->count; idx++)
		if (dma->maps[idx].len)
			return dma->maps[idx].iova - iova < len;
	return false;
}

static int grow(struct mock_dma *dma)
{
	uint32_t capacity = dma->capacity ? dma->capacity * 2 : FIRST_CAPACITY;
	struct mock_map *maps;

	assert(dma->count <= dma->capacity);
	if (dma->count < dma->capacity)
		return 0;
	maps = realloc(dma->maps, capacity * sizeof(*maps));
	if (!maps)
		return -ENOMEM;
	dma->maps = maps;
	dma->capacity = capacity;
	return 0;
}

int mock_dma_insert(struct mock_dma *dma, uint64_t iova, uint8_t *vaddr, uint64_t len,
		    uint32_t prot)
{
	struct mock_map map = { .iova = iova, .len = len, .vaddr = vaddr, .prot = prot };
	uint32_t slot = slot_above(dma, iova);
	int ret;

	assert(len && vaddr);
	if (overlaps(dma, slot, iova, len))
		return -EEXIST;
	if (slot > 0 && dma->maps[slot - 1].len == 0) { /* a removed neighbour: order stays */
		dma->maps[slot - 1] = map;
		dma->removed--;
	} else {
		ret = grow(dma);
		if (ret)
			return ret;
		memmove(&dma->maps[slot + 1], &dma->maps[slot],
			(dma->count - slot) * sizeof(*dma->maps));
		dma->maps[slot] = map;
		dma->count++;
	}
	dma->bytes += len;
	return 0;
}

static void squeeze(struct mock_dma *dma)
{
	uint32_t kept = 0;

	for (uint32_t idx = 0; idx < dma->count; idx++)
		if (dma->maps[idx].len)
			dma->maps[kept++] = dma->maps[idx];
	assert(kept == dma->count - dma->removed);
	dma->count = kept;
	dma->removed = 0;
}

int mock_dma_remove(struct mock_dma *dma, uint64_t iova, uint64_t len)
{
	uint32_t slot = slot_above(dma, iova);
	struct mock_map *map = slot ? &dma->maps[slot - 1] : NULL;

	if (!map || map->iova != iova || map->len != len || len == 0)
		return -ENOENT;
	assert(dma->removed < dma->count);
	map->len = 0;
	dma->bytes -= len;
	dma->removed++;
	if (dma->removed > FIRST_CAPACITY && dma->removed > dma->count / 2)
		squeeze(dma);
	return 0;
}

static bool holds(const struct mock_dma *dma, uint32_t slot, uint64_t iova)
{
	return slot < dma->count && iova - dma->maps[slot].iova < dma->maps[slot].len;
}

uint8_t *mock_dma_translate(const struct mock_dma *dma, uint64_t iova, uint64_t len, uint32_t prot,
			    uint32_t *hint, uint64_t *ret_len)
{
	const struct mock_map *map;
	uint64_t offset;

	if (!holds(dma, *hint, iova)) {
		uint32_t slot = slot_above(dma, iova);

		/* A mapping removed before this one was made may lie inside it. */
		while (slot > 0 && dma->maps[slot - 1].len == 0)
			slot--;
		if (slot == 0 || !holds(dma, slot - 1, iova))
			return NULL;
		*hint = slot - 1;
	}
	map = &dma->maps[*hint];
	if ((map->prot & prot) != prot)
		return NULL;
	offset = iova - map->iova;
	*ret_len = map->len - offset < len ? map->len - offset : len;
	return map->vaddr + offset;
}
