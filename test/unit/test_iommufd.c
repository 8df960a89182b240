/* SPDX-License-Identifier: MIT */
/*
 * test_iommufd.c: what the iommufd transport asks the kernel for, and what it leaves behind.
 */
#include "iommufd_kernel.h"

#include "clock.h"
#include "descriptors.h"

#include <fcntl.h>

static int try_open(const char *bdf, struct transport **ret_transport)
{
	return iommufd_transport_ops.open(bdf, &(struct transport_open_opts){ .reset = true },
					  ret_transport);
}

static struct transport *must_open(const char *bdf)
{
	struct transport *transport = NULL;

	if (try_open(bdf, &transport))
		fail_msg("%s: %s", bdf, error_get());
	return transport;
}

static void must_fail(const char *bdf, int expected, const char *text, const char *more)
{
	struct transport *none = NULL;
	int ret = try_open(bdf, &none);

	if (ret != expected || !strstr(error_get(), text) || !strstr(error_get(), more))
		fail_msg("%d, not %d with \"%s\" and \"%s\": %s", ret, expected, text, more,
			 error_get());
	assert_null(none);
	assert_int_equal(count_spaces(), 0);
}

static int map_memory(struct transport_domain *domain, uint64_t iova, void *memory, size_t len,
		      uint32_t prot)
{
	return domain->ops->map(domain, iova, &(struct dma_source){ memory, len, -1, 0 }, prot);
}

static char memory[2 * PAGE] __attribute__((aligned(PAGE)));

static void open_binds_and_close_gives_back(void **state)
{
	int before = count_descriptors();
	struct transport *transport = must_open(BDF);

	(void)state;
	assert_string_equal(transport->ops->scheme, "iommufd");
	assert_string_equal(transport->name, BDF);
	assert_int_equal(command_of(BDF),
			 FIRST_COMMAND | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE);
	assert_int_equal(kernel.resets, 1);
	assert_int_equal(kernel.groups, 0);
	assert_int_equal(iommu.binds, 1);
	assert_int_equal(count_spaces(), 1);
	assert_int_equal(count_devices(), 1);
	transport->ops->close(transport);
	assert_int_equal(command_of(BDF), FIRST_COMMAND | PCI_COMMAND_INTX_DISABLE);
	assert_int_equal(iommu.detaches, 1);
	assert_int_equal(count_spaces(), 0);
	assert_int_equal(count_descriptors(), before);
}

static void reset_is_left_out_when_it_is_not_wanted(void **state)
{
	struct transport *transport = NULL;

	(void)state;
	assert_int_equal(iommufd_transport_ops.open(BDF, NULL, &transport), 0);
	assert_int_equal(kernel.resets, 0);
	transport->ops->close(transport);
}

