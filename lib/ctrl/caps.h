/* SPDX-License-Identifier: MIT */
/*
 * caps.h: decodes the CAP register and checks the range of each field. Pure.
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
	uint32_t
		page_shift; /* of the memory page that nvu uses: the smallest that the controller supports */
	uint32_t css;  /* command sets to select: value of CC.CSS */
	bool has_crto; /* there is a CRTO register */
	bool crime;    /* enable it with CC.CRIME: it becomes ready before its media */
};

/* 0; -ENODEV: CAP reads as all ones; -ENOTSUP: nvu cannot drive this controller. Sets the sentence. */
int caps_decode(uint64_t cap, struct ctrl_caps *ret_caps);

/*
 * The timeouts of CRTO (Base 2.0 3.1.3.20), of a controller that has it. The longer one of CRTO and
 * CAP.TO counts, which is at most 127.5 s: known drives fill in only one of them.
 */
void caps_take_crto(struct ctrl_caps *caps, uint32_t crto);

/*
 * Returns how many doorbell pairs fit in reg_bytes of register space. Counts the first 4 GiB, since offsets have
 * 32 bits. The admin queue needs one.
 */
uint32_t caps_doorbell_pairs(const struct ctrl_caps *caps, uint64_t reg_bytes);

/* Bytes of the longest transfer that MDTS allows (Base figure 275); UINT32_MAX: no limit. */
uint32_t caps_mdts_bytes(const struct ctrl_caps *caps, uint8_t mdts);

#endif
