/* SPDX-License-Identifier: MIT */
/*
 * Proved: whatever the limits of a controller, a list of ranges is cut into commands that together have each of its blocks once, in
 * order, and no other; each command has a range or more, and keeps the limits; nothing outside the list is read.
 *
 * Bounds: lists of 2 ranges of up to 2 blocks at block numbers of 3 bits, limits of 2 bits.
 *
 * @sources qpair/cut.c
 * @options --unwind 6
 */
#include "proof.h"
#include "qpair/cut.h"

enum { RANGES = 2, BLOCKS = 2, ALL = RANGES * BLOCKS };

static struct nvu_dsm_range list[RANGES];
static uint64_t order[ALL]; /* the list's blocks */
static uint32_t count, all, seen;

static void any_list(void)
{
	count = nondet_u32();
	assume(count && count <= RANGES);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t blocks = nondet_u32();
		uint64_t lba = nondet_u64();

		assume(blocks && blocks <= BLOCKS && lba < 8);
		list[i].blocks = nvu_le32_put(blocks);
		list[i].lba = nvu_le64_put(lba);
		for (uint32_t block = 0; block < blocks; block++)
			order[all++] = lba + block;
	}
}

/* One command: how many blocks it has. */
static uint64_t make_command(const struct cut_limits *limits, struct cut_place *place)
{
	struct nvu_dsm_range range;
	uint64_t blocks = 0;
	uint32_t have = 0;

	while (cut_range(limits, list, count, place, have, blocks, &range)) {
		uint32_t more = nvu_le32_get(range.blocks);

		prove(more && more <= limits->range_blocks, "a range that the controller takes");
		for (uint32_t block = 0; block < more; block++) {
			prove(seen < all && nvu_le64_get(range.lba) + block == order[seen],
			      "the next block of the list");
			seen++;
		}
		blocks += more;
		have++;
	}
	prove(have <= limits->ranges && blocks <= limits->blocks, "the controller takes them");
	return blocks;
}

void harness(void)
{
	const struct cut_limits limits = { nondet_u32(), nondet_u32(), nondet_u64() };
	struct cut_place place = { 0, 0 };

	assume(limits.ranges && limits.range_blocks && limits.blocks);
	assume(limits.ranges < 4 && limits.range_blocks < 4 && limits.blocks < 4);
	any_list();
	for (uint32_t command = 0; command < ALL && seen < all; command++)
		prove(make_command(&limits, &place) != 0, "no command is empty");
	prove(seen == all && make_command(&limits, &place) == 0, "all of them, and no more");
	reached();
}