static void descriptors_do_not_survive_exec(void **state)
{
	struct transport *transport = must_open(BDF);
	int checked = 0;

	(void)state;
	for (int fd = 3; fd < 256; fd++) {
		char link[64], path[256];
		ssize_t len;

		(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		len = readlink(link, path, sizeof(path) - 1);
		path[len < 0 ? 0 : len] = '\0';
		if (!strstr(path, root))
			continue;
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		checked++;
	}
	assert_int_equal(checked, 2); /* iommufd, device */
	transport->ops->close(transport);
}

static void vectors_are_off_after_the_close(void **state)
{
	struct transport *transport = must_open(BDF);
	uint32_t count = 0;

	(void)state;
	kernel.vectors = kernel.vectors_available = 5;
	assert_int_equal(transport->ops->vectors_enable(transport, &count), 0);
	assert_int_equal(count, 5);
	assert_int_equal(kernel.vectors_on, 5);
	transport->ops->close(transport);
	assert_int_equal(kernel.vectors_on, 0);
}

static void devices_share_an_address_space(void **state)
{
	int before = count_descriptors();
	struct transport *first = must_open(BDF), *second, *third;

	(void)state;
	second = must_open(OTHER);
	third = must_open(STRANGER);
	assert_ptr_equal(second->domain, first->domain);
	assert_ptr_equal(third->domain, first->domain);
	assert_int_equal(count_spaces(), 1);
	assert_int_equal(count_devices(), 3);
	assert_int_equal(map_memory(first->domain, 0x5000, memory, PAGE, TRANSPORT_DMA_READ), 0);

	first->ops->close(first);
	assert_int_equal(space_of(FIRST_ID)->map_count, 1);
	third->ops->close(third);
	assert_int_equal(count_devices(), 1);
	second->ops->close(second);
	assert_int_equal(count_spaces(), 0);
	assert_int_equal(count_descriptors(), before);
}

/* Its reserved windows are where memory is mapped already, for example. */
static void device_that_does_not_fit_gets_its_own(void **state)
{
	int before = count_descriptors();
	struct transport *first = must_open(BDF), *second, *third;

	(void)state;
	iommu.full_id = FIRST_ID;
	second = must_open(STRANGER);
	assert_ptr_not_equal(second->domain, first->domain);
	assert_int_equal(count_spaces(), 2);
	third = must_open(OTHER); /* where there is room */
	assert_ptr_equal(third->domain, second->domain);

	first->ops->close(first);
	second->ops->close(second);
	third->ops->close(third);
	assert_int_equal(count_spaces(), 0);
	assert_int_equal(count_descriptors(), before);
}

static void limits_are_those_of_the_kernel(void **state)
{
	struct transport *transport = must_open(BDF);
	struct transport_domain *domain = transport->domain;
	struct transport_range ranges[TRANSPORT_RANGES_MAX];

	(void)state;
	assert_int_equal(domain->page_bytes, PAGE);
	assert_int_equal(domain->max_mappings, UINT32_MAX);
	assert_false(domain->needs_descriptor);
	assert_int_equal(domain->ops->ranges(domain, ranges), 2);
	assert_int_equal(ranges[0].first, 0);
	assert_int_equal(ranges[0].last, 0xfedfffff);
	assert_int_equal(ranges[1].first, 0xfef00000);
	assert_int_equal(ranges[1].last, 0x7fffffffff);
	transport->ops->close(transport);
}

/* Another device may take some away; parts of pages are of no use. */
static void limits_are_read_again_when_a_device_comes(void **state)
{
	struct transport *first = must_open(BDF), *second;
	struct transport_range ranges[TRANSPORT_RANGES_MAX];

	(void)state;
	iommu.alignment = 1;
	iommu.range_count = 2;
	iommu.ranges[0] = (struct uapi_iova_range){ 0x1001, 0x1fff };
	iommu.ranges[1] = (struct uapi_iova_range){ 0x10800, 0x207ff };
	second = must_open(OTHER);
	assert_int_equal(first->domain->ops->ranges(first->domain, ranges), 1);
	assert_int_equal(ranges[0].first, 0x11000);
	assert_int_equal(ranges[0].last, 0x1ffff);
	first->ops->close(first);
	second->ops->close(second);
}

static void more_ranges_than_there_is_room_for_are_left_out(void **state)
{
	struct transport_range ranges[TRANSPORT_RANGES_MAX];
	struct transport *transport;

	(void)state;
	iommu.range_count = RANGES_MAX;
	for (uint32_t idx = 0; idx < RANGES_MAX; idx++)
		iommu.ranges[idx] = (struct uapi_iova_range){ (uint64_t)idx << 20,
							      ((uint64_t)idx << 20) + 0xffff };
	transport = must_open(BDF);
	assert_int_equal(transport->domain->ops->ranges(transport->domain, ranges),
			 TRANSPORT_RANGES_MAX);
	assert_int_equal(ranges[TRANSPORT_RANGES_MAX - 1].first,
			 (uint64_t)(TRANSPORT_RANGES_MAX - 1) << 20);
	transport->ops->close(transport);
}

static void pages_that_are_larger_than_the_processors_are_refused(void **state)
{
	(void)state;
	iommu.alignment = 2 * PAGE;
	must_fail(BDF, -ENOTSUP, "pages of 8192 bytes", "4096");
	iommu.alignment = 0;
	must_fail(BDF, -ENOTSUP, "pages of 0 bytes", "4096");
	iommu.alignment = PAGE;
	iommu.ranges_err = EIO;
	must_fail(BDF, -EIO, "limits cannot be read", "");
}

static void mappings_are_what_was_asked_for(void **state)
{
	static const struct {
		uint32_t prot, flags;
	} rows[] = {
		{ TRANSPORT_DMA_READ, UAPI_MAP_FIXED | UAPI_MAP_READABLE },
		{ TRANSPORT_DMA_WRITE, UAPI_MAP_FIXED | UAPI_MAP_WRITABLE },
		{ TRANSPORT_DMA_READ | TRANSPORT_DMA_WRITE,
		  UAPI_MAP_FIXED | UAPI_MAP_READABLE | UAPI_MAP_WRITABLE },
	};
	struct transport *transport = must_open(BDF);
	struct transport_domain *domain = transport->domain;

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++) {
		const struct uapi_ioas_map *map = &space_of(FIRST_ID)->maps[0];

		assert_int_equal(map_memory(domain, 0x5000, memory, 2 * PAGE, rows[row].prot), 0);
		assert_int_equal(map->flags, rows[row].flags);
		assert_int_equal(map->vaddr, (uintptr_t)memory);
		assert_int_equal(map->len, 2 * PAGE);
		assert_int_equal(map->iova, 0x5000);
		assert_int_equal(domain->ops->unmap(domain, 0x5000, 2 * PAGE), 0);
		assert_int_equal(space_of(FIRST_ID)->map_count, 0);
	}
	transport->ops->close(transport);
}

