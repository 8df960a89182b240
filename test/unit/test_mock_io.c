// SPDX-License-Identifier: MIT
/*
 * test_mock_io.c: I/O commands of the mock controller on a queue pair, threaded and stepped, in RAM
 * and in a file.
 */
#include "covers.h"
#include "mock/model.h"
#include "mock_driver.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

COVERS(IO, FLUSH);
COVERS(NVM, WRITE);
COVERS(NVM, READ);
COVERS(NVM, COMPARE);
COVERS(NVM, WRITE_ZEROES);
COVERS(NVM, DSM);

static int rw(struct driver *driver, uint8_t opcode, uint64_t lba, uint32_t blocks, void *memory)
{
	return driver_io(driver, driver_rw(opcode, lba, blocks, driver_iova(driver, memory), 0));
}

static void read_returns_what_write_stored(void **state)
{
	struct driver driver;
	uint8_t *out, *in;

	(void)state;
	driver_start(&driver, NULL);
	out = driver_alloc(&driver, PAGE);
	in = driver_alloc(&driver, PAGE);
	memset(out, 0x5a, PAGE);

	assert_int_equal(rw(&driver, NVU_CMD_WRITE, 100, 8, out), 0);
	assert_int_equal(rw(&driver, NVU_CMD_READ, 100, 8, in), 0);

	assert_memory_equal(in, out, PAGE);
	assert_int_equal(driver_stats(&driver).bytes_read, PAGE);
	assert_int_equal(driver_stats(&driver).bytes_written, PAGE);
	assert_int_equal(driver_stats(&driver).io_commands, 2);
	driver_close(&driver, 0, NULL);
}

static void read_stepped_answers_only_when_stepped(void **state)
{
	struct driver driver;
	uint64_t prp;

	(void)state;
	driver_start(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED));
	prp = driver_iova(&driver, driver_alloc(&driver, PAGE));
	for (uint64_t lba = 0; lba < 3; lba++)
		(void)driver_queue_cmd(&driver, &driver.io,
				       driver_rw(NVU_CMD_READ, lba, 1, prp, 0));
	driver_ring(&driver, &driver.io);

	assert_false(driver_take(&driver, &driver.io));
	assert_int_equal(nvu_mock_step(driver.mock, 2), 2);
	assert_true(driver_take(&driver, &driver.io));
	assert_true(driver_take(&driver, &driver.io));
	assert_false(driver_take(&driver, &driver.io));
	assert_int_equal(nvu_mock_step(driver.mock, 10), 1);
	assert_true(driver_take(&driver, &driver.io));
	driver_close(&driver, 0, NULL);
}

/* A list of two-page-apart pages, so that no two pieces join. */
static void read_by_a_list_fills_scattered_pages(void **state)
{
	struct driver driver;
	nvu_le64 *list;
	uint8_t *data, pattern[8 * PAGE];

	(void)state;
	driver_start(&driver, NULL);
	list = driver_alloc(&driver, PAGE);
	data = driver_alloc(&driver, 16 * PAGE);
	for (size_t idx = 0; idx < sizeof(pattern); idx++)
		pattern[idx] = (uint8_t)(idx * 7 + idx / PAGE);
	assert_int_equal(nvu_mock_data(driver.mock, 1, 512, pattern, sizeof(pattern), 1), 0);
	for (uint32_t idx = 0; idx < 8; idx++)
		list[idx] = nvu_le64_put(driver_iova(&driver, data + (2 * idx + 2) * PAGE));
	assert_int_equal(
		driver_io(&driver, driver_rw(NVU_CMD_READ, 1, 64, driver_iova(&driver, data) + 1024,
					     driver_read_iova(&driver, list))),
		0);

	assert_memory_equal(data + 1024, pattern, PAGE - 1024);
	for (uint32_t idx = 0; idx < 7; idx++)
		assert_memory_equal(data + (2 * idx + 2) * PAGE, pattern + (idx + 1) * PAGE - 1024,
				    PAGE);
	driver_close(&driver, 0, NULL);
}

