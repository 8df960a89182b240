/* SPDX-License-Identifier: MIT */
/*
 * doctor.c: what nvu needs of this machine, and of a drive: a line each, and the command that fixes what is missing.
 */
#include "machine.h"
#include "subcommands.h"
#include "take.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <limits.h>
#include <nvu/nvu.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Locked memory for queues and some buffers, and mappings of one process that nvu never needs more of. */
enum { NEEDED_MB = 64, NEEDED_MAPPINGS = 65535, CHECK_BYTES = 512 };

struct report {
	struct json_object *checks; /* NULL: lines */
	uint32_t missing;
};

/* A precondition: what was found, and, if it does not hold, what fixes it. */
static void check(struct report *report, const char *name, bool holds, const char *fix,
		  const char *format, ...) __attribute__((format(printf, 5, 6)));
static void check(struct report *report, const char *name, bool holds, const char *fix,
		  const char *format, ...)
{
	struct json_object *object;
	char text[CHECK_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	report->missing += !holds;
	if (!report->checks) {
		printf("%s %-14s %s\n", holds ? "ok     " : "missing", name, text);
		if (!holds)
			printf("        %-14s %s\n", "", fix);
		return;
	}
	object = json_object_new_object();
	json_object_object_add(object, "check", json_object_new_string(name));
	json_object_object_add(object, "ok", json_object_new_boolean(holds));
	json_object_object_add(object, "text", json_object_new_string(text));
	json_object_object_add(object, "fix", json_object_new_string(holds ? "" : fix));
	json_object_array_add(report->checks, object);
}

static uint32_t count_entries(const char *folder)
{
	char path[PATH_MAX];
	struct dirent *entry;
	uint32_t count = 0;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "%s/%s", machine_sysfs, folder);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	if (dir)
		(void)closedir(dir);
	return count;
}

static bool exists(const char *path)
{
	char full[PATH_MAX];

	(void)snprintf(full, sizeof(full), "%s/%s", machine_sysfs, path);
	return !access(full, F_OK);
}

/* A file of /dev that is opened to read and write: a device cgroup refuses that whatever the mode is. */
static void check_node(struct report *report, const char *name, const char *node, bool open_it)
{
	char path[PATH_MAX], fix[CHECK_BYTES];
	int fd, err;

	(void)snprintf(path, sizeof(path), "%s/%s", machine_dev, node);
	fd = open_it ? open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK) : -1;
	err = fd >= 0 ? 0 : errno;
	if (!open_it)
		err = access(path, R_OK | W_OK) ? errno : 0;
	if (fd >= 0)
		(void)close(fd);
	if (err == ENOENT)
		(void)snprintf(
			fix, sizeof(fix),
			"`modprobe vfio-pci`; a container gets the file by `--device /dev/%s`",
			node);
	else if (err == EPERM)
		(void)snprintf(fix, sizeof(fix),
			       "the device cgroup forbids it: a container gets it by `--device "
			       "/dev/%s`, a "
			       "service by `DeviceAllow=/dev/%s rw`",
			       node, node);
	else
		(void)snprintf(fix, sizeof(fix),
			       "as root: `chown %ld /dev/%s`, or `nvu take --user`", (long)getuid(),
			       node);
	check(report, name, !err || err == EBUSY, fix, "%s: %s", path,
	      err ? strerror(err) : "can be opened");
}

static void check_memlock(struct report *report)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	char fix[CHECK_BYTES];
	uint64_t megabytes;

	(void)getrlimit(RLIMIT_MEMLOCK, &limit);
	megabytes = limit.rlim_cur >> 20;
	if (limit.rlim_cur == RLIM_INFINITY || !geteuid()) {
		check(report, "memlock", true, "", "no limit of locked memory%s",
		      geteuid() ? "" : " for root");
		return;
	}
	(void)snprintf(
		fix, sizeof(fix),
		"as root: `echo \"%s - memlock 1048576\" >> /etc/security/limits.conf` and log in "
		"again; a service: `LimitMEMLOCK=1G`",
		"USER");
	check(report, "memlock", megabytes >= NEEDED_MB, fix,
	      "%" PRIu64 " MB may be locked, %d are needed%s", megabytes, NEEDED_MB,
	      megabytes < NEEDED_MB ? ": too few" : "");
}

