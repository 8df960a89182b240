// SPDX-License-Identifier: MIT
/*
 * domain.c: map and unmap hold every mock's lock while they change the table, so that no
 * device thread translates or copies meanwhile: after unmap returns, no mock accesses the memory.
 */
#include "mock/life/domain.h"

#include "base/error.h"
#include "mock/faults/call.h"
#include "mock/faults/violation.h"
#include "mock/life/lock.h"
#include "mock/life/registry.h"
#include "mock/memory/memory.h"
#include "mock/queues/queue.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum { DOMAIN_PAGE_BYTES = 4096, ADDRESS_BITS = 39 };

static struct {
	struct transport_domain base;
	struct mock_dma dma;
	uint32_t mocks;	     /* that look at it */
	uint32_t transports; /* that are open */
	uint32_t refs;	     /* of the driver */
} domain;

static void lock_mocks(void)
{
	mock_registry_lock();
	for (struct nvu_mock *mock = mock_registry_first(); mock; mock = mock->next)
		mock_lock(mock);
}

static void unlock_mocks(void)
{
	for (struct nvu_mock *mock = mock_registry_first(); mock; mock = mock->next)
		mock_unlock(mock);
	mock_registry_unlock();
}

/* The mocks of the domain: a served one has its client's memory. Their locks are held. */
static struct nvu_mock *member_from(struct nvu_mock *mock)
{
	while (mock && mock->serve)
		mock = mock->next;
	return mock;
}

static struct nvu_mock *first_member(void)
{
	return member_from(mock_registry_first());
}

static struct nvu_mock *next_member(const struct nvu_mock *mock)
{
	return member_from(mock->next);
}

/* Every mock counts the call; the first that is to fail it wins. */
static int count_call(const char *what)
{
	int ret = 0;

	for (struct nvu_mock *mock = first_member(); mock; mock = next_member(mock)) {
		int failed = mock_call_count(mock, what);

		ret = ret ? ret : failed;
	}
	return ret;
}

static int refuse(int ret, const char *what, uint64_t iova, uint64_t len, const char *why)
{
	assert(ret < 0);
	for (struct nvu_mock *mock = first_member(); mock; mock = next_member(mock))
		mock_violation_add(mock, "%s of %llu bytes at I/O address 0x%llx: %s", what,
				   (unsigned long long)len, (unsigned long long)iova, why);
	return error_set(ret, "mock: %s of %llu bytes at I/O address 0x%llx: %s", what,
			 (unsigned long long)len, (unsigned long long)iova, why);
}

/* What VFIO type1 reports on a PC: 39 bits without the window of message interrupts. */
static const struct transport_range allowed[] = {
	{ 0, 0xfedfffff },
	{ 0xfef00000, (1ull << ADDRESS_BITS) - 1 },
};

enum { ALLOWED = sizeof(allowed) / sizeof(allowed[0]) };

static bool in_ranges(uint64_t iova, uint64_t len)
{
	for (uint32_t idx = 0; idx < ALLOWED; idx++) {
		const struct transport_range *range = &allowed[idx];

		if (iova >= range->first && iova <= range->last && len - 1 <= range->last - iova)
			return true;
	}
	return false;
}

/* As the kernel's: dma_entry_limit, and the limit of locked memory. */
static int check_limits(size_t len)
{
	for (struct nvu_mock *mock = first_member(); mock; mock = next_member(mock)) {
		const struct nvu_mock_opts *opts = &mock->config.opts;

		if (mock_dma_live(&domain.dma) >= opts->dma_mappings)
			return error_set(-ENOSPC,
					 "%s: all %u IOMMU mappings are in use: use fewer, larger "
					 "buffers, or open the mock with more mappings=",
					 mock->address, opts->dma_mappings);
		if (domain.dma.bytes >= opts->dma_bytes || len > opts->dma_bytes - domain.dma.bytes)
			return error_set(
				-ENOMEM,
				"%s: locked-memory limit too low: %zu bytes more are needed, "
				"%llu of %llu are locked already",
				mock->address, len, (unsigned long long)domain.dma.bytes,
				(unsigned long long)opts->dma_bytes);
	}
	return 0;
}

