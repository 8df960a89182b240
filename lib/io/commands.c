/* SPDX-License-Identifier: MIT */
/*
 * commands.c: commands for blocks that are not on the I/O path: checked, encoded, and queued as nvu_io() queues.
 */
#include "base/error.h"
#include "io/allow.h"
#include "io/explain.h"
#include "io/slow.h"
#include "spec/encode.h"

#include <errno.h>
#include <nvu/nvm.h>
#include <nvu/qpair.h>

/* A command for blocks that moves no data. */
static int allow_dataless(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint8_t opcode,
			  uint64_t lba, uint32_t blocks, const char *function)
{
	int ret = allow_command(qpair, ns, opcode, function);

	return ret ? ret : allow_blocks(ns, lba, blocks);
}

/* What the controller generates or checks first: of types 1 and 2 the block's number, as Linux has it. */
static uint32_t initial_ref_tag(const struct nvu_ns *ns, uint64_t lba, uint32_t flags)
{
	return (flags & ALLOW_PRINFO) && ns->info.protection != 3 ? (uint32_t)lba : 0;
}

int nvu_write_uncorrectable(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t lba,
			    uint32_t blocks, uint64_t user_data)
{
	const uint8_t opcode = NVU_CMD_WRITE_UNCORRECTABLE;
	int ret = allow_dataless(qpair, ns, opcode, lba, blocks, __func__);
	struct nvu_sqe cmd;

	if (!ret)
		ret = allow_size(ns, blocks, allow_limits(qpair)->uncorrectable_bytes, opcode,
				 "WUSL");
	if (ret)
		return ret;
	cmd = encode_write_uncorrectable(ns->info.nsid, lba, blocks);
	return slow_queue(qpair, __func__, &cmd, NULL, 0, 0, user_data);
}

int nvu_write_zeroes(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t lba,
		     uint32_t blocks, uint32_t flags, uint64_t user_data)
{
	const uint8_t opcode = NVU_CMD_WRITE_ZEROES;
	int ret = allow_dataless(qpair, ns, opcode, lba, blocks, __func__);
	struct nvu_sqe cmd;

	if (!ret)
		ret = allow_flags(ns, flags, NVU_RW_LR | NVU_RW_FUA | NVU_RW_DEAC | NVU_RW_PRACT,
				  __func__);
	if (!ret && (flags & NVU_RW_DEAC))
		ret = allow_deallocate(ns);
	if (!ret)
		ret = allow_size(ns, blocks, allow_limits(qpair)->zeroes_bytes, opcode, "WZSL");
	if (ret)
		return ret;
	cmd = encode_write_zeroes(ns->info.nsid, lba, blocks, flags,
				  initial_ref_tag(ns, lba, flags));
	return slow_queue(qpair, __func__, &cmd, NULL, 0, 0, user_data);
}

int nvu_verify(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t lba, uint32_t blocks,
	       uint32_t flags, uint64_t user_data)
{
	const uint8_t opcode = NVU_CMD_VERIFY;
	int ret = allow_dataless(qpair, ns, opcode, lba, blocks, __func__);
	struct nvu_sqe cmd;

	if (!ret)
		ret = allow_flags(ns, flags, NVU_RW_LR | NVU_RW_FUA | ALLOW_PRINFO, __func__);
	if (!ret)
		ret = allow_size(ns, blocks, allow_limits(qpair)->verify_bytes, opcode, "VSL");
	if (ret)
		return ret;
	cmd = encode_verify(ns->info.nsid, lba, blocks, flags, initial_ref_tag(ns, lba, flags));
	return slow_queue(qpair, __func__, &cmd, NULL, 0, 0, user_data);
}

int nvu_compare(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t lba, uint32_t blocks,
		const struct nvu_dma *buf, size_t offset, uint32_t flags, uint64_t user_data)
{
	int ret = allow_command(qpair, ns, NVU_CMD_COMPARE, __func__);
	struct nvu_sqe cmd;
	size_t len;

	if (!ret)
		ret = allow_flags(ns, flags, NVU_RW_LR | NVU_RW_FUA, __func__);
	if (!ret && (!blocks || !ns_holds(ns, lba, blocks - 1)))
		ret = explain_range(ns, lba, blocks);
	if (ret)
		return ret;
	len = (size_t)blocks * ns->block_bytes;
	ret = explain_buffer(qpair, __func__, buf, offset, len, false);
	if (ret)
		return ret;
	cmd = encode_compare(ns->info.nsid, lba, blocks, flags);
	return slow_queue(qpair, __func__, &cmd, buf, offset, len, user_data);
}
