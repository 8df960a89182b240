/* SPDX-License-Identifier: MIT */
/*
 * test_domain.c: what the dma layer owes an IOMMU and the kernel, on an IOMMU that forgives nothing:
 * addresses inside the windows, whole pages, no more mappings than there may be, unmapping of exactly
 * what was mapped, memory that is written to before it is mapped and that no child of fork() gets.
 */
#include "dma/dma.h"

#include "base/error.h"
#include "unit.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, MAPS = 1024, MIB = 1 << 20 };

struct map {
	uint64_t iova;
	char *vaddr;
	size_t len;
	uint32_t prot;
};

struct iommu {
	struct transport_domain base;
	struct transport_range ranges[TRANSPORT_RANGES_MAX];
	uint32_t range_count;
	struct map maps[MAPS];
	uint32_t count;
	int refs;
	bool owns_all;		  /* whatever is mapped is the library's memory */
	int fail_map, fail_unmap; /* -errno of the next call */
};

/* What /proc/self/smaps tells of the memory at an address, or of all that no child gets. */
struct memory {
	size_t bytes, anonymous;
	bool kept_from_children;
};

/* Calls fn for each of this process's mappings. */
static void each_memory(void (*fn)(void *arg, uintptr_t first, uintptr_t end, struct memory *),
			void *arg)
{
	FILE *file = fopen("/proc/self/smaps", "r");
	struct memory memory = { 0 };
	uintptr_t first = 0, end = 0;
	char line[512];

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		unsigned long low, high, kib;

		if (sscanf(line, "%lx-%lx ", &low, &high) == 2) {
			first = low;
			end = high;
			memory = (struct memory){ .bytes = high - low };
		} else if (sscanf(line, "Anonymous: %lu", &kib) == 1) {
			memory.anonymous = kib * 1024;
		} else if (!strncmp(line, "VmFlags:", 8)) {
			memory.kept_from_children = strstr(line, " dc") != NULL;
			fn(arg, first, end, &memory);
		}
	}
	(void)fclose(file);
}

struct search {
	uintptr_t at;
	struct memory found;
};

static void find_one(void *arg, uintptr_t first, uintptr_t end, struct memory *memory)
{
	struct search *search = arg;

	if (search->at >= first && search->at < end)
		search->found = *memory;
}

static struct memory memory_at(const void *addr)
{
	struct search search = { .at = (uintptr_t)addr };

	each_memory(find_one, &search);
	return search.found;
}

static void add_kept(void *arg, uintptr_t first, uintptr_t end, struct memory *memory)
{
	(void)first;
	(void)end;
	if (memory->kept_from_children)
		*(size_t *)arg += memory->bytes;
}

/* Bytes of memory for the device that this process has. */
static size_t device_memory(void)
{
	size_t bytes = 0;

	each_memory(add_kept, &bytes);
	return bytes;
}

static struct iommu *of(struct transport_domain *domain)
{
	return (struct iommu *)(void *)domain;
}

static bool in_windows(const struct iommu *iommu, uint64_t iova, size_t len)
{
	for (uint32_t idx = 0; idx < iommu->range_count; idx++)
		if (iova >= iommu->ranges[idx].first && iova + len - 1 <= iommu->ranges[idx].last)
			return true;
	return false;
}

static int map(struct transport_domain *domain, uint64_t iova, const struct dma_source *source,
	       uint32_t prot)
{
	size_t len = source->len;
	char *vaddr = source->vaddr;
	struct iommu *iommu = of(domain);
	int ret = iommu->fail_map;

	iommu->fail_map = 0;
	if (ret)
		return error_set(ret, "the test's IOMMU fails");
	assert_true(len && !((iova | (uintptr_t)vaddr | len) & (domain->page_bytes - 1)));
	assert_true(iova != 0 && in_windows(iommu, iova, len));
	assert_true(iommu->count < MAPS && iommu->count < domain->max_mappings);
	for (uint32_t idx = 0; idx < iommu->count; idx++)
		assert_false(iova < iommu->maps[idx].iova + iommu->maps[idx].len &&
			     iommu->maps[idx].iova < iova + len);
	if (iommu->owns_all) {
		const struct memory memory = memory_at(vaddr);

		assert_int_equal(memory.anonymous, memory.bytes);
		assert_true(memory.kept_from_children);
	}
	iommu->maps[iommu->count++] = (struct map){ iova, vaddr, len, prot };
	return 0;
}

