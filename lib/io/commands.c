/* SPDX-License-Identifier: MIT */
/*
 * commands.c: I/O commands that are not on the hot path: checked, encoded, and queued as nvu_io() queues.
 */
#include "base/error.h"
#include "ctrl/snapshot.h"
#include "ns/follow.h"
#include "qpair/misuse.h"
#include "spec/command.h"
#include "spec/encode.h"

#include <errno.h>
#include <inttypes.h>
#include <nvu/qpair.h>

/* Whether the controller says that it has a command, which its row says how. The queue pair has a controller. */
static int check_support(const struct nvu_qpair *qpair, const struct nvu_ns *ns, uint8_t opcode)
{
	const struct spec_command *row = command_of_io(ns->info.csi, opcode);
	uint32_t oncs = nvu_le16_get(snapshot_get(qpair->ctrl)->id->oncs);

	if (!row)
		return error_set(-ENOTSUP, "namespace %u has a command set (%u) without opcode %#x",
				 ns->info.nsid, ns->info.csi, opcode);
	if (row->gate == COMMAND_BY_ONCS && !(oncs & row->gate_bits))
		return error_set(-ENOTSUP, "the controller does not support %s (ONCS is %#x)",
				 row->name, oncs);
	return 0;
}

/* A command for blocks that moves no data. */
static int check_blocks(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint8_t opcode,
			uint64_t lba, uint32_t blocks, const char *function)
{
	int ret;

	if (misuse_is_closed(qpair, function))
		return -EINVAL;
	if (qpair->error)
		return qpair_report_end(qpair);
	ret = follow_handle(qpair, ns, function);
	if (!ret)
		ret = check_support(qpair, ns, opcode);
	if (ret)
		return ret;
	if (!blocks || blocks > ENCODE_BLOCKS_MAX)
		return error_set(-EINVAL, "blocks is %u: expected 1 to %d", blocks,
				 ENCODE_BLOCKS_MAX);
	if (blocks > ns->blocks || lba > ns->blocks - blocks)
		return error_set(-EINVAL,
				 "%u blocks from block %" PRIu64 " on go past the end of namespace "
				 "%u, which has %" PRIu64,
				 blocks, lba, ns->info.nsid, ns->blocks);
	return 0;
}

/* The controller's limit of one command, WUSL. Blocks of an unusable format have no size to compare. */
static int check_size(const struct nvu_qpair *qpair, const struct nvu_ns *ns, uint32_t blocks)
{
	uint32_t limit = snapshot_get(qpair->ctrl)->limits.uncorrectable_bytes;

	if (!limit || blocks * ns->block_bytes <= limit)
		return 0;
	return error_set(-EINVAL,
			 "blocks is %u: the controller takes at most %" PRIu64
			 " blocks in one Write Uncorrectable command (WUSL allows %u bytes)",
			 blocks, limit / ns->block_bytes, limit);
}

int nvu_write_uncorrectable(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t lba,
			    uint32_t blocks, uint64_t user_data)
{
	int ret = check_blocks(qpair, ns, NVU_CMD_WRITE_UNCORRECTABLE, lba, blocks, __func__);
	struct nvu_sqe cmd;

	if (!ret)
		ret = check_size(qpair, ns, blocks);
	if (ret)
		return ret;
	cmd = encode_write_uncorrectable(ns->info.nsid, lba, blocks);
	return nvu_io(qpair, &cmd, NULL, 0, 0, user_data);
}
