// SPDX-License-Identifier: MIT
/*
 * fuzz_caps.c: lib/ctrl/caps.c on any CAP, any size of BAR0, any MDTS: what is accepted is within
 * what the rest of the library can compute with.
 */
#include "ctrl/caps.h"

#include "input.h"

#include <nvu/regs.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, data + size };
	uint64_t cap = input_u64(&input), reg_bytes = input_u64(&input);
	uint8_t mdts = input_u8(&input);
	struct ctrl_caps caps;
	uint64_t pairs;
	uint32_t bytes;

	if (caps_decode(cap, &caps))
		return 0;
	PROMISE(caps.max_entries >= 2 && caps.max_entries <= 65536);
	PROMISE(caps.page_shift >= 12 && caps.page_shift <= CAPS_PAGE_SHIFT_MAX);
	PROMISE(caps.ready_timeout_ms >= 500 && caps.ready_timeout_ms <= 127500);
	PROMISE(caps.doorbell_stride >= 4 && caps.doorbell_stride <= 4u << 15);

	pairs = caps_doorbell_pairs(&caps, reg_bytes);
	PROMISE(pairs <= 65536);
	PROMISE(!pairs || NVU_REG_DOORBELLS + (2 * pairs - 1) * caps.doorbell_stride <= UINT32_MAX);
	/* The last byte of the last pair's completion doorbell is inside. */
	if (pairs)
		PROMISE(NVU_REG_DOORBELLS + (2 * pairs - 1) * caps.doorbell_stride + 4 <=
			reg_bytes);

	bytes = caps_mdts_bytes(&caps, mdts);
	caps_take_crto(&caps, input_u32(&input));
	PROMISE(caps.ready_timeout_ms >= 500 && caps.ready_timeout_ms <= 65535 * 500);
	PROMISE(caps.media_timeout_ms >= caps.ready_timeout_ms);
	PROMISE(bytes == UINT32_MAX || (bytes >= 8192 && !(bytes & (bytes - 1))));
	return 0;
}
