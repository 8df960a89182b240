/* SPDX-License-Identifier: MIT */
/*
 * container.c: type1 containers as transport domains (kernel_domain.h): their limits as the kernel reports them, and who
 * shares one. Knows groups only as descriptors.
 *
 * Two locks: the registry's for "which container do devices share", taken first; and one per
 * container for its descriptor and its limits, because a domain's map() may run beside
 * the opening or closing of another device.
 */
#include "transport/vfio/container.h"

#include "base/error.h"
#include "transport/vfio/caps.h"
#include "transport/vfio/container_explain.h"
#include "transport/vfio/info.h"
#include "transport/vfio/kernel_domain.h"
#include "transport/vfio/pci.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct container {
	struct kernel_domain
		domain;		/* first; its members are groups. Its lock protects what follows: */
	bool adopted;		/* the descriptor was a caller's */
	bool borrowed;		/* it is its caller's to close */
	struct container *next; /* in the list; under registry_lock */
};

static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static struct container *shared;     /* what the next device tries to join; NULL: none yet */
static struct container *containers; /* those with groups */

static void domain_put(struct transport_domain *base)
{
	struct container *container = (struct container *)(void *)base;

	if (!kernel_domain_drop(&container->domain))
		return;
	if (container->domain.fd >= 0 && !container->borrowed)
		(void)close(container->domain.fd);
	free(container);
}

static int type1_map(struct kernel_domain *domain, uint64_t iova, const struct dma_source *source,
		     uint32_t prot)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.vaddr = (uintptr_t)source->vaddr,
		.iova = iova,
		.size = source->len,
	};

	if (prot & TRANSPORT_DMA_READ)
		map.flags |= VFIO_DMA_MAP_FLAG_READ;
	if (prot & TRANSPORT_DMA_WRITE)
		map.flags |= VFIO_DMA_MAP_FLAG_WRITE;
	return ioctl(domain->fd, VFIO_IOMMU_MAP_DMA, &map) < 0
		       ? container_explain_map(errno, iova, source->len)
		       : 0;
}

static int type1_unmap(struct kernel_domain *domain, uint64_t iova, uint64_t len, uint64_t *ret_len)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = iova,
		.size = len,
	};

	if (ioctl(domain->fd, VFIO_IOMMU_UNMAP_DMA, &unmap) < 0)
		return -errno;
	*ret_len = unmap.size;
	return 0;
}

static const struct kernel_domain_ops type1_ops = { .map = type1_map, .unmap = type1_unmap };
static const struct transport_domain_ops domain_ops = {
	.map = kernel_domain_map,
	.unmap = kernel_domain_unmap,
	.ranges = kernel_domain_ranges,
	.get = kernel_domain_get,
	.put = domain_put,
};

/* Opens /dev/vfio/vfio and checks that it speaks type1. */
static int open_fd(int *ret_fd)
{
	char path[PATH_MAX];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/vfio/vfio", pci_dev_root);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return container_explain_open(errno);
	if (ioctl(fd, VFIO_GET_API_VERSION) != VFIO_API_VERSION) {
		(void)close(fd);
		return error_set(-ENOTSUP, "%s does not support version %d of VFIO's API", path,
				 VFIO_API_VERSION);
	}
	if (ioctl(fd, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU) != 1) {
		(void)close(fd);
		return error_set(-ENOTSUP, "the kernel's VFIO has no type1 IOMMU driver; run "
					   "`modprobe vfio_iommu_type1`");
	}
	*ret_fd = fd;
	return 0;
}

/* The smallest mapping that both the IOMMU and the CPU's page size allow. */
static int page_bytes_of(uint64_t iova_pgsizes, uint32_t *ret_bytes)
{
	uint64_t bytes = iova_pgsizes & -iova_pgsizes;
	long cpu_page = sysconf(_SC_PAGESIZE);

	if (bytes < (uint64_t)cpu_page)
		bytes = (uint64_t)cpu_page;
	if (!iova_pgsizes || bytes > 1u << 30)
		return error_set(-ENOTSUP, "nvu cannot use the IOMMU's page sizes 0x%" PRIx64,
				 iova_pgsizes);
	*ret_bytes = (uint32_t)bytes;
	return 0;
}

static void publish_limits(struct container *container, const struct transport_range *ranges,
			   uint32_t count, uint32_t avail)
{
	uint32_t max_mappings = avail > UINT32_MAX - container->domain.mappings
					? UINT32_MAX
					: avail + container->domain.mappings;

	assert(count <= TRANSPORT_RANGES_MAX);
	__atomic_store_n(&container->domain.base.max_mappings, max_mappings, __ATOMIC_RELAXED);
	container->domain.range_count = count;
	memcpy(container->domain.ranges, ranges, count * sizeof(ranges[0]));
}