static int map_locked(uint64_t iova, void *vaddr, size_t len, uint32_t prot)
{
	uint64_t low_bits = (iova | (uintptr_t)vaddr | len) & (DOMAIN_PAGE_BYTES - 1);
	int ret = count_call("map");

	if (ret)
		return ret;
	if (len == 0 || low_bits)
		return refuse(-EINVAL, "map", iova, len, "not in whole pages");
	if (prot == 0 || prot & ~(TRANSPORT_DMA_READ | TRANSPORT_DMA_WRITE))
		return refuse(-EINVAL, "map", iova, len, "neither for reading nor for writing");
	/* As the kernel's, which has ended such a container. */
	if (!domain.transports)
		return error_set(-ENODEV, "mock: cannot map memory: every controller of its IOMMU "
					  "domain is closed");
	if (!in_ranges(iova, len))
		return refuse(-EINVAL, "map", iova, len, "outside the allowed ranges");
	ret = mock_memory_check(vaddr, len, prot & TRANSPORT_DMA_WRITE);
	if (ret)
		return ret;
	ret = check_limits(len);
	if (ret)
		return ret;
	ret = mock_dma_insert(&domain.dma, iova, vaddr, len, prot);
	if (ret == -EEXIST)
		return refuse(ret, "map", iova, len, "overlaps what is mapped");
	if (ret)
		return error_set(ret, "mock: no memory for another mapping");
	return 0;
}

static int unmap_locked(uint64_t iova, size_t len)
{
	int ret = count_call("unmap");

	if (ret)
		return ret;
	ret = mock_dma_remove(&domain.dma, iova, len);
	if (ret)
		return refuse(ret, "unmap", iova, len, "is not what one map() mapped");
	for (struct nvu_mock *mock = first_member(); mock; mock = next_member(mock))
		mock_queue_unmap(mock, iova, len);
	return 0;
}

static int map(struct transport_domain *base, uint64_t iova, const struct dma_source *source,
	       uint32_t prot)
{
	int ret;

	(void)base;
	lock_mocks();
	ret = map_locked(iova, source->vaddr, source->len, prot);
	unlock_mocks();
	return ret;
}

static int unmap(struct transport_domain *base, uint64_t iova, size_t len)
{
	int ret;

	(void)base;
	lock_mocks();
	ret = unmap_locked(iova, len);
	unlock_mocks();
	return ret;
}

static uint32_t ranges(struct transport_domain *base, struct transport_range *ret_ranges)
{
	(void)base;
	memcpy(ret_ranges, allowed, sizeof(allowed));
	return ALLOWED;
}

static void get(struct transport_domain *base)
{
	(void)base;
	mock_registry_lock();
	domain.refs++;
	mock_registry_unlock();
}

static void end_if_unused(void)
{
	if (!domain.mocks && !domain.transports && !domain.refs)
		mock_dma_fini(&domain.dma);
}

static void put(struct transport_domain *base)
{
	(void)base;
	mock_registry_lock();
	domain.refs--;
	end_if_unused();
	mock_registry_unlock();
}

static const struct transport_domain_ops domain_ops = {
	.map = map,
	.unmap = unmap,
	.ranges = ranges,
	.get = get,
	.put = put,
};

const struct mock_dma *mock_domain_join(void)
{
	domain.mocks++;
	return &domain.dma;
}

void mock_domain_leave(void)
{
	assert(domain.mocks);
	domain.mocks--;
	end_if_unused();
}

struct transport_domain *mock_domain_get(void)
{
	if (!domain.transports++ && !domain.refs)
		domain.base = (struct transport_domain){
			.ops = &domain_ops,
			.page_bytes = DOMAIN_PAGE_BYTES,
			.max_mappings = UINT32_MAX, /* see check_limits() */
		};
	return &domain.base;
}

void mock_domain_put(void)
{
	assert(domain.transports);
	domain.transports--;
	end_if_unused();
}
