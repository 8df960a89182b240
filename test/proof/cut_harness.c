/* SPDX-License-Identifier: MIT */
/*
 * Proved: whatever the limits of a controller and a namespace, the next command of a request has one block or more, no more
 * than are left and than a command takes, and crosses no boundary; the last command is not cut at a seam, any other one ends at
 * the last seam that it could reach, if there is one.
 *
 * Bounds: fields of 3 bits, and block numbers of 5, in which every case of their order occurs.
 *
 * @sources qpair/cut.c
 * @options --unwind 2
 */
#include "proof.h"
#include "qpair/cut.h"

enum { FIELD = BOUND(32, 8), PLACE = BOUND(256, 32) };

static uint32_t any_field(void)
{
	uint32_t value = nondet_u32();

	assume(value < FIELD);
	return value;
}

void harness(void)
{
	const struct cut_rule rule = {
		.max_blocks = any_field(),
		.boundary_blocks = any_field(),
		.seam_blocks = any_field(),
		.seam_first = any_field(),
	};
	uint64_t lba = nondet_u64(), left = nondet_u64(), end;
	uint32_t blocks;

	assume(rule.max_blocks && left && left < PLACE && lba < PLACE);
	blocks = cut_blocks(&rule, lba, left);
	end = lba + blocks;
	prove(blocks && blocks <= left, "it has blocks, and not too many");
	prove(blocks <= rule.max_blocks, "a command takes them");
	prove(!rule.boundary_blocks || lba % rule.boundary_blocks + blocks <= rule.boundary_blocks,
	      "no boundary is crossed");
	if (blocks < left && rule.seam_blocks && end > rule.seam_first) {
		uint32_t beyond = (uint32_t)((end - rule.seam_first) % rule.seam_blocks);

		prove(!beyond || beyond >= blocks, "it ends at a seam, or there is none in it");
	}
	if (!rule.boundary_blocks && left <= rule.max_blocks)
		prove(blocks == left, "what fits is one command");
	reached();
}
