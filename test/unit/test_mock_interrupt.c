// SPDX-License-Identifier: MIT
/*
 * test_mock_interrupt.c: when the mock's vectors interrupt, and what a driver owes them: a descriptor for each at which a
 * queue interrupts, as long as it does.
 */
#include "mock_driver.h"

#include <sys/eventfd.h>
#include <unistd.h>

static void expect(struct driver *driver, uint32_t count, const char *text)
{
	const char *last = count ? nvu_mock_violation(driver->mock, count - 1) : "";

	assert_int_equal(nvu_mock_violations(driver->mock), count);
	assert_non_null(strstr(last ? last : "", text));
}

static int create_cq_with_interrupts(struct driver *driver, uint32_t vector)
{
	driver_make_queue(driver, &driver->io, 1, IO_ENTRIES);
	return driver_admin(driver,
			    (struct nvu_sqe){ .opcode = NVU_ADMIN_CREATE_CQ,
					      .prp1 = nvu_le64_put(driver->io.cq_iova),
					      .cdw10 = nvu_le32_put((IO_ENTRIES - 1) << 16 | 1),
					      .cdw11 = nvu_le32_put(vector << 16 | 3) });
}

static void interrupts_that_nothing_handles_are_a_violation(void **state)
{
	struct driver driver;

	(void)state;
	driver_open(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED));
	driver_enable(&driver);
	assert_int_equal(create_cq_with_interrupts(&driver, 1), 0);
	expect(&driver, 1, "IEN is 1, but nothing handles the interrupts of vector 1");
	driver_close(&driver, 1, NULL);
}

static void vector_that_has_no_descriptor_is_a_violation(void **state)
{
	struct driver driver;
	uint32_t count;
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	(void)state;
	driver_open(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED));
	driver_enable(&driver);
	assert_int_equal(driver.transport->ops->vectors_enable(driver.transport, &count), 0);
	assert_int_equal(driver.transport->ops->vector_set(driver.transport, 1, fd), 0);
	assert_int_equal(create_cq_with_interrupts(&driver, 2), 0);
	expect(&driver, 1, "nothing handles the interrupts of vector 2");
	assert_int_equal(driver_delete(&driver, NVU_ADMIN_DELETE_CQ, 1), 0);

	assert_int_equal(create_cq_with_interrupts(&driver, 1), 0);
	assert_int_equal(driver.transport->ops->vector_set(driver.transport, 1, fd), 0);
	expect(&driver, 1, "");
	assert_int_equal(driver.transport->ops->vector_set(driver.transport, 1, -1), 0);
	expect(&driver, 2, "interrupt vector 1 loses its descriptor, but completion queue 1");
	(void)close(fd);
	driver_close(&driver, 2, NULL);
}

static uint64_t signals(int fd)
{
	uint64_t count = 0;

	return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

/* While the driver has not returned what came before, none follows; nor is one lost that came meanwhile. */
static void interrupt_comes_with_the_first_entry_that_is_not_returned(void **state)
{
	struct nvu_sqe flush = { .opcode = NVU_CMD_FLUSH, .nsid = nvu_le32_put(1) };
	struct driver driver;
	uint32_t count;
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	(void)state;
	driver_open(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED));
	driver_enable(&driver);
	assert_int_equal(driver.transport->ops->vectors_enable(driver.transport, &count), 0);
	assert_int_equal(driver.transport->ops->vector_set(driver.transport, 1, fd), 0);
	assert_int_equal(create_cq_with_interrupts(&driver, 1), 0);
	assert_int_equal(driver_create_sq(&driver, &driver.io), 0);
	assert_int_equal(signals(fd), 0);

	for (int entry = 0; entry < 3; entry++) {
		(void)driver_queue_cmd(&driver, &driver.io, flush);
		driver_ring(&driver, &driver.io);
		(void)nvu_mock_step(driver.mock, UINT32_MAX);
		assert_int_equal(signals(fd), entry == 0);
	}
	driver_doorbell(&driver, 3, 2);
	(void)nvu_mock_step(driver.mock, UINT32_MAX);
	assert_int_equal(signals(fd), 1);
	driver_doorbell(&driver, 3, 3);
	(void)nvu_mock_step(driver.mock, UINT32_MAX);
	assert_int_equal(signals(fd), 0);
	(void)driver_queue_cmd(&driver, &driver.io, flush);
	driver_ring(&driver, &driver.io);
	(void)nvu_mock_step(driver.mock, UINT32_MAX);
	assert_int_equal(signals(fd), 1);
	assert_int_equal(driver_stats(&driver).interrupts, 3);
	(void)close(fd);
	driver_close(&driver, 0, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interrupts_that_nothing_handles_are_a_violation),
		cmocka_unit_test(vector_that_has_no_descriptor_is_a_violation),
		cmocka_unit_test(interrupt_comes_with_the_first_entry_that_is_not_returned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
