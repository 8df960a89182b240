/* SPDX-License-Identifier: MIT */
/*
 * deallocate.c: ranges of blocks that the program no longer needs.
 */
#include "base/error.h"
#include "io/allow.h"
#include "io/paged.h"
#include "qpair/ranges.h"
#include "spec/encode.h"

#include <errno.h>
#include <inttypes.h>
#include <nvu/nvm.h>
#include <string.h>

static int check_range(const struct nvu_ns *ns, const struct nvu_range *range, uint32_t index,
		       const struct ctrl_limits *limits)
{
	if (range->rsvd)
		return error_set(-EINVAL, "range %u: rsvd is %#x: expected 0", index, range->rsvd);
	if (!range->blocks || !ns_has(ns, range->lba, range->blocks))
		return error_set(
			-EINVAL,
			"range %u: %u blocks from block %" PRIu64
			" on: expected 1 and more, inside namespace %u, which has %" PRIu64,
			index, range->blocks, range->lba, ns->info.nsid, ns->blocks);
	if (range->blocks > limits->range_blocks)
		return error_set(-EINVAL,
				 "range %u has %u blocks: the controller takes at most %u in one "
				 "range (DMRSL): make several of it",
				 index, range->blocks, limits->range_blocks);
	return 0;
}

static int check_ranges(const struct nvu_ns *ns, const struct nvu_range *ranges, uint32_t count,
			const struct ctrl_limits *limits)
{
	uint64_t blocks = 0; /* 256 times 2^32 at most */

	if (!ranges || !count || count > limits->ranges)
		return error_set(
			-EINVAL,
			"count is %u%s: the controller takes 1 to %u ranges in one command "
			"(DMRL): send several",
			count, ranges ? "" : " and ranges NULL", limits->ranges);
	for (uint32_t i = 0; i < count; i++) {
		int ret = check_range(ns, &ranges[i], i, limits);

		if (ret)
			return ret;
		blocks += ranges[i].blocks;
	}
	if (blocks > limits->blocks)
		return error_set(-EINVAL,
				 "the %u ranges have %" PRIu64 " blocks: the controller takes at "
				 "most %" PRIu64 " in one command (DMSL): send several",
				 count, blocks, limits->blocks);
	return 0;
}

static void copy_ranges(char *to, const struct nvu_range *ranges, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct nvu_dsm_range range = encode_range(ranges[i].lba, ranges[i].blocks);

		memcpy(to + i * sizeof(range), &range, sizeof(range));
	}
}

int nvu_deallocate(struct nvu_qpair *qpair, const struct nvu_ns *ns, const struct nvu_range *ranges,
		   uint32_t count, uint64_t user_data)
{
	int ret = allow_command(qpair, ns, NVU_CMD_DSM, __func__);
	struct nvu_sqe cmd;
	uint32_t page;

	if (!ret)
		ret = check_ranges(ns, ranges, count, allow_limits(qpair));
	if (!ret)
		ret = paged_find(qpair, &page);
	if (ret)
		return ret;
	copy_ranges(ranges_page(qpair, page), ranges, count);
	cmd = encode_deallocate(ns->info.nsid, count);
	return paged_queue(qpair, __func__, &cmd, page, user_data);
}
