/* SPDX-License-Identifier: MIT */
/*
 * test_vfio_kernel.c: what the VFIO transport asks the kernel for, and what it leaves behind.
 */
#include "vfio_kernel.h"

#include "descriptors.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

static int try_open(const char *bdf, struct transport **ret_transport)
{
	return vfio_transport_ops.open(bdf, &(struct transport_open_opts){ .reset = true },
				       ret_transport);
}

static int map_memory(struct transport_domain *domain, uint64_t iova, void *memory, size_t len,
		      uint32_t prot)
{
	return domain->ops->map(domain, iova, &(struct dma_source){ memory, len, -1, 0 }, prot);
}

static struct transport *must_open(const char *bdf)
{
	struct transport *transport = NULL;

	if (try_open(bdf, &transport))
		fail_msg("%s: %s", bdf, error_get());
	return transport;
}

static void open_claims_and_close_gives_back(void **state)
{
	int before = count_descriptors();
	struct transport *transport = must_open(BDF);

	(void)state;
	assert_int_equal(command_of(BDF),
			 FIRST_COMMAND | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE);
	assert_int_equal(kernel.resets, 1);
	assert_int_equal(kernel.groups, 1);
	assert_int_equal(kernel.iommus, 1);
	assert_true(transport->ops->request_fd(transport) >= 0);
	transport->ops->close(transport);
	assert_int_equal(command_of(BDF), FIRST_COMMAND | PCI_COMMAND_INTX_DISABLE);
	assert_int_equal(kernel.groups, 0);
	assert_int_equal(count_descriptors(), before);
}

static void reset_is_left_out_when_it_is_not_wanted(void **state)
{
	struct transport *transport = NULL;

	(void)state;
	assert_int_equal(
		vfio_transport_ops.open(BDF, &(struct transport_open_opts){ false }, &transport),
		0);
	assert_int_equal(kernel.resets, 0);
	assert_int_equal(transport->ops->reset(transport), 0);
	assert_int_equal(kernel.resets, 1);
	transport->ops->close(transport);
}

static void device_can_be_opened_again_and_again(void **state)
{
	struct sigaction before, after;

	(void)state;
	assert_int_equal(sigaction(SIGBUS, NULL, &before), 0);
	for (int turn = 0; turn < 300; turn++) {
		struct transport *transport = must_open(BDF);

		assert_non_null(transport->mapped);
		transport->ops->close(transport);
		/* With the last guard of registers the handler goes as well. */
		assert_int_equal(sigaction(SIGBUS, NULL, &after), 0);
		assert_ptr_equal(after.sa_handler, before.sa_handler);
	}
}

