/* SPDX-License-Identifier: MIT */
/*
 * caps.h: reads the capability chains behind VFIO's info structures. Pure: a buffer in, values out.
 * The kernel is trusted, yet every offset is checked against the buffer's length.
 */
#ifndef NVU_TRANSPORT_VFIO_CAPS_H
#define NVU_TRANSPORT_VFIO_CAPS_H

#include "transport/transport.h"

/* The bytes [first, end) of a region. */
struct caps_window {
	uint64_t first;
	uint64_t end;
};

/*
 * Copies the capability's first `bytes` bytes to ret_cap and its place to ret_offset. The chain
 * begins at `offset` of info (0: there is none). -ENOENT: absent; -EPROTO: malformed.
 */
int caps_find(const void *info, size_t len, uint32_t offset, uint16_t id, void *ret_cap,
	      size_t bytes, size_t *ret_offset);

/*
 * The allowed I/O addresses of a struct vfio_iommu_type1_info, cut to whole pages; those beyond
 * TRANSPORT_RANGES_MAX are left out. -ENOENT: the kernel does not say; -EPROTO: malformed.
 */
int caps_iova_ranges(const void *info, size_t len, uint32_t page_bytes,
		     struct transport_range ret_ranges[TRANSPORT_RANGES_MAX], uint32_t *ret_count);

/* Shrinks a window of I/O addresses to whole pages; false: nothing is left. */
bool caps_align_range(struct transport_range *range, uint64_t page_bytes);

/* How many more mappings a struct vfio_iommu_type1_info allows; UINT32_MAX: not said. */
uint32_t caps_dma_avail(const void *info, size_t len);

/*
 * The part of a struct vfio_region_info that may be mapped and holds byte `want`; where it is
 * sparse, the one area with it. -ENOENT: none; -EPROTO: malformed.
 */
int caps_mappable_window(const void *info, size_t len, uint64_t want, uint32_t page_bytes,
			 struct caps_window *ret_window);

#endif
