/* SPDX-License-Identifier: MIT */
/*
 * cache.h: the volatile write cache of a mock. The stores hold what the driver reads; the cache holds, for
 * each write that is not durable yet, what it has replaced. So reads do not look here, and a power loss puts
 * back what the writes that it loses have replaced. The mock's lock is held.
 */
#ifndef NVU_MOCK_MEMORY_CACHE_H
#define NVU_MOCK_MEMORY_CACHE_H

#include "mock/memory/store.h"

#include <stdbool.h>
#include <stdint.h>

/* A write that is not durable, or a part of one: it survives or is lost as a whole. */
struct mock_unflushed;

/* All zeroes: no cache. */
struct mock_cache {
	struct mock_unflushed *first, *last; /* the oldest, the newest */
	uint64_t bytes;			     /* memory that they take */
	uint64_t capacity;		     /* the largest .bytes; 0: no cache */
	uint64_t random;		     /* state of what a power loss draws */
};

/*
 * Before a write of len bytes: keeps what it replaces, in parts of `unit` bytes. Where room is missing, the
 * oldest writes become durable. False: the write is larger than the cache, or there is no memory; the caller
 * makes it durable with mock_cache_settle(), after it.
 */
bool mock_cache_keep(struct mock_cache *cache, const struct mock_store *store, uint64_t offset,
		     uint64_t len, uint64_t unit);

/* What these bytes hold now is durable. 0 or -errno: the store cannot be read. */
int mock_cache_settle(struct mock_cache *cache, const struct mock_store *store, uint64_t offset,
		      uint64_t len);

/* All writes to a store are durable; NULL: to all stores. */
void mock_cache_flush(struct mock_cache *cache, const struct mock_store *store);

/*
 * The power is lost: each part that is not durable survives or not, at random. Then nothing is in the cache.
 * 0 or -errno: a store cannot be read or written, and holds some state between.
 */
int mock_cache_lose(struct mock_cache *cache);

#endif