static void large_pages_are_used_when_enabled(void **state)
{
	struct driver driver;
	uint8_t *data;

	(void)state;
	driver_open(&driver, NULL);
	data = driver.arena + 0x80000; /* ARENA_IOVA is 64 KiB aligned */
	driver.admin = (struct driver_queue){ .entries = ADMIN_ENTRIES, .phase = 1 };
	driver.admin.sqes = (void *)(driver.arena + 0x10000);
	driver.admin.cqes = (void *)(driver.arena + 0x20000);
	driver_write(&driver, NVU_REG_AQA, 0xf000f);
	driver_write64(&driver, NVU_REG_ASQ, ARENA_READ_IOVA + 0x10000);
	driver_write64(&driver, NVU_REG_ACQ, ARENA_IOVA + 0x20000);
	driver_write(&driver, NVU_REG_CC, CC_ENABLE | 4u << 7);
	memset(data, 0xff, PAGE);
	assert_int_equal(driver_identify(&driver, NVU_CNS_CTRL, 0, data + 0xf000 - 512), 0);
	assert_int_equal(data[0xf000 - 512], 0x36); /* across 4 KiB by PRP1 alone */
	driver_write(&driver, NVU_REG_CC, CC_ENABLE | 4u << 7 | 1u << 14);
	driver_write(&driver, NVU_REG_CC, 0);
	driver_close(&driver, 0, NULL);
}

static void io_bad_commands_have_their_status(void **state)
{
	struct driver driver;
	uint64_t prp;

	(void)state;
	driver_start(&driver, NVU_MOCK_OPTS(.ns_bytes = 1 << 20, .mdts = 2));
	prp = driver_iova(&driver, driver_alloc(&driver, 8 * PAGE));
	const struct {
		struct nvu_sqe sqe;
		int status;
	} cases[] = {
		{ driver_rw(NVU_CMD_READ, 2047, 1, prp, 0), 0 },
		{ driver_rw(NVU_CMD_READ, 2048, 1, prp, 0), NVU_SC_LBA_RANGE },
		{ driver_rw(NVU_CMD_WRITE, 2047, 2, prp, 0), NVU_SC_LBA_RANGE },
		{ driver_rw(NVU_CMD_READ, UINT64_MAX, 8, prp, 0), NVU_SC_LBA_RANGE },
		{ driver_rw(NVU_CMD_READ, 0, 33, prp, prp + PAGE), NVU_SC_INVALID_FIELD },
		{ { .opcode = NVU_CMD_READ, .nsid = 2, .prp1 = prp }, NVU_SC_INVALID_NS },
		{ { .opcode = NVU_CMD_READ, .nsid = 0, .prp1 = prp }, NVU_SC_INVALID_NS },
		{ { .opcode = NVU_CMD_FLUSH, .nsid = UINT32_MAX }, NVU_SC_INVALID_NS },
		{ { .opcode = NVU_CMD_READ, .nsid = 1, .prp1 = prp, .flags = 0x40 },
		  NVU_SC_INVALID_FIELD },
		{ { .opcode = NVU_CMD_READ, .nsid = 1, .prp1 = prp, .flags = 1 },
		  NVU_SC_ABORT_FUSED_MISSING },
		{ { .opcode = NVU_CMD_MANAGEMENT_RECEIVE, .nsid = 1 }, NVU_SC_INVALID_OPCODE },
	};

	for (size_t idx = 0; idx < sizeof(cases) / sizeof(cases[0]); idx++)
		assert_int_equal(driver_io(&driver, cases[idx].sqe), cases[idx].status);
	driver_close(&driver, 2, "PSDT is 1");
}

static void io_reserved_flags_are_a_violation(void **state)
{
	struct nvu_sqe sqe = { .opcode = NVU_CMD_FLUSH, .nsid = 1, .flags = 0x10 };
	struct driver driver;

	(void)state;
	driver_start(&driver, NULL);
	assert_int_equal(driver_io(&driver, sqe), NVU_SC_INVALID_FIELD);
	driver_close(&driver, 1, "Flush, CID 3: reserved bits are set in its flags 0x10");
}

static void io_bad_prp_moves_nothing(void **state)
{
	struct driver driver;
	uint8_t *data, stored[2 * PAGE];

	(void)state;
	driver_start(&driver, NULL);
	data = driver_alloc(&driver, 2 * PAGE);
	memset(data, 0x77, 2 * PAGE);
	assert_int_equal(
		driver_io(&driver, driver_rw(NVU_CMD_WRITE, 0, 16, driver_iova(&driver, data),
					     driver_iova(&driver, data) + PAGE + 8)),
		NVU_SC_INVALID_PRP_OFFSET);
	assert_int_equal(nvu_mock_data(driver.mock, 1, 0, stored, sizeof(stored), 0), 0);
	assert_int_equal(stored[0], 0);
	driver_close(&driver, 1, "queue 1: Write, CID 3: PRP2 0x");
}

