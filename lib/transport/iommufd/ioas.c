/* SPDX-License-Identifier: MIT */
/*
 * ioas.c: I/O address spaces as transport domains (kernel_domain.h): their limits as the kernel reports them, and who shares
 * one. Knows devices only as descriptors.
 *
 * Two locks, as in transport/vfio/container.c: the registry's for the list, taken first; and one per I/O address
 * space, because a domain's map() may run beside the opening or closing of another device.
 */
#include "transport/iommufd/ioas.h"

#include "base/error.h"
#include "transport/iommufd/explain.h"
#include "transport/iommufd/uapi.h"
#include "transport/vfio/caps.h"
#include "transport/vfio/kernel_domain.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct ioas {
	struct kernel_domain domain; /* first; its members are devices, its descriptor /dev/iommu */
	uint32_t id;
	bool given;	   /* the caller's */
	struct ioas *next; /* in the list; under registry_lock */
};

static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static struct ioas *spaces; /* those with devices */

static void domain_put(struct transport_domain *base)
{
	if (kernel_domain_drop(kernel_domain_of(base)))
		free(base);
}

static uint32_t id_of(const struct kernel_domain *domain)
{
	return ((const struct ioas *)(const void *)domain)->id;
}

/* What the kernel would take in part, or round. */
static int check(const struct transport_domain *base, uint64_t iova,
		 const struct dma_source *source, uint32_t prot)
{
	const uint64_t all = iova | (uintptr_t)source->vaddr | source->len;

	if (!(prot & (TRANSPORT_DMA_READ | TRANSPORT_DMA_WRITE)))
		return error_set(-EINVAL, "memory of which the device may do nothing");
	if (!source->len || all & (base->page_bytes - 1))
		return error_set(-EINVAL,
				 "mapping %zu bytes at I/O address 0x%" PRIx64
				 ": they are not whole pages of %u bytes",
				 source->len, iova, base->page_bytes);
	return 0;
}

static int domain_map(struct transport_domain *base, uint64_t iova, const struct dma_source *source,
		      uint32_t prot)
{
	int ret = check(base, iova, source, prot);

	return ret ? ret : kernel_domain_map(base, iova, source, prot);
}

static int ioas_map(struct kernel_domain *domain, uint64_t iova, const struct dma_source *source,
		    uint32_t prot)
{
	struct uapi_ioas_map map = {
		.size = sizeof(map),
		.flags = UAPI_MAP_FIXED,
		.id = id_of(domain),
		.vaddr = (uintptr_t)source->vaddr,
		.len = source->len,
		.iova = iova,
	};

	if (prot & TRANSPORT_DMA_READ)
		map.flags |= UAPI_MAP_READABLE;
	if (prot & TRANSPORT_DMA_WRITE)
		map.flags |= UAPI_MAP_WRITABLE;
	return ioctl(domain->fd, UAPI_IOAS_MAP, &map) < 0 ? explain_map(errno, iova, source->len)
							  : 0;
}

static int ioas_unmap(struct kernel_domain *domain, uint64_t iova, uint64_t len, uint64_t *ret_len)
{
	struct uapi_ioas_unmap unmap = {
		.size = sizeof(unmap),
		.id = id_of(domain),
		.iova = iova,
		.len = len,
	};

	if (ioctl(domain->fd, UAPI_IOAS_UNMAP, &unmap) < 0)
		return -errno;
	*ret_len = unmap.len;
	return 0;
}

static const struct kernel_domain_ops ioas_ops = { .map = ioas_map, .unmap = ioas_unmap };
static const struct transport_domain_ops domain_ops = {
	.map = domain_map,
	.unmap = kernel_domain_unmap,
	.ranges = kernel_domain_ranges,
	.get = kernel_domain_get,
	.put = domain_put,
};

/* Takes whole pages of at most TRANSPORT_RANGES_MAX ranges. */
static int take_ranges(struct ioas *ioas, const struct uapi_iova_range *ranges, uint32_t count,
		       uint64_t alignment)
{
	const uint32_t page_bytes = ioas->domain.base.page_bytes;

	if (!alignment || page_bytes % alignment)
		return error_set(-ENOTSUP,
				 "nvu cannot use an IOMMU with pages of %" PRIu64
				 " bytes: the processor's have %u",
				 alignment, page_bytes);
	ioas->domain.range_count = 0;
	for (uint32_t idx = 0; idx < count && idx < TRANSPORT_RANGES_MAX; idx++) {
		struct transport_range *range = &ioas->domain.ranges[ioas->domain.range_count];

		*range = (struct transport_range){ ranges[idx].first, ranges[idx].last };
		ioas->domain.range_count += caps_align_range(range, page_bytes);
	}
	return 0;
}

/* Reads the allowed ranges: each device that comes in may take some away. */
static int refresh_ranges(struct ioas *ioas)
{
	struct uapi_iova_range ranges[TRANSPORT_RANGES_MAX] = { 0 };
	struct uapi_ioas_ranges request = {
		.size = sizeof(request),
		.id = ioas->id,
		.count = TRANSPORT_RANGES_MAX,
		.ranges = (uintptr_t)ranges,
	};

	/* Of more than there is room for, the kernel has written the first. */
	if (ioctl(ioas->domain.fd, UAPI_IOAS_RANGES, &request) < 0 && errno != EMSGSIZE)
		return error_set(-errno, "the IOMMU's limits cannot be read: %s",
				 error_errno_words(errno));
	return take_ranges(ioas, ranges, request.count, request.out_alignment);
}

