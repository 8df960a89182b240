/* SPDX-License-Identifier: MIT */
/*
 * commands.c: commands for blocks that are not on the I/O path: checked, encoded, and queued as nvu_io() queues.
 */
#include "base/error.h"
#include "io/allow.h"
#include "io/explain.h"
#include "io/rule.h"
#include "io/slow.h"
#include "spec/encode.h"

#include <errno.h>
#include <nvu/io.h>
#include <nvu/nvm.h>
#include <nvu/qpair.h>

int nvu_write_uncorrectable(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t lba,
			    uint32_t blocks, uint64_t user_data)
{
	const uint8_t opcode = NVU_CMD_WRITE_UNCORRECTABLE;
	int ret = allow_command(qpair, ns, opcode, __func__);
	struct nvu_sqe cmd;

	if (!ret)
		ret = allow_blocks(ns, lba, blocks);
	if (!ret)
		ret = allow_size(ns, blocks, allow_limits(qpair)->uncorrectable_bytes, opcode,
				 "WUSL");
	if (ret)
		return ret;
	cmd = encode_write_uncorrectable(ns->info.nsid, lba, blocks);
	return slow_queue(qpair, __func__, &cmd, NULL, 0, 0, user_data);
}

int nvu_flush_after(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t user_data)
{
	int ret = allow_command(qpair, ns, NVU_CMD_FLUSH, __func__);

	return ret ? ret : slow_queue_after(qpair, __func__, ns->info.nsid, user_data);
}

/*
 * Queues a request for blocks, of one command or more. flags: checked, of CDW12. With protection information the reference
 * tags that the controller generates or checks are the blocks' numbers for types 1 and 2, as Linux has it.
 */
static int queue_blocks(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint8_t opcode,
			uint32_t flags, struct rw_plan *plan, const char *function,
			uint64_t user_data)
{
	bool counts = (flags & ALLOW_PRINFO) && ns->info.protection != 3;
	int ret = rule_make(qpair, ns, opcode, flags, plan);

	if (ret)
		return ret;
	plan->cmd = encode_rw(opcode, ns->info.nsid, flags & ~NVU_RW_NO_SPLIT, 0);
	plan->cmd.cdw14 = nvu_le32_put(counts ? (uint32_t)plan->lba : 0);
	plan->ref_mask = counts ? UINT32_MAX : 0;
	return slow_queue_plan(qpair, function, plan, user_data);
}

int nvu_write_zeroes(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t lba,
		     uint32_t blocks, uint32_t flags, uint64_t user_data)
{
	const uint8_t opcode = NVU_CMD_WRITE_ZEROES;
	struct rw_plan plan = { .lba = lba, .blocks = blocks };
	int ret = allow_command(qpair, ns, opcode, __func__);

	if (!ret)
		ret = rule_check_range(ns, lba, blocks);
	if (!ret)
		ret = allow_flags(ns, flags,
				  NVU_RW_LR | NVU_RW_FUA | NVU_RW_DEAC | NVU_RW_PRACT |
					  NVU_RW_NO_SPLIT,
				  __func__);
	if (!ret && (flags & NVU_RW_DEAC))
		ret = allow_deallocate(ns);
	return ret ? ret : queue_blocks(qpair, ns, opcode, flags, &plan, __func__, user_data);
}

int nvu_verify(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t lba, uint32_t blocks,
	       uint32_t flags, uint64_t user_data)
{
	const uint8_t opcode = NVU_CMD_VERIFY;
	struct rw_plan plan = { .lba = lba, .blocks = blocks };
	int ret = allow_command(qpair, ns, opcode, __func__);

	if (!ret)
		ret = rule_check_range(ns, lba, blocks);
	if (!ret)
		ret = allow_flags(ns, flags,
				  NVU_RW_LR | NVU_RW_FUA | ALLOW_PRINFO | NVU_RW_NO_SPLIT,
				  __func__);
	return ret ? ret : queue_blocks(qpair, ns, opcode, flags, &plan, __func__, user_data);
}

int nvu_compare(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t lba, uint32_t blocks,
		const struct nvu_dma *buf, size_t offset, uint32_t flags, uint64_t user_data)
{
	struct rw_plan plan = {
		.lba = lba,
		.blocks = blocks,
		.buf = buf,
		.offset = offset,
	};
	int ret = allow_command(qpair, ns, NVU_CMD_COMPARE, __func__);

	if (!ret)
		ret = allow_flags(ns, flags, NVU_RW_LR | NVU_RW_FUA | NVU_RW_NO_SPLIT, __func__);
	if (!ret && !ns->max_blocks)
		ret = explain_range(ns, lba, blocks);
	if (!ret)
		ret = rule_check_range(ns, lba, blocks);
	if (!ret)
		ret = explain_buffer(qpair, __func__, buf, offset, (size_t)blocks * ns->block_bytes,
				     false);
	if (ret)
		return ret;
	plan.data_bytes = ns->block_bytes;
	return queue_blocks(qpair, ns, NVU_CMD_COMPARE, flags, &plan, __func__, user_data);
}
