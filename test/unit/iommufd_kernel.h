/* SPDX-License-Identifier: MIT */
/*
 * iommufd_kernel.h: iommufd as a test plays it, on top of vfio_kernel.h: devices have files of their own, which answer
 * nothing until they are bound; I/O address spaces are kept and counted. Included by programs that are linked with
 * --wrap=ioctl and --wrap=close.
 */
#ifndef IOMMUFD_KERNEL_H
#define IOMMUFD_KERNEL_H

#include "vfio_kernel.h"

#include "transport/iommufd/iommufd.h"
#include "transport/iommufd/uapi.h"

#include <sys/stat.h>

enum { FDS_MAX = 1024, SPACES_MAX = 8, FIRST_ID = 11, RANGES_MAX = 40 };

struct space {
	bool is_there;
	uint32_t devices, map_count;
	struct uapi_ioas_map maps[MAPS];
};

static struct {
	int bind_err, busy, attach_err, map_err,
		ranges_err; /* what is refused with; busy: how often with EAGAIN */
	uint32_t full_id;   /* the I/O address space that takes no device */
	bool unmaps_less;
	uint64_t alignment;
	uint32_t range_count;
	struct uapi_iova_range ranges[RANGES_MAX];
	uint32_t binds, detaches;
	struct space spaces[SPACES_MAX]; /* their numbers begin at FIRST_ID */
	struct {
		bool bound;
		uint32_t id; /* of the I/O address space it is in; 0: none */
		ino_t file;
	} by_fd[FDS_MAX];
} iommu;

static struct space *space_of(uint32_t id)
{
	uint32_t idx = id - FIRST_ID;

	return idx < SPACES_MAX && iommu.spaces[idx].is_there ? &iommu.spaces[idx] : NULL;
}

static inline uint32_t count_spaces(void)
{
	uint32_t count = 0;

	for (uint32_t idx = 0; idx < SPACES_MAX; idx++)
		count += iommu.spaces[idx].is_there;
	return count;
}

static inline uint32_t count_devices(void)
{
	uint32_t count = 0;

	for (uint32_t idx = 0; idx < SPACES_MAX; idx++)
		count += iommu.spaces[idx].devices;
	return count;
}

static ino_t file_of(int fd)
{
	struct stat stat;

	return fstat(fd, &stat) ? 0 : stat.st_ino;
}

static bool is_iommu(int fd)
{
	char path[128];
	struct stat stat_of_it;

	(void)snprintf(path, sizeof(path), "%s/iommu", root);
	return !stat(path, &stat_of_it) && stat_of_it.st_ino == file_of(fd);
}

static bool is_open_elsewhere(int fd)
{
	for (int other = 0; other < FDS_MAX; other++)
		if (other != fd && iommu.by_fd[other].bound &&
		    iommu.by_fd[other].file == file_of(fd))
			return true;
	return false;
}

static int bind_device(int fd, const struct uapi_device_bind *bind)
{
	if (iommu.busy && iommu.busy--)
		return fails(EAGAIN);
	if (iommu.bind_err)
		return fails(iommu.bind_err);
	if (bind->size != sizeof(*bind) || bind->flags || iommu.by_fd[fd].bound ||
	    is_open_elsewhere(fd))
		return fails(EINVAL);
	if (!is_iommu(bind->iommufd))
		return fails(EBADFD);
	iommu.by_fd[fd].bound = true;
	iommu.by_fd[fd].file = file_of(fd);
	iommu.by_fd[fd].id = 0;
	iommu.binds++;
	return 0;
}

static void detach_device(int fd)
{
	struct space *space = space_of(iommu.by_fd[fd].id);

	if (space)
		space->devices--;
	iommu.by_fd[fd].id = 0;
}

static int attach_device(int fd, struct uapi_device_attach *attach)
{
	struct space *space = space_of(attach->id);

	if (iommu.attach_err)
		return fails(iommu.attach_err);
	if (attach->size != sizeof(*attach) || attach->flags)
		return fails(EINVAL);
	if (!space)
		return fails(ENOENT);
	if (attach->id == iommu.full_id)
		return fails(EADDRINUSE);
	detach_device(fd);
	iommu.by_fd[fd].id = attach->id;
	space->devices++;
	attach->id = 99; /* of the page table */
	return 0;
}

static int make_space(struct uapi_ioas_alloc *alloc)
{
	uint32_t idx = 0;

	while (iommu.spaces[idx].is_there)
		idx++;
	iommu.spaces[idx] = (struct space){ .is_there = true };
	alloc->out_id = FIRST_ID + idx;
	return alloc->size != sizeof(*alloc) || alloc->flags ? fails(EINVAL) : 0;
}

