/* SPDX-License-Identifier: MIT */
/*
 * kernel_domain.c: see kernel_domain.h.
 */
#include "transport/vfio/kernel_domain.h"

#include "base/error.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

void kernel_domain_init(struct kernel_domain *domain, const struct transport_domain_ops *base_ops,
			const struct kernel_domain_ops *ops, int fd)
{
	domain->base.ops = base_ops;
	domain->ops = ops;
	domain->fd = fd;
	(void)pthread_mutex_init(&domain->lock, NULL);
	atomic_init(&domain->refs, 1);
}

bool kernel_domain_drop(struct kernel_domain *domain)
{
	if (atomic_fetch_sub(&domain->refs, 1) != 1)
		return false;
	assert(!domain->members);
	(void)pthread_mutex_destroy(&domain->lock);
	return true;
}

void kernel_domain_get(struct transport_domain *base)
{
	atomic_fetch_add(&kernel_domain_of(base)->refs, 1);
}

static int map_locked(struct kernel_domain *domain, uint64_t iova, const struct dma_source *source,
		      uint32_t prot)
{
	int ret;

	if (domain->fd < 0)
		return error_set(
			-ENODEV,
			"cannot map memory: every controller of its IOMMU domain is closed");
	ret = domain->ops->map(domain, iova, source, prot);
	if (!ret)
		domain->mappings++;
	return ret;
}

int kernel_domain_map(struct transport_domain *base, uint64_t iova, const struct dma_source *source,
		      uint32_t prot)
{
	struct kernel_domain *domain = kernel_domain_of(base);
	int ret;

	(void)pthread_mutex_lock(&domain->lock);
	ret = map_locked(domain, iova, source, prot);
	(void)pthread_mutex_unlock(&domain->lock);
	return ret;
}

static int unmap_locked(struct kernel_domain *domain, uint64_t iova, size_t len)
{
	uint64_t done = 0;
	int ret;

	/* All was unmapped when the last device left. */
	if (domain->fd < 0)
		return 0;
	ret = domain->ops->unmap(domain, iova, len, &done);
	if (ret)
		return error_set(ret, "unmapping %zu bytes at I/O address 0x%" PRIx64 " failed: %s",
				 len, iova, error_errno_words(-ret));
	if (done != len)
		return error_set(-ENOENT,
				 "unmapping %zu bytes at I/O address 0x%" PRIx64
				 " failed: the kernel unmapped %" PRIu64,
				 len, iova, done);
	assert(domain->mappings);
	domain->mappings--;
	return 0;
}

int kernel_domain_unmap(struct transport_domain *base, uint64_t iova, size_t len)
{
	struct kernel_domain *domain = kernel_domain_of(base);
	int ret;

	(void)pthread_mutex_lock(&domain->lock);
	ret = unmap_locked(domain, iova, len);
	(void)pthread_mutex_unlock(&domain->lock);
	return ret;
}

uint32_t kernel_domain_ranges(struct transport_domain *base, struct transport_range *ret_ranges)
{
	struct kernel_domain *domain = kernel_domain_of(base);
	uint32_t count;

	(void)pthread_mutex_lock(&domain->lock);
	count = domain->range_count;
	memcpy(ret_ranges, domain->ranges, count * sizeof(*ret_ranges));
	(void)pthread_mutex_unlock(&domain->lock);
	return count;
}
