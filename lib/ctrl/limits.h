/* SPDX-License-Identifier: MIT */
/*
 * limits.h: what one command of the NVM command set may take, where MDTS does not limit it because it moves no
 * data (NVM 4.1.5.4). Pure.
 */
#ifndef NVU_CTRL_LIMITS_H
#define NVU_CTRL_LIMITS_H

#include <nvu/identify.h>
#include <stdint.h>

struct ctrl_caps;

enum { LIMITS_DELAYS = 3 };

/* Compared as bytes: without padding. */
struct ctrl_limits {
	uint32_t verify_bytes;			/* VSL; 0: no limit */
	uint32_t zeroes_bytes;			/* WZSL; 0: no limit */
	uint32_t uncorrectable_bytes;		/* WUSL; 0: no limit */
	uint32_t ranges;			/* DMRL: 1 to 256 */
	uint32_t range_blocks;			/* DMRSL; UINT32_MAX: no limit */
	uint32_t copy_formats;			/* bits of OCFS: 2 and 3 only if they are enabled */
	uint32_t retry_delay_ms[LIMITS_DELAYS]; /* CRDT1 to 3; 0 unless ACRE is enabled */
	uint32_t rsvd;
	uint64_t blocks; /* DMSL; UINT64_MAX: no limit */
};

/* NULL: the controller has not said, so that there is no limit. */
void limits_decode(const struct ctrl_caps *caps, const struct nvu_id_ctrl_nvm *id,
		   struct ctrl_limits *ret_limits);

#endif
