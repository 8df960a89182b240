/* SPDX-License-Identifier: MIT */
/*
 * Proved: whatever the CAP and CRTO registers, MDTS and the size of the register space say, decoding them
 * keeps to the bounds that the layers above rely on: depths of 2 to 65,536, a page of at most 64 KiB,
 * doorbells that are all inside the register space and its first 4 GiB, timeouts that are at least those
 * of CAP, a transfer limit that is no shift out of range.
 *
 * Bounds: none: all 64-bit values of CAP, all 32-bit values of CRTO, all 8-bit values of MDTS, register
 * spaces up to 2^62.
 * Conversions are not checked for: MDTS + page shift is below 32 where it is used, proved here.
 *
 * @sources ctrl/caps.c
 * @without conversion-check
 */
#include "ctrl/caps.h"
#include "proof.h"

#include <errno.h>
#include <nvu/regs.h>

static void check_decoded(const struct ctrl_caps *caps)
{
	uint64_t reg_bytes = nondet_u64(), last;
	uint32_t pairs, mdts_bytes, page;
	uint8_t mdts = nondet_u8();

	prove(caps->max_entries >= 2 && caps->max_entries <= 65536, "depths of 2 to 65,536");
	prove(caps->page_shift >= 12 && caps->page_shift <= CAPS_PAGE_SHIFT_MAX, "page size");
	prove(caps->ready_timeout_ms >= 500 && caps->ready_timeout_ms <= 255 * 500, "timeout");
	prove(caps->doorbell_stride >= 4 && caps->doorbell_stride <= 4u << 15, "stride");
	prove(caps->doorbell_stride % 4 == 0, "doorbells are aligned");
	prove(caps->css == 0 || caps->css == 6, "command sets");

	assume(reg_bytes <= 1ull << 62);
	pairs = caps_doorbell_pairs(caps, reg_bytes);
	prove(pairs <= 65536, "no more pairs than queue identifiers");
	last = NVU_REG_DOORBELLS +
	       (2ull * pairs + 1) * caps->doorbell_stride; /* of one pair more */
	prove(pairs == 0 || last - 2ull * caps->doorbell_stride + 4 <= reg_bytes,
	      "the last doorbell is inside the registers");
	prove(pairs == 0 || last - 2ull * caps->doorbell_stride <= UINT32_MAX,
	      "the last doorbell has an offset of 32 bits");
	prove(pairs == 65536 || last + 4 > reg_bytes || last + 4 > 1ull << 32,
	      "there is no room for one pair more");

	mdts_bytes = caps_mdts_bytes(caps, mdts);
	page = 1u << caps->page_shift;
	prove(mdts_bytes == UINT32_MAX || (mdts && mdts_bytes >= page), "at least a page");
	prove(mdts_bytes == UINT32_MAX || mdts_bytes >> caps->page_shift == 1u << mdts,
	      "2^MDTS pages");
}

static void check_crto(struct ctrl_caps caps)
{
	uint32_t before_ms = caps.ready_timeout_ms;

	prove(!caps.crime || caps.has_crto, "ready without its media: only of those that say so");
	caps_take_crto(&caps, nondet_u32());
	prove(caps.ready_timeout_ms >= before_ms && caps.ready_timeout_ms <= 65535 * 500,
	      "at least CAP.TO, and bounded");
	prove(caps.media_timeout_ms >= caps.ready_timeout_ms &&
		      caps.media_timeout_ms <= 65535 * 500,
	      "the media are not ready before the controller is");
}

void harness(void)
{
	uint64_t cap = nondet_u64();
	struct ctrl_caps caps = { .cap = 1 }, untouched = caps;
	int ret = caps_decode(cap, &caps);

	prove(ret <= 0, "0 or -errno");
	prove((ret == -ENODEV) == (cap == UINT64_MAX), "all ones is no controller");
	if (ret) {
		prove(caps.cap == untouched.cap && caps.max_entries == 0, "untouched on failure");
		return;
	}
	prove(caps.cap == cap, "the register as it was read");
	prove(caps.max_entries == (cap & 0xffff) + 1, "MQES is 0's based");
	check_decoded(&caps);
	check_crto(caps);
	reached();
}
