// SPDX-License-Identifier: MIT
/*
 * test_mock_transport.c: opening and closing by address, the shared domain, failing calls, and the
 * device thread beside threads that map, inject and look.
 */
#include "mock_driver.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { MANY = 20000, ROUNDS = 200 };

static void open_by_address_makes_one_that_ends_at_close(void **state)
{
	struct transport *transport = NULL;
	uint64_t cap = 0;

	(void)state;
	assert_int_equal(mock_transport_ops.open("entries=32", NULL, &transport), 0);
	assert_int_equal(transport->ops->reg_read64(transport, NVU_REG_CAP, &cap), 0);
	assert_int_equal(NVU_GET(NVU_CAP_MQES, cap), 31);
	assert_int_equal(transport->ops->request_fd(transport), -ENOTSUP);
	mock_transport_ops.close(transport);
}

static void open_bad_address_says_why(void **state)
{
	struct transport *transport = NULL;

	(void)state;
	assert_int_equal(mock_transport_ops.open("size=banana", NULL, &transport), -EINVAL);
	assert_non_null(strstr(error_get(), "size=banana"));
	assert_int_equal(mock_transport_ops.open("id=4000000000", NULL, &transport), -ENODEV);
	assert_non_null(strstr(error_get(), "this mock controller does not exist"));
	assert_null(transport);
}

static void open_twice_is_busy(void **state)
{
	struct transport *second = NULL;
	struct driver driver;

	(void)state;
	driver_open(&driver, NULL);
	assert_int_equal(mock_transport_ops.open(driver.transport->name + 5, NULL, &second),
			 -EBUSY);
	driver_close(&driver, 0, NULL);
}

static void open_again_after_close_is_a_fresh_controller(void **state)
{
	struct driver driver;
	char address[64];

	(void)state;
	driver_start(&driver, NULL);
	(void)snprintf(address, sizeof(address), "%s", driver.transport->name + 5);
	driver_write(&driver, NVU_REG_CC, CC_ENABLE | 1u << 14);
	mock_transport_ops.close(driver.transport);

	assert_int_equal(mock_transport_ops.open(address, &(struct transport_open_opts){ true },
						 &driver.transport),
			 0);
	assert_int_equal(driver_read(&driver, NVU_REG_CC), 0);
	driver_enable(&driver);
	driver_close(&driver, 0, NULL);
}

static void destroy_while_open_makes_the_registers_go(void **state)
{
	struct driver driver;

	(void)state;
	driver_start(&driver, NULL);
	assert_int_equal(driver_unmap(&driver, ARENA_IOVA, ARENA_BYTES), 0);
	assert_int_equal(driver_unmap(&driver, ARENA_READ_IOVA, ARENA_BYTES), 0);
	nvu_mock_destroy(driver.mock);
	assert_int_equal(driver_read(&driver, NVU_REG_CSTS), UINT32_MAX);
	mock_transport_ops.close(driver.transport);
	(void)munmap(driver.arena, ARENA_BYTES);
}

static void map_bad_arguments_are_violations(void **state)
{
	static const struct {
		uint64_t iova;
		size_t offset, len;
		uint32_t prot;
		int ret;
		const char *text;
	} cases[] = {
		{ 0x800, 0, PAGE, 3, -EINVAL, "map of 4096 bytes at I/O address 0x800: not in" },
		{ 0, 512, PAGE, 3, -EINVAL, "not in whole pages" },
		{ 0, 0, 100, 3, -EINVAL, "not in whole pages" },
		{ 0, 0, 0, 3, -EINVAL, "not in whole pages" },
		{ 0, 0, PAGE, 0, -EINVAL, "neither for reading" },
		{ 0, 0, PAGE, 4, -EINVAL, "neither for reading" },
		{ 0xfee00000, 0, PAGE, 3, -EINVAL, "outside the allowed ranges" },
		{ 0xfedff000, 0, 2 * PAGE, 3, -EINVAL, "outside the allowed ranges" },
		{ 1ull << 39, 0, PAGE, 3, -EINVAL, "outside the allowed ranges" },
		{ UINT64_MAX - PAGE + 1, 0, PAGE, 3, -EINVAL, "outside the allowed ranges" },
		{ ARENA_IOVA, 0, PAGE, 3, -EEXIST, "overlaps what is mapped" },
	};
	(void)state;

	for (size_t idx = 0; idx < sizeof(cases) / sizeof(cases[0]); idx++) {
		struct driver driver;

		driver_open(&driver, NULL);
		assert_int_equal(driver_map(&driver, cases[idx].iova,
					    driver.arena + cases[idx].offset, cases[idx].len,
					    cases[idx].prot),
				 cases[idx].ret);
		assert_non_null(strstr(error_get(), cases[idx].text));
		driver_close(&driver, 1, cases[idx].text);
	}
}

