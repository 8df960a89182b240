// SPDX-License-Identifier: MIT
/*
 * test_mock_power.c: which commands make data durable, and what a power loss leaves of the others. Each
 * question is asked with many seeds: what is durable is there each time, what is not is missing sometimes.
 */
#include "covers.h"
#include "mock/model.h"
#include "mock_driver.h"

#include <stdlib.h>
#include <unistd.h>

COVERS(IO, FLUSH);
COVERS(NVM, WRITE_ZEROES);
COVERS(NVM, WRITE_UNCORRECTABLE);

enum { SEEDS = 40, BLOCK = 512, OLD = 0x11, NEW = 0x22 };

/* A drive of two namespaces, whose blocks are durably OLD. */
struct drive {
	struct driver driver;
	uint8_t *page;
	char *file;
};

static void begin(struct drive *drive, uint32_t seed)
{
	uint8_t old[PAGE];

	driver_start(&drive->driver,
		     NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .namespaces = 2, .ns_bytes = 1 << 20,
				   .cache_bytes = 1 << 20, .atomic_blocks = 2, .seed = seed,
				   .backing = drive->file));
	drive->page = driver_alloc(&drive->driver, PAGE);
	memset(old, OLD, sizeof(old));
	memset(drive->page, NEW, PAGE);
	for (uint32_t nsid = 1; nsid <= 2; nsid++)
		assert_int_equal(nvu_mock_data(drive->driver.mock, nsid, 0, old, PAGE, 1), 0);
}

static void lose_power(struct drive *drive)
{
	assert_int_equal(nvu_mock_inject(drive->driver.mock,
					 NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_POWER_LOSS_NOW)),
			 0);
	assert_int_equal(driver_read(&drive->driver, NVU_REG_CSTS), UINT32_MAX);
}

static void end(struct drive *drive)
{
	nvu_mock_clear_faults(drive->driver.mock);
	driver_close(&drive->driver, 0, NULL);
}

static int send(struct drive *drive, uint8_t opcode, uint32_t nsid, uint64_t lba, uint32_t blocks,
		uint32_t flags)
{
	bool has_data = opcode != NVU_CMD_WRITE_ZEROES && opcode != NVU_CMD_WRITE_UNCORRECTABLE &&
			opcode != NVU_CMD_VERIFY;
	struct nvu_sqe sqe = driver_rw(opcode, lba, blocks,
				       has_data ? driver_iova(&drive->driver, drive->page) : 0, 0);

	sqe.nsid = nvu_le32_put(nsid);
	sqe.cdw12 = nvu_le32_put((blocks - 1) | flags);
	return driver_io(&drive->driver, sqe);
}

static int flush(struct drive *drive, uint32_t nsid)
{
	return driver_io(&drive->driver,
			 (struct nvu_sqe){ .opcode = NVU_CMD_FLUSH, .nsid = nvu_le32_put(nsid) });
}

static uint8_t stored(struct drive *drive, uint32_t nsid, uint64_t lba)
{
	uint8_t block[BLOCK];

	assert_int_equal(nvu_mock_data(drive->driver.mock, nsid, lba * BLOCK, block, BLOCK, 0), 0);
	for (int i = 1; i < BLOCK; i++)
		assert_int_equal(block[i], block[0]);
	return block[0];
}

static int set_cache(struct drive *drive, uint32_t value)
{
	return driver_admin(&drive->driver, (struct nvu_sqe){ .opcode = NVU_ADMIN_SET_FEATURES,
							      .cdw10 = nvu_le32_put(6),
							      .cdw11 = nvu_le32_put(value) });
}

/* How often block 0 of namespace 1 is NEW after these commands and a power loss; else it is OLD. */
static int survivals(void (*commands)(struct drive *), char *file)
{
	int count = 0;

	for (uint32_t seed = 1; seed <= SEEDS; seed++) {
		struct drive drive = { .file = file };

		begin(&drive, seed);
		commands(&drive);
		lose_power(&drive);
		count += stored(&drive, 1, 0) == NEW;
		assert_true(stored(&drive, 1, 0) == NEW || stored(&drive, 1, 0) == OLD);
		end(&drive);
	}
	return count;
}

