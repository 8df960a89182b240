/* SPDX-License-Identifier: MIT */
/*
 * contract_memory.c: the domain of a transport: its limits, map(), unmap(), how long it lives.
 */
#include "contract.h"

#include "base/error.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { READ_WRITE = TRANSPORT_DMA_READ | TRANSPORT_DMA_WRITE };

/* Of one case: memory of several of the domain's pages, and addresses for it. */
struct area {
	struct transport *transport;
	struct transport_domain *domain;
	size_t page;
	char *memory;
	uint64_t iova;
};

enum { PAGES = 8 };

static struct area begin(void **state)
{
	struct contract *it = *state;
	struct area area = { .transport = it->transport, .domain = it->transport->domain };

	area.page = area.domain->page_bytes;
	area.memory = contract_memory(PAGES * area.page);
	area.iova = contract_iova(it->transport, PAGES * area.page);
	return area;
}

static void end(const struct area *area)
{
	assert_int_equal(munmap(area->memory, PAGES * area->page), 0);
}

static int map(const struct area *area, uint64_t page, uint64_t pages, uint32_t prot)
{
	return contract_map(area->transport, area->iova + page * area->page,
			    area->memory + page * area->page, pages * area->page, prot);
}

static int unmap(const struct area *area, uint64_t page, uint64_t pages)
{
	return area->domain->ops->unmap(area->domain, area->iova + page * area->page,
					pages * area->page);
}

static void limits_are_usable(void **state)
{
	struct contract *it = *state;
	struct transport_domain *domain = it->transport->domain;
	struct transport_range ranges[TRANSPORT_RANGES_MAX];
	uint32_t count = domain->ops->ranges(domain, ranges);

	assert_true(domain->page_bytes >= 4096);
	assert_int_equal(domain->page_bytes & (domain->page_bytes - 1), 0);
	assert_true(__atomic_load_n(&domain->max_mappings, __ATOMIC_RELAXED) > 0);
	assert_int_equal(domain->needs_descriptor, !strncmp(it->address, "vfio-user:", 10));
	assert_in_range(count, 1, TRANSPORT_RANGES_MAX);
	for (uint32_t idx = 0; idx < count; idx++) {
		assert_true(ranges[idx].first < ranges[idx].last);
		assert_int_equal(ranges[idx].first % domain->page_bytes, 0);
		assert_int_equal((ranges[idx].last + 1) % domain->page_bytes, 0);
		if (idx)
			assert_true(ranges[idx].first > ranges[idx - 1].last);
	}
}

static void map_is_undone_by_unmap(void **state)
{
	static const uint32_t prots[] = { TRANSPORT_DMA_READ, TRANSPORT_DMA_WRITE, READ_WRITE };
	struct area area = begin(state);

	for (size_t row = 0; row < COUNT(prots); row++) {
		assert_int_equal(map(&area, 0, PAGES, prots[row]), 0);
		assert_int_equal(unmap(&area, 0, PAGES), 0);
		assert_int_equal(REFUSED(unmap(&area, 0, PAGES)), -ENOENT);
	}
	end(&area);
}

/* Both ends of each window, and neighbours, which stay mappings of their own. */
static void map_takes_every_allowed_address(void **state)
{
	struct area area = begin(state);
	struct transport_range ranges[TRANSPORT_RANGES_MAX];
	uint32_t count = area.domain->ops->ranges(area.domain, ranges);

	for (uint32_t idx = 0; idx < count; idx++) {
		uint64_t iovas[] = { ranges[idx].first, ranges[idx].first + area.page,
				     ranges[idx].last + 1 - area.page };

		for (size_t row = 0; row < COUNT(iovas); row++)
			assert_int_equal(contract_map(area.transport, iovas[row], area.memory,
						      area.page, READ_WRITE),
					 0);
		for (size_t row = 0; row < COUNT(iovas); row++)
			assert_int_equal(
				area.domain->ops->unmap(area.domain, iovas[row], area.page), 0);
	}
	end(&area);
}