static void io_read_only_memory_is_not_written(void **state)
{
	struct driver driver;
	uint8_t *page =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	driver_start(&driver, NULL);
	assert_int_equal(driver_map(&driver, 0, page, PAGE, TRANSPORT_DMA_READ), 0);
	assert_int_equal(driver_io(&driver, driver_rw(NVU_CMD_WRITE, 0, 1, 0, 0)), 0);
	assert_int_equal(driver_io(&driver, driver_rw(NVU_CMD_READ, 0, 1, 0, 0)),
			 NVU_SC_DATA_TRANSFER_ERROR);
	assert_int_equal(driver_unmap(&driver, 0, PAGE), 0);
	driver_close(&driver, 1, "Read, CID 4: DMA write to 0x0, which is not mapped for it");
	(void)munmap(page, PAGE);
}

static void compare_tells_equal_from_different(void **state)
{
	struct driver driver;
	uint8_t *data;

	(void)state;
	driver_start(&driver, NULL);
	data = driver_alloc(&driver, PAGE);
	memset(data, 1, PAGE);
	assert_int_equal(rw(&driver, NVU_CMD_WRITE, 5, 8, data), 0);
	assert_int_equal(rw(&driver, NVU_CMD_COMPARE, 5, 8, data), 0);
	data[PAGE - 1] = 2;
	assert_int_equal(rw(&driver, NVU_CMD_COMPARE, 5, 8, data), NVU_SC_COMPARE_FAILED);
	driver_close(&driver, 0, NULL);
}

static void write_zeroes_and_deallocate_clear(void **state)
{
	struct driver driver;
	uint8_t *data;
	nvu_le32 *ranges;

	(void)state;
	driver_start(&driver, NULL);
	data = driver_alloc(&driver, PAGE);
	ranges = driver_alloc(&driver, PAGE);
	memset(data, 9, PAGE);
	assert_int_equal(rw(&driver, NVU_CMD_WRITE, 0, 8, data), 0);
	assert_int_equal(driver_io(&driver, driver_rw(NVU_CMD_WRITE_ZEROES, 1, 1, 0, 0)), 0);
	ranges[1] = nvu_le32_put(1); /* one block */
	ranges[2] = nvu_le32_put(3); /* from 3 on */
	assert_int_equal(driver_io(&driver, (struct nvu_sqe){ .opcode = NVU_CMD_DSM,
							      .nsid = 1,
							      .prp1 = nvu_le64_put(
								      driver_iova(&driver, ranges)),
							      .cdw11 = nvu_le32_put(1 << 2) }),
			 0);
	assert_int_equal(rw(&driver, NVU_CMD_READ, 0, 8, data), 0);
	for (uint32_t block = 0; block < 8; block++)
		assert_int_equal(data[block * 512 + 100], block == 1 || block == 3 ? 0 : 9);
	driver_close(&driver, 0, NULL);
}

static void deallocate_past_the_end_changes_nothing(void **state)
{
	struct driver driver;
	nvu_le32 *ranges;
	uint8_t stored[512], ones[512];

	(void)state;
	driver_start(&driver, NVU_MOCK_OPTS(.ns_bytes = 1 << 20));
	ranges = driver_alloc(&driver, PAGE);
	memset(ones, 1, sizeof(ones));
	assert_int_equal(nvu_mock_data(driver.mock, 1, 0, ones, 512, 1), 0);
	ranges[1] = nvu_le32_put(1);
	ranges[5] = nvu_le32_put(1);
	ranges[6] = nvu_le32_put(2048);
	assert_int_equal(driver_io(&driver, (struct nvu_sqe){ .opcode = NVU_CMD_DSM,
							      .nsid = 1,
							      .prp1 = nvu_le64_put(
								      driver_iova(&driver, ranges)),
							      .cdw10 = nvu_le32_put(1),
							      .cdw11 = nvu_le32_put(1 << 2) }),
			 NVU_SC_LBA_RANGE);
	assert_int_equal(nvu_mock_data(driver.mock, 1, 0, stored, 512, 0), 0);
	assert_memory_equal(stored, ones, 512);
	driver_close(&driver, 0, NULL);
}

