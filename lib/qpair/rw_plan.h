/* SPDX-License-Identifier: MIT */
/*
 * rw_plan.h: a checked request for blocks, and the commands that are made from it. Pure.
 */
#ifndef NVU_QPAIR_RW_PLAN_H
#define NVU_QPAIR_RW_PLAN_H

#include "qpair/cut.h"
#include "qpair/gather.h"

#include <nvu/spec.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nvu_dma;

struct rw_plan {
	uint64_t lba, blocks;
	struct cut_rule rule;

	/* NULL: none. Of a block: data_bytes in buf or in pieces, metadata_bytes in metadata. */
	const struct nvu_dma *buf, *metadata;
	struct gather gather; /* .count 0: the data are in buf, or there are none */
	size_t offset, metadata_offset;
	uint32_t data_bytes, metadata_bytes;

	/* The bits of CDW3 and CDW14 that are the reference tag, if that counts the blocks; 0: it does not. */
	uint64_t ref_mask;
	bool in_order; /* a command is sent when the one before it has been answered */

	struct nvu_sqe
		cmd; /* all but the blocks and the pointers; with the tags of the first block */
};

/*
 * How many blocks the command behind the first `done` has; place: of pieces, where its data begin. All: the request is one
 * command. 0: no command says where the pieces of the next block are; never of a checked request.
 */
uint32_t rw_plan_cut(const struct rw_plan *plan, uint64_t done, const struct gather_place *place);

/* The command for `blocks` blocks, up to 65,536, behind the first `done`. Its data pointer is left out. */
void rw_plan_command(const struct rw_plan *plan, uint64_t done, uint32_t blocks,
		     struct nvu_sqe *ret_cmd);

/* Where its data begin in plan->buf, and how long they are. */
static inline size_t rw_plan_offset(const struct rw_plan *plan, uint64_t done)
{
	return plan->offset + (size_t)done * plan->data_bytes;
}

static inline size_t rw_plan_bytes(const struct rw_plan *plan, uint32_t blocks)
{
	return (size_t)blocks * plan->data_bytes;
}

#endif