static void mappings_of_parts_of_pages_are_refused(void **state)
{
	struct transport *transport = must_open(BDF);
	struct transport_domain *domain = transport->domain;

	(void)state;
	assert_int_equal(map_memory(domain, 0x5200, memory, PAGE, TRANSPORT_DMA_READ), -EINVAL);
	assert_int_equal(map_memory(domain, 0x5000, memory + 8, PAGE, TRANSPORT_DMA_READ), -EINVAL);
	assert_int_equal(map_memory(domain, 0x5000, memory, 512, TRANSPORT_DMA_READ), -EINVAL);
	assert_int_equal(map_memory(domain, 0x5000, memory, 0, TRANSPORT_DMA_READ), -EINVAL);
	assert_non_null(strstr(error_get(), "whole pages of 4096 bytes"));
	assert_int_equal(map_memory(domain, 0x5000, memory, PAGE, 0), -EINVAL);
	assert_int_equal(space_of(FIRST_ID)->map_count, 0);
	transport->ops->close(transport);
}

static void mapping_that_the_kernel_refuses_is_explained(void **state)
{
	static const struct {
		int err, ret;
		const char *text;
	} rows[] = {
		{ EEXIST, -EEXIST, "0x5000 is already mapped" },
		{ EFAULT, -EFAULT, "not mapped in this process, or not writable" },
		{ EINVAL, -EINVAL, "not in the ranges" },
		{ EOVERFLOW, -EINVAL, "not in the ranges" },
		{ ENOMEM, -ENOMEM, "4 KiB" },
		{ EIO, -EIO, "mapping 4096 bytes at I/O address 0x5000 failed" },
	};
	struct transport *transport = must_open(BDF);
	struct transport_domain *domain = transport->domain;

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++) {
		iommu.map_err = rows[row].err;
		assert_row(rows[row].text, map_memory(domain, 0x5000, memory, PAGE,
						      TRANSPORT_DMA_READ) == rows[row].ret);
		assert_row(rows[row].text, strstr(error_get(), rows[row].text) != NULL);
	}
	transport->ops->close(transport);
}

static void unmapping_less_than_asked_for_is_reported(void **state)
{
	struct transport *transport = must_open(BDF);
	struct transport_domain *domain = transport->domain;

	(void)state;
	assert_int_equal(domain->ops->unmap(domain, 0x5000, PAGE), -ENOENT);
	assert_int_equal(map_memory(domain, 0x5000, memory, 2 * PAGE, TRANSPORT_DMA_READ), 0);
	iommu.unmaps_less = true;
	assert_int_equal(domain->ops->unmap(domain, 0x5000, 2 * PAGE), -ENOENT);
	assert_non_null(strstr(error_get(), "the kernel unmapped 4096"));
	transport->ops->close(transport);
}

/* Memory may outlive the last device: it was unmapped with that. */
static void domain_outlives_its_devices_for_who_holds_it(void **state)
{
	int before = count_descriptors();
	struct transport *transport = must_open(BDF);
	struct transport_domain *domain = transport->domain;

	(void)state;
	domain->ops->get(domain);
	assert_int_equal(map_memory(domain, 0x5000, memory, PAGE, TRANSPORT_DMA_READ), 0);
	transport->ops->close(transport);
	assert_int_equal(count_spaces(), 0);
	assert_int_equal(count_descriptors(), before);
	assert_int_equal(domain->ops->unmap(domain, 0x5000, PAGE), 0);
	assert_int_equal(map_memory(domain, 0x5000, memory, PAGE, TRANSPORT_DMA_READ), -ENODEV);
	domain->ops->put(domain);
}

static void device_that_is_being_reset_is_waited_for(void **state)
{
	struct transport *transport;
	uint64_t begin_ms;

	(void)state;
	iommu.busy = 3;
	transport = must_open(BDF);
	assert_int_equal(iommu.busy, 0);
	transport->ops->close(transport);

	clock_start();
	begin_ms = clock_now_ms();
	iommu.busy = INT32_MAX;
	must_fail(BDF, -EBUSY, "being reset", "try again shortly");
	assert_in_range(clock_now_ms() - begin_ms, 3000, 3100);
	clock_stop();
}

