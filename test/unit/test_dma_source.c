/* SPDX-License-Identifier: MIT */
/*
 * test_dma_source.c: where the memory of a mapping comes from: the dma layer passes its descriptor on, and refuses
 * memory without one where the device's process needs it.
 */
#include "base/error.h"
#include "dma/dma.h"
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>

enum { PAGE = 4096 };

/* A domain that remembers what was mapped last. */
struct recorder {
	struct transport_domain base;
	struct dma_source last;
	uint64_t file_bytes; /* of .last, as long as it has a descriptor */
	uint32_t mappings;
};

static struct recorder *of(struct transport_domain *domain)
{
	return (struct recorder *)(void *)domain;
}

static int map(struct transport_domain *domain, uint64_t iova, const struct dma_source *source,
	       uint32_t prot)
{
	struct stat status = { .st_size = 0 };

	(void)iova;
	(void)prot;
	(void)fstat(source->fd, &status);
	of(domain)->file_bytes = (uint64_t)status.st_size;
	of(domain)->last = *source;
	of(domain)->mappings++;
	return 0;
}

static int unmap(struct transport_domain *domain, uint64_t iova, size_t len)
{
	(void)iova;
	(void)len;
	of(domain)->mappings--;
	return 0;
}

static void count_nothing(struct transport_domain *domain)
{
	(void)domain;
}

static uint32_t ranges(struct transport_domain *domain, struct transport_range *ret_ranges)
{
	(void)domain;
	ret_ranges[0] = (struct transport_range){ 0, (1ull << 39) - 1 };
	return 1;
}

static const struct transport_domain_ops ops = { map, unmap, ranges, count_nothing, count_nothing };

static struct dma_domain *start(struct recorder *recorder, bool needs_descriptor)
{
	struct dma_domain *domain = NULL;

	*recorder = (struct recorder){ .base = { .ops = &ops,
						 .page_bytes = PAGE,
						 .max_mappings = UINT32_MAX,
						 .needs_descriptor = needs_descriptor } };
	assert_int_equal(dma_domain_get(&recorder->base, &domain), 0);
	return domain;
}

static void end(struct recorder *recorder, struct dma_domain *domain)
{
	dma_domain_put(domain);
	assert_int_equal(recorder->mappings, 0);
}

static char memory[2 * PAGE] __attribute__((aligned(PAGE)));

static const struct dma_source with_descriptor = {
	.vaddr = memory,
	.len = 2 * PAGE,
	.fd = 5,
	.fd_offset = 0x123000,
};

static const struct dma_source without_one = { .vaddr = memory, .len = 2 * PAGE, .fd = -1 };

static int allocate(struct dma_domain *domain, struct nvu_dma **ret_buf)
{
	const struct dma_alloc want = { .len = PAGE,
					.node = PAGES_NODE_ANY,
					.prot = TRANSPORT_DMA_READ | TRANSPORT_DMA_WRITE };

	return dma_alloc(domain, &want, ret_buf);
}

static void dma_register_passes_the_descriptor_on(void **state)
{
	struct recorder recorder;
	struct dma_domain *domain = start(&recorder, true);
	struct nvu_dma *buf;

	(void)state;
	assert_int_equal(dma_register(domain, &with_descriptor, TRANSPORT_DMA_READ, &buf), 0);

	assert_memory_equal(&recorder.last, &with_descriptor, sizeof(with_descriptor));
	assert_int_equal(dma_free(buf), 0);
	end(&recorder, domain);
}

static void dma_register_without_a_descriptor_is_refused_where_one_is_needed(void **state)
{
	struct recorder recorder;
	struct dma_domain *domain = start(&recorder, true);
	struct nvu_dma *buf = NULL;

	(void)state;
	assert_int_equal(dma_register(domain, &without_one, TRANSPORT_DMA_READ, &buf), -ENOTSUP);

	assert_non_null(strstr(error_get(), "NVU_DMA_SHARED"));
	assert_null(buf);
	end(&recorder, domain);
}

/* The descriptor is there while the memory is mapped; nothing keeps it. */
static void dma_alloc_has_a_file_where_a_descriptor_is_needed(void **state)
{
	struct recorder recorder;
	struct dma_domain *domain = start(&recorder, true);
	struct nvu_dma *buf;

	(void)state;
	assert_int_equal(allocate(domain, &buf), 0);

	assert_true(recorder.last.fd >= 0);
	assert_int_equal(recorder.last.fd_offset, 0);
	assert_int_equal(recorder.file_bytes, recorder.last.len);
	assert_int_equal(fcntl(recorder.last.fd, F_GETFD), -1);
	assert_ptr_equal(recorder.last.vaddr, buf->addr);
	memset(buf->addr, 0x55, PAGE);
	assert_int_equal(dma_free(buf), 0);
	end(&recorder, domain);
}

static void dma_alloc_says_that_anonymous_memory_has_no_descriptor(void **state)
{
	struct recorder recorder;
	struct dma_domain *domain = start(&recorder, false);
	struct nvu_dma *buf;

	(void)state;
	assert_int_equal(allocate(domain, &buf), 0);

	assert_int_equal(recorder.last.fd, -1);
	assert_ptr_equal(recorder.last.vaddr, buf->addr);
	assert_int_equal(dma_free(buf), 0);
	end(&recorder, domain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dma_register_passes_the_descriptor_on),
		cmocka_unit_test(dma_register_without_a_descriptor_is_refused_where_one_is_needed),
		cmocka_unit_test(dma_alloc_has_a_file_where_a_descriptor_is_needed),
		cmocka_unit_test(dma_alloc_says_that_anonymous_memory_has_no_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
