/* SPDX-License-Identifier: MIT */
/*
 * compare_and_write.c: a compare and a write as one: a fused pair, in adjacent slots.
 */
#include "base/error.h"
#include "ctrl/snapshot.h"
#include "io/allow.h"
#include "io/explain.h"
#include "io/slow.h"
#include "qpair/fused.h"
#include "qpair/misuse.h"
#include "spec/encode.h"

#include <errno.h>
#include <nvu/nvm.h>

#define FUNCTION "nvu_compare_and_write"

struct half {
	const struct nvu_dma *buf;
	size_t offset;
	size_t len;
};

static int check_support(const struct nvu_qpair *qpair, const struct nvu_ns *ns)
{
	const struct nvu_id_ctrl *id = snapshot_get(qpair->ctrl)->id;

	if (!(ns->info.commands & NVU_NS_COMPARE_AND_WRITE))
		return error_set(-ENOTSUP,
				 "the controller does not support a fused compare and write (FUSES "
				 "is %#x)",
				 nvu_le16_get(id->fuses));
	if (qpair->entries - 1 - qpair->inflight.first < 2)
		return error_set(-EINVAL,
				 "queue pair %u holds one command, and a fused pair is two: create "
				 "one that holds more",
				 qpair->id);
	return 0;
}

static int check_blocks(const struct nvu_ns *ns, uint64_t lba, uint32_t blocks)
{
	uint32_t max = ns->info.atomic_compare_and_write_blocks;

	if (!blocks || !ns_holds(ns, lba, blocks - 1))
		return explain_range(ns, lba, blocks);
	if (blocks > max)
		return error_set(-EINVAL,
				 "blocks is %u: the controller compares and writes at most %u of "
				 "namespace %u as one (ACWU)",
				 blocks, max, ns->info.nsid);
	return 0;
}

/* Both fit, so that none is queued without the other. */
static int check_room(struct nvu_qpair *qpair)
{
	if (qpair->error)
		return qpair_report_end(qpair);
	if (qpair_room(qpair) >= 2 && fused_has_room(qpair))
		return 0;
	qpair->full++;
	return -EAGAIN;
}

/* Returns its identifier, or -errno. */
static int queue_half(struct nvu_qpair *qpair, struct nvu_sqe *cmd, uint8_t fuse,
		      const struct half *half, uint64_t user_data)
{
	const struct nvu_sqe *slot = qpair->sq.slot;
	int ret;

	cmd->flags = fuse;
	ret = slow_queue(qpair, FUNCTION, cmd, half->buf, half->offset, half->len, user_data);
	return ret ? ret : nvu_le16_get(slot->cid);
}

/* There is room for both. */
static int queue_pair(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t lba,
		      uint32_t blocks, const struct half halves[2], uint64_t user_data)
{
	struct nvu_sqe compare = encode_rw(NVU_CMD_COMPARE, ns->info.nsid, 0, 0);
	struct nvu_sqe write = encode_rw(NVU_CMD_WRITE, ns->info.nsid, 0, 0);
	int first, second;

	encode_set_blocks(&compare, lba, blocks);
	encode_set_blocks(&write, lba, blocks);
	first = queue_half(qpair, &compare, FUSED_FIRST, &halves[0], user_data);
	if (first < 0)
		return first;
	second = queue_half(qpair, &write, FUSED_SECOND, &halves[1], user_data);
	assert(second >= 0);
	fused_pair(qpair, (uint32_t)first, (uint32_t)second);
	return 0;
}

int nvu_compare_and_write(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t lba,
			  uint32_t blocks, const struct nvu_dma *expect, size_t expect_offset,
			  const struct nvu_dma *data, size_t data_offset, uint64_t user_data)
{
	struct half halves[2] = { { expect, expect_offset, 0 }, { data, data_offset, 0 } };
	int ret = allow_command(qpair, ns, NVU_CMD_COMPARE, FUNCTION);

	if (!ret)
		ret = check_support(qpair, ns);
	if (!ret)
		ret = check_blocks(ns, lba, blocks);
	for (int half = 0; !ret && half < 2; half++) {
		halves[half].len = (size_t)blocks * ns->block_bytes;
		ret = explain_buffer(qpair, FUNCTION, halves[half].buf, halves[half].offset,
				     halves[half].len, false);
	}
	if (!ret)
		ret = check_room(qpair);
	if (!ret)
		ret = misuse_enter(qpair, FUNCTION);
	if (ret)
		return ret;
	ret = queue_pair(qpair, ns, lba, blocks, halves, user_data);
	misuse_leave(qpair);
	return ret;
}
