/* SPDX-License-Identifier: MIT */
/*
 * rw_plan.c: see rw_plan.h.
 */
#include "io/rw_plan.h"

#include "dma/dma.h"
#include "spec/encode.h"

#include <assert.h>

/* The tags of the command's first block. Type 3 has the same reference tag in all blocks. */
static void encode_tags(const struct rw_plan *plan, uint64_t done, struct nvu_sqe *cmd)
{
	struct nvu_protection_args tags = plan->tags;
	int ret;

	if (plan->format.type != 3)
		tags.ref_tag += done;
	ret = nvu_protection_encode(&plan->format, &tags, cmd);
	assert(!ret);
	(void)ret;
}

void rw_plan_command(const struct rw_plan *plan, uint64_t done, uint32_t blocks,
		     struct nvu_sqe *ret_cmd)
{
	assert(blocks && blocks <= plan->max_blocks && blocks <= plan->blocks - done);
	*ret_cmd = plan->cmd;
	encode_set_blocks(ret_cmd, plan->lba + done, blocks);
	if (plan->metadata)
		ret_cmd->mptr = nvu_le64_put(plan->metadata->iova + plan->metadata_offset +
					     done * plan->metadata_bytes);
	if (plan->tagged)
		encode_tags(plan, done, ret_cmd);
}