static void only_write(struct drive *drive)
{
	assert_int_equal(send(drive, NVU_CMD_WRITE, 1, 0, 1, 0), 0);
	assert_int_equal(stored(drive, 1, 0), NEW);
}

static void write_and_flush(struct drive *drive)
{
	only_write(drive);
	assert_int_equal(flush(drive, 1), 0);
}

static void write_and_flush_the_other(struct drive *drive)
{
	only_write(drive);
	assert_int_equal(flush(drive, 2), 0);
	assert_int_equal(flush(drive, UINT32_MAX), NVU_SC_INVALID_NS);
}

static void write_forced(struct drive *drive)
{
	assert_int_equal(send(drive, NVU_CMD_WRITE, 1, 0, 1, NVU_RW_FUA), 0);
}

/* The older write may be lost as it likes: the forced one came later. */
static void write_twice_forced(struct drive *drive)
{
	memset(drive->page, 0x33, PAGE);
	assert_int_equal(send(drive, NVU_CMD_WRITE, 1, 0, 8, 0), 0);
	memset(drive->page, NEW, PAGE);
	assert_int_equal(send(drive, NVU_CMD_WRITE, 1, 0, 1, NVU_RW_FUA), 0);
}

static void write_and_force_another(struct drive *drive)
{
	only_write(drive);
	assert_int_equal(send(drive, NVU_CMD_WRITE, 1, 1, 1, NVU_RW_FUA), 0);
}

static void write_and_read_forced(struct drive *drive)
{
	only_write(drive);
	assert_int_equal(send(drive, NVU_CMD_READ, 1, 0, 1, NVU_RW_FUA), 0);
}

static void write_and_compare_forced(struct drive *drive)
{
	only_write(drive);
	assert_int_equal(send(drive, NVU_CMD_COMPARE, 1, 0, 1, NVU_RW_FUA), 0);
}

static void write_and_verify_forced(struct drive *drive)
{
	only_write(drive);
	assert_int_equal(send(drive, NVU_CMD_VERIFY, 1, 0, 1, NVU_RW_FUA), 0);
}

static void write_and_switch_off(struct drive *drive)
{
	only_write(drive);
	assert_int_equal(set_cache(drive, 0), 0);
}

static void switch_off_and_write(struct drive *drive)
{
	assert_int_equal(set_cache(drive, 0), 0);
	only_write(drive);
}

static void switch_off_and_on_and_write(struct drive *drive)
{
	assert_int_equal(set_cache(drive, 0), 0);
	assert_int_equal(set_cache(drive, 1), 0);
	only_write(drive);
}

static void write_and_shut_down(struct drive *drive)
{
	only_write(drive);
	driver_write(&drive->driver, NVU_REG_CC, CC_ENABLE | 1u << 14);
}

/* A controller reset is no power loss, and makes nothing durable. */
static void write_and_reset(struct drive *drive)
{
	only_write(drive);
	driver_write(&drive->driver, NVU_REG_CC, 0);
}

