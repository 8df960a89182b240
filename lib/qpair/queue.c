/* SPDX-License-Identifier: MIT */
/*
 * queue.c: a command that is queued beside the I/O path: see qpair_queue() in qpair.h.
 */
#include "qpair/data_pointer.h"
#include "qpair/misuse.h"
#include "qpair/rw_plan.h"

#include <errno.h>

/* Takes the free record and fills the slot. Returns the identifier. */
static uint32_t fill(struct nvu_qpair *qpair, const struct nvu_sqe *cmd, uint64_t user_data)
{
	struct nvu_sqe *slot = qpair->sq.slot;
	uint32_t cid = inflight_cid(qpair->inflight.free);

	(void)inflight_take(&qpair->inflight, qpair->inflight.free, user_data);
	sq_ring_fill(&qpair->sq, cmd);
	slot->cid = nvu_le16_put((uint16_t)cid);
	return cid;
}

int qpair_queue(struct nvu_qpair *qpair, const struct nvu_sqe *cmd, const struct nvu_dma *buf,
		size_t offset, size_t len, uint64_t user_data)
{
	struct nvu_sqe *slot = qpair->sq.slot;
	uint32_t cid;

	if (!qpair->inflight.free)
		return -EAGAIN;
	cid = fill(qpair, cmd, user_data);
	if (buf)
		data_pointer_buffer(qpair, slot, cid, buf, offset, len);
	return qpair_advance(qpair, slot);
}

/* Those of the command that was queued just now, which has the bytes between these places. */
static void use_pieces(struct nvu_qpair *qpair, const struct gather *gather, uint32_t from,
		       const struct gather_place *end)
{
	misuse_use(qpair, NULL);
	for (uint32_t i = from; i < end->index + (end->done != 0); i++)
		misuse_add(qpair, gather->pieces[i].buf);
}

static void queue_pieces(struct nvu_qpair *qpair, const struct nvu_sqe *cmd,
			 const struct gather *gather, struct gather_place *place, uint64_t bytes,
			 uint64_t user_data)
{
	struct nvu_sqe *slot = qpair->sq.slot;
	uint32_t cid = fill(qpair, cmd, user_data), from = place->index;

	data_pointer_pieces(qpair, slot, cid, gather, place, bytes);
	(void)qpair_advance(qpair, slot);
	use_pieces(qpair, gather, from, place);
}

void qpair_queue_plan(struct nvu_qpair *qpair, const struct rw_plan *plan, uint64_t done,
		      uint32_t blocks, struct gather_place *place, uint64_t user_data)
{
	uint64_t bytes = rw_plan_bytes(plan, blocks);
	struct nvu_sqe cmd;

	rw_plan_command(plan, done, blocks, &cmd);
	if (plan->gather.count) {
		queue_pieces(qpair, &cmd, &plan->gather, place, bytes, user_data);
		return;
	}
	(void)qpair_queue(qpair, &cmd, plan->buf, rw_plan_offset(plan, done), bytes, user_data);
	misuse_use(qpair, plan->buf);
}
