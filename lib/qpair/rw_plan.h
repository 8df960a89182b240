/* SPDX-License-Identifier: MIT */
/*
 * rw_plan.h: a checked request for blocks, from which its commands are made: lib/io/rw_plan.h has the functions.
 */
#ifndef NVU_QPAIR_RW_PLAN_H
#define NVU_QPAIR_RW_PLAN_H

#include <nvu/protection.h>
#include <nvu/spec.h>
#include <stdbool.h>
#include <stdint.h>

struct rw_plan {
	const struct nvu_ns *ns;
	uint64_t lba, blocks;
	uint64_t max_blocks; /* of one command: up to 65,536 */

	/* NULL: none. Of a block: data_bytes in buf, metadata_bytes in metadata. */
	const struct nvu_dma *buf, *metadata;
	size_t offset, metadata_offset;
	uint32_t data_bytes, metadata_bytes;

	bool tagged; /* format and tags count */
	struct nvu_protection_format format;
	struct nvu_protection_args tags; /* of the first block */

	struct nvu_sqe cmd; /* what all commands have: not the blocks, the pointers, the tags */
};

#endif
