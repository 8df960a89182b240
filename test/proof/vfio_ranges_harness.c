/* SPDX-License-Identifier: MIT */
/*
 * Proved: whatever the kernel's info about an IOMMU says, reading its ranges of I/O addresses stays
 * inside it and inside the caller's array; each is whole pages and not empty.
 *
 * Bounds: a chain of one capability anywhere in 32 bytes behind the head, any content; large: in 48.
 *
 * @sources transport/vfio/caps.c
 * @options --unwind 6 --no-array-field-sensitivity --object-bits 10
 * @without conversion-check
 */
#include "chain.h"
#include "transport/vfio/caps.h"

#include <stdlib.h>

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

void harness(void)
{
	check_ranges();
	reached();
}
