/* SPDX-License-Identifier: MIT */
/*
 * test_vfio_fds.c: devices whose descriptors the caller has: which of them are whose to close, and what is shared.
 */
#include "vfio_kernel.h"

#include "descriptors.h"

struct given {
	struct transport_fds fds;
	int before; /* descriptors */
};

static int open_file(const char *name)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/vfio/%s", root, name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

/* The descriptors of a program that has opened all of them. */
static struct given give(void)
{
	struct given given = { .before = count_descriptors() };

	given.fds = (struct transport_fds){
		.name = BDF,
		.group = open_file("7"),
		.container = open_file("vfio"),
		.device = open_device_file(BDF),
		.iommufd = -1,
		.numa_node = 1,
	};
	return given;
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static bool all_are_open(const struct given *given)
{
	return is_open(given->fds.group) && is_open(given->fds.container) &&
	       (given->fds.device < 0 || is_open(given->fds.device));
}

static void take_back(const struct given *given)
{
	assert_true(all_are_open(given));
	(void)close(given->fds.group);
	(void)close(given->fds.container);
	if (given->fds.device >= 0)
		(void)close(given->fds.device);
	assert_int_equal(count_descriptors(), given->before);
}

static int try_open(const struct transport_fds *fds, struct transport **ret_transport)
{
	return vfio_transport_ops.open_fds(fds, &(struct transport_open_opts){ .reset = true },
					   ret_transport);
}

static struct transport *must_open(const struct transport_fds *fds)
{
	struct transport *transport = NULL;