static int destroy_space(const struct uapi_iommu_destroy *destroy)
{
	struct space *space = space_of(destroy->id);

	if (!space || space->devices)
		return fails(space ? EBUSY : ENOENT);
	space->is_there = false;
	return 0;
}

static int get_ranges(struct uapi_ioas_ranges *request)
{
	const uint32_t room = request->count;
	const uint32_t count = room < iommu.range_count ? room : iommu.range_count;

	if (iommu.ranges_err || !space_of(request->id))
		return fails(iommu.ranges_err ? iommu.ranges_err : ENOENT);
	memcpy((void *)(uintptr_t)request->ranges, iommu.ranges, count * sizeof(iommu.ranges[0]));
	request->count = iommu.range_count;
	request->out_alignment = iommu.alignment;
	return count < iommu.range_count ? fails(EMSGSIZE) : 0;
}

static int map_into_space(const struct uapi_ioas_map *map)
{
	struct space *space = space_of(map->id);

	if (iommu.map_err || !space || map->size != sizeof(*map) || map->reserved)
		return fails(iommu.map_err ? iommu.map_err : EINVAL);
	space->maps[space->map_count++] = *map;
	return 0;
}

static int unmap_from_space(struct uapi_ioas_unmap *unmap)
{
	struct space *space = space_of(unmap->id);
	const bool all = !unmap->iova && unmap->len == UINT64_MAX;
	uint64_t sum = 0;

	if (!space)
		return fails(ENOENT);
	for (uint32_t idx = space->map_count; idx-- > 0;) {
		if (!all &&
		    (space->maps[idx].iova != unmap->iova || space->maps[idx].len != unmap->len))
			continue;
		sum += space->maps[idx].len;
		space->maps[idx] = space->maps[--space->map_count];
	}
	if (!sum)
		return fails(ENOENT);
	unmap->len = iommu.unmaps_less ? sum / 2 : sum;
	return 0;
}

static bool answer_iommu(unsigned long request, void *arg, int *ret_result)
{
	switch (request) {
	case UAPI_IOAS_ALLOC:
		*ret_result = make_space(arg);
		return true;
	case UAPI_IOMMU_DESTROY:
		*ret_result = destroy_space(arg);
		return true;
	case UAPI_IOAS_RANGES:
		*ret_result = get_ranges(arg);
		return true;
	case UAPI_IOAS_MAP:
		*ret_result = map_into_space(arg);
		return true;
	case UAPI_IOAS_UNMAP:
		*ret_result = unmap_from_space(arg);
		return true;
	default:
		return false;
	}
}

/* A device that is bound answers as it does to whom its group has given it. */
static bool answer_iommufd(int fd, unsigned long request, void *arg, int *ret_result)
{
	if (request == UAPI_DEVICE_BIND) {
		*ret_result = bind_device(fd, arg);
		return true;
	}
	if (request == UAPI_DEVICE_ATTACH) {
		*ret_result = iommu.by_fd[fd].bound ? attach_device(fd, arg) : fails(EINVAL);
		return true;
	}
	if (request == UAPI_DEVICE_DETACH) {
		detach_device(fd);
		iommu.detaches++;
		*ret_result = 0;
		return true;
	}
	if (request == VFIO_DEVICE_GET_INFO && !iommu.by_fd[fd].bound && !kernel.groups) {
		*ret_result = fails(EINVAL);
		return true;
	}
	return answer_iommu(request, arg, ret_result);
}

/* The kernel takes a device out of all when its last descriptor is closed. */
int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
	if (fd >= 0 && fd < FDS_MAX && iommu.by_fd[fd].bound) {
		detach_device(fd);
		iommu.by_fd[fd].bound = false;
	}
	return __real_close(fd);
}

/* In sysfs and in /dev: vfioN, for a device that is there. */
static void add_file(const char *bdf, int number)
{
	run("cd %s && mkdir -p vfio/devices bus/pci/devices/%s/vfio-dev/vfio%d && "
	    "echo 511:%d > bus/pci/devices/%s/vfio-dev/vfio%d/dev && ln -s ../../%s "
	    "vfio/devices/vfio%d",
	    root, bdf, number, number, bdf, number, bdf, number);
}

static int make_iommufd(void **state)
{
	int ret = make_kernel(state);

	memset(&iommu, 0, sizeof(iommu));
	kernel.other = answer_iommufd;
	iommu.alignment = PAGE;
	iommu.range_count = 2;
	iommu.ranges[0] = (struct uapi_iova_range){ 0, 0xfedfffff };
	iommu.ranges[1] = (struct uapi_iova_range){ 0xfef00000, 0x7fffffffff };
	run("cd %s && touch iommu && mkdir -p class/misc/iommu", root);
	add_file(BDF, 0);
	add_file(OTHER, 1);
	add_file(STRANGER, 12);
	return ret;
}

#endif