static int unmap(struct transport_domain *domain, uint64_t iova, size_t len)
{
	struct iommu *iommu = of(domain);
	int ret = iommu->fail_unmap;

	iommu->fail_unmap = 0;
	if (ret)
		return error_set(ret, "the test's IOMMU fails");
	for (uint32_t idx = 0; idx < iommu->count; idx++) {
		if (iommu->maps[idx].iova != iova)
			continue;
		assert_int_equal(iommu->maps[idx].len, len);
		/* Until now the device could write there: the memory must serve nothing else. */
		assert_int_equal(msync(iommu->maps[idx].vaddr, len, MS_ASYNC), 0);
		iommu->maps[idx] = iommu->maps[--iommu->count];
		return 0;
	}
	fail_msg("unmaps %zu bytes at 0x%llx, where nothing is mapped", len,
		 (unsigned long long)iova);
	return -ENOENT;
}

static void get(struct transport_domain *domain)
{
	of(domain)->refs++;
}

static void put(struct transport_domain *domain)
{
	of(domain)->refs--;
}

static uint32_t ranges(struct transport_domain *domain, struct transport_range *ret_ranges)
{
	memcpy(ret_ranges, of(domain)->ranges, sizeof(of(domain)->ranges));
	return of(domain)->range_count;
}

static const struct transport_domain_ops ops = { map, unmap, ranges, get, put };

/* An IOMMU with one large window, and the dma layer's domain on it. */
static struct dma_domain *start(struct iommu *iommu)
{
	struct dma_domain *domain = NULL;

	*iommu = (struct iommu){
		.base = { .ops = &ops, .page_bytes = PAGE, .max_mappings = UINT32_MAX },
		.range_count = 1,
		.ranges = { { 0, (1ull << 39) - 1 } },
		.owns_all = true,
	};
	assert_int_equal(dma_domain_get(&iommu->base, &domain), 0);
	return domain;
}

/* All is given back: nothing stays mapped, no transport holds the domain. */
static void end(struct iommu *iommu, struct dma_domain *domain)
{
	dma_domain_put(domain);
	assert_int_equal(iommu->count, 0);
	assert_int_equal(iommu->refs, 0);
	assert_null(iommu->base.upper);
}

static int allocate(struct dma_domain *domain, size_t len, struct nvu_dma **ret_buf)
{
	const struct dma_alloc want = { .len = len,
					.node = PAGES_NODE_ANY,
					.prot = TRANSPORT_DMA_READ | TRANSPORT_DMA_WRITE };

	return dma_alloc(domain, &want, ret_buf);
}

static struct nvu_dma *must_allocate(struct dma_domain *domain, size_t len)
{
	struct nvu_dma *buf = NULL;
	int ret = allocate(domain, len, &buf);

	if (ret)
		fail_msg("%zu bytes: %d: %s", len, ret, error_get());
	return buf;
}

/* map() looks. */
static void memory_is_touched_before_it_is_mapped(void **state)
{
	static const size_t lens[] = { 1, PAGE, 5 * PAGE, 300 * PAGE, 3 * MIB + PAGE };
	struct iommu iommu;
	struct dma_domain *domain = start(&iommu);

	(void)state;
	for (size_t idx = 0; idx < COUNT(lens); idx++)
		assert_int_equal(dma_free(must_allocate(domain, lens[idx])), 0);
	end(&iommu, domain);
}

/* Of buffers and of their page lists. The exit status says which. */
static int count_accessible(const struct iommu *iommu)
{
	int count = 0;

	for (uint32_t idx = 0; idx < iommu->count; idx++)
		count += msync(iommu->maps[idx].vaddr, PAGE, MS_ASYNC) == 0;
	return count;
}

static void memory_of_the_device_is_not_a_childs(void **state)
{
	struct iommu iommu;
	struct dma_domain *domain = start(&iommu);
	struct nvu_dma *small = must_allocate(domain, 5 * PAGE); /* its list is a piece of a page */
	struct nvu_dma *large = must_allocate(domain, 600 * PAGE);
	int status = -1;
	pid_t child;

	(void)state;
	assert_int_equal(iommu.count, 4);
	assert_int_equal(count_accessible(&iommu), 4);
	child = fork();
	if (child == 0)
		_exit(count_accessible(&iommu));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(dma_free(small), 0);
	assert_int_equal(dma_free(large), 0);
	end(&iommu, domain);
}

