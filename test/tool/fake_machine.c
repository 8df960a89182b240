/* SPDX-License-Identifier: MIT */
/*
 * fake_machine.c: linked with nvu, a machine in a folder, NVU_FAKE_MACHINE, that has sys, dev, proc and run. Its kernel
 * acts when nvu writes to driver_override, unbind, bind and drivers_probe, as Linux does: sysfs's link "driver" follows. A file
 * FOLDER/stubborn: the drivers refuse to probe.
 */
#include "machine.h"
#include "perf.h"
#include "transport/vfio/pci_list.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Not of this program, whose library is another one. */
int perf_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 1;
}

int __real_machine_write(const char *path, const char *text);
int __wrap_machine_write(const char *path, const char *text);
int __wrap_machine_load(const char *module);

static char roots[4][PATH_MAX];

__attribute__((constructor)) static void set_roots(void)
{
	static const char *const folders[] = { "sys", "dev", "proc", "run" };
	const char *root = getenv("NVU_FAKE_MACHINE");

	if (!root)
		return;
	for (int i = 0; i < 4; i++)
		(void)snprintf(roots[i], sizeof(roots[i]), "%.200s/%s", root, folders[i]);
	machine_sysfs = pci_sysfs_root = roots[0];
	machine_dev = pci_dev_root = roots[1];
	machine_run = roots[3];
	/* Processes are this machine's, unless the folder has some. */
	if (!access(roots[2], F_OK))
		machine_proc = roots[2];
}

static void device(const char *bdf, const char *name, char path[PATH_MAX])
{
	(void)snprintf(path, PATH_MAX, "%.200s/bus/pci/devices/%.32s/%.32s", machine_sysfs, bdf,
		       name);
}

static void attach(const char *bdf, const char *driver)
{
	char target[PATH_MAX], link[PATH_MAX], stubborn[PATH_MAX];

	(void)snprintf(stubborn, sizeof(stubborn), "%.200s/stubborn", getenv("NVU_FAKE_MACHINE"));
	(void)snprintf(target, sizeof(target), "%.200s/bus/pci/drivers/%.32s", machine_sysfs,
		       driver);
	device(bdf, "driver", link);
	if (access(link, F_OK) && !access(target, F_OK) &&
	    (access(stubborn, F_OK) || strcmp(driver, "vfio-pci") != 0)) {
		if (symlink(target, link))
			abort();
	}
}

static void probe(const char *bdf)
{
	char name[PATH_MAX], driver[64];

	(void)snprintf(name, sizeof(name), "bus/pci/devices/%.32s/driver_override", bdf);
	if (machine_read(machine_sysfs, name, driver, sizeof(driver)) && driver[0])
		attach(bdf, driver);
	else
		attach(bdf, "nvme");
}

int __wrap_machine_write(const char *path, const char *text)
{
	char link[PATH_MAX];
	int ret;

	if (strstr(path, "/driver/unbind")) {
		device(text, "driver", link);
		return unlink(link) ? -1 : 0;
	}
	ret = __real_machine_write(path, text);
	if (!ret && strstr(path, "/drivers_probe"))
		probe(text);
	return ret;
}

int __wrap_machine_load(const char *module)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%.200s/bus/pci/drivers/%.32s", machine_sysfs, module);
	return mkdir(path, 0755) ? -1 : 0;
}
