/* SPDX-License-Identifier: MIT */
/*
 * nvu_discover() against a tree in a temporary folder that stands for /sys and /dev.
 */
#include "transport/vfio/pci_list.h"

#include <errno.h>
#include <fcntl.h>
#include <nvu/nvu.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "device_tree.h"

enum { ROOM = 4 };

static void discover_no_controller_counts_none(void **state)
{
	struct nvu_found found[ROOM] = { { .size = sizeof(found[0]) } };

	(void)state;
	add_device("0000:00:02.0", "0x030000", "vga", "1");

	assert_int_equal(nvu_discover(found, ROOM), 0);
	assert_int_equal(nvu_discover(NULL, 0), 0);
}

static void discover_several_describes_each_in_order(void **state)
{
	struct nvu_found found[ROOM] = { { .size = sizeof(found[0]) } };

	(void)state;
	add_device("0000:02:00.0", "0x010802", "vfio-pci", "7");
	add_device(BDF, "0x010802", "nvme", "5");
	add_device("0000:00:02.0", "0x030000", "vga", "1");
	add_device("10000:e1:00.0", "0x010802", NULL, NULL);
	run("cd %s/bus/pci/devices/" BDF
	    " && echo 0x144d > vendor && echo 0xa80a > device && echo 1 > numa_node",
	    root);
	run("ln -s ../" BDF " %s/bus/pci/devices/0000:02:00.0/physfn", root);

	assert_int_equal(nvu_discover(found, ROOM), 3);

	assert_string_equal(found[0].address, BDF);
	assert_string_equal(found[0].driver, "nvme");
	assert_int_equal(found[0].group, 5);
	assert_int_equal(found[0].numa_node, 1);
	assert_int_equal(found[0].pci_vendor, 0x144d);
	assert_int_equal(found[0].pci_device, 0xa80a);
	assert_int_equal(found[0].flags, 0);
	assert_int_equal(found[0].user, 0);
	assert_string_equal(found[0].user_name, "");
	assert_string_equal(found[0].obstacle, "");
	assert_string_equal(found[1].address, "0000:02:00.0");
	assert_int_equal(found[1].flags, NVU_FOUND_VFIO | NVU_FOUND_VIRTUAL);
	assert_int_equal(found[1].numa_node, -1);
	assert_int_equal(found[1].pci_vendor, 0);
	assert_string_equal(found[2].address, "10000:e1:00.0");
	assert_string_equal(found[2].driver, "");
	assert_int_equal(found[2].group, -1);
}

static void discover_more_than_room_fills_it_and_counts_all(void **state)
{
	struct nvu_found found[2] = { { .size = sizeof(found[0]) }, { .group = 1234 } };

	(void)state;
	add_device(BDF, "0x010802", "nvme", "5");
	add_device(OTHER, "0x010802", "nvme", "5");

	assert_int_equal(nvu_discover(found, 1), 2);
	assert_string_equal(found[0].address, BDF);
	assert_int_equal(found[1].group, 1234);
	assert_int_equal(nvu_discover(NULL, 0), 2);
}

static void discover_obstacle_names_the_other_device(void **state)
{
	struct nvu_found found[ROOM] = { { .size = sizeof(found[0]) } };

	(void)state;
	add_device(BDF, "0x010802", "vfio-pci", "5");
	add_device(OTHER, "0x040300", "snd", "5");

	assert_int_equal(nvu_discover(found, ROOM), 1);
	assert_string_equal(found[0].obstacle, OTHER " is bound to the driver snd");
}

static void discover_open_group_names_the_process(void **state)
{
	struct nvu_found found[ROOM] = { { .size = sizeof(found[0]) } };
	char path[128];
	int fd;

	(void)state;
	add_device(BDF, "0x010802", "vfio-pci", "7");
	add_device(OTHER, "0x010802", "vfio-pci", "8");
	(void)snprintf(path, sizeof(path), "%s/vfio/7", root);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);

	assert_int_equal(nvu_discover(found, ROOM), 2);

	assert_int_equal(found[0].user, getpid());
	assert_non_null(strstr(found[0].user_name, "discover"));
	assert_int_equal(found[1].user, 0);
	assert_int_equal(close(fd), 0);
}

/* Processes as a tree has them: no descriptors, other files, names that are no numbers, an end of line in a name. */
static void discover_strange_processes_are_left_out(void **state)
{
	struct nvu_found found[ROOM] = { { .size = sizeof(found[0]) } };
	char proc[80];

	(void)state;
	add_device(BDF, "0x010802", "vfio-pci", "7");
	run("cd %s && mkdir -p proc/1 proc/self/fd proc/12x/fd proc/13/fd proc/99999999999/fd "
	    "proc/14/fd && "
	    "ln -s %s/vfio/7 proc/12x/fd/3 && ln -s %s/vfio/7x proc/13/fd/3 && ln -s %s/vfio/vfio "
	    "proc/13/fd/4 && "
	    "ln -s %s/vfio/99999999999 proc/13/fd/5 && ln -s %s/vfio/7 proc/14/fd/9 && printf "
	    "'a\\033b' > proc/14/comm",
	    root, root, root, root, root, root);
	(void)snprintf(proc, sizeof(proc), "%s/proc", root);
	pci_proc_root = proc;

	assert_int_equal(nvu_discover(found, ROOM), 1);
	assert_int_equal(found[0].user, 14);
	assert_string_equal(found[0].user_name, "a?b");
}

static void discover_wrong_size_is_refused(void **state)
{
	struct nvu_found found[ROOM] = { { .size = 8 } };

	(void)state;
	assert_int_equal(nvu_discover(found, ROOM), -EINVAL);
	assert_non_null(strstr(nvu_last_error(), "found[0].size is 8"));
	assert_int_equal(nvu_discover(NULL, ROOM), -EINVAL);
}

static void discover_without_sysfs_says_so(void **state)
{
	(void)state;
	run("rm -r %s/bus", root);
	assert_int_equal(nvu_discover(NULL, 0), -ENODEV);
	assert_non_null(strstr(nvu_last_error(), "mount -t sysfs"));
	run("touch %s/bus", root);
	assert_int_equal(nvu_discover(NULL, 0), -EIO);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_tree, drop_tree)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(discover_no_controller_counts_none),
		CASE(discover_several_describes_each_in_order),
		CASE(discover_more_than_room_fills_it_and_counts_all),
		CASE(discover_obstacle_names_the_other_device),
		CASE(discover_open_group_names_the_process),
		CASE(discover_strange_processes_are_left_out),
		CASE(discover_wrong_size_is_refused),
		CASE(discover_without_sysfs_says_so),
	};

	return cmocka_run_group_tests_name("discover", tests, NULL, NULL);
}
