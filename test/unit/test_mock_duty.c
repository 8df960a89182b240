/* SPDX-License-Identifier: MIT */
/*
 * test_mock_duty.c: what a driver owes the hardware, broken on purpose: order of CC.EN and CSTS.RDY,
 * doorbells of a controller that is not ready, memory that the device may write to though it should
 * only read it, memory taken from a device that has not stopped, or bus mastering given to it, fields that
 * are reserved. Each is a
 * violation; the same in order is none.
 */
#include "mock_driver.h"

#include <nvu/identify.h>

enum { PCI_COMMAND = 4, MEMORY = 2, BUS_MASTER = 4, STEPS = 20 };

static void write_command(struct driver *driver, uint8_t command)
{
	assert_int_equal(
		driver->transport->ops->config_write(driver->transport, PCI_COMMAND, &command, 1),
		0);
}

static void inject(struct driver *driver, const struct nvu_mock_fault *fault)
{
	assert_int_equal(nvu_mock_inject(driver->mock, fault), 0);
}

static void step(struct driver *driver, uint32_t steps)
{
	while (steps--)
		(void)nvu_mock_step(driver->mock, UINT32_MAX);
}

static void expect(struct driver *driver, uint32_t count, const char *text)
{
	const char *last = count ? nvu_mock_violation(driver->mock, count - 1) : "";

	if (nvu_mock_violations(driver->mock) != count || !strstr(last ? last : "", text))
		fail_msg("%u violations, the last: %s", nvu_mock_violations(driver->mock),
			 last ? last : "none");
}

/* A stepped mock that takes STEPS steps until CSTS.RDY follows CC.EN. */
static void open_slow(struct driver *driver, uint32_t flags)
{
	driver_open(driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | flags));
	inject(driver, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_SLOW_READY, .delay = STEPS));
}

static void wait_ready(struct driver *driver, uint32_t ready)
{
	for (uint32_t idx = 0; idx < STEPS; idx++) {
		assert_int_equal(driver_read(driver, NVU_REG_CSTS), !ready);
		step(driver, 1);
	}
	assert_int_equal(driver_read(driver, NVU_REG_CSTS), ready);
}

static void close_after(struct driver *driver, uint32_t violations)
{
	nvu_mock_clear_faults(driver->mock);
	driver_close(driver, violations, NULL);
}

static void slow_controller_in_order_is_fine(void **state)
{
	struct driver driver;

	(void)state;
	open_slow(&driver, 0);
	driver_set_admin(&driver);
	driver_write(&driver, NVU_REG_CC, CC_ENABLE);
	wait_ready(&driver, 1);
	driver_create_io(&driver);
	driver_write(&driver, NVU_REG_CC, 0);
	wait_ready(&driver, 0);
	driver_set_admin(&driver);
	driver_write(&driver, NVU_REG_CC, CC_ENABLE);
	wait_ready(&driver, 1);
	close_after(&driver, 0);
}

static void slow_controller_with_a_thread_follows_in_time(void **state)
{
	struct driver driver;
	uint64_t before = clock_ns();

	(void)state;
	driver_open(&driver, NULL);
	inject(&driver, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_SLOW_READY, .delay = 20000));
	driver_set_admin(&driver);
	driver_write(&driver, NVU_REG_CC, CC_ENABLE);
	while (driver_read(&driver, NVU_REG_CSTS) == 0)
		driver.transport->ops->relax(driver.transport);
	assert_true(clock_ns() - before >= 20000000);
	driver_create_io(&driver);
	close_after(&driver, 0);
}

static void disable_before_ready_is_a_violation(void **state)
{
	struct driver driver;

	(void)state;
	open_slow(&driver, 0);
	driver_set_admin(&driver);
	driver_write(&driver, NVU_REG_CC, CC_ENABLE);
	step(&driver, STEPS - 1);
	expect(&driver, 0, "");
	driver_write(&driver, NVU_REG_CC, 0);
	expect(&driver, 1, "CC.EN is cleared before CSTS.RDY is 1");
	close_after(&driver, 1);
}

static void enable_before_stopped_is_a_violation(void **state)
{
	struct driver driver;

	(void)state;
	open_slow(&driver, 0);
	driver_set_admin(&driver);
	driver_write(&driver, NVU_REG_CC, CC_ENABLE);
	step(&driver, STEPS);
	driver_write(&driver, NVU_REG_CC, 0);
	step(&driver, STEPS - 1);
	driver_write(&driver, NVU_REG_CC, CC_ENABLE);
	expect(&driver, 1, "CC.EN is set before CSTS.RDY is 0");
	close_after(&driver, 1);
}

