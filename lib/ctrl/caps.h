/* SPDX-License-Identifier: MIT */
/*
 * caps.h: what the CAP register says, checked. Pure: the register is the controller's word, and
 * nothing in it is believed beyond its bounds.
 */
#ifndef NVU_CTRL_CAPS_H
#define NVU_CTRL_CAPS_H

#include <stdbool.h>
#include <stdint.h>

enum { CAPS_PAGE_SHIFT_MAX = 16 };

struct ctrl_caps {
	uint64_t cap;
	uint32_t max_entries;	   /* of a queue: 2..65,536 */
	uint32_t ready_timeout_ms; /* of CSTS.RDY: at least 500 */
	uint32_t media_timeout_ms; /* until the media are ready too: at least ready_timeout_ms */
	uint32_t doorbell_stride;  /* bytes between doorbells */
	uint32_t page_shift;	   /* memory page to use: the smallest, 4 KiB where it can be */
	uint32_t css;		   /* command sets to select: value of CC.CSS */
	bool has_crto;		   /* there is a CRTO register */
	bool crime;		   /* to be enabled with CC.CRIME: it cannot wait for its media */
};

/* 0, -ENODEV all ones: nothing answers, -ENOTSUP out of what nvu can drive; sentence set. */
int caps_decode(uint64_t cap, struct ctrl_caps *ret_caps);

/*
 * The timeouts of CRTO (Base 2.0 3.1.3.20), of a controller that has it. CAP.TO, which is at most 127.5 s,
 * stands if it is longer: known drives fill in the one and not the other.
 */
void caps_take_crto(struct ctrl_caps *caps, uint32_t crto);

/*
 * How many doorbell pairs fit in register space of so many bytes, of which the first 4 GiB count:
 * offsets have 32 bits. At least one is needed for the admin queue.
 */
uint32_t caps_doorbell_pairs(const struct ctrl_caps *caps, uint64_t reg_bytes);

/* Bytes of the longest transfer that MDTS allows (Base figure 275); UINT32_MAX: no limit. */
uint32_t caps_mdts_bytes(const struct ctrl_caps *caps, uint8_t mdts);

#endif
