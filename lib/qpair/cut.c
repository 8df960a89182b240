/* SPDX-License-Identifier: MIT */
/*
 * cut.c: see cut.h.
 */
#include "qpair/cut.h"

static uint64_t less(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* A command that ends at this block: how many blocks it goes beyond the last seam; 0: it ends at one, or there is none. */
static uint32_t beyond_seam(const struct cut_rule *rule, uint64_t end)
{
	if (!rule->seam_blocks || end <= rule->seam_first)
		return 0;
	return (uint32_t)((end - rule->seam_first) % rule->seam_blocks);
}

uint32_t cut_blocks(const struct cut_rule *rule, uint64_t lba, uint64_t left)
{
	uint64_t blocks = less(left, rule->max_blocks);
	uint32_t beyond;

	if (rule->boundary_blocks)
		blocks = less(blocks, rule->boundary_blocks - lba % rule->boundary_blocks);
	if (blocks == left)
		return (uint32_t)blocks;
	beyond = beyond_seam(rule, lba + blocks);
	return (uint32_t)(beyond < blocks ? blocks - beyond : blocks);
}

bool cut_range(const struct cut_limits *limits, const struct nvu_dsm_range *list, uint32_t count,
	       struct cut_place *place, uint32_t have, uint64_t blocks,
	       struct nvu_dsm_range *ret_range)
{
	const struct nvu_dsm_range *from = &list[place->index];
	uint64_t left, take;

	if (place->index == count || have == limits->ranges || blocks == limits->blocks)
		return false;
	left = nvu_le32_get(from->blocks) - (uint64_t)place->done;
	take = less(less(left, limits->range_blocks), limits->blocks - blocks);
	*ret_range = (struct nvu_dsm_range){
		.blocks = nvu_le32_put((uint32_t)take),
		.lba = nvu_le64_put(nvu_le64_get(from->lba) + place->done),
	};
	if (take == left)
		*place = (struct cut_place){ .index = place->index + 1 };
	else
		place->done += (uint32_t)take;
	return true;
}
