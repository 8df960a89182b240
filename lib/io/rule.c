/* SPDX-License-Identifier: MIT */
/*
 * rule.c: see rule.h.
 */
#include "io/rule.h"

#include "base/error.h"
#include "io/allow.h"
#include "qpair/split.h"
#include "spec/command.h"
#include "spec/encode.h"

#include <errno.h>
#include <inttypes.h>
#include <nvu/io.h>

int rule_check_range(const struct nvu_ns *ns, uint64_t lba, uint64_t blocks)
{
	int ret;

	if (!blocks)
		return error_set(-EINVAL, "blocks is 0: expected 1 or more");
	ret = allow_inside(ns, lba, blocks);
	if (ret)
		return ret;
	if (blocks > SPLIT_BLOCKS_MAX)
		return error_set(-EINVAL,
				 "blocks is %" PRIu64 ": a request takes at most %" PRIu64
				 ": make several of it",
				 blocks, (uint64_t)SPLIT_BLOCKS_MAX);
	return 0;
}

/* Bytes that one command may name or move; 0: no limit. */
static uint32_t limit_bytes(const struct nvu_qpair *qpair, const struct nvu_ns *ns, uint8_t opcode)
{
	const struct ctrl_limits *limits = allow_limits(qpair);

	switch (opcode) {
	case NVU_CMD_VERIFY:
		return limits->verify_bytes;
	case NVU_CMD_WRITE_ZEROES:
		return limits->zeroes_bytes;
	default:
		return ns->limit_bytes;
	}
}

/* A namespace of an unusable format, whose blocks have no size, is not asked about commands that move data. */
static uint32_t max_blocks(const struct nvu_qpair *qpair, const struct nvu_ns *ns, uint8_t opcode,
			   const struct rw_plan *plan)
{
	uint32_t bytes = limit_bytes(qpair, ns, opcode);
	uint32_t of_block = plan->data_bytes ? plan->data_bytes : ns->block_bytes;

	if (!bytes || !of_block || bytes / of_block > ENCODE_BLOCKS_MAX)
		return ENCODE_BLOCKS_MAX;
	return bytes / of_block;
}

static int report_too_large(const struct nvu_ns *ns, uint8_t opcode, const struct rw_plan *plan)
{
	return error_set(-EINVAL,
			 "blocks is %" PRIu64
			 ": one %s command takes at most %u of namespace %u: %s",
			 plan->blocks, command_of_io(ns->info.csi, opcode)->name,
			 plan->rule.max_blocks, ns->info.nsid,
			 plan->rule.max_blocks ? "leave NVU_RW_NO_SPLIT out, or send several"
					       : "a block is larger than the controller transfers");
}

/* Where a write ends that others follow: there the controller tears it anyway. */
static void find_seams(const struct nvu_ns_info *info, struct cut_rule *rule)
{
	rule->seam_blocks = info->atomic_boundary_blocks ? info->atomic_boundary_blocks
							 : info->atomic_boundary_power_fail_blocks;
	rule->seam_first = info->atomic_boundary_first;
}

int rule_make(const struct nvu_qpair *qpair, const struct nvu_ns *ns, uint8_t opcode,
	      uint32_t flags, struct rw_plan *plan)
{
	bool is_write = opcode == NVU_CMD_WRITE, is_one = flags & NVU_RW_NO_SPLIT;

	plan->rule = (struct cut_rule){ .max_blocks = max_blocks(qpair, ns, opcode, plan) };
	if (!plan->rule.max_blocks || (is_one && plan->blocks > plan->rule.max_blocks))
		return report_too_large(ns, opcode, plan);
	if (!is_one && (is_write || opcode == NVU_CMD_READ)) /* a hint, Base 5.17.2.1 */
		plan->rule.boundary_blocks = ns->info.optimal_boundary_blocks;
	if (is_write)
		find_seams(&ns->info, &plan->rule);
	/* Writes of a zone are taken at its write pointer only. */
	plan->in_order =
		ns->info.csi == NVU_CSI_ZONED && (is_write || opcode == NVU_CMD_WRITE_ZEROES);
	return 0;
}
