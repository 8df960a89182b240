/* SPDX-License-Identifier: MIT */
/*
 * pci_list.c: see pci_list.h. Processes come and go while they are read: what cannot be read is left out.
 */
#include "transport/vfio/pci_list.h"

#include "base/error.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *pci_proc_root = "/proc";

static int is_controller(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && pci_is_controller(entry->d_name);
}

int pci_list(struct pci_info *ret_infos, uint32_t max)
{
	struct dirent **entries = NULL;
	char path[PATH_MAX];
	int count, ret = 0;

	(void)snprintf(path, sizeof(path), "%s/bus/pci/devices", pci_sysfs_root);
	count = scandir(path, &entries, is_controller, alphasort);
	if (count < 0)
		return error_set(
			errno == ENOENT ? -ENODEV : -EIO,
			"%s cannot be read, which lists the devices: mount sysfs (`mount -t sysfs "
			"sysfs /sys`); a container needs the host's, read-only is enough: %s",
			path, error_errno_words(errno));
	for (int i = 0; i < count; i++) {
		if (!ret && (uint32_t)i < max)
			ret = pci_read_info(entries[i]->d_name, &ret_infos[i]);
		free(entries[i]);
	}
	free(entries);
	return ret ? ret : count;
}

static int32_t parse_pid(const char *name)
{
	char *end;
	long pid = isdigit((unsigned char)name[0]) ? strtol(name, &end, 10) : 0;

	return pid > 0 && pid <= INT32_MAX && !*end ? (int32_t)pid : 0;
}

/* The group whose file a descriptor's link names: /dev/vfio/N; -1: none. */
static int32_t parse_link(const char *path)
{
	char target[PATH_MAX], *end;
	size_t root = strlen(pci_dev_root), folder = sizeof("/vfio/") - 1;
	ssize_t len = readlink(path, target, sizeof(target) - 1);
	unsigned long group;

	if (len < 0)
		return -1;
	target[len] = '\0';
	if (strncmp(target, pci_dev_root, root) != 0 ||
	    strncmp(target + root, "/vfio/", folder) != 0 ||
	    !isdigit((unsigned char)target[root + folder]))
		return -1;
	group = strtoul(target + root + folder, &end, 10);
	return *end || group > INT32_MAX ? -1 : (int32_t)group;
}

static void read_name(int32_t pid, char *ret_name, size_t bytes)
{
	char path[PATH_MAX];
	ssize_t len = -1;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%d/comm", pci_proc_root, pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		len = read(fd, ret_name, bytes - 1);
		(void)close(fd);
	}
	ret_name[len > 0 ? len : 0] = '\0';
	ret_name[strcspn(ret_name, "\n")] = '\0';
	for (char *c = ret_name; *c; c++)
		if (!isprint((unsigned char)*c))
			*c = '?';
}

static void note_user(struct pci_user *users, uint32_t count, int32_t group, int32_t pid)
{
	for (uint32_t i = 0; i < count; i++) {
		if (users[i].group != group || users[i].pid)
			continue;
		users[i].pid = pid;
		read_name(pid, users[i].name, sizeof(users[i].name));
	}
}

static void look_at_process(int32_t pid, struct pci_user *users, uint32_t count)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "%s/%d/fd", pci_proc_root, pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		int32_t group;

		(void)snprintf(path, sizeof(path), "%s/%d/fd/%.16s", pci_proc_root, pid,
			       entry->d_name);
		group = parse_link(path);
		if (group >= 0)
			note_user(users, count, group, pid);
	}
	if (dir)
		(void)closedir(dir);
}

void pci_find_users(struct pci_user *users, uint32_t count)
{
	DIR *dir = count ? opendir(pci_proc_root) : NULL;
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		int32_t pid = parse_pid(entry->d_name);

		if (pid)
			look_at_process(pid, users, count);
	}
	if (dir)
		(void)closedir(dir);
}