static void large_discard_reads_as_zeroes(void **state)
{
	struct driver driver;
	uint8_t data[512];

	(void)state;
	driver_start(&driver, NULL);
	memset(data, 1, sizeof(data));
	for (uint64_t lba = 1; lba < 1000; lba += 997)
		assert_int_equal(nvu_mock_data(driver.mock, 1, lba * 512, data, 512, 1), 0);
	assert_int_equal(driver_io(&driver, driver_rw(NVU_CMD_WRITE_ZEROES, 1, 999, 0, 0)), 0);
	for (uint64_t lba = 1; lba < 1000; lba += 997) {
		assert_int_equal(nvu_mock_data(driver.mock, 1, lba * 512, data, 512, 0), 0);
		assert_int_equal(data[0], 0);
	}
	driver_close(&driver, 0, NULL);
}

static void namespaces_have_data_of_their_own(void **state)
{
	struct nvu_sqe sqe;
	struct driver driver;
	uint8_t *data, stored;

	(void)state;
	driver_start(&driver, NVU_MOCK_OPTS(.namespaces = 3, .ns_bytes = 1 << 20));
	data = driver_alloc(&driver, PAGE);
	data[0] = 0x33;
	sqe = driver_rw(NVU_CMD_WRITE, 0, 1, driver_iova(&driver, data), 0);
	sqe.nsid = nvu_le32_put(3);
	assert_int_equal(driver_io(&driver, sqe), 0);

	assert_int_equal(nvu_mock_data(driver.mock, 3, 0, &stored, 1, 0), 0);
	assert_int_equal(stored, 0x33);
	assert_int_equal(nvu_mock_data(driver.mock, 2, 0, &stored, 1, 0), 0);
	assert_int_equal(stored, 0);
	assert_int_equal(nvu_mock_data(driver.mock, 3, 1 << 20, &stored, 1, 0), -EINVAL);
	assert_int_equal(nvu_mock_data(driver.mock, 4, 0, &stored, 1, 0), -EINVAL);
	driver_close(&driver, 0, NULL);
}

static void file_keeps_data_from_mock_to_mock(void **state)
{
	char path[] = "/tmp/nvu-test-XXXXXX";
	int fd = mkstemp(path);
	struct driver driver;
	uint8_t *data;

	(void)state;
	(void)close(fd);
	driver_start(&driver, NVU_MOCK_OPTS(.backing = path, .ns_bytes = 1 << 20));
	data = driver_alloc(&driver, PAGE);
	memset(data, 0x42, PAGE);
	assert_int_equal(rw(&driver, NVU_CMD_WRITE, 8, 8, data), 0);
	assert_int_equal(driver_io(&driver, driver_rw(NVU_CMD_WRITE_ZEROES, 9, 1, 0, 0)), 0);
	assert_int_equal(driver_io(&driver, (struct nvu_sqe){ .opcode = 0, .nsid = 1 }), 0);
	driver_close(&driver, 0, NULL);

	driver_start(&driver, NVU_MOCK_OPTS(.backing = path)); /* the file has the size */
	data = driver_alloc(&driver, PAGE);
	assert_int_equal(rw(&driver, NVU_CMD_READ, 8, 8, data), 0);
	assert_int_equal(data[0], 0x42);
	assert_int_equal(data[512], 0);
	assert_int_equal(rw(&driver, NVU_CMD_READ, 2048, 1, data), NVU_SC_LBA_RANGE);
	driver_close(&driver, 0, NULL);
	(void)unlink(path);
}

static void file_that_cannot_be_opened_says_why(void **state)
{
	struct nvu_mock *mock = NULL;

	(void)state;
	assert_int_equal(nvu_mock_create(NVU_MOCK_OPTS(.backing = "/nowhere/x"), &mock), -ENOENT);
	assert_non_null(strstr(error_get(), "file=/nowhere/x cannot be opened"));
	assert_null(mock);
}

