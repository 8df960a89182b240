/* SPDX-License-Identifier: MIT */
/*
 * cut.h: where a request that is too large for one command is cut. Pure; the proofs are test/proof/cut_harness.c
 * and test/proof/ranges_harness.c.
 */
#ifndef NVU_QPAIR_CUT_H
#define NVU_QPAIR_CUT_H

#include <nvu/spec.h>
#include <stdbool.h>
#include <stdint.h>

/* What the commands of a request for blocks may be. */
struct cut_rule {
	uint32_t max_blocks; /* of one command: 1 to 65,536 */
	uint32_t
		boundary_blocks; /* no command crosses a multiple of this; 0: there is no boundary */
	/* A command that others follow ends where writes may be torn anyway, if it can: each multiple of this is one, 0: none is. */
	uint32_t seam_blocks;
	uint32_t seam_first; /* the first of these places */
};

/* How many of `left` blocks, 1 and up, from block `lba` on the next command has: 1 and up. */
uint32_t cut_blocks(const struct cut_rule *rule, uint64_t lba, uint64_t left);

/* What one command with a list of ranges may have: each 1 and up. */
struct cut_limits {
	uint32_t ranges;
	uint32_t range_blocks;
	uint64_t blocks; /* of all of its ranges */
};

/* How far a list of ranges is cut: all before range `index`, and the first `done` blocks of that. */
struct cut_place {
	uint32_t index;
	uint32_t done;
};

/*
 * Takes the next range for a command that has `have` ranges with `blocks` blocks already, and moves the place behind
 * it. list: `count` ranges of 1 and more blocks. False: the list is at its end, or the command is full; a command without
 * ranges takes one if any is left.
 */
bool cut_range(const struct cut_limits *limits, const struct nvu_dsm_range *list, uint32_t count,
	       struct cut_place *place, uint32_t have, uint64_t blocks,
	       struct nvu_dsm_range *ret_range);

#endif
