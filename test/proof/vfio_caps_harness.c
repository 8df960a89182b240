/* SPDX-License-Identifier: MIT */
/*
 * Proved: whatever the bytes are that the kernel gives as info with a chain of capabilities, reading
 * them ends, and reads and writes nothing outside them and the caller's variables; a range of
 * I/O addresses is whole pages and not empty; a window that may be mapped is inside the region and has
 * the byte that was wanted.
 *
 * Bounds: chains of any shape in 21 bytes; ranges and windows from a chain of one capability anywhere in
 * 48 bytes behind the head, any content.
 *
 * @sources transport/vfio/caps.c
 * @options --unwind 16 --no-array-field-sensitivity --object-bits 10
 * @without conversion-check
 */
#include "proof.h"
#include "transport/vfio/caps.h"

#include <errno.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096, CHAIN_BYTES = BOUND(48, 32) };

/* A chain of any shape in a short buffer. */
static void check_find(size_t len)
{
	struct {
		struct vfio_info_cap_header header;
		uint32_t more;
	} cap;
	uint16_t id = nondet_u16();
	void *info = malloc(len);
	size_t at = 0;
	int ret = caps_find(info, len, nondet_u32(), id, &cap, sizeof(cap), &at);

	prove(ret == 0 || ret == -ENOENT || ret == -EPROTO, "found, absent or malformed");
	prove(ret || (at > 0 && at <= len && sizeof(cap) <= len - at), "inside the buffer");
	prove(ret || cap.header.id == id, "what was looked for");
}

/* The chain, wherever it begins, has one capability at most. */
static void assume_short_chain(const void *info, size_t len, uint32_t at, uint16_t id)
{
	struct vfio_info_cap_header header;

	if (at > len || sizeof(header) > len - at)
		return;
	memcpy(&header, (const char *)info + at, sizeof(header));
	assume(header.id == id || !header.next);
}

static void check_ranges(void)
{
	struct transport_range ranges[TRANSPORT_RANGES_MAX];
	struct {
		struct vfio_iommu_type1_info head;
		uint8_t chain[CHAIN_BYTES];
	} *info = malloc(sizeof(*info));
	uint32_t count = 0, i = nondet_u32();

	assume_short_chain(info, sizeof(*info), info->head.cap_offset,
			   VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE);
	if (caps_iova_ranges(info, sizeof(*info), PAGE, ranges, &count))
		return;
	prove(count <= TRANSPORT_RANGES_MAX, "no more than there is room for");
	prove(count * sizeof(struct vfio_iova_range) <= sizeof(*info), "no more than were sent");
	assume(i < count);
	prove(ranges[i].first < ranges[i].last, "not empty");
	prove(ranges[i].first % PAGE == 0 && ranges[i].last % PAGE == PAGE - 1, "whole pages");
}

static void check_window(void)
{
	struct {
		struct vfio_region_info head;
		uint8_t chain[CHAIN_BYTES];
	} *info = malloc(sizeof(*info));
	struct caps_window window;
	uint64_t want = nondet_u64();

	assume_short_chain(info, sizeof(*info), info->head.cap_offset,
			   VFIO_REGION_INFO_CAP_SPARSE_MMAP);
	if (caps_mappable_window(info, sizeof(*info), want, PAGE, &window))
		return;
	prove(window.first <= want && want < window.end, "it has the byte");
	prove(window.first % PAGE == 0, "it begins at a page");
	prove(window.end <= info->head.size, "inside the region");
}

static void check_cut_off(size_t len)
{
	struct transport_range ranges[TRANSPORT_RANGES_MAX];
	struct caps_window window;
	uint32_t count;
	void *info = malloc(len);

	prove(caps_iova_ranges(info, len, PAGE, ranges, &count) != 0, "no head, no ranges");
	prove(caps_mappable_window(info, len, 0, PAGE, &window) == -EPROTO, "no head, no window");
	prove(caps_dma_avail(info, len) == UINT32_MAX, "no head, no limit");
}

void harness(void)
{
	check_find(0);
	check_find(7);
	check_find(BOUND(21, 17));
	check_ranges();
	check_window();
	check_cut_off(0);
	check_cut_off(15);
	reached();
}
