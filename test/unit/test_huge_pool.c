// SPDX-License-Identifier: MIT
/*
 * test_huge_pool.c: memory that shares huge pages, on a kernel and an IOMMU of the test's own: what is mapped
 * and how, who gets which piece again and when, and that without huge pages all is as if there were no pool.
 */
#include "base/error.h"
#include "dma/dma.h"
#include "huge_pages.h"
#include "unit.h"

enum { PAGE = 4096, MAPS = 16 };

struct map {
	uint64_t iova;
	char *vaddr;
	size_t len;
	uint32_t prot;
};

struct iommu {
	struct transport_domain base;
	struct map maps[MAPS];
	uint32_t count;
	int refs;
	int fail_map, fail_unmap; /* -errno of the next call */
};

static struct iommu iommu;
static struct dma_domain *domain;

static int map(struct transport_domain *self, uint64_t iova, const struct dma_source *source,
	       uint32_t prot)
{
	int ret = iommu.fail_map;

	(void)self;
	iommu.fail_map = 0;
	if (ret)
		return error_set(ret, "the test's IOMMU fails");
	assert_true(iommu.count < MAPS);
	iommu.maps[iommu.count++] = (struct map){ iova, source->vaddr, source->len, prot };
	return 0;
}

static int unmap(struct transport_domain *self, uint64_t iova, size_t len)
{
	int ret = iommu.fail_unmap;

	(void)self;
	iommu.fail_unmap = 0;
	if (ret)
		return error_set(ret, "the test's IOMMU fails");
	for (uint32_t i = 0; i < iommu.count; i++)
		if (iommu.maps[i].iova == iova && iommu.maps[i].len == len) {
			/* Still the process's own: the device could write there until now. */
			assert_int_equal(iommu.maps[i].vaddr[0], iommu.maps[i].vaddr[0]);
			iommu.maps[i] = iommu.maps[--iommu.count];
			return 0;
		}
	fail_msg("%zu bytes at 0x%llx are not mapped", len, (unsigned long long)iova);
	return -ENOENT;
}

static uint32_t ranges(struct transport_domain *self, struct transport_range *ret_ranges)
{
	(void)self;
	ret_ranges[0] = (struct transport_range){ 0, (1ull << 39) - 1 };
	return 1;
}

static void get(struct transport_domain *self)
{
	(void)self;
	iommu.refs++;
}

static void put(struct transport_domain *self)
{
	(void)self;
	iommu.refs--;
}

static const struct transport_domain_ops ops = { map, unmap, ranges, get, put };

static int begin(void **state)
{
	(void)state;
	iommu = (struct iommu){
		.base = { .ops = &ops, .page_bytes = PAGE, .max_mappings = UINT32_MAX },
	};
	huge_kernel = (struct huge_kernel){ .free = 4 };
	return dma_domain_get(&iommu.base, &domain);
}

/* All is given back: no mapping, no huge page, no reference. */
static int end(void **state)
{
	(void)state;
	dma_domain_put(domain);
	assert_int_equal(iommu.count, 0);
	assert_int_equal(iommu.refs, 0);
	assert_null(iommu.base.upper);
	return 0;
}

static struct nvu_dma *allocate(size_t len, uint64_t align, uint32_t prot, int node)
{
	const struct dma_alloc want = {
		.len = len, .align = align, .huge = true, .pooled = true, .node = node, .prot = prot
	};
	struct nvu_dma *buf = NULL;

	assert_int_equal(dma_alloc(domain, &want, &buf), 0);
	assert_int_equal(buf->len, len);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(((char *)buf->addr)[i], 0);
	return buf;
}

static struct nvu_dma *read_only(size_t len)
{
	return allocate(len, PAGE, TRANSPORT_DMA_READ, PAGES_NODE_ANY);
}

static struct nvu_dma *writable(size_t len)
{
	return allocate(len, PAGE, TRANSPORT_DMA_READ | TRANSPORT_DMA_WRITE, PAGES_NODE_ANY);
}