/* Allocates single pages until there is no address; all addresses are different, as map() says. */
static uint32_t fill_up(struct dma_domain *domain, struct nvu_dma **bufs, uint32_t max)
{
	uint32_t count = 0;
	int ret = 0;

	while (count < max && !(ret = allocate(domain, PAGE, &bufs[count])))
		count++;
	if (count < max)
		assert_int_equal(ret, -ENOSPC);
	return count;
}

static void give_back(struct nvu_dma **bufs, uint32_t count)
{
	while (count)
		assert_int_equal(dma_free(bufs[--count]), 0);
}

static void addresses_come_from_the_windows(void **state)
{
	struct iommu iommu;
	struct dma_domain *domain = start(&iommu);
	struct nvu_dma *bufs[16];

	(void)state;
	dma_domain_put(domain);
	iommu.range_count = 3;
	iommu.ranges[0] = (struct transport_range){ 0, 4 * PAGE - 1 };
	iommu.ranges[1] = (struct transport_range){ 8 * PAGE, 9 * PAGE - 1 };
	iommu.ranges[2] = (struct transport_range){ 0x100000, 0x101fff };
	assert_int_equal(dma_domain_get(&iommu.base, &domain), 0);
	assert_int_equal(allocate(domain, 4 * PAGE, &bufs[0]), -ENOSPC);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(fill_up(domain, bufs, COUNT(bufs)), 6); /* not the first page */
		give_back(bufs, 6);
	}
	end(&iommu, domain);
}

/* Another controller joins the domain, and the kernel takes addresses away. */
static void windows_that_shrink_are_kept_to(void **state)
{
	struct iommu iommu;
	struct dma_domain *domain = start(&iommu), *again = NULL;
	struct nvu_dma *before = must_allocate(domain, PAGE), *bufs[16];
	uint32_t count;

	(void)state;
	iommu.ranges[0] = (struct transport_range){ 0, 8 * PAGE - 1 };
	assert_int_equal(dma_domain_get(&iommu.base, &again), 0);
	assert_ptr_equal(again, domain);
	count = fill_up(domain, bufs, COUNT(bufs));
	assert_int_equal(count, 6); /* neither the first page nor that in use */
	give_back(bufs, count);
	assert_int_equal(dma_free(before), 0);
	dma_domain_put(again);
	end(&iommu, domain);
}

static void mappings_end_at_the_limit(void **state)
{
	struct iommu iommu;
	struct dma_domain *domain = start(&iommu);
	struct nvu_dma *bufs[8];

	(void)state;
	iommu.base.max_mappings = 3;
	for (int round = 0; round < 3; round++) {
		assert_int_equal(fill_up(domain, bufs, COUNT(bufs)), 3);
		assert_non_null(strstr(error_get(), "all 3 IOMMU mappings are in use"));
		give_back(bufs, 3);
	}
	end(&iommu, domain);
}

static void mapping_that_fails_leaves_nothing(void **state)
{
	struct iommu iommu;
	struct dma_domain *domain = start(&iommu);
	struct nvu_dma *bufs[16], *buf;
	size_t before;

	(void)state;
	dma_domain_put(domain);
	iommu.ranges[0] = (struct transport_range){ PAGE, 8 * PAGE - 1 };
	assert_int_equal(dma_domain_get(&iommu.base, &domain), 0);
	before = device_memory();
	for (int round = 0; round < 10; round++) {
		iommu.fail_map = -EIO;
		assert_int_equal(allocate(domain, PAGE, &buf), -EIO);
	}
	assert_int_equal(device_memory(), before);
	assert_int_equal(fill_up(domain, bufs, COUNT(bufs)), 7);
	give_back(bufs, 7);
	end(&iommu, domain);
}

/* What the IOMMU still maps is not given to anybody: neither the memory nor the address. */
static void unmapping_that_fails_keeps_all(void **state)
{
	struct iommu iommu;
	struct dma_domain *domain = start(&iommu);
	struct nvu_dma *buf, *bufs[16];

	(void)state;
	dma_domain_put(domain);
	iommu.ranges[0] = (struct transport_range){ PAGE, 8 * PAGE - 1 };
	assert_int_equal(dma_domain_get(&iommu.base, &domain), 0);
	buf = must_allocate(domain, PAGE);
	iommu.fail_unmap = -EIO;
	assert_int_equal(dma_free(buf), -EIO);
	memset(buf->addr, 1, PAGE);
	assert_int_equal(fill_up(domain, bufs, COUNT(bufs)), 6);
	give_back(bufs, 6);
	assert_int_equal(dma_free(buf), 0);
	assert_int_equal(fill_up(domain, bufs, COUNT(bufs)), 7);
	give_back(bufs, 7);
	end(&iommu, domain);
}

