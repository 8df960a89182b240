/* SPDX-License-Identifier: MIT */
/*
 * group.c: /dev/vfio/N, with a sentence for each way in which it can be out of reach.
 */
#include "transport/vfio/group.h"

#include "base/clock.h"
#include "base/error.h"
#include "transport/vfio/container_explain.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* A reset takes the kernel some 100 ms; the slowest, by the power state, a second. */
static const uint64_t HELD_NS_MAX = 3000000000;

struct group {
	int32_t id; /* -1: adopted */
	int fd;
	uint32_t refs;
	bool borrowed; /* fd is its caller's to close */
	char text[32]; /* for sentences: "group 7" */
	struct container *container;
	struct group *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* the list and each group's refs */
static struct group *groups;

/* A group without its file: no-IOMMU mode, or a device manager that has not made it yet. */
static int explain_missing(const struct pci_info *info)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/vfio/noiommu-%d", pci_dev_root, info->group);
	if (!access(path, F_OK))
		return error_set(
			-ENOTSUP,
			"%s is in VFIO's no-IOMMU mode, which nvu does not use: switch the "
			"IOMMU on with intel_iommu=on or amd_iommu=on",
			info->bdf);
	(void)snprintf(path, sizeof(path), "%s/vfio/vfio", pci_dev_root);
	if (access(path, F_OK))
		return container_explain_open(ENOENT);
	return error_set(-ENODEV,
			 "%s: its IOMMU group has no %s/vfio/%d here: a container gets it by "
			 "`--device /dev/vfio/%d`; elsewhere udev makes it when the drive is bound",
			 info->bdf, pci_dev_root, info->group, info->group);
}

int group_explain_open(int err, const struct pci_info *info)
{
	switch (err) {
	case ENOENT:
		return explain_missing(info);
	case EACCES:
		return error_set(-EACCES,
				 "no permission for %s/vfio/%d, the IOMMU group of %s: run "
				 "`chown $USER %s/vfio/%d` as root, or add a udev rule for "
				 "SUBSYSTEM==\"vfio\"",
				 pci_dev_root, info->group, info->bdf, pci_dev_root, info->group);
	case EPERM:
		return error_set(
			-EPERM,
			"%s/vfio/%d, the IOMMU group of %s, is forbidden by the device cgroup, "
			"whatever its mode: a container gets it by `--device /dev/vfio/%d`, a "
			"service by `DeviceAllow=/dev/vfio/%d rw`",
			pci_dev_root, info->group, info->bdf, info->group, info->group);
	case EBUSY:
		return error_set(-EBUSY,
				 "%s is busy: another process has its IOMMU group %d open, or a "
				 "device of it through iommufd (`fuser %s/vfio/%d "
				 "%s/vfio/devices/*` tells which)",
				 info->bdf, info->group, pci_dev_root, info->group, pci_dev_root);
	default:
		return error_set(-err, "%s/vfio/%d, the IOMMU group of %s, cannot be opened: %s",
				 pci_dev_root, info->group, info->bdf, error_errno_words(err));
	}
}

/* A sentence for a group that is not viable: which device makes it so is in sysfs. */
static int explain_not_viable(const struct pci_info *info)
{
	char obstacle[96];

	pci_describe_obstacle(info, obstacle, sizeof(obstacle));
	return error_set(
		-EBUSY,
		"IOMMU group %d of %s is not viable: %s; unbind it, or bind it to vfio-pci "
		"too",
		info->group, info->bdf,
		obstacle[0] ? obstacle : "the host uses another device in it");
}

/* No device of a group may be bound to a driver of the host, since the IOMMU cannot separate them. */
static int check_viable(int fd, const struct pci_info *info)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };

	if (ioctl(fd, VFIO_GROUP_GET_STATUS, &status) < 0)
		return error_set(-errno, "%s/vfio/%d is not a VFIO group: %s", pci_dev_root,
				 info->group, error_errno_words(errno));
	if (status.flags & VFIO_GROUP_FLAGS_VIABLE)
		return 0;
	return explain_not_viable(info);
}

static int open_fd(const struct pci_info *info, int *ret_fd)
{
	char path[PATH_MAX];
	int fd, ret;

	(void)snprintf(path, sizeof(path), "%s/vfio/%d", pci_dev_root, info->group);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return group_explain_open(errno, info);
	ret = check_viable(fd, info);
	if (ret) {
		(void)close(fd);
		return ret;
	}
	*ret_fd = fd;
	return 0;
}

/* Into the list, with one reference. */
static void enter(struct group *group)
{
	assert(group->fd >= 0 && group->container && !group->refs);
	group->refs = 1;
	group->next = groups;
	groups = group;
}

static int create(const struct pci_info *info, struct group **ret_group)
{
	struct group *group = calloc(1, sizeof(*group));
	int ret;

	if (!group)
		return error_set(-ENOMEM, "no memory for an IOMMU group");
	ret = open_fd(info, &group->fd);
	if (ret)
		goto free_group;
	ret = container_attach(group->fd, info->bdf, &group->container);
	if (ret)
		goto close_fd;
	group->id = info->group;
	(void)snprintf(group->text, sizeof(group->text), "group %d", info->group);
	enter(group);
	*ret_group = group;
	return 0;

close_fd:
	(void)close(group->fd);
free_group:
	free(group);
	return ret;
}

