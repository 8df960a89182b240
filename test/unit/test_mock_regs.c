// SPDX-License-Identifier: MIT
/*
 * test_mock_regs.c: the mock's registers, its state machine (Base 3.1.3, 3.5, 3.6), configuration
 * space and resets.
 */
#include "mock_driver.h"

#include <errno.h>

enum { PCI_COMMAND = 4 };

static uint64_t read64(struct driver *driver, uint32_t offset)
{
	uint64_t value = 0;

	assert_int_equal(driver->transport->ops->reg_read64(driver->transport, offset, &value), 0);
	return value;
}

static void cap_says_what_the_options_said(void **state)
{
	struct driver driver;
	uint64_t cap;

	(void)state;
	driver_open(&driver, NVU_MOCK_OPTS(.max_entries = 256, .dstrd = 3, .io_queues = 2,
					   .ready_timeout_ms = 2000));
	cap = read64(&driver, NVU_REG_CAP);

	assert_int_equal(NVU_GET(NVU_CAP_MQES, cap), 255);
	assert_int_equal(NVU_GET(NVU_CAP_CQR, cap), 1);
	assert_int_equal(NVU_GET(NVU_CAP_TO, cap), 4);
	assert_int_equal(NVU_GET(NVU_CAP_DSTRD, cap), 3);
	assert_true(cap & NVU_CAP_CSS_NVM);
	assert_int_equal(NVU_GET(NVU_CAP_MPSMIN, cap), 0);
	assert_int_equal(driver_read(&driver, NVU_REG_CAP + 4), cap >> 32);
	assert_int_equal(driver_read(&driver, NVU_REG_VS), 0x10400);
	assert_int_equal(driver.transport->reg_bytes, 0x2000); /* 3 pairs, 32 bytes apart */
	driver_close(&driver, 0, NULL);
}

static void enable_then_disable_moves_ready(void **state)
{
	struct driver driver;

	(void)state;
	driver_open(&driver, NULL);
	assert_int_equal(driver_read(&driver, NVU_REG_CSTS), 0);
	driver_enable(&driver);
	assert_int_equal(driver_read(&driver, NVU_REG_CC), CC_ENABLE);

	driver_write(&driver, NVU_REG_CC, 0);

	assert_int_equal(driver_read(&driver, NVU_REG_CSTS), 0);
	assert_int_equal(read64(&driver, NVU_REG_ASQ), driver.admin.sq_iova); /* kept */
	assert_int_equal(driver_stats(&driver).resets, 1);
	driver_close(&driver, 0, NULL);
}

static void reset_forgets_queues_and_starts_over(void **state)
{
	struct driver driver;

	(void)state;
	driver_start(&driver, NULL);
	driver_write(&driver, NVU_REG_CC, 0);
	driver_enable(&driver);

	driver_create_io(&driver); /* identifier 1 is free again */

	driver_close(&driver, 0, NULL);
}

static void shutdown_completes_and_stops(void **state)
{
	struct driver driver;

	(void)state;
	driver_start(&driver, NULL);
	driver_write(&driver, NVU_REG_CC, CC_ENABLE | 1u << 14);

	assert_int_equal(driver_read(&driver, NVU_REG_CSTS), 1 | 2 << 2);
	driver_close(&driver, 0, NULL);
}

static void shutdown_submitting_afterwards_is_a_violation(void **state)
{
	struct driver driver;
	struct nvu_sqe flush = { .opcode = NVU_CMD_FLUSH, .nsid = nvu_le32_put(1) };

	(void)state;
	driver_start(&driver, NULL);
	driver_write(&driver, NVU_REG_CC, CC_ENABLE | 1u << 14);
	(void)driver_queue_cmd(&driver, &driver.io, flush);
	driver_ring(&driver, &driver.io);
	driver_write(&driver, NVU_REG_CC, 0);

	driver_close(&driver, 1, "queue 1: SQ tail doorbell 1 is written after the shutdown");
}