static void unmap_of_a_part_is_a_violation(void **state)
{
	struct driver driver;

	(void)state;
	driver_open(&driver, NULL);
	assert_int_equal(driver_unmap(&driver, ARENA_IOVA, PAGE), -ENOENT);
	driver_close(&driver, 1, "unmap of 4096 bytes at I/O address 0x100000: is not what");
}

static void map_at_the_ends_of_the_ranges_is_fine(void **state)
{
	static const uint64_t iovas[] = { 0, 0xfedff000, 0xfef00000, (1ull << 39) - PAGE };
	struct driver driver;

	(void)state;
	driver_open(&driver, NULL);
	for (size_t idx = 0; idx < 4; idx++)
		assert_int_equal(driver_map(&driver, iovas[idx], driver.arena, PAGE, 3), 0);
	assert_int_equal(driver_stats(&driver).dma_mappings, 6);
	assert_int_equal(driver_stats(&driver).dma_bytes, 2 * ARENA_BYTES + 4 * PAGE);
	for (size_t idx = 0; idx < 4; idx++)
		assert_int_equal(driver_unmap(&driver, iovas[idx], PAGE), 0);
	driver_close(&driver, 0, NULL);
}

static void domain_is_shared_by_all_mocks(void **state)
{
	struct transport_range ranges[TRANSPORT_RANGES_MAX];
	struct transport *other = NULL;
	struct driver driver;

	(void)state;
	driver_open(&driver, NULL);
	assert_int_equal(mock_transport_ops.open("", NULL, &other), 0);
	assert_ptr_equal(driver.transport->domain, other->domain);
	assert_int_equal(other->domain->page_bytes, 4096);
	assert_int_equal(other->domain->ops->ranges(other->domain, ranges), 2);
	mock_transport_ops.close(other);
	assert_int_equal(driver_stats(&driver).dma_mappings, 2);
	driver_close(&driver, 0, NULL);
}

static void domain_outlives_its_transport_with_a_reference(void **state)
{
	struct transport *transport = NULL;
	struct transport_domain *domain;
	static uint8_t page[2 * PAGE] __attribute__((aligned(PAGE)));

	(void)state;
	assert_int_equal(mock_transport_ops.open("", NULL, &transport), 0);
	domain = transport->domain;
	domain->ops->get(domain);
	assert_int_equal(domain->ops->map(domain, 0, &(struct dma_source){ page, PAGE, -1, 0 }, 3),
			 0);
	mock_transport_ops.close(transport);

	assert_int_equal(domain->ops->unmap(domain, 0, PAGE), 0);
	domain->ops->put(domain);
}

