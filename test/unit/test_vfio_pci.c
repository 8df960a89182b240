/* SPDX-License-Identifier: MIT */
/*
 * PCI devices in sysfs, and the sentence for each way in which opening fails, against a tree in a
 * temporary folder that stands for /sys and /dev.
 */
#include "transport/vfio/pci.h"

#include "base/error.h"
#include "transport/vfio/container_explain.h"
#include "transport/vfio/group.h"
#include "transport/vfio/memlock.h"
#include "transport/vfio/vfio.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "device_tree.h"

/* Opens through the transport; the result must be an error with all the words in its sentence. */
static void assert_open_fails(const char *target, int expected, const char *word1,
			      const char *word2)
{
	const struct transport_open_opts opts = { .reset = true };
	struct transport *transport = NULL;
	int ret = vfio_transport_ops.open(target, &opts, &transport);

	if (!strstr(error_get(), word1) || !strstr(error_get(), word2))
		fail_msg("\"%s\" lacks \"%s\" or \"%s\"", error_get(), word1, word2);
	assert_int_equal(ret, expected);
	assert_null(transport);
	assert_true(strlen(error_get()) < 511);
}

static void pci_parse_address_accepts_and_completes(void **state)
{
	static const char *const cases[][2] = {
		{ "0000:01:00.0", "0000:01:00.0" },	    { "01:00.0", "0000:01:00.0" },
		{ "10000:E1:1f.7", "10000:e1:1f.7" },	    { "0:1:2.3", "0000:01:02.3" },
		{ "ffffffff:ff:1f.7", "ffffffff:ff:1f.7" },
	};
	char bdf[PCI_BDF_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(pci_parse_address(cases[i][0], bdf), 0);
		assert_string_equal(bdf, cases[i][1]);
	}
}

static void pci_parse_address_refuses_anything_else(void **state)
{
	static const char *const cases[] = {
		"",
		"banana",
		"01:00",
		"01:00.",
		"01:00.8",
		"01:20.0",
		"001:00.0",
		"0000:01:00.0 ",
		" 01:00.0",
		":01:00.0",
		"0000:01:00.0/../x",
		"0000::00.0",
		"100000000:01:00.0",
		"0x0:01:00.0",
		"-1:01:00.0",
		"0000:01:00.00",
		"0:0:0:0.0",
	};
	char bdf[PCI_BDF_BYTES] = "kept";

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (pci_parse_address(cases[i], bdf) != -EINVAL)
			fail_msg("\"%s\" was taken for %s", cases[i], bdf);
		assert_non_null(strstr(error_get(), "0000:01:00.0"));
	}
	assert_string_equal(bdf, "kept");
}

static void pci_read_info_reads_driver_group_class_and_node(void **state)
{
	struct pci_info info;

	(void)state;
	add_device(BDF, "0x010802", "vfio-pci", "12");
	run("echo 1 > %s/bus/pci/devices/" BDF "/numa_node", root);

	assert_int_equal(pci_read_info(BDF, &info), 0);

	assert_string_equal(info.bdf, BDF);
	assert_string_equal(info.driver, "vfio-pci");
	assert_int_equal(info.class_code, PCI_CLASS_NVME);
	assert_int_equal(info.group, 12);
	assert_int_equal(info.numa_node, 1);
	assert_int_equal(pci_check_usable(&info), 0);
}

static void pci_read_info_odd_contents_are_not_believed(void **state)
{
	struct pci_info info;

	(void)state;
	add_device(BDF, "0x010802", "a-name-that-is-much-longer-than-any-driver-has", "12x");
	run("head -c 100000 /dev/zero | tr '\\0' 9 > %s/bus/pci/devices/" BDF "/numa_node", root);

	assert_int_equal(pci_read_info(BDF, &info), 0);

	assert_string_equal(info.driver, "");
	assert_int_equal(info.group, -1);
	assert_int_equal(info.numa_node, -1);
	run("echo 0x010802junk > %s/bus/pci/devices/" BDF "/class", root);
	assert_int_equal(pci_read_info(BDF, &info), -EIO);
}

static void open_missing_device_lists_the_controllers(void **state)
{
	(void)state;
	add_device("0000:02:00.0", "0x010802", "nvme", "3");
	add_device("0000:03:00.0", "0x020000", "e1000e", "4");

	assert_open_fails(BDF, -ENODEV, "PCI device " BDF " does not exist", "0000:02:00.0 (nvme)");
	assert_null(strstr(error_get(), "0000:03:00.0"));
}

static void open_missing_device_among_many_keeps_the_sentence_short(void **state)
{
	char bdf[PCI_BDF_BYTES];

	(void)state;
	for (int i = 0; i < 40; i++) {
		(void)snprintf(bdf, sizeof(bdf), "0000:%02x:00.0", i + 2);
		add_device(bdf, "0x010802", NULL, NULL);
	}

	assert_open_fails(BDF, -ENODEV, "(no driver)", ", ...");
}