static void give(struct nvu_dma *buf)
{
	assert_int_equal(dma_free(buf), 0);
}

static void memory_of_one_kind_shares_one_mapping(void **state)
{
	struct nvu_dma *sqs[3], *cqs[3];

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		sqs[i] = read_only(5 * PAGE);
		cqs[i] = writable(PAGE + 16);
	}

	assert_int_equal(iommu.count, 2);
	assert_int_equal(iommu.maps[0].prot, TRANSPORT_DMA_READ);
	assert_int_equal(iommu.maps[1].prot, TRANSPORT_DMA_READ | TRANSPORT_DMA_WRITE);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(iommu.maps[i].len, HUGE_PAGE_BYTES);
		assert_int_equal(iommu.maps[i].iova % HUGE_PAGE_BYTES, 0);
	}
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(sqs[i]->iova, iommu.maps[0].iova + i * 5ul * PAGE);
		assert_ptr_equal(sqs[i]->addr, iommu.maps[0].vaddr + i * 5ul * PAGE);
		assert_int_equal(sqs[i]->write_len, 0);
		assert_int_equal(cqs[i]->iova, iommu.maps[1].iova + i * 2ul * PAGE);
		assert_int_equal(cqs[i]->write_len, PAGE + 16);
	}
	assert_int_equal(huge_kernel.free, 2);
	for (uint32_t i = 0; i < 3; i++) {
		give(sqs[i]);
		give(cqs[i]);
	}
	assert_int_equal(huge_kernel.free, 4);
}

static void memory_begins_at_its_alignment(void **state)
{
	static const uint64_t aligns[] = { 0, PAGE, 4 * PAGE, 64 * PAGE };
	struct nvu_dma *bufs[COUNT(aligns)];

	(void)state;
	for (uint32_t i = 0; i < COUNT(aligns); i++) {
		bufs[i] = allocate(PAGE, aligns[i], TRANSPORT_DMA_READ, PAGES_NODE_ANY);
		assert_int_equal(bufs[i]->iova % (aligns[i] ? aligns[i] : PAGE), 0);
	}
	assert_int_equal(iommu.count, 1);
	for (uint32_t i = 0; i < COUNT(aligns); i++)
		give(bufs[i]);
}

static void full_page_is_followed_by_another(void **state)
{
	struct nvu_dma *bufs[3] = { read_only(300 * PAGE), read_only(300 * PAGE),
				    read_only(200 * PAGE) };

	(void)state;
	assert_int_equal(iommu.count, 2);
	assert_int_equal(bufs[2]->iova, bufs[0]->iova + 300 * PAGE);
	give(bufs[1]);
	assert_int_equal(iommu.count, 1);
	give(bufs[0]);
	give(bufs[2]);
}

static void nodes_have_pages_of_their_own(void **state)
{
	struct nvu_dma *near = allocate(PAGE, PAGE, TRANSPORT_DMA_READ, 0);
	struct nvu_dma *any = allocate(PAGE, PAGE, TRANSPORT_DMA_READ, PAGES_NODE_ANY);

	(void)state;
	assert_int_equal(huge_kernel.last_node, UINT32_MAX);
	assert_int_equal(iommu.count, 2);
	give(near);
	give(any);
}

/* Zeroed, whatever its last owner left: allocate() looks. */
static void memory_that_the_device_has_left_is_used_again(void **state)
{
	struct nvu_dma *kept = read_only(PAGE), *buf = read_only(3 * PAGE);
	uint64_t iova = buf->iova;

	(void)state;
	memset(buf->addr, 0xff, 3 * PAGE);
	give(buf);
	assert_int_equal(dma_free(buf), -EINVAL);
	buf = read_only(3 * PAGE);
	assert_int_equal(buf->iova, iova);
	assert_int_equal(iommu.count, 1);
	give(buf);
	give(kept);
}