/* A program that this one runs next does not drive its controller. */
static void descriptors_do_not_survive_exec(void **state)
{
	struct transport *transport = must_open(BDF);
	int checked = 0;

	(void)state;
	assert_true(transport->ops->request_fd(transport) >= 0);
	for (int fd = 3; fd < 256; fd++) {
		char link[64], path[256];
		ssize_t len;

		(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		len = readlink(link, path, sizeof(path) - 1);
		if (len <= 0)
			continue;
		path[len] = '\0';
		if (!strstr(path, root) && !strstr(path, "eventfd"))
			continue;
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		checked++;
	}
	assert_int_equal(checked, 4); /* container, group, device, request */
	transport->ops->close(transport);
}

/* The kernel triggers the descriptor when it wants the device back. */
static void request_is_asked_for_as_a_trigger(void **state)
{
	struct transport *transport = must_open(BDF);
	int fd = transport->ops->request_fd(transport);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(kernel.irq.flags, VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER);
	assert_int_equal(kernel.irq.index, VFIO_PCI_REQ_IRQ_INDEX);
	assert_int_equal(kernel.irq.count, 1);
	assert_int_equal(transport->ops->request_fd(transport), fd); /* the same one */
	transport->ops->close(transport);
}

/* Kernels before Linux 6.5 add nothing later. */
static void vectors_are_enabled_at_once_and_set_singly(void **state)
{
	struct transport *transport = must_open(BDF);
	const struct transport_ops *ops = transport->ops;
	uint32_t count = 0;

	(void)state;
	kernel.vectors = kernel.vectors_available = 5;
	assert_int_equal(ops->vector_set(transport, 0, 9), -EINVAL);
	assert_int_equal(ops->vectors_enable(transport, &count), 0);
	assert_int_equal(count, 5);
	assert_int_equal(kernel.vectors_on, 5);
	for (uint32_t vector = 0; vector < count; vector++)
		assert_int_equal(kernel.vector_fds[vector], -1);
	assert_int_equal(ops->vector_set(transport, 4, 9), 0);
	assert_int_equal(kernel.irq.flags, VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER);
	assert_int_equal(kernel.irq.count, 1);
	assert_int_equal(kernel.vector_fds[4], 9);
	assert_int_equal(kernel.vector_fds[3], -1);
	assert_int_equal(ops->vectors_enable(transport, &count), 0);
	assert_int_equal(kernel.vector_fds[4], 9);
	assert_int_equal(ops->vector_set(transport, 5, 9), -EINVAL);
	transport->ops->close(transport);
	assert_int_equal(kernel.vectors_on, 0);
}

static void vectors_are_what_the_kernel_has(void **state)
{
	struct transport *transport = must_open(BDF);
	uint32_t count = 0;

	(void)state;
	kernel.vectors = 64;
	kernel.vectors_available = 3;
	assert_int_equal(transport->ops->vectors_enable(transport, &count), 0);
	assert_int_equal(count, 3);
	assert_int_equal(transport->ops->vector_set(transport, 3, 9), -EINVAL);
	transport->ops->close(transport);
}

static void device_without_vectors_is_not_supported(void **state)
{
	struct transport *transport = must_open(BDF);
	uint32_t count = 0;

	(void)state;
	assert_int_equal(transport->ops->vectors_enable(transport, &count), -ENOTSUP);
	assert_non_null(strstr(error_get(), "has no interrupts"));
	assert_int_equal(count, 0);
	transport->ops->close(transport);
}

/* Where the kernel answers instead of the bus, it has nothing: the device has gone. */
static void registers_that_cannot_be_mapped_are_read_from_the_kernel(void **state)
{
	struct transport *transport;
	uint32_t value = 0;
	uint64_t wide = 0;

	(void)state;
	kernel.no_mmap = true;
	transport = must_open(BDF);
	assert_null(transport->mapped);
	assert_int_equal(transport->ops->reg_write32(transport, 0x1004, 9), 0);
	assert_int_equal(transport->ops->reg_read32(transport, 0x1004, &value), 0);
	assert_int_equal(value, 9);
	run("truncate -s 0 %s/%s", root, BDF);
	assert_int_equal(transport->ops->reg_read32(transport, 0x1c, &value), 0);
	assert_int_equal(value, UINT32_MAX);
	assert_int_equal(transport->ops->reg_read64(transport, 0, &wide), 0);
	assert_true(wide == UINT64_MAX);
	transport->ops->close(transport);
}

static void device_that_has_gone_is_not_opened(void **state)
{
	int fd = open_device_file(BDF), before;
	struct transport *transport = NULL;
	uint16_t ones = UINT16_MAX;

	(void)state;
	assert_int_equal(pwrite(fd, &ones, 2, CONFIG_AT + PCI_COMMAND), 2);
	(void)close(fd);
	before = count_descriptors();
	assert_int_equal(try_open(BDF, &transport), -ENODEV);
	assert_non_null(strstr(error_get(), "all ones"));
	assert_int_equal(count_descriptors(), before);
}

static void limits_are_those_of_the_kernel(void **state)
{
	struct transport *transport = must_open(BDF);
	struct transport_domain *domain = transport->domain;
	struct transport_range ranges[TRANSPORT_RANGES_MAX];

	(void)state;
	assert_int_equal(domain->page_bytes, PAGE);
	assert_int_equal(domain->max_mappings, AVAILABLE);
	assert_int_equal(domain->ops->ranges(domain, ranges), 2);
	assert_int_equal(ranges[0].last, 0xfedfffff);
	assert_int_equal(ranges[1].first, 0xfef00000);
	transport->ops->close(transport);
}

static void mappings_are_what_was_asked_for(void **state)
{
	static const struct {
		uint32_t prot, flags;
	} rows[] = {
		{ TRANSPORT_DMA_READ, VFIO_DMA_MAP_FLAG_READ },
		{ TRANSPORT_DMA_WRITE, VFIO_DMA_MAP_FLAG_WRITE },
		{ TRANSPORT_DMA_READ | TRANSPORT_DMA_WRITE,
		  VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE },
	};
	static char memory[2 * PAGE] __attribute__((aligned(PAGE)));
	struct transport *transport = must_open(BDF);
	struct transport_domain *domain = transport->domain;

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++) {
		assert_int_equal(map_memory(domain, 0x5000, memory, 2 * PAGE, rows[row].prot), 0);
		assert_int_equal(kernel.map_count, 1);
		assert_int_equal(kernel.maps[0].flags, rows[row].flags);
		assert_int_equal(kernel.maps[0].iova, 0x5000);
		assert_int_equal(kernel.maps[0].vaddr, (uintptr_t)memory);
		assert_int_equal(kernel.maps[0].size, 2 * PAGE);
		assert_int_equal(domain->ops->unmap(domain, 0x5000, 2 * PAGE), 0);
		assert_int_equal(kernel.map_count, 0);
	}
	transport->ops->close(transport);
}