/* What a driver may not write, and what the violation says. */
static void bad_register_writes_are_violations(void **state)
{
	static const struct {
		uint32_t offset, value;
		const char *text;
	} cases[] = {
		{ NVU_REG_CAP, 1, "register 0x0 is written with 0x1, but it is read-only" },
		{ NVU_REG_VS, 1, "read-only" },
		{ NVU_REG_CSTS, 1, "read-only" },
		{ 0x18, 1, "read-only" },
		{ 0xf00, 1, "register 0xf00 is written with 0x1, but it is reserved" },
		{ NVU_REG_CC, 1u << 31, "reserved bits" },
		{ NVU_REG_AQA, 0xf000, "reserved bits" },
	};
	(void)state;

	for (size_t idx = 0; idx < sizeof(cases) / sizeof(cases[0]); idx++) {
		struct driver driver;

		driver_open(&driver, NULL);
		driver_write(&driver, cases[idx].offset, cases[idx].value);
		driver_close(&driver, 1, cases[idx].text);
	}
}

/* Enabling with something impossible: a violation and CSTS.CFS. */
static void enable_with_nonsense_is_fatal(void **state)
{
	static const struct {
		uint32_t cc, aqa;
		uint64_t asq, acq;
		const char *text;
	} cases[] = {
		{ CC_ENABLE | 1u << 4, 0xf000f, ARENA_IOVA, ARENA_IOVA + PAGE, "CC.CSS is 1" },
		{ CC_ENABLE | 5u << 7, 0xf000f, ARENA_IOVA, ARENA_IOVA + PAGE, "CC.MPS is 5" },
		{ CC_ENABLE | 1u << 11, 0xf000f, ARENA_IOVA, ARENA_IOVA + PAGE, "CC.AMS is 1" },
		{ CC_ENABLE, 0, ARENA_IOVA, ARENA_IOVA + PAGE, "admin queues of 1 and 1" },
		{ CC_ENABLE, 0xf000f, 0, ARENA_IOVA, "SQ at 0x0 are not mapped" },
		{ CC_ENABLE, 0xf000f, ARENA_IOVA, 0, "CQ at 0x0 are not mapped" },
		{ CC_ENABLE, 0xf000f, ARENA_IOVA + 64, ARENA_IOVA, "0x100040 is not page aligned" },
		{ CC_ENABLE | 1u << 7, 0xf000f, ARENA_IOVA + PAGE, ARENA_IOVA, "not page aligned" },
	};
	(void)state;

	for (size_t idx = 0; idx < sizeof(cases) / sizeof(cases[0]); idx++) {
		struct driver driver;

		driver_open(&driver, NULL);
		driver_write(&driver, NVU_REG_AQA, cases[idx].aqa);
		driver_write64(&driver, NVU_REG_ASQ, cases[idx].asq);
		driver_write64(&driver, NVU_REG_ACQ, cases[idx].acq);
		driver_write(&driver, NVU_REG_CC, cases[idx].cc);
		assert_int_equal(driver_read(&driver, NVU_REG_CSTS), 2);
		driver_write(&driver, NVU_REG_CC, 0);
		assert_int_equal(driver_read(&driver, NVU_REG_CSTS), 0);
		driver_close(&driver, 1, cases[idx].text);
	}
}

static void admin_queue_change_while_enabled_is_a_violation(void **state)
{
	struct driver driver;

	(void)state;
	driver_start(&driver, NULL);
	driver_write(&driver, NVU_REG_AQA, 0x10001);

	assert_int_equal(driver_read(&driver, NVU_REG_AQA), 0xf000f);
	driver_close(&driver, 1, "register 0x24 is written while CC.EN is 1");
}

static void page_size_change_while_enabled_is_a_violation(void **state)
{
	struct driver driver;

	(void)state;
	driver_start(&driver, NULL);
	driver_write(&driver, NVU_REG_CC, CC_ENABLE | 1u << 7);
	driver_close(&driver, 1, "while enabled: CSS, MPS and AMS may not");
}

static void admin_cq_with_stale_phase_is_a_violation(void **state)
{
	struct driver driver;

	(void)state;
	driver_open(&driver, NULL);
	driver_set_admin(&driver);
	driver.admin.cqes[5].status = nvu_le16_put(1);
	driver_write(&driver, NVU_REG_CC, CC_ENABLE);
	driver_close(&driver, 1, "entry 5 has its phase tag set");
}

static void interrupt_mask_is_set_and_cleared(void **state)
{
	struct driver driver;

	(void)state;
	driver_open(&driver, NULL);
	driver_write(&driver, NVU_REG_INTMS, 0xff);
	driver_write(&driver, NVU_REG_INTMC, 0x0f);
	assert_int_equal(driver_read(&driver, NVU_REG_INTMS), 0xf0);
	assert_int_equal(driver_read(&driver, NVU_REG_INTMC), 0xf0);
	driver_close(&driver, 0, NULL);
}

