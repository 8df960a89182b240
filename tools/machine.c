/* SPDX-License-Identifier: MIT */
/*
 * machine.c: see machine.h. What uses a drive is in uses.c.
 */
#include "machine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <nvu/nvu.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

const char *machine_sysfs = "/sys", *machine_proc = "/proc", *machine_dev = "/dev",
	   *machine_run = "/run";

bool machine_read(const char *root, const char *path, char *ret_text, size_t bytes)
{
	char full[PATH_MAX];
	ssize_t len = -1;
	int fd;

	(void)snprintf(full, sizeof(full), "%s/%s", root, path);
	fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0) {
		len = read(fd, ret_text, bytes - 1);
		(void)close(fd);
	}
	ret_text[len > 0 ? len : 0] = '\0';
	ret_text[strcspn(ret_text, "\n")] = '\0';
	for (char *c = ret_text; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
	for (size_t end = strlen(ret_text); end && ret_text[end - 1] == ' '; end--)
		ret_text[end - 1] = '\0';
	return len >= 0;
}

int machine_write(const char *path, const char *text)
{
	size_t len = strlen(text);
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, len) != (ssize_t)len)
		ret = -errno;
	(void)close(fd);
	return ret;
}

int machine_load(const char *module)
{
	char *argv[] = { (char[]){ "modprobe" }, NULL, NULL };
	char *env[] = { (char[]){ "PATH=/usr/sbin:/sbin:/usr/bin:/bin" }, NULL };
	char name[TEXT_BYTES];
	int status, ret;
	pid_t pid;

	(void)snprintf(name, sizeof(name), "%s", module);
	argv[1] = name;
	ret = posix_spawnp(&pid, "modprobe", NULL, NULL, argv, env);
	if (ret)
		return -ret;
	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	return status ? -ENOENT : 0;
}

void machine_read_text(const char *bdf, struct drive_text *ret)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	*ret = (struct drive_text){ .ctrl = "" };
	(void)snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/nvme", machine_sysfs, bdf);
	dir = opendir(path);
	while (dir && !ret->ctrl[0] && (entry = readdir(dir)))
		if (!strncmp(entry->d_name, "nvme", 4) && strlen(entry->d_name) < TEXT_BYTES)
			(void)snprintf(ret->ctrl, sizeof(ret->ctrl), "%.63s", entry->d_name);
	if (dir)
		(void)closedir(dir);
	if (!ret->ctrl[0])
		return;
	(void)snprintf(path, sizeof(path), "bus/pci/devices/%s/nvme/%s/model", bdf, ret->ctrl);
	(void)machine_read(machine_sysfs, path, ret->model, sizeof(ret->model));
	(void)snprintf(path, sizeof(path), "bus/pci/devices/%s/nvme/%s/serial", bdf, ret->ctrl);
	(void)machine_read(machine_sysfs, path, ret->serial, sizeof(ret->serial));
}

/* Whether an address means a found one: with or without a scheme and the domain 0000. */
static bool means(const char *text, const char *address)
{
	if (!strncmp(text, "vfio:", 5) || !strncmp(text, "iommufd:", 8))
		text += strcspn(text, ":") + 1;
	return !strcasecmp(text, address) ||
	       (!strncmp(address, "0000:", 5) && !strcasecmp(text, address + 5));
}

int machine_find(const char *bdf, struct nvu_found *ret_found)
{
	struct nvu_found *found = calloc(FOUND_MAX, sizeof(*found));
	int count, ret = 0;

	if (!found)
		return -ENOMEM;
	found[0].size = sizeof(*found);
	count = nvu_discover(found, FOUND_MAX);
	if (count < 0)
		ret = count;
	for (int i = 0; i < count && i < FOUND_MAX && !ret; i++) {
		if (means(bdf, found[i].address)) {
			*ret_found = found[i];
			ret = 1;
		}
	}
	free(found);
	return ret;
}
