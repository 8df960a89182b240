/* SPDX-License-Identifier: MIT */
/*
 * Proved: whatever bytes another process sends as the JSON of its version, looking for the number behind a name reads
 * nothing outside them, and ends.
 *
 * Bounds: up to 8 bytes (large: 12), a name of one letter.
 *
 * @sources transport/vfio_user/frame.c
 * @options --unwind 10 --object-bits 10
 * @large --unwind 14 --object-bits 10
 * @without conversion-check pointer-overflow-check
 */
#include "proof.h"
#include "transport/vfio_user/frame.h"

enum { JSON_MAX = BOUND(12, 8) };

void harness(void)
{
	uint8_t json[JSON_MAX];
	uint32_t len = nondet_u32();
	uint64_t value = 0;
	bool found;

	assume(len <= JSON_MAX);
	found = frame_capability(json, len, "n", &value);
	prove(!found || len > 4, "a name, a colon, a digit");
	reached();
}
