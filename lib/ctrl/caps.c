/* SPDX-License-Identifier: MIT */
/*
 * caps.c: decoding of CAP, Base 3.1.3.1, figure 36.
 */
#include "ctrl/caps.h"

#include "base/error.h"

#include <assert.h>
#include <errno.h>
#include <nvu/regs.h>

enum { TO_UNIT_MS = 500, CSS_NVM = 0, CSS_ALL = 6 };

#define REG_BYTES_MAX (1ull << 32) /* offsets of registers have 32 bits */

int caps_decode(uint64_t cap, struct ctrl_caps *ret_caps)
{
	uint32_t page_min = 12 + (uint32_t)NVU_GET(NVU_CAP_MPSMIN, cap);
	uint32_t page_max = 12 + (uint32_t)NVU_GET(NVU_CAP_MPSMAX, cap);
	uint32_t entries = (uint32_t)NVU_GET(NVU_CAP_MQES, cap) + 1;
	uint32_t timeout = (uint32_t)NVU_GET(NVU_CAP_TO, cap);

	if (cap == UINT64_MAX)
		return error_set(-ENODEV, "the controller does not answer: its registers read as "
					  "all ones; is it powered and still plugged in?");
	if (entries < 2)
		return error_set(-ENOTSUP,
				 "the controller reports queues of %u entry (CAP.MQES); nvu needs "
				 "at least 2",
				 entries);
	if (page_min > page_max || page_min > CAPS_PAGE_SHIFT_MAX)
		return error_set(-ENOTSUP,
				 "nvu cannot use the controller's memory pages: smallest "
				 "2^%u, largest 2^%u bytes (CAP.MPSMIN, CAP.MPSMAX)",
				 page_min, page_max);
	/* No bit at all is what controllers before 1.1 say, which had the NVM commands only. */
	if ((cap & NVU_CAP_CSS) && !(cap & (NVU_CAP_CSS_NVM | NVU_CAP_CSS_CSI)))
		return error_set(-ENOTSUP, "the controller has no NVM command set (CAP.CSS is %#x)",
				 (unsigned)NVU_GET(NVU_CAP_CSS, cap));
	*ret_caps = (struct ctrl_caps){
		.cap = cap,
		.max_entries = entries,
		.ready_timeout_ms = (timeout ? timeout : 1) * TO_UNIT_MS,
		.media_timeout_ms = (timeout ? timeout : 1) * TO_UNIT_MS,
		.doorbell_stride = 4u << NVU_GET(NVU_CAP_DSTRD, cap),
		.page_shift = page_min,
		.css = cap & NVU_CAP_CSS_CSI ? CSS_ALL : CSS_NVM,
		.has_crto = cap & (NVU_CAP_CRWMS | NVU_CAP_CRIMS),
		.crime = (cap & (NVU_CAP_CRWMS | NVU_CAP_CRIMS)) == NVU_CAP_CRIMS,
	};
	return 0;
}

static uint32_t longer(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

void caps_take_crto(struct ctrl_caps *caps, uint32_t crto)
{
	uint32_t media_ms = (uint32_t)NVU_GET(NVU_CRTO_CRWMT, crto) * TO_UNIT_MS;
	uint32_t alone_ms = (uint32_t)NVU_GET(NVU_CRTO_CRIMT, crto) * TO_UNIT_MS;

	caps->ready_timeout_ms = longer(caps->ready_timeout_ms, caps->crime ? alone_ms : media_ms);
	caps->media_timeout_ms = longer(caps->ready_timeout_ms, media_ms);
}

uint32_t caps_doorbell_pairs(const struct ctrl_caps *caps, uint64_t reg_bytes)
{
	uint64_t bytes = reg_bytes > REG_BYTES_MAX ? REG_BYTES_MAX : reg_bytes;
	uint64_t room = bytes > NVU_REG_DOORBELLS ? bytes - NVU_REG_DOORBELLS : 0;
	uint64_t pair = 2ull * caps->doorbell_stride;
	/* The last doorbell needs its 4 bytes only, not its stride. */
	uint64_t pairs = (room + caps->doorbell_stride - 4) / pair;

	assert(caps->doorbell_stride >= 4);
	return pairs > 65536 ? 65536 : (uint32_t)pairs;
}

uint32_t caps_mdts_bytes(const struct ctrl_caps *caps, uint8_t mdts)
{
	assert(caps->page_shift >= 12 && caps->page_shift <= CAPS_PAGE_SHIFT_MAX);
	if (mdts == 0 || mdts + caps->page_shift > 31)
		return UINT32_MAX;
	return 1u << (mdts + caps->page_shift);
}
