/* SPDX-License-Identifier: MIT */
/*
 * take.c: see take.h. nvu takes no drive that the machine uses. The driver that had it is remembered in /run/nvu, so
 * that it gets it back.
 */
#include "take.h"

#include "machine.h"
#include "subcommands.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <nvu/nvu.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FAILED = EXIT_FAILED };

int find_drive(const struct args *args, const char *bdf, struct nvu_found *ret_found)
{
	int ret = machine_find(bdf, ret_found);

	if (ret < 0)
		return cli_complain_nvu(args, ret);
	if (!ret)
		return cli_complain(args->subcommand, FAILED,
				    "%s: there is no such NVMe drive; `nvu list` lists them", bdf);
	return 0;
}

/* /sys/bus/pci/devices/BDF/NAME. */
static void device_path(const char *bdf, const char *name, char path[PATH_MAX])
{
	(void)snprintf(path, PATH_MAX, "%s/bus/pci/devices/%s/%s", machine_sysfs, bdf, name);
}

/* Where the driver that had the drive is remembered. */
static void memory_path(const char *bdf, char path[PATH_MAX])
{
	(void)snprintf(path, PATH_MAX, "%s/nvu/%s.driver", machine_run, bdf);
}

static void remember(const char *bdf, const char *driver)
{
	char path[PATH_MAX];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/nvu", machine_run);
	(void)mkdir(path, 0755);
	memory_path(bdf, path);
	file = fopen(path, "we");
	if (!file)
		return; /* drivers_probe finds the driver, too */
	(void)fprintf(file, "%s\n", driver);
	(void)fclose(file);
}

/* A file of sysfs that concerns the drive; the complaint names it. */
static int write_file(const struct args *args, const char *bdf, const char *path, const char *text)
{
	int ret = machine_write(path, text);

	if (!ret)
		return 0;
	return cli_complain(args->subcommand, FAILED, "%s: %s cannot be written: %s%s", bdf, path,
			    strerror(-ret),
			    ret == -EACCES || ret == -EPERM ? "; run it as root" : "");
}

/* The driver in sysfs now; "" if none. */
static void read_driver(const char *bdf, char *ret_driver, size_t bytes)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *slash;
	ssize_t len;

	device_path(bdf, "driver", path);
	len = readlink(path, target, sizeof(target) - 1);
	target[len > 0 ? len : 0] = '\0';
	slash = strrchr(target, '/');
	(void)snprintf(ret_driver, bytes, "%.31s", slash ? slash + 1 : target);
}

/* Binds the drive to what driver_override says, or, if that is empty, to what the kernel chooses. */
static int rebind(const struct args *args, const char *bdf, const char *override)
{
	char path[PATH_MAX], driver[32];
	int status;

	device_path(bdf, "driver_override", path);
	status = write_file(args, bdf, path, override);
	if (status)
		return status;
	read_driver(bdf, driver, sizeof(driver));
	if (driver[0]) {
		device_path(bdf, "driver/unbind", path);
		status = write_file(args, bdf, path, bdf);
	}
	if (status)
		return status;
	(void)snprintf(path, sizeof(path), "%s/bus/pci/drivers_probe", machine_sysfs);
	return write_file(args, bdf, path, bdf);
}

/* A sentence for each use, and the refusal. */
static int refuse_uses(const struct args *args, const char *bdf, const struct uses *uses)
{
	char text[USES_MAX * USE_BYTES] = "";

	for (uint32_t i = 0; i < uses->count; i++) {
		size_t len = strlen(text);

		(void)snprintf(text + len, sizeof(text) - len, "%s%s", i ? ", " : "",
			       uses->lines[i]);
	}
	return cli_complain(args->subcommand, FAILED, "%s is in use, and stays where it is: %s",
			    bdf, text);
}

static int check_free(const struct args *args, const struct nvu_found *found)
{
	const char *bdf = found->address;
	struct uses uses;

	machine_read_uses(bdf, &uses);
	if (uses.count)
		return refuse_uses(args, bdf, &uses);
	if (found->group < 0)
		return cli_complain(
			args->subcommand, FAILED,
			"%s has no IOMMU group: the IOMMU is off; `nvu doctor` says how to "
			"switch it on",
			bdf);
	if (found->obstacle[0])
		return cli_complain(
			args->subcommand, FAILED,
			"%s: in its IOMMU group %s, which nvu does not take: unbind it, or "
			"move the drive to another slot",
			bdf, found->obstacle);
	return 0;
}