static int take_limits(struct container *container, const void *info, size_t len)
{
	struct transport_range ranges[TRANSPORT_RANGES_MAX];
	struct vfio_iommu_type1_info head;
	uint32_t page_bytes = 0, count = 0;
	int ret;

	memcpy(&head, info, sizeof(head));
	ret = page_bytes_of(head.flags & VFIO_IOMMU_INFO_PGSIZES ? head.iova_pgsizes : 0,
			    &page_bytes);
	if (ret)
		return ret;
	/* The granularity of a domain in use is fixed: another one means another container. */
	if (container->domain.members && page_bytes != container->domain.base.page_bytes)
		return error_set(-EINVAL,
				 "the IOMMU of this group has pages of %u bytes, that of the open "
				 "controllers of %u bytes: open it in a process of its own",
				 page_bytes, container->domain.base.page_bytes);
	ret = caps_iova_ranges(info, len, page_bytes, ranges, &count);
	if (ret == -ENOENT)
		return error_set(-ENOTSUP, "the kernel does not report which I/O addresses are "
					   "allowed: nvu needs Linux 5.4 or newer");
	if (ret)
		return error_set(ret, "the kernel's list of I/O address ranges is malformed");

	if (!container->domain.members)
		container->domain.base.page_bytes = page_bytes;
	publish_limits(container, ranges, count, caps_dma_avail(info, len));
	return 0;
}

/* Reads page size, allowed ranges and the number of mappings; again whenever a group has joined. */
static int refresh_limits(struct container *container)
{
	struct vfio_iommu_type1_info head = { .argsz = sizeof(head) };
	void *info;
	size_t len;
	int ret;

	ret = info_fetch(container->domain.fd, VFIO_IOMMU_GET_INFO, &head, sizeof(head), &info,
			 &len);
	if (ret)
		return error_set(ret, "the IOMMU's limits cannot be read: %s",
				 error_errno_words(-ret));
	ret = take_limits(container, info, len);
	free(info);
	return ret;
}

/* For a descriptor that is open. */
static int container_create(int fd, struct container **ret_container)
{
	struct container *container = calloc(1, sizeof(*container));

	if (!container)
		return error_set(-ENOMEM, "no memory for a VFIO container");
	kernel_domain_init(&container->domain, &domain_ops, &type1_ops, fd);
	*ret_container = container;
	return 0;
}

/* Whether the container has its IOMMU already: not one that nvu has opened, but a descriptor's may. */
static bool has_iommu(const struct container *container)
{
	struct vfio_iommu_type1_info info = { .argsz = sizeof(info) };

	return container->domain.members ||
	       (container->borrowed && !ioctl(container->domain.fd, VFIO_IOMMU_GET_INFO, &info));
}

/*
 * Adds the group, unless it is in it; gives a new container its IOMMU; re-reads the limits. Under
 * container->domain.lock.
 */
static int join_locked(struct container *container, int group_fd, bool is_in, const char *name)
{
	int ret;

	assert(container->domain.fd >= 0);
	if (!is_in && ioctl(group_fd, VFIO_GROUP_SET_CONTAINER, &container->domain.fd) < 0)
		return container_explain_join(errno, name);
	if (!has_iommu(container) &&
	    ioctl(container->domain.fd, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) < 0)
		ret = container_explain_join(errno, name);
	else
		ret = refresh_limits(container);
	if (ret) {
		if (!is_in)
			(void)ioctl(group_fd, VFIO_GROUP_UNSET_CONTAINER);
		return ret;
	}
	container->domain.members++;
	atomic_fetch_add(&container->domain.refs, 1);
	return 0;
}

static int join(struct container *container, int group_fd, bool is_in, const char *name)
{
	int ret;

	(void)pthread_mutex_lock(&container->domain.lock);
	ret = join_locked(container, group_fd, is_in, name);
	(void)pthread_mutex_unlock(&container->domain.lock);
	return ret;
}

/* Into the list. Under registry_lock. */
static void enter(struct container *container)
{
	container->next = containers;
	containers = container;
}

