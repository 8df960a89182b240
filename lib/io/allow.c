/* SPDX-License-Identifier: MIT */
/*
 * allow.c: see allow.h.
 */
#include "io/allow.h"

#include "base/error.h"
#include "ctrl/snapshot.h"
#include "ns/follow.h"
#include "qpair/misuse.h"
#include "spec/command.h"
#include "spec/encode.h"

#include <errno.h>
#include <inttypes.h>

/* The queue pair has a controller. Quirks are considered: ONCS as nvu_ctrl_info() has it. */
static int check_support(const struct nvu_qpair *qpair, const struct nvu_ns *ns, uint8_t opcode)
{
	const struct spec_command *row = command_of_io(ns->info.csi, opcode);
	uint32_t oncs = snapshot_get(qpair->ctrl)->info.oncs;

	if (!row)
		return error_set(-ENOTSUP, "namespace %u has a command set (%u) without opcode %#x",
				 ns->info.nsid, ns->info.csi, opcode);
	if (!command_is_offered(row, oncs))
		return error_set(-ENOTSUP, "the controller does not support %s (ONCS is %#x)",
				 row->name, oncs);
	return 0;
}

int allow_command(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint8_t opcode,
		  const char *function)
{
	int ret;

	if (misuse_is_closed(qpair, function))
		return -EINVAL;
	if (qpair->error)
		return qpair_report_end(qpair);
	ret = follow_handle(qpair, ns, function);
	return ret ? ret : check_support(qpair, ns, opcode);
}

int allow_flags(const struct nvu_ns *ns, uint32_t flags, uint32_t allowed, const char *function)
{
	const struct nvu_ns_info *info = &ns->info;

	if (flags & ~allowed)
		return error_set(-EINVAL, "flags is %#x: %s() takes no bits but %#x", flags,
				 function, allowed);
	if (!(flags & ALLOW_PRINFO))
		return 0;
	if (!info->protection)
		return error_set(-EINVAL,
				 "flags is %#x: namespace %u has no protection information to "
				 "generate (PRACT) or check (PRCHK)",
				 flags, info->nsid);
	if (info->pif != NVU_PIF_16B || info->storage_tag_bits)
		return error_set(-ENOTSUP,
				 "namespace %u has protection information with a larger guard, or "
				 "storage tags: use nvu_io() with the tags of "
				 "nvu_protection_encode()",
				 info->nsid);
	return 0;
}

int allow_deallocate(const struct nvu_ns *ns)
{
	if (ns->info.zeroes_deallocate)
		return 0;
	return error_set(-ENOTSUP,
			 "namespace %u does not deallocate by Write Zeroes (DLFEAT): leave "
			 "NVU_RW_DEAC out, or use nvu_deallocate()",
			 ns->info.nsid);
}

int allow_inside(const struct nvu_ns *ns, uint64_t lba, uint64_t blocks)
{
	if (ns_has(ns, lba, blocks))
		return 0;
	return error_set(-EINVAL,
			 "%" PRIu64 " blocks from block %" PRIu64
			 " on go past the end of namespace "
			 "%u, which has %" PRIu64,
			 blocks, lba, ns->info.nsid, ns->blocks);
}

int allow_range(const struct nvu_ns *ns, uint32_t index, uint64_t lba, uint32_t blocks)
{
	if (blocks && ns_has(ns, lba, blocks))
		return 0;
	return error_set(-EINVAL,
			 "range %u: %u blocks from block %" PRIu64
			 " on: expected 1 and more, inside namespace %u, which has %" PRIu64,
			 index, blocks, lba, ns->info.nsid, ns->blocks);
}

int allow_blocks(const struct nvu_ns *ns, uint64_t lba, uint32_t blocks)
{
	if (!blocks || blocks > ENCODE_BLOCKS_MAX)
		return error_set(-EINVAL, "blocks is %u: expected 1 to %d", blocks,
				 ENCODE_BLOCKS_MAX);
	return allow_inside(ns, lba, blocks);
}

/* Blocks of an unusable format have no size to compare. */
int allow_size(const struct nvu_ns *ns, uint32_t blocks, uint32_t limit_bytes, uint8_t opcode,
	       const char *field)
{
	if (!limit_bytes || (uint64_t)blocks * ns->block_bytes <= limit_bytes)
		return 0;
	return error_set(-EINVAL,
			 "blocks is %u: the controller takes at most %u"
			 " blocks in one %s command (%s allows %u bytes): send several",
			 blocks, limit_bytes / ns->block_bytes,
			 command_of_io(ns->info.csi, opcode)->name, field, limit_bytes);
}

const struct ctrl_limits *allow_limits(const struct nvu_qpair *qpair)
{
	return &snapshot_get(qpair->ctrl)->limits;
}
