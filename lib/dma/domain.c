/* SPDX-License-Identifier: MIT */
/*
 * domain.c: reference counting of IOMMU domains and what belongs to one.
 */
#include "dma/domain.h"

#include "base/error.h"
#include "base/owner_id.h"
#include "dma/map.h"
#include "dma/pagelist.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/* Protects every refs, and transport_domain.upper. */
static pthread_mutex_t registry = PTHREAD_MUTEX_INITIALIZER;

static int add_ranges(struct dma_domain *domain)
{
	struct transport_domain *transport = domain->transport;
	struct transport_range ranges[TRANSPORT_RANGES_MAX];
	uint32_t count = transport->ops->ranges(transport, ranges);

	for (uint32_t i = 0; i < count; i++) {
		uint64_t first = ranges[i].first;
		int ret;

		if (first < transport->page_bytes)
			first = transport->page_bytes; /* 0 means "no address" */
		if (first > ranges[i].last)
			continue;
		ret = iova_add(&domain->space, first, ranges[i].last);
		if (ret)
			return error_set(ret,
					 "the kernel reports overlapping or too many I/O address "
					 "ranges of the IOMMU");
	}
	if (!domain->space.count)
		return error_set(-ENOSPC, "the IOMMU offers no usable I/O addresses");
	return 0;
}

static void free_domain(struct dma_domain *domain)
{
	pagelist_slab_free(domain->pagelists, domain);
	assert(!domain->regions && !domain->huge_pages);
	free(domain->space.free);
	pthread_mutex_destroy(&domain->lock);
	free(domain);
}

static int make_domain(struct transport_domain *transport, struct dma_domain **ret_domain)
{
	struct dma_domain *domain = calloc(1, sizeof(*domain));
	int ret;

	if (!domain)
		return error_set(-ENOMEM, "no memory for an IOMMU domain");
	domain->transport = transport;
	domain->owner_id = owner_id_domain();
	domain->refs = 1;
	pthread_mutex_init(&domain->lock, NULL);
	ret = dma_map_reserve(domain, TRANSPORT_RANGES_MAX + 1);
	if (!ret)
		ret = add_ranges(domain);
	if (!ret)
		ret = pagelist_slab_make(&domain->pagelists);
	if (ret) {
		free_domain(domain);
		return ret;
	}
	transport->ops->get(transport);
	transport->upper = domain;
	*ret_domain = domain;
	return 0;
}

/* A controller has joined: the kernel may have removed address windows. */
static int restrict_ranges(struct dma_domain *domain)
{
	struct transport_range ranges[TRANSPORT_RANGES_MAX];
	struct iova_extent windows[TRANSPORT_RANGES_MAX];
	uint32_t count = domain->transport->ops->ranges(domain->transport, ranges);
	int ret;

	for (uint32_t i = 0; i < count; i++) {
		windows[i].first = ranges[i].first;
		windows[i].last = ranges[i].last;
	}
	pthread_mutex_lock(&domain->lock);
	ret = dma_map_reserve(domain, domain->mappings + count + 2);
	if (!ret)
		ret = iova_restrict(&domain->space, windows, count);
	pthread_mutex_unlock(&domain->lock);
	return ret;
}

int dma_domain_get(struct transport_domain *transport, struct dma_domain **ret_domain)
{
	struct dma_domain *domain;
	int ret;

	pthread_mutex_lock(&registry);
	domain = transport->upper;
	if (domain) {
		ret = restrict_ranges(domain);
		if (!ret)
			domain->refs++;
	} else {
		ret = make_domain(transport, &domain);
	}
	pthread_mutex_unlock(&registry);
	if (!ret)
		*ret_domain = domain;
	return ret;
}

/* Whether all addresses of a window that are above `last` are free. */
static bool is_free_above(const struct iova_space *space, const struct transport_range *window,
			  uint64_t last)
{
	uint64_t first = window->first > last ? window->first : last + 1;

	if (window->last <= last)
		return true;
	for (uint32_t i = 0; i < space->count; i++)
		if (space->free[i].first <= first && space->free[i].last >= window->last)
			return true;
	return false;
}

int dma_domain_limit(struct dma_domain *domain, uint64_t last)
{
	struct transport_range ranges[TRANSPORT_RANGES_MAX];
	uint32_t count = domain->transport->ops->ranges(domain->transport, ranges);
	const struct iova_extent window = { .first = 0, .last = last };
	bool was_limited = domain->limit && domain->limit <= last, is_free = true;
	int ret;

	pthread_mutex_lock(&domain->lock);
	for (uint32_t i = 0; !was_limited && i < count; i++)
		is_free &= is_free_above(&domain->space, &ranges[i], last);
	ret = is_free ? dma_map_reserve(domain, domain->mappings + 2)
		      : error_set(-EBUSY,
				  "buffers of this process have I/O addresses above %#llx, which "
				  "the controller cannot reach: open this controller first, or in "
				  "a process of its own",
				  (unsigned long long)last);
	if (!ret)
		ret = iova_restrict(&domain->space, &window, 1);
	if (!ret && !was_limited)
		domain->limit = last;
	pthread_mutex_unlock(&domain->lock);
	return ret;
}

void dma_domain_ref(struct dma_domain *domain)
{
	pthread_mutex_lock(&registry);
	assert(domain->refs);
	domain->refs++;
	pthread_mutex_unlock(&registry);
}

void dma_domain_put(struct dma_domain *domain)
{
	struct transport_domain *transport;

	if (!domain)
		return;
	pthread_mutex_lock(&registry);
	assert(domain->refs && domain->transport->upper == domain);
	if (--domain->refs) {
		pthread_mutex_unlock(&registry);
		return;
	}
	transport = domain->transport;
	free_domain(domain);
	transport->upper = NULL;
	transport->ops->put(transport);
	pthread_mutex_unlock(&registry);
}
