/* SPDX-License-Identifier: MIT */
/*
 * range.h: the blocks of a command as bytes of a namespace's store, in which each block's metadata follow its data.
 */
#ifndef NVU_MOCK_IO_RANGE_H
#define NVU_MOCK_IO_RANGE_H

#include "mock/model.h"

struct range {
	struct mock_ns *ns;
	struct mock_store *store;
	struct mock_bad *bad;
	uint64_t lba, blocks;
	uint64_t offset; /* in the store */
	uint64_t len;
	uint64_t unit; /* what a power loss does not tear */
};

#endif