static void null_mode_answers_without_moving_data(void **state)
{
	struct driver driver;
	uint8_t *data;

	(void)state;
	driver_start(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_NULL));
	data = driver_alloc(&driver, PAGE);
	memset(data, 0x11, PAGE);
	for (int count = 0; count < 100; count++)
		assert_int_equal(rw(&driver, NVU_CMD_READ, 1ull << 50, 8, data), 0);
	assert_int_equal(data[0], 0x11);
	assert_int_equal(driver_stats(&driver).io_commands, 100);
	assert_int_equal(driver_stats(&driver).bytes_read, 0);
	assert_int_equal(driver_io(&driver, (struct nvu_sqe){ .opcode = 0, .nsid = 1 }), 0);
	assert_int_equal(driver_io(&driver, (struct nvu_sqe){ .opcode = 0x77, .nsid = 1 }),
			 NVU_SC_INVALID_OPCODE);
	driver_close(&driver, 0, NULL);
}

static void latency_is_waited_for(void **state)
{
	struct driver driver;
	uint64_t start;

	(void)state;
	driver_start(&driver, NVU_MOCK_OPTS(.latency_us = 2000));
	start = clock_ns();
	assert_int_equal(driver_io(&driver, (struct nvu_sqe){ .opcode = 0, .nsid = 1 }), 0);
	assert_true(clock_ns() - start >= 2000000);
	driver_close(&driver, 0, NULL);
}

/* Blocks 2 and 3 of the namespace, until they are written. */
static void io_on_what_cannot_be_read_fails(void **state)
{
	static const uint8_t readers[] = { NVU_CMD_READ, NVU_CMD_COMPARE, NVU_CMD_VERIFY };
	struct driver driver;
	uint64_t prp;

	(void)state;
	driver_start(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = 1 << 20));
	prp = driver_iova(&driver, driver_alloc(&driver, PAGE));
	assert_int_equal(mock_bad_add(&driver.mock->ns[0].bad, 1024, 2048), 0);
	for (size_t idx = 0; idx < sizeof(readers); idx++) {
		struct nvu_sqe cmd = driver_rw(readers[idx], 0, 3, prp, 0);

		if (readers[idx] == NVU_CMD_VERIFY)
			cmd.prp1 = nvu_le64_put(0);
		assert_int_equal(driver_io(&driver, cmd), NVU_SC_UNRECOVERED_READ);
	}
	assert_int_equal(driver_io(&driver, driver_rw(NVU_CMD_READ, 0, 2, prp, 0)), 0);
	assert_int_equal(driver_io(&driver, driver_rw(NVU_CMD_WRITE, 2, 1, prp, 0)), 0);
	assert_int_equal(driver_io(&driver, driver_rw(NVU_CMD_READ, 0, 3, prp, 0)), 0);
	assert_int_equal(driver_io(&driver, driver_rw(NVU_CMD_READ, 3, 1, prp, 0)),
			 NVU_SC_UNRECOVERED_READ);
	assert_int_equal(driver_io(&driver, driver_rw(NVU_CMD_WRITE_ZEROES, 3, 1, 0, 0)), 0);
	assert_int_equal(driver_io(&driver, driver_rw(NVU_CMD_READ, 3, 1, prp, 0)), 0);
	driver_close(&driver, 0, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(io_on_what_cannot_be_read_fails),
		cmocka_unit_test(read_returns_what_write_stored),
		cmocka_unit_test(read_stepped_answers_only_when_stepped),
		cmocka_unit_test(read_by_a_list_fills_scattered_pages),
		cmocka_unit_test(large_pages_are_used_when_enabled),
		cmocka_unit_test(io_bad_commands_have_their_status),
		cmocka_unit_test(io_reserved_flags_are_a_violation),
		cmocka_unit_test(io_bad_prp_moves_nothing),
		cmocka_unit_test(io_read_only_memory_is_not_written),
		cmocka_unit_test(compare_tells_equal_from_different),
		cmocka_unit_test(write_zeroes_and_deallocate_clear),
		cmocka_unit_test(deallocate_past_the_end_changes_nothing),
		cmocka_unit_test(large_discard_reads_as_zeroes),
		cmocka_unit_test(namespaces_have_data_of_their_own),
		cmocka_unit_test(file_keeps_data_from_mock_to_mock),
		cmocka_unit_test(file_that_cannot_be_opened_says_why),
		cmocka_unit_test(null_mode_answers_without_moving_data),
		cmocka_unit_test(latency_is_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