static void memory_that_the_device_may_still_write_to_is_not_used_again(void **state)
{
	struct nvu_dma *kept = writable(PAGE), *buf = writable(3 * PAGE), *next;
	uint64_t iova = buf->iova;

	(void)state;
	assert_int_equal(dma_free_unconfirmed(buf), 0);
	next = writable(3 * PAGE);
	assert_int_equal(next->iova, iova + 3 * PAGE);
	give(kept);
	assert_int_equal(iommu.count, 1);
	/* With the last one in use the mapping goes, and with it the device's access. */
	assert_int_equal(dma_free_unconfirmed(next), 0);
	assert_int_equal(iommu.count, 0);
	assert_int_equal(huge_kernel.free, 4);
}

static void unmapping_that_fails_keeps_the_page(void **state)
{
	struct nvu_dma *buf = writable(PAGE);

	(void)state;
	iommu.fail_unmap = -EIO;
	assert_int_equal(dma_free(buf), -EIO);
	memset(buf->addr, 1, PAGE);
	assert_int_equal(buf->len, PAGE);
	assert_int_equal(huge_kernel.free, 3);
	give(buf);
}

/* Memory of its own for each, as without a pool. */
static void assert_apart(void)
{
	struct nvu_dma *sq = read_only(2 * PAGE), *cq = writable(PAGE);

	assert_null(sq->home);
	assert_null(cq->home);
	assert_int_equal(iommu.count, 2);
	assert_int_equal(iommu.maps[0].len, 2 * PAGE);
	assert_int_equal(iommu.maps[1].len, PAGE);
	give(sq);
	give(cq);
}

static void without_a_free_huge_page_memory_is_apart(void **state)
{
	(void)state;
	huge_kernel.free = 0;
	huge_kernel.overcommits = true;
	assert_apart();
	assert_int_equal(huge_kernel.maps, 0);
}

static void page_that_cannot_be_mapped_is_given_back(void **state)
{
	struct nvu_dma *buf;

	(void)state;
	iommu.fail_map = -ENOMEM;
	buf = read_only(PAGE);
	assert_null(buf->home);
	assert_int_equal(huge_kernel.free, 4);
	give(buf);
}

/* A sixteenth of what may be locked. */
static void pool_leaves_room_to_lock_buffers(void **state)
{
	struct nvu_dma *sq, *cq;

	(void)state;
	huge_kernel.may_lock = 16ull * HUGE_PAGE_BYTES - 1;
	assert_apart();
	huge_kernel.may_lock++;
	sq = read_only(PAGE);
	cq = writable(PAGE);
	assert_non_null(sq->home);
	assert_null(cq->home);
	give(sq);
	give(cq);
}

static void memory_that_fills_huge_pages_has_its_own(void **state)
{
	struct nvu_dma *buf = read_only(HUGE_PAGE_BYTES);

	(void)state;
	assert_null(buf->home);
	assert_int_equal(huge_kernel.free, 3);
	give(buf);
}

static void buffer_that_shares_nothing_is_apart(void **state)
{
	const struct dma_alloc want = { .len = PAGE,
					.node = PAGES_NODE_ANY,
					.prot = TRANSPORT_DMA_READ };
	struct nvu_dma *ring = read_only(PAGE), *buf = NULL;

	(void)state;
	assert_int_equal(dma_alloc(domain, &want, &buf), 0);
	assert_null(buf->home);
	give(buf);
	give(ring);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(memory_of_one_kind_shares_one_mapping),
		CASE(memory_begins_at_its_alignment),
		CASE(full_page_is_followed_by_another),
		CASE(nodes_have_pages_of_their_own),
		CASE(memory_that_the_device_has_left_is_used_again),
		CASE(memory_that_the_device_may_still_write_to_is_not_used_again),
		CASE(unmapping_that_fails_keeps_the_page),
		CASE(without_a_free_huge_page_memory_is_apart),
		CASE(page_that_cannot_be_mapped_is_given_back),
		CASE(pool_leaves_room_to_lock_buffers),
		CASE(memory_that_fills_huge_pages_has_its_own),
		CASE(buffer_that_shares_nothing_is_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
