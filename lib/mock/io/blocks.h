/* SPDX-License-Identifier: MIT */
/*
 * blocks.h: the blocks of a command, and what every command that changes some has to do before and after. The mock's
 * lock is held; each that can fail returns 0 or an NVMe status.
 */
#ifndef NVU_MOCK_IO_BLOCKS_H
#define NVU_MOCK_IO_BLOCKS_H

#include "mock/io/range.h"

/* Blocks of an attached namespace. */
uint16_t blocks_locate(const struct nvu_mock *mock, uint32_t nsid, uint64_t lba, uint64_t blocks,
		       struct range *ret_range);

bool blocks_are_unreadable(const struct range *range);

/* Whether what the command reads or writes has to be durable: FUA. A command that is cut has no such effect. */
bool blocks_are_forced(const struct nvu_mock *mock, const struct mock_cmd *cmd);

/*
 * Before the bytes of a range change: what is written can be read again. False in *ret_cached: the change is
 * durable, so blocks_change_end() follows it. A write that makes blocks readable is, because the cache keeps bytes only.
 */
uint16_t blocks_change_begin(struct nvu_mock *mock, const struct range *range, bool forced,
			     bool *ret_cached);
uint16_t blocks_change_end(struct nvu_mock *mock, const struct range *range, bool cached);

#endif
