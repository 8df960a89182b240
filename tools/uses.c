/* SPDX-License-Identifier: MIT */
/*
 * uses.c: what uses a drive through the kernel's driver. Several sources say it, because none knows all: mounts of
 * other namespaces are in no list that this process sees, but the block device cannot be opened exclusively then.
 */
#include "machine.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES = 4096, NAME_BYTES = 64 };

static void add(struct uses *uses, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct uses *uses, const char *format, ...)
{
	char line[USE_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	for (uint32_t i = 0; i < uses->count; i++)
		if (!strcmp(uses->lines[i], line))
			return;
	if (uses->count < USES_MAX)
		memcpy(uses->lines[uses->count++], line, sizeof(line));
}

/* Calls @each with each name in a folder below a root. */
static void for_each(const char *root, const char *folder, const void *arg, struct uses *uses,
		     void (*each)(const char *name, const void *arg, struct uses *uses))
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	if (snprintf(path, sizeof(path), "%s/%s", root, folder) >= (int)sizeof(path))
		return;
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && strlen(entry->d_name) < NAME_BYTES)
			each(entry->d_name, arg, uses);
	if (dir)
		(void)closedir(dir);
}

static void add_holder(const char *holder, const void *block, struct uses *uses)
{
	char path[PATH_MAX], name[NAME_BYTES];

	(void)snprintf(path, sizeof(path), "class/block/%s/dm/name", holder);
	if (machine_read(machine_sysfs, path, name, sizeof(name)))
		add(uses, "%s is part of %s (%s, device mapper or LVM)", (const char *)block,
		    holder, name);
	else
		add(uses, "%s is part of %s", (const char *)block, holder);
}

/* Whether a path of a list names a block device: /dev/NAME. */
static bool is_block(const char *path, const char *block)
{
	const char *slash = strrchr(path, '/');

	return slash && !strcmp(slash + 1, block);
}

/* A line of mountinfo: ID PARENT MAJOR:MINOR ROOT MOUNTPOINT OPTIONS ... - TYPE SOURCE OPTIONS. */
static void look_at_mount(char *line, const char *block, const char *number, struct uses *uses)
{
	char *dash = strstr(line, " - "), *fields[5], *rest = line, *source = NULL, *after;

	if (!dash)
		return;
	*dash = '\0';
	after = dash + 3;
	for (int i = 0; i < 5; i++) {
		fields[i] = strtok_r(i ? NULL : line, " ", &rest);
		if (!fields[i])
			return;
	}
	if (strtok_r(after, " ", &rest))
		source = strtok_r(NULL, " ", &rest);
	if (!strcmp(fields[2], number) || (source && is_block(source, block)))
		add(uses, "%s is mounted on %.100s", block, fields[4]);
}

static void look_at_lines(const char *path, const char *block, const char *number,
			  struct uses *uses)
{
	char full[PATH_MAX], line[LINE_BYTES];
	FILE *file;

	(void)snprintf(full, sizeof(full), "%s/%s", machine_proc, path);
	file = fopen(full, "re");
	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (number) {
			look_at_mount(line, block, number, uses);
			continue;
		}
		line[strcspn(line, " \t")] = '\0';
		if (is_block(line, block))
			add(uses, "%s is swap", block);
	}
	if (file)
		(void)fclose(file);
}

static void look_at_btrfs(const char *uuid, const void *block, struct uses *uses)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/fs/btrfs/%s/devices/%s", machine_sysfs, uuid,
		       (const char *)block);
	if (!access(path, F_OK))
		add(uses, "%s is part of a btrfs file system", (const char *)block);
}

static void look_at_device(const char *block, struct uses *uses)
{
	char path[PATH_MAX];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", machine_dev, block);
	fd = open(path, O_RDONLY | O_EXCL | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0)
		(void)close(fd);
	else if (errno == EBUSY && !uses->count)
		add(uses, "%s is in use: the kernel refuses to open it exclusively", block);
}

static void look_at_descriptors(const char *pid, const void *block, struct uses *uses)
{
	char path[PATH_MAX], target[PATH_MAX], wanted[PATH_MAX], name[NAME_BYTES];
	struct dirent *entry;
	DIR *dir;

	if (!isdigit((unsigned char)pid[0]))
		return;
	(void)snprintf(wanted, sizeof(wanted), "%s/%s", machine_dev, (const char *)block);
	(void)snprintf(path, sizeof(path), "%s/%s/fd", machine_proc, pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		ssize_t len;

		(void)snprintf(path, sizeof(path), "%s/%s/fd/%.16s", machine_proc, pid,
			       entry->d_name);
		len = readlink(path, target, sizeof(target) - 1);
		target[len > 0 ? len : 0] = '\0';
		if (strcmp(target, wanted) != 0)
			continue;
		(void)snprintf(path, sizeof(path), "%s/comm", pid);
		(void)machine_read(machine_proc, path, name, sizeof(name));
		add(uses, "%s is open in process %s (%s)", (const char *)block, pid, name);
	}
	if (dir)
		(void)closedir(dir);
}

/* A disk, or a partition of one. */
static void look_at_block(const char *block, struct uses *uses)
{
	char path[PATH_MAX], number[NAME_BYTES];

	(void)snprintf(path, sizeof(path), "class/block/%s/dev", block);
	if (machine_read(machine_sysfs, path, number, sizeof(number)) && number[0])
		look_at_lines("self/mountinfo", block, number, uses);
	look_at_lines("swaps", block, NULL, uses);
	(void)snprintf(path, sizeof(path), "class/block/%s/holders", block);
	for_each(machine_sysfs, path, block, uses, add_holder);
	for_each(machine_sysfs, "fs/btrfs", block, uses, look_at_btrfs);
	for_each(machine_proc, ".", block, uses, look_at_descriptors);
	look_at_device(block, uses);
}

static void look_at_partition(const char *name, const void *disk, struct uses *uses)
{
	if (!strncmp(name, disk, strlen(disk)))
		look_at_block(name, uses);
}

/*
 * A folder of a controller that may be a namespace: nvme0n1; or, where several controllers share namespaces,
 * nvme0c1n1, a path of the disk nvme0n1.
 */
static void look_at_namespace(const char *name, const void *arg, struct uses *uses)
{
	uint32_t subsystem, ctrl, nsid;
	char disk[NAME_BYTES], path[PATH_MAX];
	int end = 0;

	(void)arg;
	if (sscanf(name, "nvme%uc%un%u%n", &subsystem, &ctrl, &nsid, &end) == 3 && !name[end])
		(void)snprintf(disk, sizeof(disk), "nvme%un%u", subsystem, nsid);
	else if (sscanf(name, "nvme%un%u%n", &ctrl, &nsid, &end) == 2 && !name[end])
		(void)snprintf(disk, sizeof(disk), "nvme%un%u", ctrl, nsid);
	else
		return;
	(void)snprintf(path, sizeof(path), "class/block/%s", disk);
	for_each(machine_sysfs, path, disk, uses, look_at_partition);
	look_at_block(disk, uses);
}

void machine_read_uses(const char *bdf, struct uses *ret)
{
	struct drive_text text;
	char path[PATH_MAX];

	ret->count = 0;
	machine_read_text(bdf, &text);
	if (!text.ctrl[0])
		return;
	(void)snprintf(path, sizeof(path), "bus/pci/devices/%s/nvme/%s", bdf, text.ctrl);
	for_each(machine_sysfs, path, NULL, ret, look_at_namespace);
}
