/* SPDX-License-Identifier: MIT */
/*
 * rw_plan.h: the commands of a checked request for blocks.
 */
#ifndef NVU_IO_RW_PLAN_H
#define NVU_IO_RW_PLAN_H

#include "qpair/rw_plan.h"

#include <stddef.h>

/* The command for `blocks` blocks, up to plan->max_blocks, behind the first `done`. Its data pointer is left out. Pure. */
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