static void durable_is_what_the_specification_says(void **state)
{
	static const struct {
		void (*commands)(struct drive *);
		bool durable;
	} cases[] = {
		{ only_write, false },
		{ write_and_flush, true },
		{ write_and_flush_the_other, false },
		{ write_forced, true },
		{ write_twice_forced, true },
		{ write_and_force_another, false },
		{ write_and_read_forced, true },
		{ write_and_compare_forced, true },
		{ write_and_verify_forced, true },
		{ write_and_switch_off, true },
		{ switch_off_and_write, true },
		{ switch_off_and_on_and_write, false },
		{ write_and_shut_down, true },
		{ write_and_reset, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int count = survivals(cases[i].commands, NULL);

		print_message("row %zu: %d of %d\n", i, count, SEEDS);
		if (cases[i].durable)
			assert_int_equal(count, SEEDS);
		else
			assert_true(count > 0 && count < SEEDS);
	}
}

static void only_zeroes(struct drive *drive)
{
	assert_int_equal(send(drive, NVU_CMD_WRITE_ZEROES, 1, 0, 1, 0), 0);
}

static void zeroes_forced(struct drive *drive)
{
	assert_int_equal(send(drive, NVU_CMD_WRITE_ZEROES, 1, 0, 1, NVU_RW_FUA), 0);
}

static void only_deallocate(struct drive *drive)
{
	memset(drive->page, 0, PAGE);
	drive->page[4] = 1; /* one block from 0 on */
	assert_int_equal(
		driver_io(&drive->driver, (struct nvu_sqe){ .opcode = NVU_CMD_DSM,
							    .nsid = nvu_le32_put(1),
							    .prp1 = nvu_le64_put(driver_iova(
								    &drive->driver, drive->page)),
							    .cdw11 = nvu_le32_put(4) }),
		0);
}

/* How often block 0 is zero after these commands and a power loss; else it is OLD. */
static int zeroes(void (*commands)(struct drive *))
{
	int count = 0;

	for (uint32_t seed = 1; seed <= SEEDS; seed++) {
		struct drive drive = { 0 };

		begin(&drive, seed);
		commands(&drive);
		assert_int_equal(stored(&drive, 1, 0), 0);
		lose_power(&drive);
		count += stored(&drive, 1, 0) == 0;
		assert_true(stored(&drive, 1, 0) == 0 || stored(&drive, 1, 0) == OLD);
		end(&drive);
	}
	return count;
}

static void zeroes_and_deallocation_are_cached(void **state)
{
	int count = zeroes(only_zeroes);

	(void)state;
	assert_true(count > 0 && count < SEEDS);
	count = zeroes(only_deallocate);
	assert_true(count > 0 && count < SEEDS);
	assert_int_equal(zeroes(zeroes_forced), SEEDS);
}

/* Blocks that are marked stay so until a write mends them, which is durable as the mark was. */
static void mark_and_its_end_are_durable(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= SEEDS; seed++) {
		struct drive drive = { 0 };

		begin(&drive, seed);
		assert_int_equal(send(&drive, NVU_CMD_WRITE, 1, 0, 2, 0), 0);
		assert_int_equal(send(&drive, NVU_CMD_WRITE_UNCORRECTABLE, 1, 0, 2, 0), 0);
		assert_int_equal(send(&drive, NVU_CMD_WRITE, 1, 1, 1, 0), 0);
		lose_power(&drive);
		assert_true(mock_bad_has(&drive.driver.mock->ns[0].bad, 0, BLOCK));
		assert_false(mock_bad_has(&drive.driver.mock->ns[0].bad, BLOCK, PAGE));
		assert_int_equal(stored(&drive, 1, 1), NEW);
		end(&drive);
	}
}

/* The command at which the power fails: part of it may be there, at the unit of two blocks. */
static void write_that_is_cut_is_torn_at_the_atomic_unit(void **state)
{
	uint32_t patterns = 0;

	(void)state;
	for (uint32_t seed = 1; seed <= SEEDS; seed++) {
		struct drive drive = { 0 };
		uint32_t pattern = 0;

		begin(&drive, seed);
		assert_int_equal(nvu_mock_inject(drive.driver.mock,
						 NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_POWER_LOSS,
								.opcode = NVU_CMD_WRITE)),
				 0);
		assert_int_equal(send(&drive, NVU_CMD_WRITE, 1, 0, 4, NVU_RW_FUA), NO_ANSWER);
		assert_int_equal(driver_read(&drive.driver, NVU_REG_CSTS), UINT32_MAX);
		for (uint32_t lba = 0; lba < 4; lba++)
			pattern |= (uint32_t)(stored(&drive, 1, lba) == NEW) << lba;
		assert_true(pattern == 0 || pattern == 0x3 || pattern == 0xc || pattern == 0xf);
		patterns |= 1u << pattern;
		end(&drive);
	}

	assert_int_equal(patterns, 1u << 0 | 1u << 0x3 | 1u << 0xc | 1u << 0xf);
}

