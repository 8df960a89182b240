/* SPDX-License-Identifier: MIT */
/*
 * Capability chains of VFIO's info structures: what a kernel says, and what none should say.
 */
#include "transport/vfio/caps.h"

#include <errno.h>
#include <linux/vfio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { INFO_BYTES = 2048, PAGE = 4096 };

/* An info structure under construction: capabilities are appended as the kernel does it. */
struct builder {
	char info[INFO_BYTES];
	uint32_t len;
	uint32_t last; /* offset of the last capability's header; 0: none */
	uint32_t *chain;
};

static void begin_type1(struct builder *b, uint32_t flags)
{
	struct vfio_iommu_type1_info *head = (void *)b->info;

	memset(b, 0, sizeof(*b));
	head->flags = flags;
	head->iova_pgsizes = PAGE;
	b->len = sizeof(*head);
	b->chain = &head->cap_offset;
}

static void begin_region(struct builder *b, uint32_t flags, uint64_t size)
{
	struct vfio_region_info *head = (void *)b->info;

	memset(b, 0, sizeof(*b));
	head->flags = flags;
	head->size = size;
	b->len = sizeof(*head);
	b->chain = &head->cap_offset;
}

static void add_cap(struct builder *b, uint16_t id, const void *body, uint32_t body_bytes)
{
	struct vfio_info_cap_header header = { .id = id, .version = 1 };

	assert_true(b->len + sizeof(header) + body_bytes <= INFO_BYTES);
	if (b->last)
		memcpy(b->info + b->last + offsetof(struct vfio_info_cap_header, next), &b->len, 4);
	else
		*b->chain = b->len;
	b->last = b->len;
	memcpy(b->info + b->len, &header, sizeof(header));
	memcpy(b->info + b->len + sizeof(header), body, body_bytes);
	b->len += (uint32_t)sizeof(header) + body_bytes;
}

static void add_ranges(struct builder *b, uint32_t count, const struct vfio_iova_range *ranges)
{
	uint32_t body[2 + 64 * 4] = { count };

	memcpy(body + 2, ranges, count * sizeof(*ranges));
	add_cap(b, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, body,
		(uint32_t)(8 + count * sizeof(*ranges)));
}

static void add_sparse(struct builder *b, uint32_t count,
		       const struct vfio_region_sparse_mmap_area *areas)
{
	uint32_t body[2 + 8 * 4] = { count };

	memcpy(body + 2, areas, count * sizeof(*areas));
	add_cap(b, VFIO_REGION_INFO_CAP_SPARSE_MMAP, body, (uint32_t)(8 + count * sizeof(*areas)));
}

static const struct vfio_iova_range around_msi[] = {
	{ 0, 0xfedfffff },
	{ 0xfef00000, 0x7fffffffff },
};

static void caps_iova_ranges_leaves_the_msi_window_out(void **state)
{
	struct transport_range ranges[TRANSPORT_RANGES_MAX];
	struct builder b;
	uint32_t count;

	(void)state;
	begin_type1(&b, VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS);
	add_ranges(&b, 2, around_msi);

	assert_int_equal(caps_iova_ranges(b.info, b.len, PAGE, ranges, &count), 0);

	assert_int_equal(count, 2);
	assert_int_equal(ranges[0].first, 0);
	assert_int_equal(ranges[0].last, 0xfedfffff);
	assert_int_equal(ranges[1].first, 0xfef00000);
	assert_int_equal(ranges[1].last, 0x7fffffffff);
}

static void caps_iova_ranges_behind_an_unaligned_offset_is_found(void **state)
{
	struct transport_range ranges[TRANSPORT_RANGES_MAX];
	struct builder b;
	uint32_t avail = 65535, count = 0;

	(void)state;
	begin_type1(&b, VFIO_IOMMU_INFO_CAPS);
	add_cap(&b, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, &avail, sizeof(avail)); /* 12 bytes */
	add_ranges(&b, 2, around_msi);

	assert_int_equal(caps_iova_ranges(b.info, b.len, PAGE, ranges, &count), 0);

	assert_int_equal(count, 2);
	assert_int_equal(ranges[1].last, 0x7fffffffff);
}

