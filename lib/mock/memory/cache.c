// SPDX-License-Identifier: MIT
/*
 * cache.c: see cache.h. A list in the order of the writes.
 */
#include "mock/memory/cache.h"

#include "mock/memory/random.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SWAP_BYTES = 4096, ODDS = 256 };

struct mock_unflushed {
	struct mock_unflushed *next;
	const struct mock_store *store;
	uint64_t offset;
	uint64_t len;
	uint8_t data[]; /* what the write has replaced */
};

static uint64_t memory_of(uint64_t len)
{
	return sizeof(struct mock_unflushed) + len;
}

static void append(struct mock_cache *cache, struct mock_unflushed *part)
{
	assert(!cache->first == !cache->last);
	part->next = NULL;
	if (cache->last)
		cache->last->next = part;
	else
		cache->first = part;
	cache->last = part;
	cache->bytes += memory_of(part->len);
}

static struct mock_unflushed *take_first(struct mock_cache *cache)
{
	struct mock_unflushed *part = cache->first;

	assert(part);
	cache->first = part->next;
	if (!cache->first)
		cache->last = NULL;
	cache->bytes -= memory_of(part->len);
	return part;
}

static bool keep_part(struct mock_cache *cache, const struct mock_store *store, uint64_t offset,
		      uint64_t len)
{
	struct mock_unflushed *part;

	assert(memory_of(len) <= cache->capacity);
	while (cache->bytes + memory_of(len) > cache->capacity)
		free(take_first(cache));
	part = malloc(memory_of(len));
	if (!part)
		return false;
	*part = (struct mock_unflushed){ .store = store, .offset = offset, .len = len };
	if (mock_store_read(store, offset, part->data, len)) {
		free(part);
		return false;
	}
	append(cache, part);
	return true;
}

bool mock_cache_keep(struct mock_cache *cache, const struct mock_store *store, uint64_t offset,
		     uint64_t len, uint64_t unit)
{
	bool kept = len + (len / unit + 1) * memory_of(0) <= cache->capacity;

	assert(len && unit);
	for (uint64_t done = 0; kept && done < len; done += unit)
		kept = keep_part(cache, store, offset + done,
				 len - done < unit ? len - done : unit);
	return kept;
}

int mock_cache_settle(struct mock_cache *cache, const struct mock_store *store, uint64_t offset,
		      uint64_t len)
{
	int ret = 0;

	for (struct mock_unflushed *part = cache->first; part && !ret; part = part->next) {
		uint64_t first = part->offset > offset ? part->offset : offset;
		uint64_t end = part->offset + part->len;

		end = end < offset + len ? end : offset + len;
		if (part->store == store && first < end)
			ret = mock_store_read(store, first, part->data + (first - part->offset),
					      end - first);
	}
	return ret;
}

void mock_cache_flush(struct mock_cache *cache, const struct mock_store *store)
{
	struct mock_cache kept = { .capacity = cache->capacity, .random = cache->random };

	while (cache->first) {
		struct mock_unflushed *part = take_first(cache);

		if (store && part->store != store)
			append(&kept, part);
		else
			free(part);
	}
	*cache = kept;
}

/* Exchanges the data of a part and of the store. */
static int swap(struct mock_unflushed *part)
{
	uint8_t other[SWAP_BYTES];
	int ret = 0;

	for (uint64_t done = 0; done < part->len && !ret; done += sizeof(other)) {
		size_t chunk = part->len - done < sizeof(other) ? part->len - done : sizeof(other);

		ret = mock_store_read(part->store, part->offset + done, other, chunk);
		if (ret)
			break;
		ret = mock_store_write(part->store, part->offset + done, part->data + done, chunk);
		memcpy(part->data + done, other, chunk);
	}
	return ret;
}

static struct mock_unflushed *reverse(struct mock_unflushed *part)
{
	struct mock_unflushed *done = NULL;

	while (part) {
		struct mock_unflushed *next = part->next;

		part->next = done;
		done = part;
		part = next;
	}
	return done;
}

/*
 * The newest first, each part puts back what it has replaced and keeps what it wrote: then the stores hold what
 * is durable. The oldest first, those that survive write again. The odds differ from loss to loss, so that all
 * or nothing survives now and then.
 */
int mock_cache_lose(struct mock_cache *cache)
{
	uint64_t odds = mock_random(&cache->random) % (ODDS + 1);
	int ret = 0;

	cache->first = reverse(cache->first);
	for (struct mock_unflushed *part = cache->first; part && !ret; part = part->next)
		ret = swap(part);
	cache->first = reverse(cache->first);
	for (struct mock_unflushed *part = cache->first; part && !ret; part = part->next)
		if (mock_random(&cache->random) % ODDS < odds)
			ret = mock_store_write(part->store, part->offset, part->data, part->len);
	mock_cache_flush(cache, NULL);
	return ret;
}