/* Each call from the next one on can be made to fail; the one after it works again. */
static void fail_call_fails_the_nth(void **state)
{
	struct driver driver;
	uint32_t value = 0;

	(void)state;
	driver_open(&driver, NULL);
	nvu_mock_fail_call(driver.mock, 3, -EIO);
	assert_int_equal(driver_read(&driver, NVU_REG_VS), 0x10400);
	assert_int_equal(driver_read(&driver, NVU_REG_VS), 0x10400);
	assert_int_equal(driver.transport->ops->reg_read32(driver.transport, NVU_REG_VS, &value),
			 -EIO);
	assert_non_null(strstr(error_get(), "reading a register failed because a test"));
	assert_int_equal(driver_read(&driver, NVU_REG_VS), 0x10400);

	nvu_mock_fail_call(driver.mock, 1, -ENOMEM);
	assert_int_equal(driver_map(&driver, 0, driver.arena, PAGE, 3), -ENOMEM);
	nvu_mock_fail_call(driver.mock, 1, -EPERM);
	assert_int_equal(driver.transport->ops->config_read(driver.transport, 0, &value, 4),
			 -EPERM);
	nvu_mock_fail_call(driver.mock, 1, -EPERM);
	assert_int_equal(driver.transport->ops->reset(driver.transport), -EPERM);
	nvu_mock_fail_call(driver.mock, 0, 0);
	assert_int_equal(driver_stats(&driver).transport_calls, 10);
	driver_close(&driver, 0, NULL);
}

static void fail_call_fails_open(void **state)
{
	struct transport *transport = NULL;
	struct nvu_mock *mock;

	(void)state;
	assert_int_equal(nvu_mock_create(NULL, &mock), 0);
	nvu_mock_fail_call(mock, 1, -EACCES);
	assert_int_equal(mock_transport_ops.open(nvu_mock_address(mock) + 5, NULL, &transport),
			 -EACCES);
	assert_int_equal(mock_transport_ops.open(nvu_mock_address(mock) + 5, NULL, &transport), 0);
	mock_transport_ops.close(transport);
	nvu_mock_destroy(mock);
}

static void many_mappings_are_quick_enough(void **state)
{
	struct driver driver;

	(void)state;
	driver_start(&driver, NULL);
	for (uint64_t idx = 0; idx < MANY; idx++)
		assert_int_equal(
			driver_map(&driver, (1ull << 32) + idx * 2 * PAGE, driver.arena, PAGE, 3),
			0);
	for (uint64_t idx = 0; idx < MANY; idx++)
		assert_int_equal(driver_unmap(&driver, (1ull << 32) + idx * 2 * PAGE, PAGE), 0);
	driver_close(&driver, 0, NULL);
}

struct helper {
	struct driver *driver;
	uint8_t *page;
	int stop; /* atomic */
};

/* Maps and unmaps, injects harmless faults and looks at everything, beside the I/O. */
static void *disturb(void *arg)
{
	struct helper *helper = arg;
	struct nvu_mock *mock = helper->driver->mock;
	struct transport_domain *domain = helper->driver->transport->domain;
	const struct dma_source page = { helper->page, PAGE, -1, 0 };

	while (!__atomic_load_n(&helper->stop, __ATOMIC_RELAXED)) {
		struct nvu_mock_stats stats;

		(void)domain->ops->map(domain, 0, &page, 3);
		(void)nvu_mock_inject(
			mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .count = 1, .delay = 1));
		nvu_mock_stats(mock, &stats, sizeof(stats));
		(void)nvu_mock_violations(mock);
		(void)domain->ops->unmap(domain, 0, PAGE);
		memset(helper->page, 1, PAGE); /* ours again */
	}
	return NULL;
}

static void thread_survives_company(void **state)
{
	struct driver driver;
	struct helper helper = { .driver = &driver };
	pthread_t thread;
	uint8_t *data;

	(void)state;
	driver_start(&driver, NULL);
	helper.page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	data = driver_alloc(&driver, PAGE);
	assert_int_equal(pthread_create(&thread, NULL, disturb, &helper), 0);
	for (int round = 0; round < ROUNDS; round++) {
		memset(data, round, 512);
		assert_int_equal(driver_io(&driver, driver_rw(NVU_CMD_WRITE, 3, 1,
							      driver_iova(&driver, data), 0)),
				 0);
		memset(data, 0, 512);
		assert_int_equal(driver_io(&driver, driver_rw(NVU_CMD_READ, 3, 1,
							      driver_iova(&driver, data), 0)),
				 0);
		assert_int_equal(data[511], (uint8_t)round);
	}
	__atomic_store_n(&helper.stop, 1, __ATOMIC_RELAXED);
	(void)pthread_join(thread, NULL);
	driver_close(&driver, 0, NULL);
	(void)munmap(helper.page, PAGE);
}