static void open_missing_device_without_any_says_none(void **state)
{
	(void)state;
	assert_open_fails(BDF, -ENODEV, "PCI device " BDF " does not exist", "none");
}

static void open_other_class_names_it(void **state)
{
	(void)state;
	add_device(BDF, "0x020000", "e1000e", "3");

	assert_open_fails(BDF, -ENODEV, "not an NVMe controller", "0x020000");
}

static void open_bound_to_nvme_names_driver_and_remedy(void **state)
{
	(void)state;
	add_device(BDF, "0x010802", "nvme", "3");

	assert_open_fails("01:00.0", -EBUSY, "bound to the driver nvme", "D=" BDF ";");
	assert_non_null(strstr(error_get(), "driver/unbind; echo $D > drivers_probe"));
}

static void open_without_driver_names_the_remedy(void **state)
{
	(void)state;
	add_device(BDF, "0x010802", NULL, "3");

	assert_open_fails(BDF, -ENODEV, "bound to no driver", "driver_override");
}

static void open_without_iommu_names_the_kernel_parameter(void **state)
{
	(void)state;
	add_device(BDF, "0x010802", "nvme", NULL);

	assert_open_fails(BDF, -ENOTSUP, "no IOMMU group", "intel_iommu=on");
}

static void open_without_vfio_names_modprobe(void **state)
{
	(void)state;
	add_device(BDF, "0x010802", "vfio-pci", "3");

	assert_open_fails(BDF, -ENOTSUP, "VFIO is not loaded", "modprobe vfio-pci");
}

static void open_in_noiommu_mode_is_refused(void **state)
{
	(void)state;
	add_device(BDF, "0x010802", "vfio-pci", "3");
	run("touch %s/vfio/vfio %s/vfio/noiommu-3", root, root);

	assert_open_fails(BDF, -ENOTSUP, "no-IOMMU mode", "intel_iommu=on");
}

static void open_group_file_missing_names_it(void **state)
{
	(void)state;
	add_device(BDF, "0x010802", "vfio-pci", "3");
	run("touch %s/vfio/vfio", root);

	assert_open_fails(BDF, -ENODEV, "IOMMU group has no", "/vfio/3");
}

/* A plain file answers no ioctl: what is opened is checked to be VFIO's. */
static void open_group_file_of_another_kind_is_refused(void **state)
{
	(void)state;
	add_device(BDF, "0x010802", "vfio-pci", "3");
	run("touch %s/vfio/vfio %s/vfio/3", root, root);

	assert_open_fails(BDF, -ENOTTY, "not a VFIO group", "/vfio/3");
}

static void open_group_file_without_permission_names_chown(void **state)
{
	(void)state;
	if (!geteuid())
		skip(); /* root opens everything; the virtual machine suite has this case too */
	add_device(BDF, "0x010802", "vfio-pci", "3");
	run("touch %s/vfio/vfio %s/vfio/3 && chmod 0 %s/vfio/3", root, root, root);

	assert_open_fails(BDF, -EACCES, "no permission", "chown");
}

/* Where the file is there and its mode allows it, it is the device cgroup that says EPERM. */
static void eperm_names_the_device_cgroup_and_no_mode(void **state)
{
	const struct pci_info info = { .bdf = BDF, .group = 3 };

	(void)state;
	assert_int_equal(group_explain_open(EPERM, &info), -EPERM);
	assert_non_null(strstr(error_get(), "device cgroup"));
	assert_non_null(strstr(error_get(), "--device /dev/vfio/3"));
	assert_non_null(strstr(error_get(), "DeviceAllow=/dev/vfio/3 rw"));
	assert_null(strstr(error_get(), "chown"));
	assert_int_equal(container_explain_open(EPERM), -EPERM);
	assert_non_null(strstr(error_get(), "--device /dev/vfio/vfio"));
	assert_null(strstr(error_get(), "chmod"));
	assert_int_equal(container_explain_open(EACCES), -EACCES);
	assert_non_null(strstr(error_get(), "chmod"));
	assert_int_equal(group_explain_open(EACCES, &info), -EACCES);
	assert_non_null(strstr(error_get(), "chown"));
}

static void open_without_sysfs_says_so(void **state)
{
	(void)state;
	run("rm -r %s/bus", root);

	assert_open_fails(BDF, -ENODEV, "/bus/pci", "mount -t sysfs");
}

