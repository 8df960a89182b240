// SPDX-License-Identifier: MIT
/*
 * test_mock_cache.c: the mock's volatile write cache against a plain history of writes: what a power loss may
 * leave, and what it may not.
 */
#include "mock/memory/cache.h"
#include "unit.h"

enum { BLOCKS = 32, BLOCK = 4, PARTS_MAX = 4096, LIVES = 300, STEPS = 40, CAPACITY = 1 << 20 };

/* A part of a write: `id` is what each of its blocks holds. */
struct part {
	uint32_t first, count, id;
	bool durable;
};

struct history {
	struct mock_store store;
	struct mock_cache cache;
	struct part parts[PARTS_MAX];
	uint32_t count;
	uint64_t random;
};

static uint32_t below(struct history *history, uint32_t limit)
{
	history->random = history->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(history->random >> 33) % limit;
}

static void begin(struct history *history, uint64_t seed)
{
	*history = (struct history){ .random = seed };
	history->cache = (struct mock_cache){ .capacity = CAPACITY, .random = seed };
	assert_int_equal(mock_store_open(&history->store, NULL, (uint64_t)BLOCKS * BLOCK), 0);
}

static void end(struct history *history)
{
	mock_cache_flush(&history->cache, NULL);
	assert_int_equal(history->cache.bytes, 0);
	mock_store_close(&history->store);
}

static uint32_t block(const struct history *history, uint32_t idx)
{
	uint32_t value;

	assert_int_equal(mock_store_read(&history->store, (uint64_t)idx * BLOCK, &value, BLOCK), 0);
	return value;
}

/* Writes blocks; unit: of how many a part is. Forced: durable at once. */
static void put(struct history *history, uint32_t first, uint32_t count, uint32_t unit, bool forced)
{
	uint64_t at = (uint64_t)first * BLOCK, len = (uint64_t)count * BLOCK;
	bool kept = !forced && mock_cache_keep(&history->cache, &history->store, at, len,
					       (uint64_t)unit * BLOCK);

	assert_int_equal(kept, !forced);
	for (uint32_t done = 0; done < count; done += unit) {
		uint32_t some = count - done < unit ? count - done : unit;
		uint32_t id = history->count + 1;

		assert_true(history->count < PARTS_MAX);
		history->parts[history->count++] = (struct part){ first + done, some, id, forced };
		for (uint32_t idx = first + done; idx < first + done + some; idx++)
			assert_int_equal(mock_store_write(&history->store, (uint64_t)idx * BLOCK,
							  &id, BLOCK),
					 0);
	}
	if (forced)
		assert_int_equal(mock_cache_settle(&history->cache, &history->store, at, len), 0);
}

static bool covers(const struct part *part, uint32_t idx)
{
	return part->first <= idx && idx < part->first + part->count;
}

/* No block is older than the newest durable write to it, or holds what was not written there. */
static void assert_possible(const struct history *history, uint32_t idx)
{
	uint32_t value = block(history, idx);

	if (value)
		assert_true(covers(&history->parts[value - 1], idx));
	for (uint32_t i = value; i < history->count; i++)
		assert_false(history->parts[i].durable && covers(&history->parts[i], idx));
}

/* A part that is seen anywhere has been kept everywhere: its other blocks are not older. */
static void assert_whole(const struct history *history, uint32_t seen)
{
	const struct part *part = &history->parts[block(history, seen) - 1];

	for (uint32_t idx = part->first; idx < part->first + part->count; idx++)
		assert_true(block(history, idx) >= part->id);
}

static void flush(struct history *history)
{
	mock_cache_flush(&history->cache, &history->store);
	for (uint32_t i = 0; i < history->count; i++)
		history->parts[i].durable = true;
}

static void power_loss_leaves_what_the_writes_allow(void **state)
{
	static struct history history;

	(void)state;
	for (uint64_t life = 1; life <= LIVES; life++) {
		begin(&history, life);
		for (int step = 0; step < STEPS; step++) {
			uint32_t first = below(&history, BLOCKS);
			uint32_t count = 1 + below(&history, BLOCKS - first);
			uint32_t kind = below(&history, 20);

			if (kind == 0)
				flush(&history);
			else
				put(&history, first, count, 1 + below(&history, 4), kind < 3);
		}
		assert_int_equal(mock_cache_lose(&history.cache), 0);
		for (uint32_t idx = 0; idx < BLOCKS; idx++) {
			assert_possible(&history, idx);
			if (block(&history, idx))
				assert_whole(&history, idx);
		}
		assert_int_equal(history.cache.bytes, 0);
		end(&history);
	}
}

