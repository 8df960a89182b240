/* SPDX-License-Identifier: MIT */
/*
 * cdev.c: see cdev.h.
 */
#include "transport/iommufd/cdev.h"

#include "base/clock.h"
#include "base/error.h"
#include "transport/iommufd/explain.h"
#include "transport/iommufd/uapi.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/vfio.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* A reset takes the kernel some 100 ms; the slowest, by the power state, a second. */
static const uint64_t HELD_NS_MAX = 3000000000;

/* "vfio", and a number. */
static bool is_name(const char *text)
{
	size_t len = strlen(text);

	return len > 4 && len < CDEV_NAME_BYTES && !strncmp(text, "vfio", 4) &&
	       strspn(text + 4, "0123456789") == len - 4;
}

/* Since Linux 6.1 sysfs names the device; where it has a file, there is the file's number too. */
static bool has_file(const char *bdf, const char *name)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/vfio-dev/%s/dev", pci_sysfs_root,
		       bdf, name);
	return !access(path, F_OK);
}

int cdev_find(const char *bdf, char ret_name[CDEV_NAME_BYTES])
{
	char path[PATH_MAX];
	struct dirent *dirent;
	int ret = -ENOENT;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/vfio-dev", pci_sysfs_root, bdf);
	dir = opendir(path);
	while (dir && ret && (dirent = readdir(dir))) {
		if (!is_name(dirent->d_name) || !has_file(bdf, dirent->d_name))
			continue;
		(void)snprintf(ret_name, CDEV_NAME_BYTES, "%.15s", dirent->d_name);
		ret = 0;
	}
	if (dir)
		(void)closedir(dir);
	return ret;
}

void cdev_path(const char *name, char *ret_path, size_t bytes)
{
	(void)snprintf(ret_path, bytes, "%s/vfio/devices/%s", pci_dev_root, name);
}

int cdev_open(const struct pci_info *info, int *ret_fd)
{
	char name[CDEV_NAME_BYTES], path[PATH_MAX];
	int fd;

	if (cdev_find(info->bdf, name))
		return explain_open_device(ENOENT, info, NULL);
	cdev_path(name, path, sizeof(path));
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return explain_open_device(errno, info, name);
	*ret_fd = fd;
	return 0;
}

/* A descriptor that is not bound answers nothing. */
static bool is_bound(int fd)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	return !ioctl(fd, VFIO_DEVICE_GET_INFO, &info);
}

/*
 * Binding resets the device. The kernel returns EAGAIN if someone else holds its lock (a sysfs reset, a
 * driver binding).
 */
int cdev_bind(int fd, int iommufd, const char *name, const struct pci_info *info)
{
	const struct timespec pause = { .tv_nsec = 1000 * 1000 };
	uint64_t end_ns = clock_ns() + HELD_NS_MAX;

	for (;;) {
		struct uapi_device_bind bind = { .size = sizeof(bind), .iommufd = iommufd };
		int err;

		if (!ioctl(fd, UAPI_DEVICE_BIND, &bind))
			return 0;
		err = errno;
		/* A device that a failed opening has left to its caller is bound still. */
		if (err == EINVAL && is_bound(fd))
			return 0;
		if (err != EAGAIN || clock_ns() >= end_ns)
			return explain_bind(err, name, info);
		(void)nanosleep(&pause, NULL);
	}
}
