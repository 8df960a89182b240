// SPDX-License-Identifier: MIT
/*
 * fused.c: see fused.h.
 */
#include "mock/engine/fused.h"

enum { FUSE = 3, FUSE_FIRST = 1, FUSE_SECOND = 2 };

bool mock_fused_is_pair(const struct mock_sq *sq)
{
	uint32_t next = sq->head + 1 == sq->entries ? 0 : sq->head + 1;

	return sq->qid && sq->head != sq->tail && next != sq->tail &&
	       (sq->ring[sq->head].flags & FUSE) == FUSE_FIRST &&
	       (sq->ring[next].flags & FUSE) == FUSE_SECOND;
}

static bool is_same(nvu_le32 one, nvu_le32 other)
{
	return nvu_le32_get(one) == nvu_le32_get(other);
}

uint16_t mock_fused_check(const struct mock_cmd *first, const struct mock_cmd *second)
{
	const struct nvu_sqe *one = &first->sqe, *two = &second->sqe;
	uint32_t nlb = nvu_le32_get(one->cdw12) & 0xffff;

	if (one->opcode != NVU_CMD_COMPARE || two->opcode != NVU_CMD_WRITE ||
	    !is_same(one->nsid, two->nsid) || !is_same(one->cdw10, two->cdw10) ||
	    !is_same(one->cdw11, two->cdw11) || nlb != (nvu_le32_get(two->cdw12) & 0xffff))
		return MOCK_DNR(NVU_SC_INVALID_FIELD);
	return nlb < MOCK_ACWU ? 0 : MOCK_DNR(NVU_SC_ATOMIC_WRITE_UNIT);
}