static void access_outside_is_refused(void **state)
{
	static const uint32_t offsets[] = { 2, 0x2000, UINT32_MAX - 3 };
	struct driver driver;
	uint32_t value;

	(void)state;
	driver_open(&driver, NVU_MOCK_OPTS(.io_queues = 2));
	for (size_t idx = 0; idx < 3; idx++)
		assert_int_equal(
			driver.transport->ops->reg_read32(driver.transport, offsets[idx], &value),
			-EINVAL);
	assert_int_equal(driver.transport->ops->reg_write32(driver.transport, 0x2000, 0), -EINVAL);
	driver_close(&driver, 4, "register access of 4 bytes at 0x2");
}

static void config_space_looks_like_a_controller(void **state)
{
	struct driver driver;
	uint8_t header[64];

	(void)state;
	driver_open(&driver, NULL);
	assert_int_equal(driver.transport->ops->config_read(driver.transport, 0, header, 64), 0);
	assert_memory_equal(header, "\x36\x1b\x10\x00", 4);
	assert_memory_equal(header + 9, "\x02\x08\x01", 3);
	assert_int_equal(driver.transport->ops->config_read(driver.transport, 4090, header, 8),
			 -EINVAL);
	driver_close(&driver, 0, NULL);
}

static void config_space_without_bus_master_nothing_is_fetched(void **state)
{
	const uint16_t off = 2, on = 6;
	struct driver driver;
	void *page;

	(void)state;
	driver_start(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED));
	page = driver_alloc(&driver, PAGE);
	assert_int_equal(
		driver.transport->ops->config_write(driver.transport, PCI_COMMAND, &off, 2), 0);
	assert_int_equal(driver_identify(&driver, NVU_CNS_CTRL, 0, page), NO_ANSWER);

	assert_int_equal(driver.transport->ops->config_write(driver.transport, PCI_COMMAND, &on, 2),
			 0);
	assert_int_equal(driver_wait(&driver, &driver.admin), 0);
	driver_close(&driver, 1, "bus mastering is switched on before CSTS.RDY is 0");
}

static void function_reset_is_like_power_on(void **state)
{
	struct driver driver;

	(void)state;
	driver_start(&driver, NULL);
	assert_int_equal(driver.transport->ops->reset(driver.transport), 0);

	assert_int_equal(driver_read(&driver, NVU_REG_CC), 0);
	assert_int_equal(driver_read(&driver, NVU_REG_CSTS), 0);
	assert_int_equal(driver_read(&driver, NVU_REG_AQA), 0);
	assert_int_equal(read64(&driver, NVU_REG_ASQ), 0);
	assert_int_equal(driver_stats(&driver).resets, 1);
	driver_enable(&driver);
	driver_close(&driver, 0, NULL);
}

static void close_without_shutdown_is_a_violation(void **state)
{
	struct driver driver;

	(void)state;
	driver_start(&driver, NULL);
	mock_transport_ops.close(driver.transport);

	assert_int_equal(nvu_mock_violations(driver.mock), 1);
	assert_non_null(strstr(nvu_mock_violation(driver.mock, 0), "without a shutdown"));
	assert_null(nvu_mock_violation(driver.mock, 1));
	nvu_mock_destroy(driver.mock);
	(void)munmap(driver.arena, ARENA_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cap_says_what_the_options_said),
		cmocka_unit_test(enable_then_disable_moves_ready),
		cmocka_unit_test(reset_forgets_queues_and_starts_over),
		cmocka_unit_test(shutdown_completes_and_stops),
		cmocka_unit_test(shutdown_submitting_afterwards_is_a_violation),
		cmocka_unit_test(bad_register_writes_are_violations),
		cmocka_unit_test(enable_with_nonsense_is_fatal),
		cmocka_unit_test(admin_queue_change_while_enabled_is_a_violation),
		cmocka_unit_test(page_size_change_while_enabled_is_a_violation),
		cmocka_unit_test(admin_cq_with_stale_phase_is_a_violation),
		cmocka_unit_test(interrupt_mask_is_set_and_cleared),
		cmocka_unit_test(access_outside_is_refused),
		cmocka_unit_test(config_space_looks_like_a_controller),
		cmocka_unit_test(config_space_without_bus_master_nothing_is_fetched),
		cmocka_unit_test(function_reset_is_like_power_on),
		cmocka_unit_test(close_without_shutdown_is_a_violation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