static int put_device(const struct ioas *ioas, int device_fd, const char *name)
{
	struct uapi_device_attach attach = { .size = sizeof(attach), .id = ioas->id };

	if (ioctl(device_fd, UAPI_DEVICE_ATTACH, &attach) < 0)
		return explain_attach(errno, name, ioas->given ? ioas->id : 0);
	return 0;
}

static void take_device_out(int device_fd)
{
	struct uapi_device_detach detach = { .size = sizeof(detach) };

	(void)ioctl(device_fd, UAPI_DEVICE_DETACH, &detach);
}

/* Adds the device; re-reads the limits. */
static int join(struct ioas *ioas, int device_fd, const char *name)
{
	int ret;

	(void)pthread_mutex_lock(&ioas->domain.lock);
	assert(ioas->domain.fd >= 0);
	ret = put_device(ioas, device_fd, name);
	if (!ret) {
		ret = refresh_ranges(ioas);
		if (ret)
			take_device_out(device_fd);
	}
	if (!ret) {
		ioas->domain.members++;
		atomic_fetch_add(&ioas->domain.refs, 1);
	}
	(void)pthread_mutex_unlock(&ioas->domain.lock);
	return ret;
}

static int allocate(int iommufd, uint32_t *ret_id)
{
	struct uapi_ioas_alloc alloc = { .size = sizeof(alloc) };

	if (ioctl(iommufd, UAPI_IOAS_ALLOC, &alloc) < 0)
		return error_set(-errno, "the kernel makes no I/O address space: %s",
				 error_errno_words(errno));
	*ret_id = alloc.out_id;
	return 0;
}

/* One without devices; id 0: a new one of the kernel's. */
static int create(int iommufd, uint32_t id, struct ioas **ret_ioas)
{
	struct ioas *ioas = calloc(1, sizeof(*ioas));
	int ret = 0;

	if (!ioas)
		return error_set(-ENOMEM, "no memory for an I/O address space");
	ioas->id = id;
	ioas->given = id;
	if (!id)
		ret = allocate(iommufd, &ioas->id);
	if (ret) {
		free(ioas);
		return ret;
	}
	kernel_domain_init(&ioas->domain, &domain_ops, &ioas_ops, iommufd);
	ioas->domain.base.page_bytes = (uint32_t)sysconf(_SC_PAGESIZE);
	ioas->domain.base.max_mappings = UINT32_MAX; /* iommufd counts memory only */
	*ret_ioas = ioas;
	return 0;
}

/* Another process may have a copy of the descriptors, which keeps what is mapped. */
static void unmap_all(const struct ioas *ioas)
{
	struct uapi_ioas_unmap unmap = {
		.size = sizeof(unmap),
		.id = ioas->id,
		.len = UINT64_MAX,
	};

	if (ioas->domain.mappings)
		(void)ioctl(ioas->domain.fd, UAPI_IOAS_UNMAP, &unmap);
}

/* No device is in it. What is given lives on, without nvu's mappings. */
static void end(struct ioas *ioas)
{
	struct uapi_iommu_destroy destroy = { .size = sizeof(destroy), .id = ioas->id };

	assert(!ioas->domain.members && ioas->domain.fd >= 0);
	unmap_all(ioas);
	if (!ioas->given)
		(void)ioctl(ioas->domain.fd, UAPI_IOMMU_DESTROY, &destroy);
	ioas->domain.fd = -1;
	ioas->domain.mappings = 0;
}

/* Under registry_lock. */
static int attach_anew(int iommufd, uint32_t id, int device_fd, const char *name,
		       struct ioas **ret_ioas)
{
	struct ioas *ioas = NULL;
	int ret = create(iommufd, id, &ioas);

	if (ret)
		return ret;
	ret = join(ioas, device_fd, name);
	if (ret) {
		end(ioas);
	} else {
		ioas->next = spaces;
		spaces = ioas;
		*ret_ioas = ioas;
	}
	domain_put(&ioas->domain.base); /* the creator's; the device holds its own now */
	return ret;
}

/* The kernel refuses a device whose reserved windows or coherence do not fit: the next one may do. */
static int attach_locked(int iommufd, uint32_t id, int device_fd, const char *name,
			 struct ioas **ret_ioas)
{
	for (struct ioas *ioas = spaces; ioas; ioas = ioas->next) {
		if (ioas->domain.fd != iommufd || (id ? ioas->id != id : ioas->given))
			continue;
		if (!join(ioas, device_fd, name)) {
			*ret_ioas = ioas;
			return 0;
		}
	}
	return attach_anew(iommufd, id, device_fd, name, ret_ioas);
}

int ioas_attach(const struct context *context, uint32_t id, int device_fd, const char *name,
		struct ioas **ret_ioas)
{
	int ret;

	(void)pthread_mutex_lock(&registry_lock);
	ret = attach_locked(context_fd(context), id, device_fd, name, ret_ioas);
	(void)pthread_mutex_unlock(&registry_lock);
	return ret;
}

/* Out of the list. Under registry_lock. */
static void leave(const struct ioas *ioas)
{
	struct ioas **link = &spaces;

	while (*link != ioas)
		link = &(*link)->next;
	*link = ioas->next;
}

void ioas_detach(struct ioas *ioas, int device_fd)
{
	(void)pthread_mutex_lock(&registry_lock);
	(void)pthread_mutex_lock(&ioas->domain.lock);
	assert(ioas->domain.members);
	take_device_out(device_fd);
	if (!--ioas->domain.members) {
		leave(ioas);
		end(ioas);
	}
	(void)pthread_mutex_unlock(&ioas->domain.lock);
	(void)pthread_mutex_unlock(&registry_lock);
	domain_put(&ioas->domain.base);
}

struct transport_domain *ioas_domain(struct ioas *ioas)
{
	return &ioas->domain.base;
}
