// SPDX-License-Identifier: MIT
/*
 * blocks.c: see blocks.h.
 */
#include "mock/io/blocks.h"

#include "mock/io/ns.h"
#include "mock/memory/store.h"
#include "mock/state.h"

uint16_t blocks_locate(const struct nvu_mock *mock, uint32_t nsid, uint64_t lba, uint64_t blocks,
		       struct range *ret_range)
{
	struct mock_ns *ns = mock_ns_attached(mock, nsid);
	uint32_t stride = mock_format_stride(&ns->format);
	uint64_t ns_blocks = ns->bytes / ns->format.lba_bytes;

	if (lba >= ns_blocks || blocks > ns_blocks - lba)
		return MOCK_DNR(NVU_SC_LBA_RANGE);
	*ret_range = (struct range){
		.ns = ns,
		.store = &ns->store,
		.bad = &ns->bad,
		.lba = lba,
		.blocks = blocks,
		.offset = lba * stride,
		.len = blocks * stride,
		.unit = (uint64_t)mock->config.opts.atomic_blocks * stride,
	};
	return 0;
}

bool blocks_are_unreadable(const struct range *range)
{
	return mock_bad_has(range->bad, range->offset, range->offset + range->len);
}

bool blocks_are_forced(const struct nvu_mock *mock, const struct mock_cmd *cmd)
{
	return (nvu_le32_get(cmd->sqe.cdw12) & NVU_RW_FUA) && !mock->power_fails;
}

uint16_t blocks_change_begin(struct nvu_mock *mock, const struct range *range, bool forced,
			     bool *ret_cached)
{
	*ret_cached =
		!forced && mock_state_caches(mock) && !blocks_are_unreadable(range) &&
		mock_cache_keep(&mock->cache, range->store, range->offset, range->len, range->unit);
	return mock_bad_remove(range->bad, range->offset, range->offset + range->len)
		       ? NVU_SC_WRITE_FAULT
		       : 0;
}

uint16_t blocks_change_end(struct nvu_mock *mock, const struct range *range, bool cached)
{
	if (cached || !mock_cache_settle(&mock->cache, range->store, range->offset, range->len))
		return 0;
	return NVU_SC_WRITE_FAULT;
}