static void disable_while_shutting_down_is_a_violation(void **state)
{
	(void)state;
	for (uint32_t early = 0; early < 2; early++) {
		struct driver driver;

		driver_start(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED));
		inject(&driver, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_SLOW_READY, .delay = STEPS,
					       .count = 1));
		driver_write(&driver, NVU_REG_CC, CC_ENABLE | 1u << 14);
		step(&driver, STEPS - early);
		assert_int_equal(driver_read(&driver, NVU_REG_CSTS), 1 | (2 - early) << 2);
		driver_write(&driver, NVU_REG_CC, 0);
		expect(&driver, early, early ? "CC.EN is cleared before CSTS.SHST says" : "");
		driver_enable(&driver);
		close_after(&driver, early);
	}
}

static void abrupt_shutdown_is_a_violation(void **state)
{
	struct driver driver;

	(void)state;
	driver_start(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED));
	driver_write(&driver, NVU_REG_CC, CC_ENABLE | 2u << 14);
	expect(&driver, 1, "CC.SHN is 2: no normal shutdown");
	assert_int_equal(driver_read(&driver, NVU_REG_CSTS), 1 | 2 << 2);
	driver_write(&driver, NVU_REG_CC, 0);
	driver_enable(&driver);
	close_after(&driver, 1);
}

/* Firmware has left it enabled, and it is starting still. */
static void controller_left_enabled_is_disabled_when_ready(void **state)
{
	(void)state;
	for (uint32_t early = 0; early < 2; early++) {
		struct driver driver;

		driver_open(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED));
		inject(&driver, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_ENABLED_NOW, .delay = STEPS));
		assert_int_equal(driver_read(&driver, NVU_REG_CC), CC_ENABLE);
		step(&driver, STEPS - early);
		assert_int_equal(driver_read(&driver, NVU_REG_CSTS), !early);
		driver_write(&driver, NVU_REG_CC, 0);
		expect(&driver, early, early ? "CC.EN is cleared before" : "");
		driver_enable(&driver);
		close_after(&driver, early);
	}
}

static void doorbell_before_ready_is_a_violation(void **state)
{
	static const uint32_t flags[] = { 0, NVU_MOCK_TRAP_DOORBELLS };

	(void)state;
	for (uint32_t idx = 0; idx < 2; idx++) {
		struct driver driver;

		open_slow(&driver, flags[idx]);
		driver_set_admin(&driver);
		driver_write(&driver, NVU_REG_CC, CC_ENABLE);
		driver_queue_cmd(&driver, &driver.admin,
				 (struct nvu_sqe){ .opcode = NVU_ADMIN_GET_FEATURES,
						   .cdw10 = nvu_le32_put(NVU_FEAT_ARBITRATION) });
		driver_ring(&driver, &driver.admin);
		step(&driver, STEPS);
		expect(&driver, 1, "queue 0: SQ tail doorbell 1 is written before CSTS.RDY is 1");
		close_after(&driver, 1);
	}
}

static void submission_queue_the_device_may_write_is_a_violation(void **state)
{
	struct driver driver;

	(void)state;
	driver_open(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED));
	driver_set_admin(&driver);
	driver_write64(&driver, NVU_REG_ASQ, driver_iova(&driver, driver.admin.sqes));
	driver_write(&driver, NVU_REG_CC, CC_ENABLE);
	expect(&driver, 1, "queue 0: the device may write to the memory of the SQ");

	driver_make_queue(&driver, &driver.io, 1, IO_ENTRIES);
	driver.io.sq_iova = driver_iova(&driver, driver.io.sqes);
	assert_int_equal(driver_create_cq(&driver, &driver.io), 0);
	expect(&driver, 1, "");
	assert_int_equal(driver_create_sq(&driver, &driver.io), 0);
	expect(&driver, 2, "queue 1: the device may write to the memory of the SQ");
	close_after(&driver, 2);
}

static void prp_list_the_device_may_write_is_a_violation(void **state)
{
	struct driver driver;
	nvu_le64 *list;
	uint8_t *data;

	(void)state;
	driver_start(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED));
	data = driver_alloc(&driver, 3 * PAGE);
	list = driver_alloc(&driver, PAGE);
	list[0] = nvu_le64_put(driver_iova(&driver, data + PAGE));
	list[1] = nvu_le64_put(driver_iova(&driver, data + 2 * PAGE));
	assert_int_equal(
		driver_io(&driver, driver_rw(NVU_CMD_READ, 0, 24, driver_iova(&driver, data),
					     driver_read_iova(&driver, list))),
		0);
	expect(&driver, 0, "");
	assert_int_equal(
		driver_io(&driver, driver_rw(NVU_CMD_READ, 0, 24, driver_iova(&driver, data),
					     driver_iova(&driver, list))),
		0);
	expect(&driver, 1, "the device may write to the PRP list at");
	close_after(&driver, 1);
}