static void caps_iova_ranges_are_cut_to_whole_pages(void **state)
{
	static const struct vfio_iova_range unaligned[] = {
		{ 0x1001, 0x4ffe },		    /* 0x2000 to 0x3fff stay */
		{ 0x10001, 0x11ffe },		    /* less than a whole page */
		{ 0x20, 0x30 },			    /* ends in page 0 */
		{ 0xfffffffffffff001, UINT64_MAX }, /* cannot be rounded up */
		{ 0xffffffffffffe000, UINT64_MAX }, /* the very last pages */
	};
	struct transport_range ranges[TRANSPORT_RANGES_MAX];
	struct builder b;
	uint32_t count;

	(void)state;
	begin_type1(&b, VFIO_IOMMU_INFO_CAPS);
	add_ranges(&b, 5, unaligned);

	assert_int_equal(caps_iova_ranges(b.info, b.len, PAGE, ranges, &count), 0);

	assert_int_equal(count, 2);
	assert_int_equal(ranges[0].first, 0x2000);
	assert_int_equal(ranges[0].last, 0x3fff);
	assert_true(ranges[1].first == 0xffffffffffffe000 && ranges[1].last == UINT64_MAX);
}

static void caps_iova_ranges_beyond_the_maximum_are_left_out(void **state)
{
	struct transport_range ranges[TRANSPORT_RANGES_MAX];
	struct vfio_iova_range many[TRANSPORT_RANGES_MAX + 8];
	struct builder b;
	uint32_t count;

	(void)state;
	for (uint32_t i = 0; i < TRANSPORT_RANGES_MAX + 8; i++)
		many[i] = (struct vfio_iova_range){ i * 0x10000ull, i * 0x10000ull + 0xfff };
	begin_type1(&b, VFIO_IOMMU_INFO_CAPS);
	add_ranges(&b, TRANSPORT_RANGES_MAX + 8, many);

	assert_int_equal(caps_iova_ranges(b.info, b.len, PAGE, ranges, &count), 0);

	assert_int_equal(count, TRANSPORT_RANGES_MAX);
}

static void caps_iova_ranges_without_capabilities_returns_enoent(void **state)
{
	struct transport_range ranges[TRANSPORT_RANGES_MAX];
	struct builder b;
	uint32_t count = 77;

	(void)state;
	begin_type1(&b, VFIO_IOMMU_INFO_PGSIZES); /* the flag is missing, so is the chain */
	add_ranges(&b, 2, around_msi);

	assert_int_equal(caps_iova_ranges(b.info, b.len, PAGE, ranges, &count), -ENOENT);
	assert_int_equal(count, 77);
}

static void caps_iova_ranges_longer_than_the_buffer_returns_eproto(void **state)
{
	struct transport_range ranges[TRANSPORT_RANGES_MAX];
	struct builder b;
	uint32_t count = 77;

	(void)state;
	begin_type1(&b, VFIO_IOMMU_INFO_CAPS);
	add_ranges(&b, 2, around_msi);

	/* Every shorter buffer cuts the head, the chain, or the list. */
	for (size_t len = sizeof(struct vfio_iommu_type1_info); len < b.len; len++)
		assert_int_equal(caps_iova_ranges(b.info, len, PAGE, ranges, &count), -EPROTO);
	assert_int_equal(caps_iova_ranges(b.info, 4, PAGE, ranges, &count), -ENOENT);
	assert_int_equal(count, 77);
}

static void caps_find_chain_going_backwards_returns_eproto(void **state)
{
	struct vfio_info_cap_header cap;
	struct builder b;
	uint32_t avail = 1, self;
	size_t at;

	(void)state;
	begin_type1(&b, VFIO_IOMMU_INFO_CAPS);
	add_cap(&b, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, &avail, sizeof(avail));
	self = b.last;
	memcpy(b.info + self + offsetof(struct vfio_info_cap_header, next), &self, 4);

	assert_int_equal(caps_find(b.info, b.len, self, 99, &cap, sizeof(cap), &at), -EPROTO);
}

static void caps_find_offset_past_the_end_returns_eproto(void **state)
{
	struct vfio_info_cap_header cap;
	char info[64] = { 0 };
	size_t at;

	(void)state;
	assert_int_equal(caps_find(info, 64, 64, 1, &cap, sizeof(cap), &at), -EPROTO);
	assert_int_equal(caps_find(info, 64, 57, 1, &cap, sizeof(cap), &at), -EPROTO);
	assert_int_equal(caps_find(info, 64, UINT32_MAX, 1, &cap, sizeof(cap), &at), -EPROTO);
	assert_int_equal(caps_find(info, 64, 0, 1, &cap, sizeof(cap), &at), -ENOENT);
}

