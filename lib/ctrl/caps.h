/* SPDX-License-Identifier: MIT */
/*
 * caps.h: what the CAP register says, checked. Pure: the register is the controller's word, and
 * nothing in it is believed beyond its bounds.
 */
#ifndef NVU_CTRL_CAPS_H
#define NVU_CTRL_CAPS_H

#include <stdint.h>

enum { CAPS_PAGE_SHIFT_MAX = 16 };

struct ctrl_caps {
	uint64_t cap;
	uint32_t max_entries;	   /* of a queue: 2..65,536 */
	uint32_t ready_timeout_ms; /* at least 500 */
	uint32_t doorbell_stride;  /* bytes between doorbells */
	uint32_t page_shift;	   /* memory page to use: the smallest, 4 KiB where it can be */
	uint32_t css;		   /* command sets to select: value of CC.CSS */
};

/* 0, -ENODEV all ones: nothing answers, -ENOTSUP out of what nvu can drive; sentence set. */
int caps_decode(uint64_t cap, struct ctrl_caps *ret_caps);

/*
 * How many doorbell pairs fit in register space of so many bytes; at least one is needed for the
 * admin queue.
 */
uint32_t caps_doorbell_pairs(const struct ctrl_caps *caps, uint64_t reg_bytes);

/* Bytes of the longest transfer that MDTS allows (Base figure 275); UINT32_MAX: no limit. */
uint32_t caps_mdts_bytes(const struct ctrl_caps *caps, uint8_t mdts);

#endif