static void second_prp_that_is_not_needed_is_a_violation(void **state)
{
	struct driver driver;
	uint8_t *data;

	(void)state;
	driver_start(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED));
	data = driver_alloc(&driver, 2 * PAGE);
	assert_int_equal(
		driver_io(&driver, driver_rw(NVU_CMD_READ, 0, 8, driver_iova(&driver, data),
					     driver_iova(&driver, data + PAGE))),
		0);
	expect(&driver, 1, "PRP2 is 0x10");
	assert_int_equal(
		driver_io(&driver, driver_rw(NVU_CMD_READ, 0, 8, driver_iova(&driver, data + 4),
					     driver_iova(&driver, data + PAGE))),
		0);
	close_after(&driver, 1);
}

/* A command without effect, with one field that it does not have. */
static const struct {
	bool io;
	uint8_t opcode;
	uint32_t cdw; /* 2, 3, 10 to 15; or PRP1, PRP2, MPTR */
	uint32_t value;
	const char *text;
} reserved[] = {
#define PRP1_FIELD 101
#define PRP2_FIELD 102
#define MPTR_FIELD 103
	{ true, NVU_CMD_FLUSH, 2, 1, "CDW2 and CDW3 are 0x1 and 0x0: reserved" },
	{ true, NVU_CMD_FLUSH, 3, 7, "CDW2 and CDW3 are 0x0 and 0x7: reserved" },
	{ true, NVU_CMD_FLUSH, 10, 1, "CDW10 is 0x1: bits 0x1 are reserved" },
	{ true, NVU_CMD_FLUSH, 15, 1u << 31, "CDW15 is 0x80000000: bits 0x80000000" },
	{ true, NVU_CMD_FLUSH, PRP1_FIELD, 8,
	  "Flush, CID 3: PRP1 is 0x8 in a command without data" },
	{ true, NVU_CMD_FLUSH, PRP2_FIELD, 8, "PRP2 is 0x8" },
	{ true, NVU_CMD_FLUSH, MPTR_FIELD, 8, "MPTR is 0x8" },
	{ true, NVU_CMD_VERIFY, 12, 1u << 16, "CDW12 is 0x10000: bits 0x10000" },
	{ true, NVU_CMD_VERIFY, 13, 1, "CDW13" },
	{ true, NVU_CMD_WRITE_ZEROES, 14, 1, "CDW14" },
	{ false, NVU_ADMIN_GET_FEATURES, 10, NVU_FEAT_ARBITRATION | 1u << 11,
	  "CDW10 is 0x801: bits 0x800" },
	{ false, NVU_ADMIN_GET_FEATURES, 14, 0x80, "CDW14" },
	{ false, NVU_ADMIN_GET_FEATURES, MPTR_FIELD, 8, "Get Features, CID 3: MPTR is 0x8" },
	{ false, NVU_ADMIN_ABORT, 11, 1, "CDW11" },
	{ false, NVU_ADMIN_ABORT, PRP2_FIELD, 8, "PRP2" },
	{ false, NVU_ADMIN_ASYNC_EVENT, 10, 1, "Asynchronous Event Request, CID 3: CDW10" },
};

static struct nvu_sqe with_field(size_t row)
{
	struct nvu_sqe sqe = { .opcode = reserved[row].opcode,
			       .nsid = nvu_le32_put(reserved[row].io),
			       .cdw10 = nvu_le32_put(reserved[row].io ? 0 : 1) };
	uint32_t cdw = reserved[row].cdw;

	if (reserved[row].opcode == NVU_ADMIN_ASYNC_EVENT)
		sqe.cdw10 = nvu_le32_put(0);
	if (cdw == PRP1_FIELD)
		sqe.prp1 = nvu_le64_put(reserved[row].value);
	else if (cdw == PRP2_FIELD)
		sqe.prp2 = nvu_le64_put(reserved[row].value);
	else if (cdw == MPTR_FIELD)
		sqe.mptr = nvu_le64_put(reserved[row].value);
	else
		((nvu_le32 *)(void *)&sqe)[cdw] = nvu_le32_put(reserved[row].value);
	return sqe;
}