static void binding_that_the_kernel_refuses_is_explained(void **state)
{
	static const struct {
		int err, ret;
		const char *text, *more;
	} rows[] = {
		{ EBUSY, -EBUSY, "is open through /dev/vfio/GROUP", "vfio:" BDF },
		{ EINVAL, -EBUSY, "another process has it open", "fuser" },
		{ EPERM, -EPERM, "allow_unsafe_interrupts=1", "another process" },
		{ ENOTTY, -EINVAL, "own file", "/dev/vfio/devices" },
		{ EBADF, -EINVAL, "not that of /dev/iommu", "" },
		{ EIO, -EIO, "cannot be opened through iommufd", "" },
	};

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++) {
		iommu.bind_err = rows[row].err;
		must_fail(BDF, rows[row].ret, rows[row].text, rows[row].more);
	}
	/* Who has the group is in sysfs. */
	run("mkdir -p %s/kernel/iommu_groups/%d/devices/" OTHER " && "
	    "ln -sfn ../../../../bus/pci/drivers/nvme %s/bus/pci/devices/" OTHER "/driver",
	    root, GROUP, root);
	iommu.bind_err = EPERM;
	must_fail(BDF, -EBUSY, OTHER " is bound to the driver nvme", "not viable");
}

static void device_of_another_process_is_busy(void **state)
{
	int fd = open_device_file(BDF);

	(void)state;
	iommu.by_fd[fd].bound = true;
	iommu.by_fd[fd].file = file_of(fd);
	must_fail(BDF, -EBUSY, "another process has it open", BDF);
	(void)close(fd);
}

static void device_of_this_process_is_busy(void **state)
{
	struct transport *transport = must_open(BDF), *none = NULL;

	(void)state;
	assert_int_equal(try_open(BDF, &none), -EBUSY);
	assert_non_null(strstr(error_get(), "already open in this process"));
	assert_int_equal(vfio_transport_ops.open(BDF, NULL, &none), -EBUSY);
	assert_non_null(strstr(error_get(), "already open in this process"));
	transport->ops->close(transport);
}

static void address_space_that_the_kernel_refuses_is_explained(void **state)
{
	(void)state;
	iommu.attach_err = EINVAL;
	must_fail(BDF, -EINVAL, BDF, "cannot use the I/O address space");
}

static void files_that_are_missing_are_explained(void **state)
{
	(void)state;
	run("mv %s/iommu %s/away", root, root);
	must_fail(BDF, -ENODEV, "no ", "--device /dev/iommu");
	run("rm -r %s/class", root);
	must_fail(BDF, -ENOTSUP, "CONFIG_IOMMUFD", "vfio:" BDF);
	run("mv %s/away %s/iommu && rm %s/vfio/devices/vfio0", root, root, root);
	must_fail(BDF, -ENODEV, "vfio/devices/vfio0", "--device /dev/vfio/devices/vfio0");
	run("rm %s/bus/pci/devices/" BDF "/vfio-dev/vfio0/dev", root);
	must_fail(BDF, -ENOTSUP, "CONFIG_VFIO_DEVICE_CDEV", "Linux 6.6");
	run("rm -r %s/bus/pci/devices/" BDF "/vfio-dev", root);
	must_fail(BDF, -ENOTSUP, "CONFIG_VFIO_DEVICE_CDEV", "vfio:" BDF);
}

/* Only "vfio" and a number is the name of a file. */
static void names_that_are_none_are_passed_over(void **state)
{
	(void)state;
	run("cd %s/bus/pci/devices/" BDF
	    "/vfio-dev && for name in noiommu-vfio0 vfio vfio0x ../vfio0 "
	    "vfio123456789012345; do mkdir -p $name && touch $name/dev; done && rm vfio0/dev",
	    root);
	must_fail(BDF, -ENOTSUP, "CONFIG_VFIO_DEVICE_CDEV", BDF);
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
		assert_int_equal(count_devices(), 0);
		assert_int_equal(count_descriptors(), before);
	}
	assert_in_range(failed, 7, CALLS_MAX / 2);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, make_iommufd, drop_kernel)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(open_binds_and_close_gives_back),
		CASE(reset_is_left_out_when_it_is_not_wanted),
		CASE(descriptors_do_not_survive_exec),
		CASE(vectors_are_off_after_the_close),
		CASE(devices_share_an_address_space),
		CASE(device_that_does_not_fit_gets_its_own),
		CASE(limits_are_those_of_the_kernel),
		CASE(limits_are_read_again_when_a_device_comes),
		CASE(more_ranges_than_there_is_room_for_are_left_out),
		CASE(pages_that_are_larger_than_the_processors_are_refused),
		CASE(mappings_are_what_was_asked_for),
		CASE(mappings_of_parts_of_pages_are_refused),
		CASE(mapping_that_the_kernel_refuses_is_explained),
		CASE(unmapping_less_than_asked_for_is_reported),
		CASE(domain_outlives_its_devices_for_who_holds_it),
		CASE(device_that_is_being_reset_is_waited_for),
		CASE(binding_that_the_kernel_refuses_is_explained),
		CASE(device_of_another_process_is_busy),
		CASE(device_of_this_process_is_busy),
		CASE(address_space_that_the_kernel_refuses_is_explained),
		CASE(files_that_are_missing_are_explained),
		CASE(names_that_are_none_are_passed_over),
		CASE(call_failing_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
