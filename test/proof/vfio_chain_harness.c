/* SPDX-License-Identifier: MIT */
/*
 * Proved: whatever the bytes are that the kernel gives as info with a chain of capabilities, looking for
 * one of them ends, and reads and writes nothing outside them and the caller's variables.
 *
 * Bounds: chains of any shape in 13 bytes; large: in 32.
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

enum { PAGE = 4096 };

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
	check_find(BOUND(32, 13));
	check_cut_off(0);
	check_cut_off(15);
	reached();
}
