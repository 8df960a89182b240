// SPDX-License-Identifier: MIT
/*
 * test_mock_fault_state.c: faults that change registers and the controller's state, and how a
 * controller that failed or has gone comes back.
 */
#include "mock_driver.h"

#include <errno.h>

static const struct nvu_sqe flush = { .opcode = NVU_CMD_FLUSH, .nsid = 1 };

static void start(struct driver *driver, const struct nvu_mock_fault *fault)
{
	driver_start(driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED));
	assert_int_equal(nvu_mock_inject(driver->mock, fault), 0);
}

static void cfs_stops_until_the_reset(void **state)
{
	struct driver driver;

	(void)state;
	start(&driver, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_CFS, .skip = 1, .count = 1));
	assert_int_equal(driver_io(&driver, flush), 0);
	assert_int_equal(driver_io(&driver, flush), NO_ANSWER);
	assert_int_equal(driver_read(&driver, NVU_REG_CSTS), 3);

	driver_write(&driver, NVU_REG_CC, 0);
	assert_int_equal(driver_read(&driver, NVU_REG_CSTS), 0);
	driver_enable(&driver);
	driver_create_io(&driver);
	assert_int_equal(driver_io(&driver, flush), 0);
	driver_close(&driver, 0, NULL);
}

static void gone_reads_as_ones_until_cleared(void **state)
{
	struct driver driver;
	uint64_t cap = 0;

	(void)state;
	start(&driver, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE));
	assert_int_equal(driver_io(&driver, flush), NO_ANSWER);
	assert_int_equal(driver_read(&driver, NVU_REG_CSTS), UINT32_MAX);
	assert_int_equal(driver.transport->ops->reg_read64(driver.transport, 0, &cap), 0);
	assert_true(cap == UINT64_MAX);
	assert_int_equal(driver.transport->ops->reset(driver.transport), -ENODEV);

	nvu_mock_clear_faults(driver.mock);
	assert_int_equal(driver_read(&driver, NVU_REG_CSTS), 0);
	driver_enable(&driver);
	driver_close(&driver, 0, NULL);
}

static void now_kinds_strike_without_a_command(void **state)
{
	struct driver driver;

	(void)state;
	start(&driver, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_CFS_NOW));
	assert_int_equal(driver_read(&driver, NVU_REG_CSTS), 3);
	assert_int_equal(
		nvu_mock_inject(driver.mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE_NOW)), 0);
	assert_int_equal(driver_read(&driver, NVU_REG_CSTS), UINT32_MAX);
	assert_int_equal(driver_stats(&driver).faults_struck, 2);
	driver_close(&driver, 0, NULL);
}

static void never_ready_strikes_the_enabling(void **state)
{
	struct driver driver;

	(void)state;
	driver_open(&driver, NULL);
	assert_int_equal(
		nvu_mock_inject(driver.mock,
				NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_NEVER_READY, .count = 1)),
		0);
	driver_set_admin(&driver);
	driver_write(&driver, NVU_REG_CC, CC_ENABLE);
	assert_int_equal(driver_read(&driver, NVU_REG_CSTS), 0);
	driver_write(&driver, NVU_REG_CC, 0);
	driver_enable(&driver); /* the second time it is */
	driver_close(&driver, 0, NULL);
}

static void never_disabled_keeps_ready(void **state)
{
	struct driver driver;

	(void)state;
	start(&driver, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_NEVER_DISABLED, .count = 1));
	driver_write(&driver, NVU_REG_CC, 0);
	assert_int_equal(driver_read(&driver, NVU_REG_CSTS), 1);
	driver_close(&driver, 0, NULL);
}

static void no_shutdown_stays_under_way(void **state)
{
	struct driver driver;

	(void)state;
	start(&driver, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_NO_SHUTDOWN, .count = 1));
	driver_write(&driver, NVU_REG_CC, CC_ENABLE | 1u << 14);
	assert_int_equal(driver_read(&driver, NVU_REG_CSTS), 1 | 1 << 2);
	driver_close(&driver, 0, NULL);
}

static void register_fault_changes_what_is_read(void **state)
{
	struct driver driver;
	uint64_t cap = 0;

	(void)state;
	driver_open(&driver, NULL);
	assert_int_equal(
		nvu_mock_inject(driver.mock,
				NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_REGISTER,
					       .offset = NVU_REG_CAP, .value = 0x1122334455667788)),
		0);
	assert_int_equal(
		nvu_mock_inject(driver.mock,
				NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_REGISTER,
					       .offset = NVU_REG_VS, .value = 7, .count = 1)),
		0);
	assert_int_equal(driver.transport->ops->reg_read64(driver.transport, 0, &cap), 0);
	assert_true(cap == 0x1122334455667788);
	assert_int_equal(driver_read(&driver, 0), 0x55667788);
	assert_int_equal(driver_read(&driver, 4), 0x11223344);
	assert_int_equal(driver_read(&driver, NVU_REG_VS), 7);
	assert_int_equal(driver_read(&driver, NVU_REG_VS), 0x10400);
	nvu_mock_clear_faults(driver.mock);
	driver_close(&driver, 0, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cfs_stops_until_the_reset),
		cmocka_unit_test(gone_reads_as_ones_until_cleared),
		cmocka_unit_test(now_kinds_strike_without_a_command),
		cmocka_unit_test(never_ready_strikes_the_enabling),
		cmocka_unit_test(never_disabled_keeps_ready),
		cmocka_unit_test(no_shutdown_stays_under_way),
		cmocka_unit_test(register_fault_changes_what_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
