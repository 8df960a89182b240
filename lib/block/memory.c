/* SPDX-License-Identifier: MIT */
/*
 * memory.c: see memory.h.
 */
#include "block/memory.h"

#include "base/error.h"

#include <errno.h>
#include <nvu/dma.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void memory_init(struct memory *memory)
{
	*memory = (struct memory){ 0 };
	pthread_rwlock_init(&memory->lock, NULL);
}

void memory_destroy(struct memory *memory)
{
	for (size_t i = 0; i < memory->count; i++)
		(void)nvu_dma_free(memory->regions[i].buf);
	free(memory->regions);
	pthread_rwlock_destroy(&memory->lock);
}

/* The first region that ends above p. */
static size_t find_above(const struct memory *memory, uintptr_t p)
{
	size_t low = 0, high = memory->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memory->regions[middle].end > p)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static const struct region *find_key(const struct memory *memory, uintptr_t key)
{
	for (size_t i = 0; i < memory->count; i++)
		if (memory->regions[i].key == key)
			return &memory->regions[i];
	return NULL;
}

/* Makes room; lock held. */
static int grow(struct memory *memory)
{
	size_t capacity = memory->capacity ? 2 * memory->capacity : 16;
	struct region *regions;

	if (memory->count < memory->capacity)
		return 0;
	regions = realloc(memory->regions, capacity * sizeof(*regions));
	if (!regions)
		return error_set(-ENOMEM, "no memory for the table of %zu registrations", capacity);
	memory->regions = regions;
	memory->capacity = capacity;
	return 0;
}

static void insert(struct memory *memory, const struct region *region)
{
	size_t place = find_above(memory, region->first);

	memmove(memory->regions + place + 1, memory->regions + place,
		(memory->count - place) * sizeof(*region));
	memory->regions[place] = *region;
	__atomic_store_n(&memory->count, memory->count + 1, __ATOMIC_RELAXED);
}

static int add(struct memory *memory, struct nvu_ctrl *ctrl, uintptr_t addr, size_t len)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	struct region region = { .key = addr };
	int ret;

	if (find_key(memory, addr))
		return error_set(-EEXIST, "memory at %#zx is registered already", (size_t)addr);
	region.first = (addr + page - 1) & ~(page - 1);
	region.end = (addr + len) & ~(page - 1);
	if (region.end <= region.first)
		region.end = region.first = 0;
	ret = grow(memory);
	if (!ret && region.end > region.first)
		ret = nvu_dma_register(ctrl, (char *)addr + (region.first - addr),
				       region.end - region.first, &region.buf);
	if (!ret)
		insert(memory, &region);
	return ret;
}

int memory_add(struct memory *memory, struct nvu_ctrl *ctrl, void *addr, size_t len)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	int ret;

	if (!len || (uintptr_t)addr > UINTPTR_MAX - len - page)
		return error_set(-EINVAL, "no memory to register: %zu bytes at %p", len, addr);
	pthread_rwlock_wrlock(&memory->lock);
	ret = add(memory, ctrl, (uintptr_t)addr, len);
	pthread_rwlock_unlock(&memory->lock);
	return ret;
}

static int erase(struct memory *memory, const void *addr)
{
	const struct region *region = find_key(memory, (uintptr_t)addr);
	size_t place;
	int ret;

	if (!region)
		return error_set(-EINVAL,
				 "memory at %p is not registered: expected an address that "
				 "nvu_block_register() got",
				 addr);
	ret = nvu_dma_free(region->buf);
	if (ret && ret != -ENOMEM)
		return ret;
	place = (size_t)(region - memory->regions);
	__atomic_store_n(&memory->count, memory->count - 1, __ATOMIC_RELAXED);
	memmove(memory->regions + place, memory->regions + place + 1,
		(memory->count - place) * sizeof(*region));
	return ret;
}

int memory_remove(struct memory *memory, const void *addr)
{
	int ret;

	pthread_rwlock_wrlock(&memory->lock);
	ret = erase(memory, addr);
	pthread_rwlock_unlock(&memory->lock);
	return ret;
}

size_t memory_find(struct memory *memory, const void *p, size_t len, const struct nvu_dma **ret_buf,
		   size_t *ret_offset, size_t *ret_until)
{
	const uintptr_t addr = (uintptr_t)p;
	const struct region *region;
	size_t place, run = 0;

	*ret_until = len;
	if (!p || memory_is_empty(memory))
		return 0;
	pthread_rwlock_rdlock(&memory->lock);
	place = find_above(memory, addr);
	region = place < memory->count ? &memory->regions[place] : NULL;
	if (region && region->buf && region->first <= addr) {
		run = region->end - addr < len ? region->end - addr : len;
		*ret_buf = region->buf;
		*ret_offset = addr - region->first;
	} else if (region && region->first > addr && region->first - addr < len) {
		*ret_until = region->first - addr;
	}
	pthread_rwlock_unlock(&memory->lock);
	return run;
}