static void null_thread_keeps_a_ring_turning(void **state)
{
	struct driver driver;
	uint32_t answered = 0;

	(void)state;
	driver_start(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_NULL));
	for (int round = 0; round < ROUNDS; round++) {
		for (int count = 0; count < 5; count++)
			(void)driver_queue_cmd(&driver, &driver.io,
					       driver_rw(NVU_CMD_READ, 0, 1, 0, 0));
		driver_ring(&driver, &driver.io);
		for (int count = 0; count < 5; count++)
			answered += driver_wait(&driver, &driver.io) == 0;
	}
	assert_int_equal(answered, 5 * ROUNDS);
	assert_int_equal(nvu_le16_get(driver.last.sqhd), 5 * ROUNDS % IO_ENTRIES);
	driver_close(&driver, 0, NULL);
}

/* What a mock with one violation prints at its end. */
static void end_of_a_violated_mock(uint32_t flags, char *printed, size_t size)
{
	int before = dup(2), capture = memfd_create("printed", MFD_CLOEXEC);
	struct driver driver;
	ssize_t len;

	assert_true(before >= 0 && capture >= 0);
	driver_open(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | flags));
	driver_write(&driver, NVU_REG_VS, 1);
	assert_int_equal(dup2(capture, 2), 2);
	driver_close(&driver, 1, NULL);
	(void)dup2(before, 2);
	(void)close(before);
	len = pread(capture, printed, size - 1, 0);
	(void)close(capture);
	assert_true(len >= 0);
	printed[len] = '\0';
}

static void violations_are_printed_at_the_end_if_asked(void **state)
{
	char printed[300];

	(void)state;
	(void)unsetenv("NVU_MOCK_REPORT");
	end_of_a_violated_mock(0, printed, sizeof(printed));
	assert_string_equal(printed, "");
	end_of_a_violated_mock(NVU_MOCK_REPORT, printed, sizeof(printed));
	assert_non_null(strstr(printed, "nvu: mock:id="));
	assert_non_null(strstr(printed, ": violation: register 0x8 is written"));
	assert_int_equal(setenv("NVU_MOCK_REPORT", "1", 1), 0);
	end_of_a_violated_mock(0, printed, sizeof(printed));
	assert_non_null(strstr(printed, ": violation: register 0x8 is written"));
	assert_int_equal(setenv("NVU_MOCK_REPORT", "0", 1), 0);
	end_of_a_violated_mock(0, printed, sizeof(printed));
	assert_string_equal(printed, "");
	(void)unsetenv("NVU_MOCK_REPORT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(open_by_address_makes_one_that_ends_at_close),
		cmocka_unit_test(open_bad_address_says_why),
		cmocka_unit_test(open_twice_is_busy),
		cmocka_unit_test(open_again_after_close_is_a_fresh_controller),
		cmocka_unit_test(destroy_while_open_makes_the_registers_go),
		cmocka_unit_test(map_bad_arguments_are_violations),
		cmocka_unit_test(unmap_of_a_part_is_a_violation),
		cmocka_unit_test(map_at_the_ends_of_the_ranges_is_fine),
		cmocka_unit_test(domain_is_shared_by_all_mocks),
		cmocka_unit_test(domain_outlives_its_transport_with_a_reference),
		cmocka_unit_test(fail_call_fails_the_nth),
		cmocka_unit_test(fail_call_fails_open),
		cmocka_unit_test(many_mappings_are_quick_enough),
		cmocka_unit_test(thread_survives_company),
		cmocka_unit_test(null_thread_keeps_a_ring_turning),
		cmocka_unit_test(violations_are_printed_at_the_end_if_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