static void map_of_mapped_addresses_is_refused(void **state)
{
	static const struct {
		uint64_t page, pages;
	} rows[] = { { 2, 2 }, { 1, 2 }, { 3, 2 }, { 0, PAGES }, { 2, 1 } };
	struct area area = begin(state);

	assert_int_equal(map(&area, 2, 2, READ_WRITE), 0);
	for (size_t row = 0; row < COUNT(rows); row++)
		assert_int_equal(
			REFUSED(map(&area, rows[row].page, rows[row].pages, TRANSPORT_DMA_READ)),
			-EEXIST);

	/* Nothing of them is left: the rest is free. */
	assert_int_equal(map(&area, 0, 2, READ_WRITE), 0);
	assert_int_equal(map(&area, 4, 4, READ_WRITE), 0);
	assert_int_equal(unmap(&area, 4, 4), 0);
	assert_int_equal(unmap(&area, 0, 2), 0);
	assert_int_equal(unmap(&area, 2, 2), 0);
	end(&area);
}

static void map_outside_the_ranges_is_refused(void **state)
{
	struct area area = begin(state);
	struct transport_range ranges[TRANSPORT_RANGES_MAX];
	uint32_t count = area.domain->ops->ranges(area.domain, ranges);
	const uint64_t iovas[] = {
		ranges[count - 1].last + 1,	/* behind the last */
		ranges[0].last + 1 - area.page, /* across the end of the first */
		UINT64_MAX - 2 * area.page + 1, /* at the end of all addresses */
		ranges[0].last + 1,
	};

	for (size_t row = 0; row < COUNT(iovas); row++)
		assert_int_equal(REFUSED(contract_map(area.transport, iovas[row], area.memory,
						      2 * area.page, READ_WRITE)),
				 -EINVAL);
	end(&area);
}

static void map_of_parts_of_pages_is_refused(void **state)
{
	struct area area = begin(state);
	const size_t page = area.page;
	const struct {
		uint64_t iova;
		char *memory;
		size_t len;
		uint32_t prot;
	} rows[] = {
		{ area.iova + 512, area.memory, page, READ_WRITE },
		{ area.iova, area.memory + 512, page, READ_WRITE },
		{ area.iova, area.memory, page + 512, READ_WRITE },
		{ area.iova, area.memory, 0, READ_WRITE },
		{ area.iova, area.memory, page, 0 },
	};

	for (size_t row = 0; row < COUNT(rows); row++)
		assert_int_equal(
			REFUSED(contract_map(area.transport, rows[row].iova, rows[row].memory,
					     rows[row].len, rows[row].prot)),
			-EINVAL);
	assert_int_equal(map(&area, 0, PAGES, READ_WRITE), 0);
	assert_int_equal(unmap(&area, 0, PAGES), 0);
	end(&area);
}

/* What is mapped although it must not be would make the cases behind fail as well. */
static int try_map(const struct area *area, char *memory, uint64_t pages)
{
	const size_t len = pages * area->page;
	int ret = contract_map(area->transport, area->iova, memory, len, READ_WRITE);

	if (!ret)
		(void)area->domain->ops->unmap(area->domain, area->iova, len);
	return ret;
}

/* A hole, and memory that the process may only read although the device is to write to it. */
static void map_of_memory_that_is_not_there_is_refused(void **state)
{
	struct area area = begin(state);

	if (area.domain->needs_descriptor) { /* then the file is what counts */
		end(&area);
		return;
	}
	assert_int_equal(munmap(area.memory + 2 * area.page, area.page), 0);
	assert_int_equal(REFUSED(try_map(&area, area.memory, 4)), -EFAULT);
	assert_int_equal(REFUSED(try_map(&area, NULL, 1)), -EFAULT);
	assert_int_equal(mprotect(area.memory, area.page, PROT_READ), 0);
	assert_int_equal(REFUSED(try_map(&area, area.memory, 1)), -EFAULT);
	assert_int_equal(map(&area, 0, 1, TRANSPORT_DMA_READ), 0);
	assert_int_equal(unmap(&area, 0, 1), 0);
	end(&area);
}

