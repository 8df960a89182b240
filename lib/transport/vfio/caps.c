/* SPDX-License-Identifier: MIT */
/*
 * caps.c: capability chains of VFIO_IOMMU_GET_INFO and VFIO_DEVICE_GET_REGION_INFO. Everything is
 * copied out: older kernels place capabilities at offsets that are not a multiple of 8.
 */
#include "transport/vfio/caps.h"

#include <assert.h>
#include <errno.h>
#include <linux/vfio.h>
#include <string.h>

/* Copies bytes [offset, offset + bytes) of info, if info is that long. */
static bool copy_out(const void *info, size_t len, size_t offset, void *ret_data, size_t bytes)
{
	if (offset > len || bytes > len - offset)
		return false;
	memcpy(ret_data, (const char *)info + offset, bytes);
	return true;
}

int caps_find(const void *info, size_t len, uint32_t offset, uint16_t id, void *ret_cap,
	      size_t bytes, size_t *ret_offset)
{
	struct vfio_info_cap_header header;

	assert(bytes >= sizeof(header));
	while (offset) {
		if (!copy_out(info, len, offset, &header, sizeof(header)))
			return -EPROTO;
		if (header.id == id) {
			if (!copy_out(info, len, offset, ret_cap, bytes))
				return -EPROTO;
			*ret_offset = offset;
			return 0;
		}
		/* The kernel appends, so a chain only goes forward; that also bounds this loop. */
		if (header.next && header.next <= offset)
			return -EPROTO;
		offset = header.next;
	}
	return -ENOENT;
}

/* Where the chain of a type1 info begins; 0 when it has none. */
static uint32_t type1_chain(const void *info, size_t len)
{
	struct vfio_iommu_type1_info head;

	if (!copy_out(info, len, 0, &head, sizeof(head)) || !(head.flags & VFIO_IOMMU_INFO_CAPS))
		return 0;
	return head.cap_offset;
}

bool caps_align_range(struct transport_range *range, uint64_t page_bytes)
{
	uint64_t mask = page_bytes - 1;

	if (range->first > UINT64_MAX - mask)
		return false;
	range->first = (range->first + mask) & ~mask;
	if ((range->last & mask) != mask) {
		if (range->last < mask)
			return false;
		range->last = (range->last & ~mask) - 1;
	}
	return range->first < range->last;
}

int caps_iova_ranges(const void *info, size_t len, uint32_t page_bytes,
		     struct transport_range ret_ranges[TRANSPORT_RANGES_MAX], uint32_t *ret_count)
{
	struct vfio_iommu_type1_info_cap_iova_range cap;
	struct vfio_iova_range area;
	uint32_t count = 0;
	size_t at;
	int ret;

	assert(page_bytes && !(page_bytes & (page_bytes - 1)));
	ret = caps_find(info, len, type1_chain(info, len), VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE,
			&cap, sizeof(cap), &at);
	if (ret)
		return ret;

	at += sizeof(cap);
	for (uint32_t i = 0; i < cap.nr_iovas && count < TRANSPORT_RANGES_MAX; i++) {
		if (!copy_out(info, len, at, &area, sizeof(area)))
			return -EPROTO;
		at += sizeof(area);
		ret_ranges[count].first = area.start;
		ret_ranges[count].last = area.end;
		if (caps_align_range(&ret_ranges[count], page_bytes))
			count++;
	}
	*ret_count = count;
	return 0;
}

uint32_t caps_dma_avail(const void *info, size_t len)
{
	struct vfio_iommu_type1_info_dma_avail cap;
	size_t at;

	if (caps_find(info, len, type1_chain(info, len), VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, &cap,
		      sizeof(cap), &at))
		return UINT32_MAX;
	return cap.avail;
}

/* The sparse area with byte `want`, cut to the region. */
static int sparse_window(const void *info, size_t len, size_t at, uint32_t count, uint64_t want,
			 uint64_t region_bytes, struct caps_window *ret_window)
{
	struct vfio_region_sparse_mmap_area area;

	for (uint32_t i = 0; i < count; i++, at += sizeof(area)) {
		if (!copy_out(info, len, at, &area, sizeof(area)))
			return -EPROTO;
		if (area.offset > region_bytes || area.size > region_bytes - area.offset)
			return -EPROTO;
		if (want >= area.offset && want < area.offset + area.size) {
			ret_window->first = area.offset;
			ret_window->end = area.offset + area.size;
			return 0;
		}
	}
	return -ENOENT;
}

int caps_mappable_window(const void *info, size_t len, uint64_t want, uint32_t page_bytes,
			 struct caps_window *ret_window)
{
	struct vfio_region_info_cap_sparse_mmap cap;
	struct caps_window window;
	struct vfio_region_info head;
	uint32_t chain = 0;
	size_t at;
	int ret;

	if (!copy_out(info, len, 0, &head, sizeof(head)))
		return -EPROTO;
	if (!(head.flags & VFIO_REGION_INFO_FLAG_MMAP))
		return -ENOENT;
	if (head.flags & VFIO_REGION_INFO_FLAG_CAPS)
		chain = head.cap_offset;

	/* Without the capability all of it: where that would expose a forbidden MSI-X table, the
	 * kernel announces the areas around it, or refuses the mapping. */
	ret = caps_find(info, len, chain, VFIO_REGION_INFO_CAP_SPARSE_MMAP, &cap, sizeof(cap), &at);
	window.first = 0;
	window.end = head.size;
	if (!ret)
		ret = sparse_window(info, len, at + sizeof(cap), cap.nr_areas, want, head.size,
				    &window);
	else if (ret == -ENOENT && want < head.size)
		ret = 0;
	if (ret)
		return ret;
	if (window.first & (page_bytes - 1))
		return -EPROTO;
	*ret_window = window;
	return 0;
}
