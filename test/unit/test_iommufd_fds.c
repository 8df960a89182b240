/* SPDX-License-Identifier: MIT */
/*
 * test_iommufd_fds.c: devices of iommufd whose descriptors the caller has: which of them are whose to close, and what
 * is shared. And which way an address without a scheme takes.
 */
#include "iommufd_kernel.h"

#include "address/address.h"
#include "descriptors.h"
#include "transport/iommufd/choice.h"
#include "transport/iommufd/explain.h"

#include <sys/resource.h>

#include "transport/vfio/memlock.h"

struct given {
	struct transport_fds fds;
	int before; /* descriptors */
};

static int open_file(const char *name)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static struct given give(void)
{
	struct given given = { .before = count_descriptors() };

	given.fds = (struct transport_fds){
		.name = BDF,
		.group = -1,
		.container = -1,
		.device = open_device_file(BDF),
		.iommufd = open_file("iommu"),
		.numa_node = 1,
	};
	return given;
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void take_back(const struct given *given)
{
	assert_true(is_open(given->fds.device) && is_open(given->fds.iommufd));
	(void)close(given->fds.device);
	(void)close(given->fds.iommufd);
	assert_int_equal(count_descriptors(), given->before);
}

static int try_open(const struct transport_fds *fds, struct transport **ret_transport)
{
	return address_open_fds(fds, &(struct transport_open_opts){ .reset = true }, ret_transport);
}

static struct transport *must_open(const struct transport_fds *fds)
{
	struct transport *transport = NULL;

	if (try_open(fds, &transport))
		fail_msg("%s: %s", fds->name, error_get());
	return transport;
}

static void open_fds_takes_descriptors_and_close_closes_them(void **state)
{
	struct given given = give();
	struct transport *transport = must_open(&given.fds);

	(void)state;
	assert_string_equal(transport->ops->scheme, "iommufd");
	assert_string_equal(transport->name, BDF);
	assert_int_equal(transport->numa_node, 1);
	assert_int_equal(kernel.resets, 1);
	assert_true(command_of(BDF) & PCI_COMMAND_MASTER);
	assert_int_equal(count_devices(), 1);

	transport->ops->close(transport);
	assert_false(command_of(BDF) & PCI_COMMAND_MASTER);
	assert_int_equal(count_spaces(), 0);
	assert_int_equal(count_descriptors(), given.before);
}

/* And can be given again: the device is bound still, but in no I/O address space. */
static void descriptors_that_are_given_back_stay_open(void **state)
{
	struct given given = give();

	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		struct transport *transport = must_open(&given.fds);

		transport->ops->give_fds_back(transport);
		transport->ops->close(transport);
		assert_true(is_open(given.fds.device) && is_open(given.fds.iommufd));
		assert_int_equal(count_devices(), 0);
		assert_int_equal(count_spaces(), 0);
	}
	assert_int_equal(iommu.binds, 1);
	take_back(&given);
}

static void descriptors_that_are_shared_are_not_given_back(void **state)
{
	struct given given = give();
	struct transport *first = must_open(&given.fds), *second;
	struct transport_fds fds = given.fds;

	(void)state;
	fds.name = OTHER;
	fds.device = open_device_file(OTHER);
	second = must_open(&fds);
	assert_ptr_equal(second->domain, first->domain);
	second->ops->give_fds_back(second);
	second->ops->close(second);
	assert_true(is_open(fds.device) && is_open(fds.iommufd));
	assert_int_equal(close(fds.device), 0);

	first->ops->close(first);
	assert_int_equal(count_descriptors(), given.before);
}

static void descriptors_that_a_transport_has_are_shared(void **state)
{
	struct given given = give();
	struct transport *first = must_open(&given.fds), *second;
	struct transport_fds fds = given.fds;

	(void)state;
	fds.name = OTHER;
	fds.device = open_device_file(OTHER);
	second = must_open(&fds);
	assert_int_equal(count_spaces(), 1);
	first->ops->close(first);
	assert_true(is_open(fds.iommufd));
	assert_int_equal(count_devices(), 1);
	second->ops->close(second);
	assert_int_equal(count_descriptors(), given.before);
}