/* A Flush that does not complete promises nothing. */
static void flush_that_is_cut_makes_nothing_durable(void **state)
{
	bool lost = false;

	(void)state;
	for (uint32_t seed = 1; seed <= SEEDS; seed++) {
		struct drive drive = { 0 };

		begin(&drive, seed);
		only_write(&drive);
		(void)nvu_mock_inject(drive.driver.mock,
				      NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_POWER_LOSS));
		assert_int_equal(flush(&drive, 1), NO_ANSWER);
		lost = lost || stored(&drive, 1, 0) == OLD;
		end(&drive);
	}

	assert_true(lost);
}

static void format_and_resize_are_durable(void **state)
{
	struct drive drive = { 0 };

	(void)state;
	begin(&drive, 1);
	only_write(&drive);
	assert_int_equal(
		nvu_mock_change(drive.driver.mock, NVU_MOCK_CHANGE(.nsid = 1, .ns_bytes = 2 << 20)),
		0);
	assert_int_equal(drive.driver.mock->cache.bytes, 0);
	only_write(&drive);
	assert_int_equal(
		nvu_mock_change(drive.driver.mock, NVU_MOCK_CHANGE(.nsid = 1, .lba_bytes = 4096)),
		0);
	lose_power(&drive);

	assert_int_equal(stored(&drive, 1, 0), 0);
	end(&drive);
}

static void file_holds_what_was_durable(void **state)
{
	char path[] = "/tmp/nvu-mock-power-XXXXXX";
	int fd = mkstemp(path), count;

	(void)state;
	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(survivals(write_and_flush, path), SEEDS);
	count = survivals(only_write, path);
	(void)unlink(path);

	assert_true(count > 0 && count < SEEDS);
}

static void identify_has_the_cache_and_the_atomic_unit(void **state)
{
	struct drive drive = { 0 };
	const struct nvu_id_ctrl *id;

	(void)state;
	begin(&drive, 1);
	id = (const struct nvu_id_ctrl *)(const void *)drive.page;
	assert_int_equal(driver_identify(&drive.driver, NVU_CNS_CTRL, 0, drive.page), 0);

	assert_int_equal(id->vwc, 1 | 2 << 1);
	assert_int_equal(nvu_le16_get(id->awupf), 1); /* 0's based */
	assert_true(nvu_le16_get(id->awun) >= nvu_le16_get(id->awupf));
	end(&drive);
}

static void power_loss_is_an_unsafe_shutdown_unless_shut_down(void **state)
{
	struct drive drive = { 0 };

	(void)state;
	begin(&drive, 1);
	lose_power(&drive);
	assert_int_equal(drive.driver.mock->unsafe_shutdowns, 1);
	end(&drive);
	begin(&drive, 1);
	write_and_shut_down(&drive);
	lose_power(&drive);

	assert_int_equal(drive.driver.mock->unsafe_shutdowns, 0);
	end(&drive);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durable_is_what_the_specification_says),
		cmocka_unit_test(zeroes_and_deallocation_are_cached),
		cmocka_unit_test(mark_and_its_end_are_durable),
		cmocka_unit_test(write_that_is_cut_is_torn_at_the_atomic_unit),
		cmocka_unit_test(flush_that_is_cut_makes_nothing_durable),
		cmocka_unit_test(format_and_resize_are_durable),
		cmocka_unit_test(file_holds_what_was_durable),
		cmocka_unit_test(identify_has_the_cache_and_the_atomic_unit),
		cmocka_unit_test(power_loss_is_an_unsafe_shutdown_unless_shut_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