static void large_buffers_begin_at_superpages(void **state)
{
	struct iommu iommu;
	struct dma_domain *domain = start(&iommu);
	struct nvu_dma *small = must_allocate(domain, PAGE);
	struct nvu_dma *large = must_allocate(domain, 2 * MIB);

	(void)state;
	assert_int_equal(large->iova % (2 * MIB), 0);
	assert_int_equal(dma_free(small), 0);
	assert_int_equal(dma_free(large), 0);
	end(&iommu, domain);
}

/* A buffer lives on without its domain's other users; its page list lies in one page. */
static void page_lists_are_the_devices_to_read_only(void **state)
{
	struct iommu iommu;
	struct dma_domain *domain = start(&iommu);
	struct nvu_dma *bufs[64];
	uint32_t lists = 0;

	(void)state;
	for (uint32_t idx = 0; idx < COUNT(bufs); idx++) {
		struct nvu_dma *buf = must_allocate(domain, (3 + idx * 4) * PAGE);

		assert_int_equal((uintptr_t)buf->list.entries / PAGE,
				 ((uintptr_t)buf->list.entries + buf->list.bytes - 1) / PAGE);
		bufs[idx] = buf;
	}
	dma_domain_put(domain);
	for (uint32_t idx = 0; idx < iommu.count; idx++)
		lists += iommu.maps[idx].prot == TRANSPORT_DMA_READ;
	assert_true(lists > 0);
	assert_int_equal(iommu.count - lists, COUNT(bufs));
	assert_int_equal(iommu.refs, 1);
	give_back(bufs, COUNT(bufs));
	assert_int_equal(iommu.count, 0);
	assert_int_equal(iommu.refs, 0);
}

static void page_lists_given_back_are_used_again(void **state)
{
	struct iommu iommu;
	struct dma_domain *domain = start(&iommu);

	(void)state;
	iommu.owns_all = false; /* seen elsewhere, and slow */
	for (int round = 0; round < 200; round++)
		assert_int_equal(dma_free(must_allocate(domain, 256 * PAGE)), 0);
	assert_int_equal(iommu.count, 1); /* one chunk of lists */
	end(&iommu, domain);
}

/* So that the use of a freed handle is noticed as long as possible. */
static void freed_handle_is_not_the_next_one(void **state)
{
	struct iommu iommu;
	struct dma_domain *domain = start(&iommu);
	struct nvu_dma *first = must_allocate(domain, PAGE), *second;

	(void)state;
	assert_int_equal(dma_free(first), 0);
	second = must_allocate(domain, PAGE);
	assert_ptr_not_equal(second, first);
	assert_int_equal(first->len, 0);
	assert_int_equal(dma_free(second), 0);
	end(&iommu, domain);
}

static void domains_have_keys_of_their_own(void **state)
{
	struct iommu one, other;
	struct dma_domain *first = start(&one), *second = start(&other);

	(void)state;
	assert_int_not_equal(first->owner_id, second->owner_id);
	assert_int_equal((uint32_t)first->owner_id, 0);
	end(&one, first);
	end(&other, second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_touched_before_it_is_mapped),
		cmocka_unit_test(memory_of_the_device_is_not_a_childs),
		cmocka_unit_test(addresses_come_from_the_windows),
		cmocka_unit_test(windows_that_shrink_are_kept_to),
		cmocka_unit_test(mappings_end_at_the_limit),
		cmocka_unit_test(mapping_that_fails_leaves_nothing),
		cmocka_unit_test(unmapping_that_fails_keeps_all),
		cmocka_unit_test(large_buffers_begin_at_superpages),
		cmocka_unit_test(page_lists_are_the_devices_to_read_only),
		cmocka_unit_test(page_lists_given_back_are_used_again),
		cmocka_unit_test(freed_handle_is_not_the_next_one),
		cmocka_unit_test(domains_have_keys_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
