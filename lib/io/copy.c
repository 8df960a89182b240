/* SPDX-License-Identifier: MIT */
/*
 * copy.c: blocks that the controller copies. The source ranges wait in a page of the queue pair.
 */
#include "spec/copy.h"

#include "base/error.h"
#include "ctrl/snapshot.h"
#include "io/allow.h"
#include "io/paged.h"
#include "ns/follow.h"
#include "qpair/ranges.h"

#include <errno.h>
#include <inttypes.h>
#include <nvu/nvm.h>

#define FUNCTION "nvu_copy"

struct copy {
	struct nvu_qpair *qpair;
	const struct nvu_ns *ns; /* copied to */
	const struct nvu_copy_range *ranges;
	uint32_t count;
	uint32_t format;
	uint64_t blocks; /* of all ranges */
};

static const struct nvu_ns *source_of(const struct copy *copy, uint32_t index)
{
	return copy->ranges[index].ns ? copy->ranges[index].ns : copy->ns;
}

static bool is_other(const struct copy *copy, uint32_t index)
{
	return source_of(copy, index)->info.nsid != copy->ns->info.nsid;
}

static bool has_wide_guard(const struct nvu_ns_info *info)
{
	return info->protection && info->pif != NVU_PIF_16B;
}

/* NVM 3.2.2: namespaces of different formats are incompatible. */
static bool is_compatible(const struct nvu_ns_info *one, const struct nvu_ns_info *other)
{
	return one->block_bytes == other->block_bytes &&
	       one->metadata_bytes == other->metadata_bytes &&
	       one->protection == other->protection && one->pif == other->pif &&
	       one->protection_first == other->protection_first &&
	       one->storage_tag_bits == other->storage_tag_bits;
}

static int check_source(struct copy *copy, uint32_t index)
{
	const struct nvu_ns *source = source_of(copy, index);
	int ret = 0;

	if (copy->ranges[index].rsvd)
		return error_set(-EINVAL, "range %u: rsvd is %#x: expected 0", index,
				 copy->ranges[index].rsvd);
	if (source != copy->ns)
		ret = follow_handle(copy->qpair, source, FUNCTION);
	if (!ret && !is_compatible(&source->info, &copy->ns->info))
		ret = error_set(-EINVAL,
				"range %u is of namespace %u, whose format differs from that of "
				"namespace %u: only blocks of one format can be copied",
				index, source->info.nsid, copy->ns->info.nsid);
	return ret;
}

static int check_range(struct copy *copy, uint32_t index)
{
	const struct nvu_copy_range *range = &copy->ranges[index];
	uint32_t max = copy->ns->info.max_copy_range_blocks;
	int ret = check_source(copy, index);

	if (ret)
		return ret;
	ret = allow_range(source_of(copy, index), index, range->lba, range->blocks);
	if (ret)
		return ret;
	if (range->blocks > max)
		return error_set(-EINVAL,
				 "range %u has %u blocks: namespace %u takes at most %u in one "
				 "range (MSSRL): make several of it",
				 index, range->blocks, copy->ns->info.nsid, max);
	copy->blocks += range->blocks;
	return 0;
}

/* How many fit the controller and a page. */
static uint32_t max_ranges(const struct copy *copy)
{
	uint32_t of_page = RANGES_PAGE_BYTES / copy_entry_bytes(copy->format);
	uint32_t of_ns = copy->ns->info.max_copy_ranges;

	return of_ns < of_page ? of_ns : of_page;
}

static int check_ranges(struct copy *copy, uint64_t lba)
{
	const struct nvu_ns_info *info = &copy->ns->info;
	int ret = 0;

	for (uint32_t i = 0; !ret && i < copy->count; i++)
		ret = check_range(copy, i);
	if (ret)
		return ret;
	if (copy->blocks > info->max_copy_blocks)
		return error_set(-EINVAL,
				 "the %u ranges have %" PRIu64 " blocks: namespace %u takes at "
				 "most %u in one command (MCL): send several",
				 copy->count, copy->blocks, info->nsid, info->max_copy_blocks);
	return allow_inside(copy->ns, lba, copy->blocks);
}

/* Before a range is looked at: a wrong number of them is not read past. */
static int check_count(const struct copy *copy)
{
	uint32_t max = max_ranges(copy);

	if (copy->ranges && copy->count && copy->count <= max)
		return 0;
	return error_set(-EINVAL,
			 "count is %u%s: one command takes 1 to %u ranges (MSRC, and a page of "
			 "4096 bytes): send several",
			 copy->count, copy->ranges ? "" : " and ranges NULL", max);
}

static int check_format(struct copy *copy)
{
	const struct nvu_id_ctrl *id = snapshot_get(copy->qpair->ctrl)->id;
	uint32_t formats = allow_limits(copy->qpair)->copy_formats;
	bool other = false;

	for (uint32_t i = 0; i < copy->count; i++)
		other = other || is_other(copy, i);
	copy->format = copy_format(has_wide_guard(&copy->ns->info), other);
	if (formats & 1u << copy->format)
		return 0;
	return error_set(-ENOTSUP,
			 "the controller does not take source ranges of format %u%s: OCFS is %#x, "
			 "and usable are %#x",
			 copy->format, other ? ", which name another namespace" : "",
			 nvu_le16_get(id->ocfs), formats);
}

static int check(struct copy *copy, uint64_t lba)
{
	const struct nvu_ns_info *info = &copy->ns->info;
	int ret;

	if (!info->block_bytes || info->pif == NVU_PIF_UNKNOWN)
		return error_set(-ENOTSUP, "nvu does not support the format of namespace %u",
				 info->nsid);
	copy->format = copy_format(has_wide_guard(info), false);
	ret = check_count(copy);
	if (!ret)
		ret = check_ranges(copy, lba);
	return ret ? ret : check_format(copy);
}

static void put_ranges(const struct copy *copy, char *to)
{
	for (uint32_t i = 0; i < copy->count; i++)
		encode_copy_range(copy->format, source_of(copy, i)->info.nsid, copy->ranges[i].lba,
				  copy->ranges[i].blocks, to + i * copy_entry_bytes(copy->format));
}

/* What the controller generates first: of types 1 and 2 the block's number. */
static uint32_t initial_ref_tag(const struct nvu_ns *ns, uint64_t lba, uint32_t flags)
{
	return (flags & NVU_RW_PRACT) && ns->info.protection != 3 ? (uint32_t)lba : 0;
}

int nvu_copy(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t lba,
	     const struct nvu_copy_range *ranges, uint32_t count, uint32_t flags,
	     uint64_t user_data)
{
	struct copy copy = { .qpair = qpair, .ns = ns, .ranges = ranges, .count = count };
	int ret = allow_command(qpair, ns, NVU_CMD_COPY, FUNCTION);
	struct nvu_sqe cmd;
	uint32_t page;

	if (!ret)
		ret = allow_flags(ns, flags, NVU_RW_LR | NVU_RW_FUA | NVU_RW_PRACT, FUNCTION);
	if (!ret)
		ret = check(&copy, lba);
	if (!ret)
		ret = paged_find(qpair, 0, &page);
	if (ret)
		return ret;
	put_ranges(&copy, ranges_page(qpair, page));
	cmd = encode_copy(ns->info.nsid, lba, count, copy.format, flags,
			  initial_ref_tag(ns, lba, flags));
	return paged_queue(qpair, FUNCTION, &cmd, page, user_data);
}
