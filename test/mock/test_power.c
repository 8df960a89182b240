// SPDX-License-Identifier: MIT
/*
 * test_power.c: a program whose drive loses its power: every call says that the drive is gone; opened again,
 * the drive has what was flushed, and of the rest whole atomic units or nothing.
 */
#include "clock.h"
#include "harness.h"

#include <stdlib.h>
#include <unistd.h>

enum { SEEDS = 20, BLOCK = 512, UNIT = 8, FLUSHED = 0, UNFLUSHED = 100, BLOCKS = 4 * UNIT };

static void start(struct rig *rig, uint32_t seed)
{
	rig_start(rig,
		  NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = 1 << 20,
				.cache_bytes = 256 << 10, .atomic_blocks = UNIT, .seed = seed),
		  NULL, NULL);
}

static void fill_and_write(struct rig *rig, uint64_t lba, uint64_t pattern)
{
	rig_fill(rig->data, BLOCKS * BLOCK, pattern);
	assert_int_equal(rig_write(rig, lba, BLOCKS, 0), 0);
}

static void open_again(struct rig *rig)
{
	rig_close(rig);
	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
	rig_equip(rig, NULL);
}

/* How many units of the blocks from lba on hold what fill_and_write() wrote; the others are zero. */
static uint32_t whole_units(struct rig *rig, uint64_t lba, uint64_t pattern)
{
	static uint8_t expected[BLOCKS * BLOCK];
	static const uint8_t zeroes[UNIT * BLOCK];
	uint32_t count = 0;

	rig_fill(expected, sizeof(expected), pattern);
	assert_int_equal(rig_read(rig, lba, BLOCKS, 0), 0);
	for (size_t at = 0; at < sizeof(expected); at += sizeof(zeroes)) {
		bool kept = !memcmp(rig->data + at, expected + at, sizeof(zeroes));

		assert_true(kept || !memcmp(rig->data + at, zeroes, sizeof(zeroes)));
		count += kept;
	}
	return count;
}

static void flushed_data_survive_a_power_loss(void **state)
{
	struct rig *rig = *state;
	bool lost = false, kept = false;

	for (uint32_t seed = 1; seed <= SEEDS; seed++) {
		uint32_t units;

		start(rig, seed);
		fill_and_write(rig, FLUSHED, 1);
		assert_int_equal(nvu_flush(rig->qpair, rig->ns, 0), 0);
		assert_int_equal(rig_status(rig), 0);
		fill_and_write(rig, UNFLUSHED, 2);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_POWER_LOSS_NOW));
		assert_true(rig_write(rig, FLUSHED, 1, 0) < 0);
		open_again(rig);

		assert_int_equal(whole_units(rig, FLUSHED, 1), BLOCKS / UNIT);
		units = whole_units(rig, UNFLUSHED, 2);
		lost = lost || units < BLOCKS / UNIT;
		kept = kept || units;
		rig_again(rig);
	}

	assert_true(lost && kept);
}

/* The power fails at the third write; in an address, as programs are tested without code. */
static void power_loss_of_an_address_keeps_the_file_durable(void **state)
{
	char path[] = "/tmp/nvu-power-XXXXXX", address[160];
	static uint8_t data[BLOCKS * BLOCK], expected[BLOCKS * BLOCK];
	struct rig *rig = *state;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	clock_stop(); /* the mock of an address has a thread */
	(void)snprintf(address, sizeof(address),
		       "mock:size=1M,cache=64K,seed=3,file=%s,"
		       "fault=power-loss:op=write:skip=2",
		       path);
	assert_int_equal(nvu_ctrl_open(address, NULL, &rig->ctrl), 0);
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
	rig_equip(rig, NULL);
	fill_and_write(rig, FLUSHED, 1);
	assert_int_equal(nvu_flush(rig->qpair, rig->ns, 0), 0);
	assert_int_equal(rig_status(rig), 0);
	fill_and_write(rig, UNFLUSHED, 2);
	assert_true(rig_write(rig, UNFLUSHED, BLOCKS, 0) < 0);
	rig_close(rig);

	assert_int_equal(pread(fd, data, sizeof(data), FLUSHED), (long)sizeof(data));
	rig_fill(expected, sizeof(expected), 1);
	assert_memory_equal(data, expected, sizeof(data));
	(void)close(fd);
	(void)unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(flushed_data_survive_a_power_loss),
		RIG_TEST(power_loss_of_an_address_keeps_the_file_durable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