/* The kernel unmaps what it has, and says how much that was. */
static void unmapping_less_than_asked_for_is_told(void **state)
{
	static char memory[2 * PAGE] __attribute__((aligned(PAGE)));
	struct transport *transport = must_open(BDF);
	struct transport_domain *domain = transport->domain;

	(void)state;
	assert_int_equal(domain->ops->unmap(domain, 0x5000, PAGE), -ENOENT);
	assert_int_equal(map_memory(domain, 0x5000, memory, 2 * PAGE, TRANSPORT_DMA_READ), 0);
	kernel.unmaps_less = true;
	assert_int_equal(domain->ops->unmap(domain, 0x5000, 2 * PAGE), -ENOENT);
	assert_non_null(strstr(error_get(), "8192 bytes at I/O address 0x5000"));
	transport->ops->close(transport);
}

static void registers_are_those_of_the_device(void **state)
{
	struct transport *transport = must_open(BDF);
	int fd = open_device_file(BDF);
	uint32_t value = 0;
	uint64_t wide = 0;

	(void)state;
	assert_int_equal(transport->reg_bytes, BAR_BYTES);
	assert_true(transport->mapped_first <= 0x1000 && transport->mapped_end == BAR_BYTES);
	assert_int_equal(transport->ops->reg_write64(transport, 0x28, 0x1122334455667788), 0);
	assert_int_equal(transport->ops->reg_write32(transport, 0x1000, 7), 0);
	assert_int_equal(pread(fd, &wide, 8, 0x28), 8);
	assert_int_equal(wide, 0x1122334455667788);
	assert_int_equal(pread(fd, &value, 4, 0x1000), 4);
	assert_int_equal(value, 7);
	assert_int_equal(transport->ops->reg_read64(transport, 0x28, &wide), 0);
	assert_int_equal(wide, 0x1122334455667788);
	assert_int_equal(transport->ops->reg_read32(transport, BAR_BYTES, &value), -EINVAL);
	assert_int_equal(transport->ops->reg_write32(transport, BAR_BYTES, 1), -EINVAL);
	assert_int_equal(transport->ops->reg_read64(transport, BAR_BYTES - 4, &wide), -EINVAL);
	assert_int_equal(transport->ops->config_read(transport, CONFIG_BYTES - 3, &value, 4),
			 -EINVAL);
	(void)close(fd);
	transport->ops->close(transport);
}

