/* SPDX-License-Identifier: MIT */
/*
 * block.h: a namespace as a blocking device: what all of its operations share.
 */
#ifndef NVU_BLOCK_BLOCK_H
#define NVU_BLOCK_BLOCK_H

#include "block/hold.h"
#include "block/memory.h"
#include "block/pair.h"

#include <nvu/block.h>
#include <nvu/ns.h>

struct nvu_block {
	struct nvu_ctrl *ctrl;
	const struct nvu_ns *ns; /* atomic: the handle in use, which may be stale */
	uint32_t nsid;
	uint32_t block_bytes;
	uint32_t shift; /* of block_bytes */
	uint32_t slot_bytes;
	uint32_t limit; /* atomic: blocks that a read or a write of that handle takes */
	uint32_t
		protection; /* flags of reads and writes for blocks with protection information, or 0 */
	struct nvu_dma *bounce; /* slots of all pairs, one after the other */
	char *bounce_addr;
	uint32_t *slots; /* numbers of all slots: the pairs' stacks */
	struct holds holds;
	struct memory memory;
	uint32_t pairs_count;
	struct pair pairs[];
};

static inline const struct nvu_ns *block_ns(const struct nvu_block *block)
{
	return __atomic_load_n(&block->ns, __ATOMIC_ACQUIRE);
}

static inline uint32_t block_limit(const struct nvu_block *block)
{
	return __atomic_load_n(&block->limit, __ATOMIC_RELAXED);
}

/*
 * Takes the newest handle of the namespace. 0; -ESTALE it is another namespace now, or smaller; or the error of
 * nvu_ns_get(). Sets the sentence.
 */
int block_follow(struct nvu_block *block);

/* A pair that still takes commands, if there is one; a thread gets the same one each time. */
struct pair *block_pair(struct nvu_block *block);

#endif