/* What two writes of one block each leave, over many seeds: nothing, one, the other, both. */
static void power_loss_keeps_no_order(void **state)
{
	static struct history history;
	uint32_t seen = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= LIVES; seed++) {
		begin(&history, seed);
		put(&history, 0, 1, 1, false);
		put(&history, 1, 1, 1, false);
		(void)mock_cache_lose(&history.cache);
		seen |= 1u << ((block(&history, 0) ? 1 : 0) + (block(&history, 1) ? 2 : 0));
		end(&history);
	}

	assert_int_equal(seen, 0xf);
}

static void power_loss_tears_between_units_only(void **state)
{
	static struct history history;
	bool torn = false;

	(void)state;
	for (uint64_t seed = 1; seed <= LIVES; seed++) {
		begin(&history, seed);
		put(&history, 3, 8, 4, false);
		(void)mock_cache_lose(&history.cache);
		for (uint32_t idx = 0; idx < 8; idx++)
			assert_int_equal(block(&history, 3 + idx) != 0,
					 block(&history, 3 + idx / 4 * 4) != 0);
		torn = torn || (block(&history, 3) != 0) != (block(&history, 7) != 0);
		end(&history);
	}

	assert_true(torn);
}

static void power_loss_of_a_seed_is_always_the_same(void **state)
{
	static struct history history;
	uint32_t before[BLOCKS];

	(void)state;
	for (int run = 0; run < 2; run++) {
		begin(&history, 77);
		for (uint32_t idx = 0; idx < BLOCKS; idx++)
			put(&history, idx, 1, 1, false);
		(void)mock_cache_lose(&history.cache);
		for (uint32_t idx = 0; idx < BLOCKS; idx++) {
			if (run)
				assert_int_equal(before[idx], block(&history, idx));
			before[idx] = block(&history, idx);
		}
		end(&history);
	}
}

/* The oldest writes make room, and are durable then. */
static void cache_that_is_full_makes_the_oldest_durable(void **state)
{
	static struct history history;

	(void)state;
	for (uint64_t seed = 1; seed <= LIVES; seed++) {
		begin(&history, seed);
		history.cache.capacity = 200;
		for (uint32_t idx = 0; idx < BLOCKS; idx++) {
			put(&history, idx, 1, 1, false);
			assert_true(history.cache.bytes <= history.cache.capacity);
		}
		(void)mock_cache_lose(&history.cache);
		for (uint32_t idx = 0; idx < BLOCKS - 200 / BLOCK / 8; idx++)
			assert_int_equal(block(&history, idx), idx + 1);
		end(&history);
	}
}

static void write_larger_than_the_cache_is_not_kept(void **state)
{
	static struct history history;

	(void)state;
	begin(&history, 1);
	history.cache.capacity = 128;

	assert_false(mock_cache_keep(&history.cache, &history.store, 0, 128, 128));
	assert_int_equal(history.cache.bytes, 0);
	end(&history);
}

static void flush_of_one_store_leaves_the_others(void **state)
{
	static struct history history;
	struct mock_store other;
	bool lost = false;

	(void)state;
	for (uint64_t seed = 1; seed <= LIVES; seed++) {
		uint32_t value = 5;

		begin(&history, seed);
		assert_int_equal(mock_store_open(&other, NULL, BLOCK), 0);
		put(&history, 0, 1, 1, false);
		assert_true(mock_cache_keep(&history.cache, &other, 0, BLOCK, BLOCK));
		(void)mock_store_write(&other, 0, &value, BLOCK);
		flush(&history);
		(void)mock_cache_lose(&history.cache);
		assert_int_equal(block(&history, 0), 1);
		(void)mock_store_read(&other, 0, &value, BLOCK);
		lost = lost || !value;
		mock_store_close(&other);
		end(&history);
	}

	assert_true(lost);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(power_loss_leaves_what_the_writes_allow),
		cmocka_unit_test(power_loss_keeps_no_order),
		cmocka_unit_test(power_loss_tears_between_units_only),
		cmocka_unit_test(power_loss_of_a_seed_is_always_the_same),
		cmocka_unit_test(cache_that_is_full_makes_the_oldest_durable),
		cmocka_unit_test(write_larger_than_the_cache_is_not_kept),
		cmocka_unit_test(flush_of_one_store_leaves_the_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