/* The context that nvu has opened is no caller's to get back; devices of both ways share nothing. */
static void context_of_nvu_is_its_own(void **state)
{
	struct transport *by_path = NULL, *transport;
	struct given given;
	int before = count_descriptors();

	(void)state;
	assert_int_equal(iommufd_transport_ops.open(STRANGER, NULL, &by_path), 0);
	given = give();
	transport = must_open(&given.fds);
	assert_ptr_not_equal(transport->domain, by_path->domain);
	assert_int_equal(count_spaces(), 2);
	transport->ops->give_fds_back(transport);
	transport->ops->close(transport);
	take_back(&given);
	by_path->ops->close(by_path);
	assert_int_equal(count_descriptors(), before);
}

/* Whether all calls of the kernel were made before the one that is to fail. */
static bool open_with_failure(int call)
{
	struct given given = give();
	struct transport *transport = NULL;
	int ret;

	kernel.fail_call = call;
	ret = try_open(&given.fds, &transport);
	call = kernel.fail_call;
	kernel.fail_call = 0;
	assert_int_equal(count_devices(), ret ? 0 : 1);
	if (ret) {
		assert_null(transport);
		take_back(&given);
	} else {
		transport->ops->close(transport);
		assert_int_equal(count_descriptors(), given.before);
	}
	return call != 0;
}

/* Whichever call of the kernel fails: what was the caller's is open, and nothing else. */
static void open_fds_that_fails_leaves_descriptors_with_the_caller(void **state)
{
	int call = 1;

	(void)state;
	while (call < CALLS_MAX && !open_with_failure(call))
		call++;
	assert_in_range(call, 9, CALLS_MAX - 1);
}

/* Another process may have copies of the descriptors, which keep what is mapped. */
static void address_space_of_the_caller_lives_on_without_mappings(void **state)
{
	static char memory[PAGE] __attribute__((aligned(PAGE)));
	const struct dma_source source = { memory, PAGE, -1, 0 };
	struct given given = give();
	struct uapi_ioas_alloc alloc = { .size = sizeof(alloc) };
	struct transport *first, *second;
	struct transport_fds fds;

	(void)state;
	assert_int_equal(make_space(&alloc), 0);
	given.fds.ioas = alloc.out_id;
	first = must_open(&given.fds);
	assert_int_equal(count_spaces(), 1);
	fds = given.fds;
	fds.name = OTHER;
	fds.device = open_device_file(OTHER);
	second = must_open(&fds);
	assert_ptr_equal(second->domain, first->domain);
	second->ops->close(second);
	assert_int_equal(
		first->domain->ops->map(first->domain, 0x5000, &source, TRANSPORT_DMA_READ), 0);
	assert_int_equal(space_of(alloc.out_id)->map_count, 1);

	first->ops->close(first);
	assert_int_equal(count_spaces(), 1);
	assert_int_equal(space_of(alloc.out_id)->map_count, 0);
	assert_int_equal(count_descriptors(), given.before);
}

/* nvu's own is for devices that are given none. */
static void address_spaces_of_caller_and_nvu_are_two(void **state)
{
	struct given given = give();
	struct uapi_ioas_alloc alloc = { .size = sizeof(alloc) };
	struct transport *first, *second;
	struct transport_fds fds = given.fds;

	(void)state;
	assert_int_equal(make_space(&alloc), 0);
	fds.ioas = alloc.out_id;
	first = must_open(&fds);
	fds = given.fds;
	fds.name = OTHER;
	fds.device = open_device_file(OTHER);
	second = must_open(&fds);
	assert_ptr_not_equal(second->domain, first->domain);
	second->ops->close(second);
	first->ops->close(first);
	assert_int_equal(count_spaces(), 1);
	assert_int_equal(count_descriptors(), given.before);
}