static void check_mappings(struct report *report)
{
	char text[TEXT_BYTES];
	uint64_t limit;

	if (!machine_read(machine_sysfs, "module/vfio_iommu_type1/parameters/dma_entry_limit", text,
			  sizeof(text)) ||
	    !cli_number(text, false, &limit))
		return;
	check(report, "mappings", limit >= NEEDED_MAPPINGS,
	      "as root: `echo 65535 > /sys/module/vfio_iommu_type1/parameters/dma_entry_limit`",
	      "dma_entry_limit is %" PRIu64 ", %d are enough", limit, NEEDED_MAPPINGS);
}

static void check_machine(struct report *report)
{
	uint32_t groups = count_entries("kernel/iommu_groups");

	check(report, "IOMMU", groups,
	      "switch VT-d or AMD-Vi on in the firmware; on Intel add intel_iommu=on to the "
	      "kernel's "
	      "command line",
	      "%" PRIu32 " groups", groups);
	check(report, "vfio-pci", exists("bus/pci/drivers/vfio-pci"),
	      "as root: `modprobe vfio-pci`", "the driver is %s",
	      exists("bus/pci/drivers/vfio-pci") ? "loaded" : "not loaded");
	check_node(report, "VFIO", "vfio/vfio", true);
	check_memlock(report);
	check_mappings(report);
}

static void check_uses(struct report *report, const struct nvu_found *found)
{
	char fix[CHECK_BYTES];
	struct uses uses;

	machine_read_uses(found->address, &uses);
	for (uint32_t i = 0; i < uses.count; i++)
		check(report, "use", false,
		      "`umount`, `swapoff`, `vgchange -an` or `mdadm --stop`, unless the system "
		      "needs it",
		      "%s", uses.lines[i]);
	(void)snprintf(fix, sizeof(fix), "end process %" PRId32, found->user);
	if (found->user)
		check(report, "use", false, fix, "process %" PRId32 " (%s) has it open",
		      found->user, found->user_name);
	else if (!uses.count)
		check(report, "use", true, "", "nothing uses it");
}

static void check_drive(struct report *report, const struct nvu_found *found)
{
	char node[TEXT_BYTES], fix[CHECK_BYTES];
	bool vfio = found->flags & NVU_FOUND_VFIO;

	check(report, "group", found->group >= 0, "the IOMMU is off: see above",
	      found->group >= 0 ? "IOMMU group %" PRId32 : "no IOMMU group", found->group);
	check(report, "members", !found->obstacle[0],
	      "unbind that device, or move the drive to another slot", "%s",
	      found->obstacle[0] ? found->obstacle : "no other device of the group is in the way");
	check_uses(report, found);
	(void)snprintf(fix, sizeof(fix), "as root: `nvu take %s`", found->address);
	check(report, "driver", vfio, fix, "%s", found->driver[0] ? found->driver : "none");
	if (!vfio || found->group < 0)
		return;
	(void)snprintf(node, sizeof(node), "vfio/%" PRId32, found->group);
	check_node(report, "group's file", node, false);
}

int run_doctor(const struct args *args, struct drive *drive)
{
	struct report report = { .checks =
					 cli_has(args, O(JSON)) ? json_object_new_array() : NULL };
	const char *bdf = args->operands[0];
	struct nvu_found found;
	int status = bdf ? find_drive(args, bdf, &found) : 0;

	(void)drive;
	if (!status) {
		check_machine(&report);
		if (bdf)
			check_drive(&report, &found);
		status = report.missing ? EXIT_FAILED : 0;
		if (report.checks)
			printf("%s\n", json_object_to_json_string_ext(report.checks,
								      JSON_C_TO_STRING_PRETTY));
		else if (!report.missing)
			printf("%s is ready for nvu\n", bdf ? bdf : "this machine");
	}
	json_object_put(report.checks);
	return status;
}