int group_acquire(const struct pci_info *info, struct group **ret_group)
{
	struct group *group;
	int ret = 0;

	(void)pthread_mutex_lock(&lock);
	for (group = groups; group && group->id != info->group; group = group->next)
		;
	if (group) {
		group->refs++;
		*ret_group = group;
	} else {
		ret = create(info, ret_group);
	}
	(void)pthread_mutex_unlock(&lock);
	return ret;
}

/* What a descriptor has to be; whether it is in a container. */
static int check_adopted(int fd, int container_fd, const char *name, bool *ret_is_in)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };

	if (ioctl(fd, VFIO_GROUP_GET_STATUS, &status) < 0)
		return error_set(-EINVAL, "%s: descriptor %d is not that of a VFIO group: %s", name,
				 fd, error_errno_words(errno));
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		return error_set(
			-EBUSY,
			"%s: the IOMMU group of descriptor %d is not viable: the host uses "
			"another device in it; bind that to vfio-pci too",
			name, fd);
	*ret_is_in = status.flags & VFIO_GROUP_FLAGS_CONTAINER_SET;
	if (*ret_is_in && container_fd < 0)
		return error_set(-EINVAL,
				 "%s: the IOMMU group of descriptor %d is in a container already: "
				 "give that one's descriptor too",
				 name, fd);
	return 0;
}

static int adopt(int fd, int container_fd, const char *name, struct group **ret_group)
{
	struct group *group = calloc(1, sizeof(*group));
	bool is_in = false;
	int ret;

	if (!group)
		return error_set(-ENOMEM, "no memory for an IOMMU group");
	ret = check_adopted(fd, container_fd, name, &is_in);
	if (!ret)
		ret = container_fd < 0
			      ? container_attach(fd, name, &group->container)
			      : container_adopt(container_fd, fd, is_in, name, &group->container);
	if (ret) {
		free(group);
		return ret;
	}
	group->id = -1;
	group->fd = fd;
	group->borrowed = true;
	(void)snprintf(group->text, sizeof(group->text), "group (descriptor %d)", fd);
	enter(group);
	*ret_group = group;
	return 0;
}

int group_adopt(int group_fd, int container_fd, const char *name, struct group **ret_group)
{
	struct group *group;
	int ret = 0;

	(void)pthread_mutex_lock(&lock);
	for (group = groups; group && group->fd != group_fd; group = group->next)
		;
	if (!group) {
		ret = adopt(group_fd, container_fd, name, ret_group);
	} else if (container_fd >= 0 && !container_is(group->container, container_fd)) {
		ret = error_set(-EINVAL, "%s: descriptor %d is not that of its group's container",
				name, container_fd);
	} else {
		group->refs++;
		*ret_group = group;
	}
	(void)pthread_mutex_unlock(&lock);
	return ret;
}

void group_keep(struct group *group)
{
	(void)pthread_mutex_lock(&lock);
	assert(group->refs);
	group->borrowed = false;
	container_keep(group->container);
	(void)pthread_mutex_unlock(&lock);
}

void group_give_back(struct group *group)
{
	(void)pthread_mutex_lock(&lock);
	assert(group->refs && group->id < 0);
	if (group->refs == 1) {
		group->borrowed = true;
		container_give_back(group->container);
	}
	(void)pthread_mutex_unlock(&lock);
}

static void destroy(struct group *group)
{
	struct group **link = &groups;

	assert(!group->refs);
	while (*link != group)
		link = &(*link)->next;
	*link = group->next;
	container_detach(group->container, group->fd);
	if (!group->borrowed)
		(void)close(group->fd);
	free(group);
}

void group_release(struct group *group)
{
	if (!group)
		return;
	(void)pthread_mutex_lock(&lock);
	assert(group->refs);
	if (!--group->refs)
		destroy(group);
	(void)pthread_mutex_unlock(&lock);
}

/*
 * Opening resets the device. The kernel returns EAGAIN if someone else holds its lock (a sysfs reset, a
 * driver binding).
 */
static int get_device(const struct group *group, const char *bdf)
{
	const struct timespec pause = { .tv_nsec = 1000 * 1000 };
	uint64_t end_ns = clock_ns() + HELD_NS_MAX;

	for (;;) {
		int fd = ioctl(group->fd, VFIO_GROUP_GET_DEVICE_FD, bdf);

		if (fd >= 0)
			return fd;
		if (errno != EAGAIN)
			return -errno;
		if (clock_ns() >= end_ns)
			return -EBUSY;
		(void)nanosleep(&pause, NULL);
	}
}

int group_open_device(struct group *group, const char *name, int *ret_fd)
{
	int fd = get_device(group, name);

	if (fd == -EBUSY)
		return error_set(
			fd,
			"%s cannot be opened through its IOMMU %s: it is being reset or bound to a "
			"driver, or is open in another program; try again shortly",
			name, group->text);
	if (fd < 0)
		return error_set(fd, "%s cannot be opened through its IOMMU %s: %s", name,
				 group->text, error_errno_words(-fd));
	*ret_fd = fd;
	return 0;
}

struct container *group_container(struct group *group)
{
	return group->container;
}
