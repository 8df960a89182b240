// SPDX-License-Identifier: MIT
/*
 * fuzz_vfio_caps.c: lib/transport/vfio/caps.c: VFIO's info structures with capability chains of any
 * content, in memory of exactly their length. The input: which byte of the region is wanted, then
 * the structure.
 */
#include "transport/vfio/caps.h"

#include "input.h"

#include <linux/vfio.h>

enum { PAGE = 4096 };

static void check_ranges(const void *info, size_t len)
{
	struct transport_range ranges[TRANSPORT_RANGES_MAX];
	uint32_t count = 0;

	if (caps_iova_ranges(info, len, PAGE, ranges, &count))
		return;
	PROMISE(count <= TRANSPORT_RANGES_MAX);
	for (uint32_t i = 0; i < count; i++) {
		PROMISE(ranges[i].first < ranges[i].last && ranges[i].first % PAGE == 0);
		PROMISE(ranges[i].last % PAGE == PAGE - 1);
	}
}

static void check_window(const void *info, size_t len, uint64_t want)
{
	struct caps_window window;
	struct vfio_region_info head;

	if (caps_mappable_window(info, len, want, PAGE, &window))
		return;
	memcpy(&head, info, sizeof(head));
	PROMISE(window.first <= want && want < window.end && window.end <= head.size);
	PROMISE(window.first % PAGE == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, data + size };
	uint64_t want = input_u64(&input);
	size_t len = (size_t)(input.end - input.at);
	char *info = malloc(len ? len : 1);

	PROMISE(info);
	input_bytes(&input, info, len);
	check_ranges(info, len);
	check_window(info, len, want);
	(void)caps_dma_avail(info, len);
	free(info);
	return 0;
}