/* A read of one block with metadata, its data at PAGE bytes of the arena, its metadata's descriptor at 0. */
static void read_with_sgl(uint32_t sgls, struct nvu_sqe sqe, struct nvu_sgl descriptor, int status,
			  const char *text)
{
	struct driver driver;
	uint8_t *arena;

	driver_start(&driver, NVU_MOCK_OPTS(.sgls = sgls, .metadata_bytes = 8));
	arena = driver_alloc(&driver, 2 * PAGE);
	memcpy(arena, &descriptor, sizeof(descriptor));
	sqe.opcode = NVU_CMD_READ;
	sqe.nsid = nvu_le32_put(1);
	sqe.prp1 = nvu_le64_put(driver_iova(&driver, arena + PAGE));
	sqe.prp2 = nvu_le64_put(512); /* a data block */
	sqe.mptr = nvu_le64_put(nvu_le64_get(sqe.mptr) + driver_read_iova(&driver, arena));
	assert_int_equal(driver_io(&driver, sqe), status);
	expect(&driver, text ? 1 : 0, text ? text : "");
	driver_close(&driver, text ? 1 : 0, text);
}

/* Base 3.3.3.1, PSDT: how MPTR says where metadata are. */
static void form_of_a_data_pointer_that_is_not_announced_is_a_violation(void **state)
{
	const uint32_t all = NVU_SGLS_BYTES | NVU_SGLS_METADATA | NVU_SGLS_METADATA_SGL;
	const struct nvu_sqe plain = { .flags = NVU_PSDT_SGL, .mptr = nvu_le64_put(8) };
	const struct nvu_sqe sgl = { .flags = NVU_PSDT_SGL_METADATA };
	const struct nvu_sgl none = { .type = NVU_SGL_BIT_BUCKET };
	struct nvu_sqe other = { .flags = NVU_PSDT };
	struct nvu_sgl good = { .length = nvu_le32_put(8) };

	(void)state;
	good.address = nvu_le64_put(ARENA_IOVA + (4 << 20));
	read_with_sgl(all, sgl, good, 0, NULL);
	read_with_sgl(0, sgl, good, NVU_SC_INVALID_FIELD, "PSDT is 2: SGLs are not announced");
	read_with_sgl(all, other, good, NVU_SC_INVALID_FIELD, "PSDT is 3: SGLs are not announced");
	read_with_sgl(NVU_SGLS_BYTES, plain, good, NVU_SC_INVALID_FIELD,
		      "an address beside an SGL");
	read_with_sgl(NVU_SGLS_BYTES, sgl, good, NVU_SC_INVALID_FIELD, "an SGL, which is not");
	read_with_sgl(all, plain, good, NVU_SC_DATA_TRANSFER_ERROR, "not mapped for writing");
	other = (struct nvu_sqe){ .flags = NVU_PSDT_SGL_METADATA, .mptr = nvu_le64_put(4) };
	read_with_sgl(all, other, good, NVU_SC_INVALID_SGL_SEGMENT, "not 8-byte aligned");
	other.mptr = nvu_le64_put(ARENA_READ_IOVA * 4);
	read_with_sgl(all, other, good, NVU_SC_DATA_TRANSFER_ERROR, "its descriptor is not mapped");
	other.mptr = nvu_le64_put(ARENA_IOVA - ARENA_READ_IOVA);
	read_with_sgl(all, other, good, NVU_SC_DATA_TRANSFER_ERROR, "may write to its descriptor");
	read_with_sgl(all, sgl, none, NVU_SC_SGL_TYPE, "its descriptor is no data block");
	good.length = nvu_le32_put(16);
	read_with_sgl(all, sgl, good, NVU_SC_METADATA_SGL_LENGTH, "another length");
}

static void reserved_field_that_is_set_is_a_violation(void **state)
{
	(void)state;
	for (size_t row = 0; row < sizeof(reserved) / sizeof(reserved[0]); row++) {
		struct driver driver;

		driver_start(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED));
		expect(&driver, 0, "");
		driver_queue_cmd(&driver, reserved[row].io ? &driver.io : &driver.admin,
				 with_field(row));
		driver_ring(&driver, reserved[row].io ? &driver.io : &driver.admin);
		step(&driver, 2);
		expect(&driver, 1, reserved[row].text);
		close_after(&driver, 1);
	}
}

/* The ways in which a device is left that may use memory still. */
enum leaving { CUT_OFF, UNMAP_FIRST, KEEP_MASTERING };

