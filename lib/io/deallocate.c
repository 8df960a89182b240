/* SPDX-License-Identifier: MIT */
/*
 * deallocate.c: ranges of blocks that the program no longer needs.
 */
#include "base/error.h"
#include "io/allow.h"
#include "io/paged.h"
#include "io/slow.h"
#include "qpair/ranges.h"
#include "spec/encode.h"

#include <errno.h>
#include <inttypes.h>
#include <nvu/nvm.h>
#include <string.h>

#define FUNCTION "nvu_deallocate"

static int check_range(const struct nvu_ns *ns, const struct nvu_range *range, uint32_t index)
{
	if (range->rsvd)
		return error_set(-EINVAL, "range %u: rsvd is %#x: expected 0", index, range->rsvd);
	return allow_range(ns, index, range->lba, range->blocks);
}

static int check_ranges(const struct nvu_ns *ns, const struct nvu_range *ranges, uint32_t count)
{
	if (!ranges || !count || count > ENCODE_RANGES_MAX)
		return error_set(-EINVAL, "count is %u%s: expected 1 to %d ranges", count,
				 ranges ? "" : " and ranges NULL", ENCODE_RANGES_MAX);
	for (uint32_t i = 0; i < count; i++) {
		int ret = check_range(ns, &ranges[i], i);

		if (ret)
			return ret;
	}
	return 0;
}

/* 256 times 2^32 at most. */
static uint64_t count_blocks(const struct nvu_range *ranges, uint32_t count)
{
	uint64_t blocks = 0;

	for (uint32_t i = 0; i < count; i++)
		blocks += ranges[i].blocks;
	return blocks;
}

/* The controller takes all in one command. */
static bool is_one_command(const struct nvu_range *ranges, uint32_t count,
			   const struct ctrl_limits *limits)
{
	for (uint32_t i = 0; i < count; i++)
		if (ranges[i].blocks > limits->range_blocks)
			return false;
	return count <= limits->ranges && count_blocks(ranges, count) <= limits->blocks;
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
	int ret = allow_command(qpair, ns, NVU_CMD_DSM, FUNCTION);
	const struct ctrl_limits *limits;
	struct split_list list = { .count = count };
	struct nvu_sqe cmd;

	if (!ret)
		ret = check_ranges(ns, ranges, count);
	if (!ret)
		ret = paged_find(qpair, 0, &list.page);
	if (ret)
		return ret;
	limits = allow_limits(qpair);
	list.limits = (struct cut_limits){ limits->ranges, limits->range_blocks, limits->blocks };
	copy_ranges(ranges_page(qpair, list.page), ranges, count);
	cmd = encode_deallocate(ns->info.nsid, count);
	if (is_one_command(ranges, count, limits))
		return paged_queue(qpair, FUNCTION, &cmd, list.page, user_data);
	ret = paged_find(qpair, list.page + 1, &list.part_page);
	return ret ? ret
		   : slow_queue_ranges(qpair, FUNCTION, &cmd, &list, count_blocks(ranges, count),
				       user_data);
}