static void open_in_a_container_without_the_files_names_the_option(void **state)
{
	(void)state;
	add_device(BDF, "0x010802", "vfio-pci", "3");
	run("mkdir -p %s/module/vfio", root);

	assert_open_fails(BDF, -ENODEV, "VFIO is loaded", "--device /dev/vfio/vfio");
	run("touch %s/vfio/vfio", root);
	assert_open_fails(BDF, -ENODEV, "IOMMU group has no", "--device /dev/vfio/3");
}

/* Every failed open must give its claim back: the second attempt fails for the same reason. */
static void open_twice_after_a_failure_is_not_busy(void **state)
{
	(void)state;
	add_device(BDF, "0x010802", "vfio-pci", "3");

	assert_open_fails(BDF, -ENOTSUP, "VFIO is not loaded", "modprobe");
	assert_open_fails(BDF, -ENOTSUP, "VFIO is not loaded", "modprobe");
}

static void pci_describe_obstacle_finds_the_host_driver(void **state)
{
	struct pci_info info = { .bdf = BDF, .group = 3 };
	char text[96];

	(void)state;
	add_device(BDF, "0x010802", "vfio-pci", "3");
	add_device("0000:00:1c.0", "0x060400", "pcieport", "3");
	add_device(OTHER, "0x040300", NULL, "3");
	run("cd %s/kernel/iommu_groups/3/devices && ln -sfn x y", root);

	pci_describe_obstacle(&info, text, sizeof(text));
	assert_string_equal(text, "");

	add_device(OTHER, "0x040300", "snd_hda_intel", "3");
	pci_describe_obstacle(&info, text, sizeof(text));
	assert_string_equal(text, OTHER " is bound to the driver snd_hda_intel");
}

static void memlock_parse_status_adds_locked_and_pinned(void **state)
{
	(void)state;
	assert_int_equal(memlock_parse_status("Name:\tx\nVmLck:\t      64 kB\nVmPin:\t  4 kB\n"),
			 68 * 1024);
	assert_int_equal(memlock_parse_status("Name:\tx\n"), 0);
	assert_int_equal(memlock_parse_status(""), 0);
	assert_int_equal(memlock_parse_status("\nVmLck: -1 kB\n\nVmPin: banana\n"), 0);
	assert_int_equal(memlock_parse_status("\nVmLck: 99999999999999999999 kB\n"), 0);
}

static void memlock_explain_without_a_limit_does_not_blame_it(void **state)
{
	(void)state;
	assert_int_equal(memlock_explain(4096), -ENOMEM);
	assert_int_equal(memlock_explain(SIZE_MAX / 2), -ENOMEM);
	assert_true(strlen(error_get()) > 0);
}

static void memlock_explain_names_the_limit_of_services_and_containers(void **state)
{
	struct rlimit before, low;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &before), 0);
	low = (struct rlimit){ .rlim_cur = 4096, .rlim_max = before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &low), 0);
	assert_int_equal(memlock_explain(1 << 20), -ENOMEM);
	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &before), 0);
	assert_non_null(strstr(error_get(), "ulimit -l"));
	assert_non_null(strstr(error_get(), "LimitMEMLOCK="));
	assert_non_null(strstr(error_get(), "--ulimit memlock="));
}

#define tree_test(f) cmocka_unit_test_setup_teardown(f, make_tree, drop_tree)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pci_parse_address_accepts_and_completes),
		cmocka_unit_test(pci_parse_address_refuses_anything_else),
		tree_test(pci_read_info_reads_driver_group_class_and_node),
		tree_test(pci_read_info_odd_contents_are_not_believed),
		tree_test(open_missing_device_lists_the_controllers),
		tree_test(open_missing_device_among_many_keeps_the_sentence_short),
		tree_test(open_missing_device_without_any_says_none),
		tree_test(open_other_class_names_it),
		tree_test(open_bound_to_nvme_names_driver_and_remedy),
		tree_test(open_without_driver_names_the_remedy),
		tree_test(open_without_iommu_names_the_kernel_parameter),
		tree_test(open_without_vfio_names_modprobe),
		tree_test(open_in_noiommu_mode_is_refused),
		tree_test(open_group_file_missing_names_it),
		tree_test(open_group_file_of_another_kind_is_refused),
		tree_test(open_group_file_without_permission_names_chown),
		tree_test(eperm_names_the_device_cgroup_and_no_mode),
		tree_test(open_without_sysfs_says_so),
		tree_test(open_in_a_container_without_the_files_names_the_option),
		tree_test(open_twice_after_a_failure_is_not_busy),
		tree_test(pci_describe_obstacle_finds_the_host_driver),
		cmocka_unit_test(memlock_parse_status_adds_locked_and_pinned),
		cmocka_unit_test(memlock_explain_names_the_limit_of_services_and_containers),
		cmocka_unit_test(memlock_explain_without_a_limit_does_not_blame_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
