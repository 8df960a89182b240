/* SPDX-License-Identifier: MIT */
/*
 * rw_plan.c: see rw_plan.h.
 */
#include "qpair/rw_plan.h"

#include "dma/dma.h"
#include "spec/encode.h"

#include <assert.h>

uint32_t rw_plan_cut(const struct rw_plan *plan, uint64_t done, const struct gather_place *place)
{
	uint64_t lba = plan->lba + done, left = plan->blocks - done, fits;
	uint32_t blocks = cut_blocks(&plan->rule, lba, left);
	struct cut_rule rule = plan->rule;

	if (!plan->gather.count)
		return blocks;
	(void)gather_choose(&plan->gather, place, rw_plan_bytes(plan, blocks), &fits);
	rule.max_blocks = (uint32_t)(fits / plan->data_bytes);
	return rule.max_blocks && rule.max_blocks < blocks ? cut_blocks(&rule, lba, left)
							   : rule.max_blocks;
}

/* The reference tag is in the lowest bits of the storage and reference space (NVM 5.2.1.4), and wraps in them. */
static void advance_ref_tag(struct nvu_sqe *cmd, uint64_t mask, uint64_t done)
{
	uint64_t space = nvu_le32_get(cmd->cdw14) | (uint64_t)nvu_le32_get(cmd->cdw3) << 32;

	space = (space & ~mask) | ((space + done) & mask);
	cmd->cdw14 = nvu_le32_put((uint32_t)space);
	cmd->cdw3 = nvu_le32_put((uint32_t)(space >> 32));
}

void rw_plan_command(const struct rw_plan *plan, uint64_t done, uint32_t blocks,
		     struct nvu_sqe *ret_cmd)
{
	assert(blocks && blocks <= plan->blocks - done);
	*ret_cmd = plan->cmd;
	encode_set_blocks(ret_cmd, plan->lba + done, blocks);
	if (plan->metadata)
		ret_cmd->mptr = nvu_le64_put(plan->metadata->iova + plan->metadata_offset +
					     done * plan->metadata_bytes);
	advance_ref_tag(ret_cmd, plan->ref_mask, done);
}