static int attach_locked(int group_fd, const char *name, struct container **ret_container)
{
	struct container *container = NULL;
	int fd, ret;

	/* The kernel refuses a group whose reserved windows or coherence do not fit: use a container of its own. */
	if (shared && !join(shared, group_fd, false, name)) {
		*ret_container = shared;
		return 0;
	}
	ret = open_fd(&fd);
	if (ret)
		return ret;
	ret = container_create(fd, &container);
	if (ret) {
		(void)close(fd);
		return ret;
	}
	ret = join(container, group_fd, false, name);
	if (!ret) {
		enter(container);
		if (!shared)
			shared = container;
		*ret_container = container;
	}
	domain_put(&container->domain.base); /* the creator's; the group holds its own now */
	return ret;
}

int container_attach(int group_fd, const char *name, struct container **ret_container)
{
	int ret;

	(void)pthread_mutex_lock(&registry_lock);
	ret = attach_locked(group_fd, name, ret_container);
	(void)pthread_mutex_unlock(&registry_lock);
	return ret;
}

/* Under registry_lock. */
static int adopt_locked(int container_fd, int group_fd, bool is_in, const char *name,
			struct container **ret_container)
{
	struct container *container = containers;
	int ret;

	while (container && container->domain.fd != container_fd)
		container = container->next;
	if (container) {
		ret = join(container, group_fd, is_in, name);
		if (!ret)
			*ret_container = container;
		return ret;
	}
	ret = container_create(container_fd, &container);
	if (ret)
		return ret;
	container->adopted = container->borrowed = true;
	ret = join(container, group_fd, is_in, name);
	if (!ret) {
		enter(container);
		*ret_container = container;
	}
	domain_put(&container->domain.base); /* as in attach_locked() */
	return ret;
}

int container_adopt(int container_fd, int group_fd, bool is_in, const char *name,
		    struct container **ret_container)
{
	int ret;

	(void)pthread_mutex_lock(&registry_lock);
	ret = adopt_locked(container_fd, group_fd, is_in, name, ret_container);
	(void)pthread_mutex_unlock(&registry_lock);
	return ret;
}

void container_keep(struct container *container)
{
	(void)pthread_mutex_lock(&container->domain.lock);
	assert(container->domain.members);
	container->borrowed = false;
	(void)pthread_mutex_unlock(&container->domain.lock);
}

void container_give_back(struct container *container)
{
	(void)pthread_mutex_lock(&container->domain.lock);
	assert(container->domain.members);
	if (container->adopted && container->domain.members == 1)
		container->borrowed = true;
	(void)pthread_mutex_unlock(&container->domain.lock);
}

bool container_is(struct container *container, int fd)
{
	bool is;

	(void)pthread_mutex_lock(&container->domain.lock);
	is = container->domain.fd == fd;
	(void)pthread_mutex_unlock(&container->domain.lock);
	return is;
}

/* Out of the list. Under registry_lock. */
static void leave(const struct container *container)
{
	struct container **link = &containers;

	while (*link != container)
		link = &(*link)->next;
	*link = container->next;
}

/*
 * Another process may have a copy of the descriptors, which keeps what is mapped. Windows are whole: none of
 * nvu's mappings is cut by their ends.
 */
static void unmap_all(const struct container *container)
{
	for (uint32_t idx = 0; container->domain.mappings && idx < container->domain.range_count;
	     idx++) {
		struct vfio_iommu_type1_dma_unmap unmap = {
			.argsz = sizeof(unmap),
			.iova = container->domain.ranges[idx].first,
			.size = container->domain.ranges[idx].last -
				container->domain.ranges[idx].first + 1,
		};

		(void)ioctl(container->domain.fd, VFIO_IOMMU_UNMAP_DMA, &unmap);
	}
}

/* The last group leaves. Under both locks. */
static void end_container(struct container *container)
{
	assert(!container->domain.members && container->domain.fd >= 0);
	leave(container);
	if (!container->borrowed)
		(void)close(container->domain.fd);
	container->domain.fd = -1;
	container->domain.mappings = 0;
	if (shared == container)
		shared = NULL;
}

void container_detach(struct container *container, int group_fd)
{
	(void)pthread_mutex_lock(&registry_lock);
	(void)pthread_mutex_lock(&container->domain.lock);
	assert(container->domain.members);
	if (container->domain.members == 1)
		unmap_all(container);
	(void)ioctl(group_fd, VFIO_GROUP_UNSET_CONTAINER);
	if (!--container->domain.members)
		end_container(container);
	(void)pthread_mutex_unlock(&container->domain.lock);
	(void)pthread_mutex_unlock(&registry_lock);
	domain_put(&container->domain.base);
}

struct transport_domain *container_domain(struct container *container)
{
	return &container->domain.base;
}
