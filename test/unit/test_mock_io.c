// SPDX-License-Identifier: MIT
/*
 * test_mock_io.c: I/O commands of the mock controller on a queue pair, threaded and stepped.
 */
#include "mock_driver.h"

static void io_read_returns_what_write_stored(void **state)
{
	struct driver driver;
	uint8_t *out, *in;

	(void)state;
	driver_start(&driver, NULL);
	out = driver_alloc(&driver, PAGE);
	in = driver_alloc(&driver, PAGE);
	memset(out, 0x5a, PAGE);

	assert_int_equal(
		driver_io(&driver, driver_rw(NVU_CMD_WRITE, 100, 8, driver_iova(&driver, out), 0)),
		0);
	assert_int_equal(
		driver_io(&driver, driver_rw(NVU_CMD_READ, 100, 8, driver_iova(&driver, in), 0)),
		0);

	assert_memory_equal(in, out, PAGE);
	driver_close(&driver, 0, NULL);
}

static void io_stepped_answers_only_when_stepped(void **state)
{
	struct driver driver;
	uint64_t prp;

	(void)state;
	driver_start(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED));
	prp = driver_iova(&driver, driver_alloc(&driver, PAGE));

	for (int lba = 0; lba < 3; lba++)
		(void)driver_queue_cmd(&driver, &driver.io,
				       driver_rw(NVU_CMD_READ, (uint64_t)lba, 1, prp, 0));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(io_read_returns_what_write_stored),
		cmocka_unit_test(io_stepped_answers_only_when_stepped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