static void what_does_not_belong_together_is_refused(void **state)
{
	struct given given = give();
	const struct {
		struct transport_fds fds;
		const char *text;
	} rows[] = {
		{ { NULL, -1, -1, 0, 0, 0, -1 }, "without its name" },
		{ { BDF, -1, -1, -1, 0, 0, -1 }, "no descriptor of its own file" },
		{ { BDF, 0, -1, 0, 0, 0, -1 }, "not both" },
		{ { BDF, -1, 0, 0, 0, 0, -1 }, "not both" },
		{ { "01:00", -1, -1, 0, 0, 0, -1 }, "not a PCI address" },
		{ { BDF, -1, -1, given.fds.device, given.fds.iommufd, 77, -1 },
		  "no I/O address space 77" },
		{ { BDF, -1, -1, given.fds.device, given.fds.device, 0, -1 },
		  "not that of /dev/iommu" },
	};
	struct transport *none = NULL;

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++) {
		/* The last but one has left it bound. */
		iommu.by_fd[given.fds.device].bound = false;
		assert_row(rows[row].text, try_open(&rows[row].fds, &none) == -EINVAL);
		assert_row(rows[row].text, strstr(error_get(), rows[row].text) != NULL);
	}
	assert_int_equal(iommufd_transport_ops.open_fds(
				 &(struct transport_fds){ BDF, -1, -1, 0, -1, 0, -1 }, NULL, &none),
			 -EINVAL);
	assert_non_null(strstr(error_get(), "no descriptor of /dev/iommu"));
	assert_null(none);
	take_back(&given);
}

/* It answers, but is in no I/O address space, nor can be. */
static void device_of_a_group_is_refused(void **state)
{
	struct given given = give();
	struct transport *none = NULL;

	(void)state;
	iommu.bind_err = EINVAL;
	iommu.attach_err = ENOTTY;
	iommu.by_fd[given.fds.device].bound = true;
	assert_int_equal(try_open(&given.fds, &none), -EINVAL);
	assert_non_null(strstr(error_get(), "not that of the device's own file"));
	iommu.by_fd[given.fds.device].bound = false;
	take_back(&given);
}

/* --- the choice --- */

/* Whether "0000:01:00.0" is opened through iommufd, by the scheme of what opens it. */
static bool opens_iommufd(const char *address)
{
	struct transport *transport = NULL;
	bool is;

	if (address_open(address, NULL, &transport))
		fail_msg("%s: %s", address, error_get());
	is = !strcmp(transport->ops->scheme, "iommufd");
	transport->ops->close(transport);
	return is;
}

static void scheme_forces_its_way(void **state)
{
	(void)state;
	assert_true(opens_iommufd("iommufd:" BDF));
	assert_false(opens_iommufd("vfio:" BDF));
	assert_false(opens_iommufd(BDF));
}

static void iommufd_is_taken_where_the_group_is_out_of_reach(void **state)
{
	(void)state;
	(void)error_set(0, "%s", "as before");
	assert_false(choice_is_iommufd(BDF));
	run("mv %s/vfio/%d %s/group", root, GROUP, root);
	assert_true(choice_is_iommufd(BDF));
	assert_true(opens_iommufd(BDF));
	run("mv %s/group %s/vfio/%d && mv %s/vfio/vfio %s/container", root, root, GROUP, root,
	    root);
	assert_true(opens_iommufd(BDF));
	run("mv %s/container %s/vfio/vfio", root, root);
	assert_false(opens_iommufd(BDF));
	assert_string_equal(error_get(), "as before");
}

/* As the kernel refuses its group. */
static void iommufd_is_taken_for_devices_of_a_group_that_is_open_so(void **state)
{
	struct transport *transport = NULL;

	(void)state;
	assert_int_equal(iommufd_transport_ops.open(OTHER, NULL, &transport), 0);
	assert_true(choice_is_iommufd(BDF));
	assert_false(choice_is_iommufd(STRANGER));
	transport->ops->close(transport);
	assert_false(choice_is_iommufd(BDF));
}

/* Neither way is open: the sentence is about the files that there are. */
static void choice_of_nothing_explains_what_is_there(void **state)
{
	struct transport *none = NULL;

	(void)state;
	run("rm %s/iommu %s/vfio/%d", root, root, GROUP);
	assert_int_equal(address_open(BDF, NULL, &none), -ENODEV);
	assert_non_null(strstr(error_get(), "--device /dev/iommu"));
	run("rm %s/vfio/devices/vfio0", root);
	assert_int_equal(address_open(BDF, NULL, &none), -ENODEV);
	assert_non_null(strstr(error_get(), "IOMMU group has no"));
	assert_false(choice_is_iommufd("01:00"));
	assert_false(choice_is_iommufd("0000:7f:00.0"));
}

