// SPDX-License-Identifier: MIT
/*
 * test_mock_fault_state.c: faults that change registers and the controller's state, and how a
 * controller that failed or has gone comes back.
 */
#include "mock/faults/kind.h"
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

static void now_kinds_apply_without_a_command(void **state)
{
	struct driver driver;

	(void)state;
	start(&driver, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_CFS_NOW));
	assert_int_equal(driver_read(&driver, NVU_REG_CSTS), 3);
	assert_int_equal(
		nvu_mock_inject(driver.mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE_NOW)), 0);
	assert_int_equal(driver_read(&driver, NVU_REG_CSTS), UINT32_MAX);
	assert_int_equal(driver_stats(&driver).faults_injected, 2);
	driver_close(&driver, 0, NULL);
}

static void never_ready_applies_to_the_enabling(void **state)
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

/* Closes whatever state a fault has left, and looks at no violation. */
static void end(struct driver *driver)
{
	nvu_mock_clear_faults(driver->mock);
	(void)driver_unmap(driver, ARENA_IOVA, ARENA_BYTES);
	(void)driver_unmap(driver, ARENA_READ_IOVA, ARENA_BYTES);
	mock_transport_ops.close(driver->transport);
	nvu_mock_destroy(driver->mock);
	(void)munmap(driver->arena, ARENA_BYTES);
}

static bool has_applied(struct driver *driver)
{
	return driver_stats(driver).faults_injected != 0;
}

/* The first thing after which a fault of this kind has taken effect; -1: none of them. */
static int first_effect(struct driver *driver)
{
	if (has_applied(driver))
		return FAULT_APPLIES_NOW;
	(void)driver_queue_cmd(driver, &driver->io, flush);
	driver_ring(driver, &driver->io);
	(void)nvu_mock_step(driver->mock, 1);
	if (has_applied(driver))
		return FAULT_APPLIES_COMMAND;
	driver_write(driver, NVU_REG_INTMS, 0);
	(void)driver_read(driver, NVU_REG_VS);
	if (has_applied(driver))
		return FAULT_APPLIES_REGISTER;
	driver_write(driver, NVU_REG_CC, CC_ENABLE | 1u << 14); /* SHN: normal */
	driver_write(driver, NVU_REG_CC, 0);
	driver_write(driver, NVU_REG_CC, CC_ENABLE);
	return has_applied(driver) ? FAULT_APPLIES_STATE : -1;
}

#define FAULT(symbol, word, applies, ...) \
	{ #symbol, NVU_MOCK_FAULT_##symbol, FAULT_APPLIES_##applies },
static const struct {
	const char *name;
	enum nvu_mock_fault_kind kind;
	enum fault_applies applies;
} rows[] = {
#include "mock/faults/faults.def"
};
#undef FAULT

static void each_kind_takes_effect_when_its_row_says(void **state)
{
	(void)state;
	for (size_t idx = 0; idx < sizeof(rows) / sizeof(rows[0]); idx++) {
		const bool ignores = rows[idx].kind == NVU_MOCK_FAULT_IGNORE;
		struct driver driver;

		start(&driver,
		      NVU_MOCK_FAULT(.kind = rows[idx].kind, .qid = NVU_MOCK_ANY_QUEUE,
				     .offset = ignores ? NVU_REG_INTMS : NVU_REG_VS, .count = 1));
		if (first_effect(&driver) != (int)rows[idx].applies)
			fail_msg("%s takes effect at another moment", rows[idx].name);
		end(&driver);
	}
}

/* ACRE of Host Behavior Support. */
static void enable_delays(struct driver *driver, uint8_t acre)
{
	uint8_t *data = driver_alloc(driver, PAGE);

	data[0] = acre;
	assert_int_equal(
		driver_admin(driver,
			     (struct nvu_sqe){ .opcode = NVU_ADMIN_SET_FEATURES,
					       .prp1 = nvu_le64_put(driver_iova(driver, data)),
					       .cdw10 = nvu_le32_put(NVU_FEAT_HOST_BEHAVIOR) }),
		0);
}

static void retry_delay_is_reported_once_it_is_enabled(void **state)
{
	struct driver driver;
	uint8_t *data;

	(void)state;
	driver_start(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED));
	assert_int_equal(nvu_mock_inject(driver.mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS,
								     .opcode = NVU_CMD_READ,
								     .status = NVU_SC_NS_NOT_READY |
									       NVU_MOCK_CRD(2))),
			 0);
	data = driver_alloc(&driver, PAGE);
	for (uint8_t acre = 0; acre < 3; acre++) {
		enable_delays(&driver, acre);
		assert_int_equal(driver_io(&driver, driver_rw(NVU_CMD_READ, 0, 1,
							      driver_iova(&driver, data), 0)),
				 NVU_SC_NS_NOT_READY);
		assert_int_equal(nvu_le16_get(driver.last.status) >> 12 & 3, acre == 1 ? 2 : 0);
	}
	driver_close(&driver, 0, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(retry_delay_is_reported_once_it_is_enabled),
		cmocka_unit_test(cfs_stops_until_the_reset),
		cmocka_unit_test(gone_reads_as_ones_until_cleared),
		cmocka_unit_test(now_kinds_apply_without_a_command),
		cmocka_unit_test(never_ready_applies_to_the_enabling),
		cmocka_unit_test(never_disabled_keeps_ready),
		cmocka_unit_test(no_shutdown_stays_under_way),
		cmocka_unit_test(register_fault_changes_what_is_read),
		cmocka_unit_test(each_kind_takes_effect_when_its_row_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