static void caps_dma_avail_reads_the_count(void **state)
{
	struct builder b;
	uint32_t avail = 12345;

	(void)state;
	begin_type1(&b, VFIO_IOMMU_INFO_CAPS);
	add_ranges(&b, 2, around_msi);
	add_cap(&b, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, &avail, sizeof(avail));

	assert_int_equal(caps_dma_avail(b.info, b.len), 12345);
	/* Cut, or not said: no limit is known. */
	assert_int_equal(caps_dma_avail(b.info, b.len - 1), UINT32_MAX);
	begin_type1(&b, VFIO_IOMMU_INFO_PGSIZES);
	assert_int_equal(caps_dma_avail(b.info, b.len), UINT32_MAX);
}

static void caps_mappable_window_without_sparse_areas_is_the_region(void **state)
{
	struct caps_window window;
	struct builder b;

	(void)state;
	begin_region(&b, VFIO_REGION_INFO_FLAG_MMAP, 0x4000);

	assert_int_equal(caps_mappable_window(b.info, b.len, 0x1000, PAGE, &window), 0);

	assert_int_equal(window.first, 0);
	assert_int_equal(window.end, 0x4000);
}

static void caps_mappable_window_not_mappable_returns_enoent(void **state)
{
	struct caps_window window;
	struct builder b;

	(void)state;
	begin_region(&b, VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE, 0x4000);

	assert_int_equal(caps_mappable_window(b.info, b.len, 0x1000, PAGE, &window), -ENOENT);
}

/* A table of MSI-X vectors at 0x2000 that may not be mapped: areas before and behind it. */
static void caps_mappable_window_stops_before_the_msix_table(void **state)
{
	static const struct vfio_region_sparse_mmap_area areas[] = {
		{ .offset = 0, .size = 0x2000 },
		{ .offset = 0x3000, .size = 0x1000 },
	};
	struct caps_window window;
	struct builder b;

	(void)state;
	begin_region(&b, VFIO_REGION_INFO_FLAG_MMAP | VFIO_REGION_INFO_FLAG_CAPS, 0x4000);
	add_sparse(&b, 2, areas);

	assert_int_equal(caps_mappable_window(b.info, b.len, 0x1000, PAGE, &window), 0);
	assert_int_equal(window.first, 0);
	assert_int_equal(window.end, 0x2000);
	assert_int_equal(caps_mappable_window(b.info, b.len, 0x3000, PAGE, &window), 0);
	assert_int_equal(window.first, 0x3000);
	assert_int_equal(caps_mappable_window(b.info, b.len, 0x2000, PAGE, &window), -ENOENT);
}

static void caps_mappable_window_bad_areas_return_eproto(void **state)
{
	static const struct vfio_region_sparse_mmap_area bad[] = {
		{ .offset = 0, .size = 0x5000 },	  /* longer than the region */
		{ .offset = 0x5000, .size = 0x1000 },	  /* behind it */
		{ .offset = 0x1000, .size = UINT64_MAX }, /* wraps */
		{ .offset = 0x0800, .size = 0x1800 },	  /* not on a page */
	};
	struct caps_window window;
	struct builder b;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		begin_region(&b, VFIO_REGION_INFO_FLAG_MMAP | VFIO_REGION_INFO_FLAG_CAPS, 0x4000);
		add_sparse(&b, 1, &bad[i]);
		assert_int_equal(caps_mappable_window(b.info, b.len, 0x1000, PAGE, &window),
				 -EPROTO);
	}
	begin_region(&b, VFIO_REGION_INFO_FLAG_MMAP, 0x4000);
	assert_int_equal(caps_mappable_window(b.info, 8, 0x1000, PAGE, &window), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(caps_iova_ranges_leaves_the_msi_window_out),
		cmocka_unit_test(caps_iova_ranges_behind_an_unaligned_offset_is_found),
		cmocka_unit_test(caps_iova_ranges_are_cut_to_whole_pages),
		cmocka_unit_test(caps_iova_ranges_beyond_the_maximum_are_left_out),
		cmocka_unit_test(caps_iova_ranges_without_capabilities_returns_enoent),
		cmocka_unit_test(caps_iova_ranges_longer_than_the_buffer_returns_eproto),
		cmocka_unit_test(caps_find_chain_going_backwards_returns_eproto),
		cmocka_unit_test(caps_find_offset_past_the_end_returns_eproto),
		cmocka_unit_test(caps_dma_avail_reads_the_count),
		cmocka_unit_test(caps_mappable_window_without_sparse_areas_is_the_region),
		cmocka_unit_test(caps_mappable_window_not_mappable_returns_enoent),
		cmocka_unit_test(caps_mappable_window_stops_before_the_msix_table),
		cmocka_unit_test(caps_mappable_window_bad_areas_return_eproto),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
