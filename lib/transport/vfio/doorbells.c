/* SPDX-License-Identifier: MIT */
/*
 * doorbells.c: see doorbells.h. Registers have a mapping of their own (device.c), which stays: where pages are
 * larger than 4 KiB, registers and doorbells share one.
 *
 * Burying lays a page of plain memory over the mapping. The kernel returns when no processor has the former
 * translation any more, for which it interrupts those that run this program: a store has then left the
 * processor, or it will be carried out with the new translation. All of a device's buried doorbells share the
 * same memory, which no thread reads. It is allocated before, so that burying needs nothing of the kernel that
 * a limit could refuse (RLIMIT_AS, RLIMIT_DATA, vm.overcommit_memory, vm.max_map_count).
 */
#include "transport/vfio/doorbells.h"

#include "base/error.h"
#include "base/log.h"
#include "transport/sigbus.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Mappings are as long as the distance of two doorbells is, 128 KiB at most, and a page or two. */
static int provide_plain(struct device *device, size_t bytes)
{
	if (device->plain_fd < 0)
		device->plain_fd = memfd_create("nvu-doorbells", MFD_CLOEXEC);
	if (device->plain_fd < 0 ||
	    (device->plain_bytes < bytes && ftruncate(device->plain_fd, (off_t)bytes)))
		return error_set(-errno, "%s: no memory to put over the doorbells: %s",
				 device->transport.name, error_errno_words(errno));
	if (device->plain_bytes < bytes)
		device->plain_bytes = bytes;
	return 0;
}

/* At `at`, or anywhere when it is NULL. */
static void *map_pages(void *at, size_t bytes, int fd, uint64_t offset)
{
	return mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | (at ? MAP_FIXED : 0), fd,
		    (off_t)offset);
}

/* A child of fork() must not drive its parent's controller. */
static void *map_device(const struct device *device, void *at, size_t bytes, uint64_t first)
{
	void *map = map_pages(at, bytes, device->fd, device->bar0_at + first);

	if (map != MAP_FAILED)
		(void)madvise(map, bytes, MADV_DONTFORK);
	return map;
}

static size_t page_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

int doorbells_map(struct transport *transport, size_t first, size_t end,
		  struct transport_doorbells *ret_doorbells)
{
	struct device *device = (struct device *)(void *)transport;
	size_t map_first = first - first % page_bytes();
	size_t bytes = (end - map_first + page_bytes() - 1) / page_bytes() * page_bytes();
	void *map;
	int ret;

	assert(first < end);
	if (!transport->mapped || map_first < transport->mapped_first ||
	    map_first + bytes > transport->mapped_end)
		return error_set(-ENOTSUP, "%s: the doorbells at 0x%zx cannot be mapped",
				 transport->name, first);
	ret = provide_plain(device, bytes);
	if (ret)
		return ret;
	map = map_device(device, NULL, bytes, map_first);
	if (map == MAP_FAILED)
		return error_set(-errno, "%s: the doorbells at 0x%zx are not mapped: %s",
				 transport->name, first, error_errno_words(errno));
	/* Until they are unmapped, buried or not: a thread may have met the end of the device before. */
	ret = sigbus_guard(map, bytes);
	if (ret) {
		(void)munmap(map, bytes);
		return ret;
	}
	*ret_doorbells = (struct transport_doorbells){
		.ops = transport->ops,
		.at = (volatile char *)map + (first - map_first),
		.first = first,
		.end = end,
		.map = map,
		.map_bytes = bytes,
	};
	return 0;
}

int doorbells_bury(struct transport *transport, struct transport_doorbells *doorbells)
{
	struct device *device = (struct device *)(void *)transport;
	int err;

	assert(doorbells->ops && device->plain_fd >= 0);
	if (map_pages(doorbells->map, doorbells->map_bytes, device->plain_fd, 0) == MAP_FAILED) {
		err = errno;
		log_line(LOG_INFO, "%s: the doorbells at 0x%zx stay mapped: %s", transport->name,
			 doorbells->first, error_errno_words(err));
		return error_set(-err, "%s: the doorbells at 0x%zx stay mapped: %s",
				 transport->name, doorbells->first, error_errno_words(err));
	}
	doorbells->buried = true;
	return 0;
}

int doorbells_renew(struct transport *transport, struct transport_doorbells *doorbells)
{
	struct device *device = (struct device *)(void *)transport;
	size_t before = (size_t)(doorbells->at - (volatile char *)doorbells->map);
	int err;

	assert(doorbells->ops && doorbells->buried);
	if (map_device(device, doorbells->map, doorbells->map_bytes, doorbells->first - before) ==
	    MAP_FAILED) {
		err = errno;
		/* Some kernels have unmapped what was there before they fail. */
		(void)map_pages(doorbells->map, doorbells->map_bytes, device->plain_fd, 0);
		return error_set(-err, "%s: the doorbells at 0x%zx are not mapped again: %s",
				 transport->name, doorbells->first, error_errno_words(err));
	}
	doorbells->buried = false;
	return 0;
}

void doorbells_unmap(struct transport_doorbells *doorbells)
{
	assert(doorbells->ops);
	sigbus_release(doorbells->map);
	(void)munmap(doorbells->map, doorbells->map_bytes);
	doorbells->ops = NULL;
}
