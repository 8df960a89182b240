/* SPDX-License-Identifier: MIT */
/*
 * Proved: whatever the kernel's info about a region says, reading it stays inside it; a window that may
 * be mapped is inside the region and has the byte that was wanted.
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

void harness(void)
{
	check_window();
	reached();
}