/* Of memory that is reached by its descriptor: past the end of the file, and by one that is for reading only. */
static void map_of_a_file_that_does_not_have_it_is_refused(void **state)
{
	struct area area = begin(state);
	struct dma_source source = { .vaddr = area.memory, .len = 2 * area.page };
	const struct transport_domain_ops *ops = area.domain->ops;
	char path[64];
	int only;

	if (!area.domain->needs_descriptor) {
		end(&area);
		return;
	}
	source.fd = memfd_create("short", MFD_CLOEXEC);
	assert_int_equal(ftruncate(source.fd, (off_t)(3 * area.page)), 0);
	for (uint64_t page = 2; page < 5; page++) {
		source.fd_offset = page * area.page;
		assert_int_equal(REFUSED(ops->map(area.domain, area.iova, &source, READ_WRITE)),
				 -EFAULT);
	}
	source.fd_offset = area.page;
	assert_int_equal(ops->map(area.domain, area.iova, &source, READ_WRITE), 0);
	assert_int_equal(ops->unmap(area.domain, area.iova, source.len), 0);

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", source.fd);
	only = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(close(source.fd), 0);
	assert_int_equal(REFUSED(ops->map(area.domain, area.iova, &source, READ_WRITE)), -EFAULT);
	source.fd = only;
	assert_int_equal(REFUSED(ops->map(area.domain, area.iova, &source, READ_WRITE)), -EFAULT);
	assert_int_equal(ops->map(area.domain, area.iova, &source, TRANSPORT_DMA_READ), 0);
	assert_int_equal(ops->unmap(area.domain, area.iova, source.len), 0);
	(void)close(only);
	end(&area);
}

static void unmap_of_a_part_is_refused(void **state)
{
	struct area area = begin(state);

	assert_int_equal(map(&area, 0, 4, READ_WRITE), 0);
	assert_true(REFUSED(unmap(&area, 0, 2)) < 0);
	assert_true(REFUSED(unmap(&area, 2, 2)) < 0);
	assert_true(REFUSED(unmap(&area, 1, 2)) < 0);

	assert_int_equal(REFUSED(map(&area, 0, 4, READ_WRITE)), -EEXIST);
	assert_int_equal(unmap(&area, 0, 4), 0);
	end(&area);
}

/* The domain lives as long as a reference does; without a device it maps nothing. */
static void domain_outlives_its_last_transport(void **state)
{
	struct contract *it = *state;
	struct area area = begin(state);

	area.domain->ops->get(area.domain);
	assert_int_equal(map(&area, 0, 2, READ_WRITE), 0);
	contract_close(it);

	assert_int_equal(unmap(&area, 0, 2), 0);
	area.transport = &(struct transport){ .domain = area.domain };
	assert_int_equal(REFUSED(map(&area, 0, 2, READ_WRITE)), -ENODEV);
	area.domain->ops->put(area.domain);

	area.transport = contract_open(it, true);
	area.domain = it->transport->domain;
	assert_int_equal(map(&area, 0, 2, READ_WRITE), 0);
	assert_int_equal(unmap(&area, 0, 2), 0);
	end(&area);
}

static const struct CMUnitTest tests[] = {
	CASE(limits_are_usable),
	CASE(map_is_undone_by_unmap),
	CASE(map_takes_every_allowed_address),
	CASE(map_of_mapped_addresses_is_refused),
	CASE(map_outside_the_ranges_is_refused),
	CASE(map_of_parts_of_pages_is_refused),
	CASE(map_of_memory_that_is_not_there_is_refused),
	CASE(map_of_a_file_that_does_not_have_it_is_refused),
	CASE(unmap_of_a_part_is_refused),
	CASE(domain_outlives_its_last_transport),
};

const struct cases memory_cases = { tests, COUNT(tests) };