static int load_vfio(const struct args *args, const char *bdf)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/bus/pci/drivers/vfio-pci", machine_sysfs);
	if (!access(path, F_OK))
		return 0;
	(void)machine_load("vfio-pci");
	if (!access(path, F_OK))
		return 0;
	return cli_complain(
		args->subcommand, FAILED,
		"%s: the driver vfio-pci is not there, and `modprobe vfio-pci` does not "
		"load it",
		bdf);
}

int take_drive(const struct args *args, const struct nvu_found *found)
{
	const char *bdf = found->address;
	char driver[32];
	int status;

	if (found->flags & NVU_FOUND_VFIO)
		return 0;
	status = check_free(args, found);
	if (!status)
		status = load_vfio(args, bdf);
	if (status)
		return status;
	remember(bdf, found->driver);
	status = rebind(args, bdf, "vfio-pci");
	read_driver(bdf, driver, sizeof(driver));
	if (!status && strcmp(driver, "vfio-pci") != 0)
		status = cli_complain(
			args->subcommand, FAILED,
			"%s: vfio-pci did not take it (the kernel's log has the reason)", bdf);
	if (status && strcmp(driver, found->driver) != 0)
		(void)give_drive(args, bdf);
	return status;
}

/* The driver that had it, if the kernel has chosen none or another one. */
static int bind_remembered(const struct args *args, const char *bdf)
{
	char path[PATH_MAX], name[64], wanted[32], driver[32];

	(void)snprintf(name, sizeof(name), "nvu/%.40s.driver", bdf);
	read_driver(bdf, driver, sizeof(driver));
	if (!machine_read(machine_run, name, wanted, sizeof(wanted)) || !wanted[0] ||
	    strchr(wanted, '/') || driver[0])
		return 0;
	(void)snprintf(path, sizeof(path), "%s/bus/pci/drivers/%s/bind", machine_sysfs, wanted);
	return write_file(args, bdf, path, bdf);
}

int give_drive(const struct args *args, const char *bdf)
{
	char path[PATH_MAX];
	int status = rebind(args, bdf, "\n");

	if (!status)
		status = bind_remembered(args, bdf);
	memory_path(bdf, path);
	if (!status)
		(void)unlink(path);
	return status;
}

/* Lets a user open the group: its file is the user's from then on. */
static int give_group(const struct args *args, const struct nvu_found *found, const char *user)
{
	const struct passwd *entry = getpwnam(user);
	char path[PATH_MAX];

	if (!entry)
		return cli_complain(args->subcommand, EXIT_USAGE,
				    "--user %s: there is no such user", user);
	(void)snprintf(path, sizeof(path), "%s/vfio/%" PRId32, machine_dev, found->group);
	if (chown(path, entry->pw_uid, (gid_t)-1))
		return cli_complain(args->subcommand, FAILED, "%s: %s", path, strerror(errno));
	return 0;
}

int run_take(const struct args *args, struct drive *drive)
{
	const char *user = args->text[OPTION_USER_ID];
	struct nvu_found found;
	int status = find_drive(args, args->operands[0], &found);

	(void)drive;
	if (!status && user && !getpwnam(user))
		status = cli_complain(args->subcommand, EXIT_USAGE,
				      "--user %s: there is no such user", user);
	if (!status && args->command)
		return hold_drive(args, &found);
	if (!status)
		status = take_drive(args, &found);
	if (!status && user)
		status = give_group(args, &found, user);
	if (!status)
		printf("%s is bound to vfio-pci; `nvu give %s` returns it\n", found.address,
		       found.address);
	return status;
}

int run_give(const struct args *args, struct drive *drive)
{
	struct nvu_found found;
	int status = find_drive(args, args->operands[0], &found);
	char driver[32];

	(void)drive;
	if (status)
		return status;
	if (found.driver[0] && !(found.flags & NVU_FOUND_VFIO)) {
		printf("%s has the driver %s already\n", found.address, found.driver);
		return 0;
	}
	if (found.user)
		return cli_complain(args->subcommand, FAILED,
				    "%s is in use by process %" PRId32 " (%s): end it first",
				    found.address, found.user, found.user_name);
	status = give_drive(args, found.address);
	read_driver(found.address, driver, sizeof(driver));
	if (!status)
		printf("%s has the driver %s\n", found.address, driver[0] ? driver : "none");
	return status;
}