	if (try_open(fds, &transport))
		fail_msg("%s: %s", fds->name, error_get());
	return transport;
}

/* Another device of the same group. */
static struct transport *must_open_other(struct transport_fds *fds)
{
	fds->name = OTHER;
	fds->device = open_device_file(OTHER);
	return must_open(fds);
}

static void open_fds_takes_descriptors_and_close_closes_them(void **state)
{
	struct given given = give();
	struct transport *transport = must_open(&given.fds);
	uint32_t value;

	(void)state;
	assert_string_equal(transport->name, BDF);
	assert_int_equal(transport->numa_node, 1);
	assert_int_equal(kernel.groups, 1);
	assert_int_equal(kernel.iommus, 0); /* its container had one */
	assert_int_equal(kernel.resets, 1);
	assert_int_equal(transport->ops->reg_read32(transport, 0, &value), 0);
	assert_true(command_of(BDF) & PCI_COMMAND_MASTER);

	transport->ops->close(transport);
	assert_false(command_of(BDF) & PCI_COMMAND_MASTER);
	assert_int_equal(kernel.groups, 0);
	assert_int_equal(count_descriptors(), given.before);
}

/* Its user could not do anything with the device. */
static void descriptors_that_are_given_back_stay_open(void **state)
{
	(void)state;
	for (int with_device = 0; with_device < 2; with_device++) {
		struct given given = give();
		struct transport *transport;

		if (!with_device) {
			(void)close(given.fds.device);
			given.fds.device = -1;
		}
		transport = must_open(&given.fds);
		transport->ops->give_fds_back(transport);
		transport->ops->close(transport);
		assert_int_equal(kernel.groups, 0);
		take_back(&given);
	}
}

/* What another transport has is not given back. */
static void descriptors_that_are_shared_are_not_given_back(void **state)
{
	struct given given = give();
	struct transport *first = must_open(&given.fds), *second;
	struct transport_fds fds = given.fds;

	(void)state;
	second = must_open_other(&fds);
	second->ops->give_fds_back(second);
	second->ops->close(second);
	assert_true(is_open(fds.device));
	assert_int_equal(close(fds.device), 0);

	first->ops->close(first);
	assert_int_equal(count_descriptors(), given.before);
}

/* The container that the process shares, which nvu has opened, is not given to anyone. */
static void container_of_nvu_is_not_given_back(void **state)
{
	struct given given = give();
	struct transport *transport;

	(void)state;
	(void)close(given.fds.container);
	given.fds.container = -1;
	transport = must_open(&given.fds);
	transport->ops->give_fds_back(transport);
	transport->ops->close(transport);
	assert_true(is_open(given.fds.group) && is_open(given.fds.device));
	assert_int_equal(close(given.fds.group) | close(given.fds.device), 0);
	assert_int_equal(count_descriptors(), given.before);
}

/* Whether all calls of the kernel were made before the one that is to fail. */
static bool open_with_failure(int call, bool with_device)
{
	struct given given = give();
	struct transport *transport = NULL;
	int ret;

	if (!with_device) {
		(void)close(given.fds.device);
		given.fds.device = -1;
	}
	kernel.iommus = 0;
	kernel.fail_call = call;
	ret = try_open(&given.fds, &transport);
	call = kernel.fail_call;
	kernel.fail_call = 0;
	if (ret) {
		assert_null(transport);
		take_back(&given);
	} else {
		transport->ops->close(transport);
		assert_int_equal(count_descriptors(), given.before);
	}
	assert_int_equal(kernel.groups, 0);
	return call != 0;
}

/* Whichever call of the kernel fails: what was the caller's is open, and nothing else. */
static void open_fds_that_fails_leaves_descriptors_with_the_caller(void **state)
{
	(void)state;
	for (int with_device = 0; with_device < 2; with_device++) {
		int call = 1;

		kernel.no_iommu = with_device;
		while (call < CALLS_MAX && !open_with_failure(call, with_device))
			call++;
		assert_in_range(call, 9, CALLS_MAX - 1);
	}
}

static void group_that_is_in_its_container_is_not_put_into_it(void **state)
{
	struct given given = give();
	struct transport *transport;

	(void)state;
	kernel.group_is_in = true;
	kernel.groups = 1;
	transport = must_open(&given.fds);

	assert_int_equal(kernel.groups, 1);
	transport->ops->close(transport);
	assert_int_equal(kernel.groups, 0);
	assert_int_equal(count_descriptors(), given.before);
}

static void group_in_a_container_that_is_not_given_is_refused(void **state)
{
	struct given given = give();
	struct transport_fds fds = given.fds;
	struct transport *transport = NULL;

	(void)state;
	kernel.group_is_in = true;
	fds.container = -1;
	assert_int_equal(try_open(&fds, &transport), -EINVAL);

	assert_non_null(strstr(error_get(), "give that one's descriptor too"));
	assert_null(transport);
	take_back(&given);
}

static void container_without_an_iommu_gets_one(void **state)
{
	struct given given = give();
	struct transport *transport;

	(void)state;
	kernel.no_iommu = true;
	transport = must_open(&given.fds);

	assert_int_equal(kernel.iommus, 1);
	transport->ops->close(transport);
	assert_int_equal(count_descriptors(), given.before);
}

/* The rest as by path: the device from its group, the container that the process shares. */
static void group_alone_is_enough(void **state)
{
	struct given given = give();
	struct transport *by_path = NULL, *transport;
	struct transport_fds fds = given.fds;

	(void)state;
	(void)close(fds.container);
	(void)close(fds.device);
	fds.container = fds.device = -1;
	assert_int_equal(vfio_transport_ops.open(STRANGER, NULL, &by_path), 0);
	transport = must_open(&fds);

	assert_ptr_equal(transport->domain, by_path->domain);
	transport->ops->close(transport);
	by_path->ops->close(by_path);
	assert_int_equal(count_descriptors(), given.before);
}

static void descriptors_that_a_transport_has_are_shared(void **state)
{
	struct given given = give();
	struct transport *first = must_open(&given.fds), *second;
	struct transport_fds fds = given.fds;

	(void)state;
	second = must_open_other(&fds);
	assert_ptr_equal(second->domain, first->domain);
	assert_int_equal(kernel.groups, 1);

	first->ops->close(first);
	assert_true(is_open(fds.group) && is_open(fds.container));
	second->ops->close(second);
	assert_int_equal(count_descriptors(), given.before);
}

static void second_group_joins_the_container_that_a_transport_has(void **state)
{
	struct given given = give();
	struct transport *first = must_open(&given.fds), *second;
	struct transport_fds fds = given.fds;

	(void)state;
	fds.name = STRANGER;
	fds.group = open_file("8");
	fds.device = open_device_file(STRANGER);
	second = must_open(&fds);
	assert_ptr_equal(second->domain, first->domain);
	assert_int_equal(kernel.groups, 2);

	second->ops->close(second);
	assert_true(is_open(fds.container));
	first->ops->close(first);
	assert_int_equal(count_descriptors(), given.before);
}

static void container_of_another_group_is_refused(void **state)
{
	struct given given = give();
	struct transport *first = must_open(&given.fds), *none = NULL;
	struct transport_fds fds = given.fds;

	(void)state;
	fds.name = OTHER;
	fds.device = -1;
	fds.container = open_file("vfio");
	assert_int_equal(try_open(&fds, &none), -EINVAL);
	assert_non_null(strstr(error_get(), "is not that of its group's container"));

	assert_int_equal(close(fds.container), 0);
	first->ops->close(first);
	assert_int_equal(count_descriptors(), given.before);
}

static void descriptors_that_are_missing_are_named(void **state)
{
	const struct transport_fds nameless = { NULL, 0, 0, 0, -1, 0, -1 };
	const struct transport_fds groupless = { BDF, -1, 0, 0, -1, 0, -1 };
	struct transport *none = NULL;

	(void)state;
	assert_int_equal(try_open(&nameless, &none), -EINVAL);
	assert_non_null(strstr(error_get(), "without its name"));
	assert_int_equal(try_open(&groupless, &none), -EINVAL);
	assert_non_null(strstr(error_get(), "no descriptor of its IOMMU group"));
	assert_null(none);
}

static void device_that_is_open_is_busy(void **state)
{
	struct given given = give();
	struct transport *transport = must_open(&given.fds), *none = NULL;

	(void)state;
	assert_int_equal(try_open(&given.fds, &none), -EBUSY);
	assert_int_equal(vfio_transport_ops.open(BDF, NULL, &none), -EBUSY);
	assert_true(all_are_open(&given));

	transport->ops->close(transport);
	assert_int_equal(count_descriptors(), given.before);
}

/* Another process may have copies of the descriptors, which keep the container's mappings. */
static void close_unmaps_what_is_mapped(void **state)
{
	static char memory[2 * PAGE] __attribute__((aligned(PAGE)));
	const struct dma_source source = { memory, PAGE, -1, 0 };
	struct given given = give();
	struct transport *transport = must_open(&given.fds);
	struct transport_domain *domain = transport->domain;

	(void)state;
	domain->ops->get(domain);
	assert_int_equal(domain->ops->map(domain, 0x5000, &source, TRANSPORT_DMA_READ), 0);
	assert_int_equal(domain->ops->map(domain, 0xff000000, &source, TRANSPORT_DMA_READ), 0);
	transport->ops->close(transport);

	assert_int_equal(kernel.left, 0);
	assert_int_equal(domain->ops->unmap(domain, 0x5000, PAGE), 0);
	domain->ops->put(domain);
	assert_int_equal(count_descriptors(), given.before);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, make_kernel, drop_kernel)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(open_fds_takes_descriptors_and_close_closes_them),
		CASE(descriptors_that_are_given_back_stay_open),
		CASE(descriptors_that_are_shared_are_not_given_back),
		CASE(container_of_nvu_is_not_given_back),
		CASE(open_fds_that_fails_leaves_descriptors_with_the_caller),
		CASE(group_that_is_in_its_container_is_not_put_into_it),
		CASE(group_in_a_container_that_is_not_given_is_refused),
		CASE(container_without_an_iommu_gets_one),
		CASE(group_alone_is_enough),
		CASE(descriptors_that_a_transport_has_are_shared),
		CASE(second_group_joins_the_container_that_a_transport_has),
		CASE(container_of_another_group_is_refused),
		CASE(descriptors_that_are_missing_are_named),
		CASE(device_that_is_open_is_busy),
		CASE(close_unmaps_what_is_mapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