static void child_does_not_get_the_registers(void **state)
{
	struct transport *transport = must_open(BDF);
	void *doorbells = (void *)((uintptr_t)transport->mapped + 0x1000);
	int status = -1;
	pid_t child;

	(void)state;
	assert_int_equal(msync(doorbells, PAGE, MS_ASYNC), 0);
	child = fork();
	if (child == 0)
		_exit(msync(doorbells, PAGE, MS_ASYNC) == 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	transport->ops->close(transport);
}

static void group_in_use_by_the_host_is_refused(void **state)
{
	int before = count_descriptors();
	struct transport *transport = NULL;

	(void)state;
	kernel.viable = false;
	assert_int_equal(try_open(BDF, &transport), -EBUSY);
	assert_non_null(strstr(error_get(), "not viable"));
	assert_int_equal(count_descriptors(), before);
}

static void registers_that_are_too_few_are_refused(void **state)
{
	int before = count_descriptors();
	struct transport *transport = NULL;

	(void)state;
	kernel.small_bar = true;
	assert_int_equal(try_open(BDF, &transport), -ENODEV);
	assert_non_null(strstr(error_get(), "BAR0 of 4100 bytes"));
	assert_int_equal(count_descriptors(), before);
}

static void device_that_is_being_reset_is_waited_for(void **state)
{
	struct transport *transport;

	(void)state;
	kernel.busy = 3;
	transport = must_open(BDF);
	assert_int_equal(kernel.busy, 0);
	transport->ops->close(transport);
}

static void device_without_a_reset_says_so(void **state)
{
	struct transport *transport;

	(void)state;
	kernel.no_reset = true;
	transport = must_open(BDF);
	assert_int_equal(kernel.resets, 0);
	assert_int_equal(transport->ops->reset(transport), -ENOTSUP);
	transport->ops->close(transport);
}

/* One group, one container: it stays until the last device is closed. */
static void devices_of_a_group_share_its_domain(void **state)
{
	static char memory[PAGE] __attribute__((aligned(PAGE)));
	struct transport *first = must_open(BDF), *second = must_open(OTHER), *again = NULL;
	struct transport_domain *domain = first->domain;

	(void)state;
	assert_ptr_equal(second->domain, domain);
	assert_int_equal(kernel.groups, 1);
	assert_int_equal(try_open(OTHER, &again), -EBUSY);
	assert_int_equal(map_memory(domain, 0x5000, memory, PAGE, TRANSPORT_DMA_READ), 0);
	first->ops->close(first);
	assert_int_equal(kernel.groups, 1);
	assert_int_equal(kernel.map_count, 1);
	assert_int_equal(domain->ops->unmap(domain, 0x5000, PAGE), 0);
	second->ops->close(second);
	assert_int_equal(kernel.groups, 0);
}

/* Another group joins: what it leaves is counted with what is mapped already. */
static void limit_of_mappings_stays_when_another_group_joins(void **state)
{
	static char memory[2 * PAGE] __attribute__((aligned(PAGE)));
	struct transport *first = must_open(BDF), *second;
	struct transport_domain *domain = first->domain;

	(void)state;
	for (uint64_t page = 0; page < 2; page++)
		assert_int_equal(map_memory(domain, 0x5000 + page * PAGE, memory + page * PAGE,
					    PAGE, TRANSPORT_DMA_READ),
				 0);
	second = must_open(STRANGER);
	assert_ptr_equal(second->domain, domain);
	assert_int_equal(kernel.groups, 2);
	assert_int_equal(kernel.iommus, 1);
	assert_int_equal(domain->max_mappings, AVAILABLE);
	for (uint64_t page = 0; page < 2; page++)
		assert_int_equal(domain->ops->unmap(domain, 0x5000 + page * PAGE, PAGE), 0);
	first->ops->close(first);
	second->ops->close(second);
}

/* Memory may outlive the last device: the kernel has unmapped it by itself then. */
static void domain_outlives_its_devices_for_who_holds_it(void **state)
{
	static char memory[PAGE] __attribute__((aligned(PAGE)));
	int before = count_descriptors();
	struct transport *transport = must_open(BDF);
	struct transport_domain *domain = transport->domain;

	(void)state;
	domain->ops->get(domain);
	assert_int_equal(map_memory(domain, 0x5000, memory, PAGE, TRANSPORT_DMA_READ), 0);
	transport->ops->close(transport);
	assert_int_equal(count_descriptors(), before);
	assert_int_equal(domain->ops->unmap(domain, 0x5000, PAGE), 0);
	assert_int_equal(map_memory(domain, 0x5000, memory, PAGE, TRANSPORT_DMA_READ), -ENODEV);
	domain->ops->put(domain);
}

/* Whatever the kernel refuses: a sentence, and nothing is left behind. */
static void call_failing_is_survived(void **state)
{
	int before = count_descriptors(), failed = 0;

	(void)state;
	for (int nth = 1; nth < CALLS_MAX; nth++) {
		struct transport *transport = NULL;

		kernel.fail_call = nth;
		(void)error_set(0, "%s", "");
		if (try_open(BDF, &transport) == 0) {
			kernel.fail_call = 0;
			transport->ops->close(transport);
		} else {
			failed++;
			assert_string_not_equal(error_get(), "");
			assert_null(transport);
		}
		assert_int_equal(kernel.groups, 0);
		assert_int_equal(count_descriptors(), before);
	}
	assert_in_range(failed, 8, CALLS_MAX / 2);
}

#define KERNEL_TEST(name) cmocka_unit_test_setup_teardown(name, make_kernel, drop_kernel)

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* First: a guard that another case has left would hide that it leaves one. */
		KERNEL_TEST(device_can_be_opened_again_and_again),
		KERNEL_TEST(open_claims_and_close_gives_back),
		KERNEL_TEST(reset_is_left_out_when_it_is_not_wanted),
		KERNEL_TEST(descriptors_do_not_survive_exec),
		KERNEL_TEST(request_is_asked_for_as_a_trigger),
		KERNEL_TEST(vectors_are_enabled_at_once_and_set_singly),
		KERNEL_TEST(vectors_are_what_the_kernel_has),
		KERNEL_TEST(device_without_vectors_is_not_supported),
		KERNEL_TEST(registers_that_cannot_be_mapped_are_read_from_the_kernel),
		KERNEL_TEST(device_that_has_gone_is_not_opened),
		KERNEL_TEST(limits_are_those_of_the_kernel),
		KERNEL_TEST(mappings_are_what_was_asked_for),
		KERNEL_TEST(unmapping_less_than_asked_for_is_told),
		KERNEL_TEST(registers_are_those_of_the_device),
		KERNEL_TEST(child_does_not_get_the_registers),
		KERNEL_TEST(group_in_use_by_the_host_is_refused),
		KERNEL_TEST(registers_that_are_too_few_are_refused),
		KERNEL_TEST(device_that_is_being_reset_is_waited_for),
		KERNEL_TEST(device_without_a_reset_says_so),
		KERNEL_TEST(devices_of_a_group_share_its_domain),
		KERNEL_TEST(limit_of_mappings_stays_when_another_group_joins),
		KERNEL_TEST(domain_outlives_its_devices_for_who_holds_it),
		KERNEL_TEST(call_failing_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