/* A user who may open one of them only. Root may open all. */
static void permission_decides(void **state)
{
	const uid_t user = geteuid() ? geteuid() : 65534;
	uid_t before = geteuid();

	(void)state;
	run("cd %s && chmod 755 . && chmod 600 iommu vfio/%d && chmod 666 vfio/vfio " BDF, root,
	    GROUP);
	run("cd %s && [ $(id -u) != 0 ] || exit 0; chmod 0 iommu vfio/%d", root, GROUP);
	assert_int_equal(seteuid(user), 0);
	assert_false(choice_is_iommufd(BDF)); /* neither: the sentence is the group's */
	assert_int_equal(seteuid(before), 0);
	run("cd %s && chmod 666 iommu", root);
	assert_int_equal(seteuid(user), 0);
	assert_true(choice_is_iommufd(BDF));
	assert_int_equal(seteuid(before), 0);
	run("cd %s && chmod 666 vfio/%d", root, GROUP);
	assert_int_equal(seteuid(user), 0);
	assert_false(choice_is_iommufd(BDF));
	assert_int_equal(seteuid(before), 0);
}

/* --- sentences that need no device --- */

static void files_that_may_not_be_opened_are_explained(void **state)
{
	const struct pci_info info = { .bdf = BDF, .group = GROUP };

	(void)state;
	assert_int_equal(explain_open_iommu(EACCES, BDF), -EACCES);
	assert_non_null(strstr(error_get(), "chown"));
	assert_int_equal(explain_open_iommu(EPERM, BDF), -EPERM);
	assert_non_null(strstr(error_get(), "DeviceAllow=/dev/iommu rw"));
	assert_int_equal(explain_open_iommu(EMFILE, BDF), -EMFILE);
	assert_non_null(strstr(error_get(), "iommu cannot be opened"));
	assert_int_equal(explain_open_device(EACCES, &info, "vfio3"), -EACCES);
	assert_non_null(strstr(error_get(), "vfio/devices/vfio3"));
	assert_int_equal(explain_open_device(EPERM, &info, "vfio3"), -EPERM);
	assert_non_null(strstr(error_get(), "DeviceAllow=/dev/vfio/devices/vfio3 rw"));
	assert_int_equal(explain_open_device(EMFILE, &info, "vfio3"), -EMFILE);
	assert_non_null(strstr(error_get(), "cannot be opened"));
}

/* The limit counts what other processes have locked, so it may be reached although this one has room. */
static void memory_of_the_user_is_named_where_it_counts(void **state)
{
	struct rlimit before, low;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &before), 0);
	low = (struct rlimit){ .rlim_cur = 1 << 16, .rlim_max = before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &low), 0);
	assert_int_equal(memlock_explain_of_user(4096), -ENOMEM);
	assert_non_null(strstr(error_get(), "all processes of this user"));
	assert_non_null(strstr(error_get(), "limit of 64 KiB"));
	assert_int_equal(memlock_explain_of_user(1 << 20), -ENOMEM);
	assert_non_null(strstr(error_get(), "locked-memory limit too low: 1024 KiB more"));
	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &before), 0);
	if (before.rlim_max != RLIM_INFINITY)
		return;
	low.rlim_cur = RLIM_INFINITY;
	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &low), 0);
	assert_int_equal(memlock_explain_of_user(4096), -ENOMEM);
	assert_non_null(strstr(error_get(), "no memory to map 4 KiB for the device"));
	assert_null(strstr(error_get(), "limit"));
	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &before), 0);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, make_iommufd, drop_kernel)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(open_fds_takes_descriptors_and_close_closes_them),
		CASE(descriptors_that_are_given_back_stay_open),
		CASE(descriptors_that_are_shared_are_not_given_back),
		CASE(descriptors_that_a_transport_has_are_shared),
		CASE(context_of_nvu_is_its_own),
		CASE(open_fds_that_fails_leaves_descriptors_with_the_caller),
		CASE(address_space_of_the_caller_lives_on_without_mappings),
		CASE(address_spaces_of_caller_and_nvu_are_two),
		CASE(what_does_not_belong_together_is_refused),
		CASE(device_of_a_group_is_refused),
		CASE(scheme_forces_its_way),
		CASE(iommufd_is_taken_where_the_group_is_out_of_reach),
		CASE(iommufd_is_taken_for_devices_of_a_group_that_is_open_so),
		CASE(choice_of_nothing_explains_what_is_there),
		CASE(permission_decides),
		CASE(files_that_may_not_be_opened_are_explained),
		CASE(memory_of_the_user_is_named_where_it_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