/* With queues and a fault; the driver closes. Expects this number of violations, and the last one. */
static void leave(enum nvu_mock_fault_kind kind, enum leaving way, uint32_t violations,
		  const char *text)
{
	struct driver driver;
	struct transport_domain *domain;

	driver_start(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED));
	domain = driver.transport->domain;
	domain->ops->get(domain);
	inject(&driver, NVU_MOCK_FAULT(.kind = kind));
	driver_write(&driver, NVU_REG_CC, 0);
	if (way == UNMAP_FIRST)
		(void)driver_unmap(&driver, ARENA_READ_IOVA, ARENA_BYTES);
	if (way != KEEP_MASTERING)
		write_command(&driver, MEMORY);
	mock_transport_ops.close(driver.transport);
	if (way != UNMAP_FIRST)
		(void)domain->ops->unmap(domain, ARENA_READ_IOVA, ARENA_BYTES);
	(void)domain->ops->unmap(domain, ARENA_IOVA, ARENA_BYTES);
	domain->ops->put(domain);
	expect(&driver, violations, text);
	nvu_mock_destroy(driver.mock);
	(void)munmap(driver.arena, ARENA_BYTES);
}

static void memory_taken_from_a_controller_that_has_not_stopped(void **state)
{
	(void)state;
	leave(NVU_MOCK_FAULT_NEVER_DISABLED, CUT_OFF, 0, "");
	leave(NVU_MOCK_FAULT_NEVER_DISABLED, UNMAP_FIRST, 2,
	      "is unmapped with bus mastering on, before CSTS.RDY is 0");
	leave(NVU_MOCK_FAULT_NEVER_DISABLED, KEEP_MASTERING, 1,
	      "closed with bus mastering on, before CSTS.RDY is 0");
}

/* A function that somebody has taken off the bus, and that is to be reset. */
static void bus_mastering_before_the_controller_has_stopped_is_a_violation(void **state)
{
	static const char text[] = "bus mastering is switched on before CSTS.RDY is 0";

	(void)state;
	for (int steps = 0; steps < 3; steps++) {
		struct driver driver;
		uint32_t violations = steps < 2;

		driver_open(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED));
		driver_enable(&driver);
		write_command(&driver, MEMORY);
		write_command(&driver, MEMORY);
		inject(&driver, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_SLOW_READY, .delay = STEPS));
		if (steps > 0)
			driver_write(&driver, NVU_REG_CC, 0);
		if (steps > 1)
			wait_ready(&driver, 0);
		write_command(&driver, MEMORY | BUS_MASTER);
		expect(&driver, violations, violations ? text : "");
		write_command(&driver, MEMORY | BUS_MASTER);
		expect(&driver, violations, violations ? text : "");
		nvu_mock_clear_faults(driver.mock);
		if (steps == 1)
			wait_ready(&driver, 0);
		driver_close(&driver, violations, NULL);
	}
}

static void memory_taken_from_a_controller_that_has_gone(void **state)
{
	(void)state;
	leave(NVU_MOCK_FAULT_GONE_NOW, CUT_OFF, 0, "");
	leave(NVU_MOCK_FAULT_GONE_NOW, UNMAP_FIRST, 2,
	      "the SQ is unmapped with bus mastering on, after the registers had gone");
	leave(NVU_MOCK_FAULT_GONE_NOW, KEEP_MASTERING, 1,
	      "closed with bus mastering on, after its registers had gone");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slow_controller_in_order_is_fine),
		cmocka_unit_test(slow_controller_with_a_thread_follows_in_time),
		cmocka_unit_test(disable_before_ready_is_a_violation),
		cmocka_unit_test(enable_before_stopped_is_a_violation),
		cmocka_unit_test(disable_while_shutting_down_is_a_violation),
		cmocka_unit_test(abrupt_shutdown_is_a_violation),
		cmocka_unit_test(controller_left_enabled_is_disabled_when_ready),
		cmocka_unit_test(doorbell_before_ready_is_a_violation),
		cmocka_unit_test(submission_queue_the_device_may_write_is_a_violation),
		cmocka_unit_test(prp_list_the_device_may_write_is_a_violation),
		cmocka_unit_test(second_prp_that_is_not_needed_is_a_violation),
		cmocka_unit_test(form_of_a_data_pointer_that_is_not_announced_is_a_violation),
		cmocka_unit_test(reserved_field_that_is_set_is_a_violation),
		cmocka_unit_test(memory_taken_from_a_controller_that_has_not_stopped),
		cmocka_unit_test(memory_taken_from_a_controller_that_has_gone),
		cmocka_unit_test(bus_mastering_before_the_controller_has_stopped_is_a_violation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
