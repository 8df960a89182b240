/* SPDX-License-Identifier: MIT */
/*
 * queue.c: a command that is queued beside the I/O path: see qpair_queue() in qpair.h.
 */
#include "qpair/data_pointer.h"

#include <errno.h>

int qpair_queue(struct nvu_qpair *qpair, const struct nvu_sqe *cmd, const struct nvu_dma *buf,
		size_t offset, size_t len, uint64_t user_data)
{
	struct nvu_sqe *slot = qpair->sq.slot;
	uint32_t cid;

	if (!qpair->inflight.free)
		return -EAGAIN;
	cid = inflight_cid(qpair->inflight.free);
	(void)inflight_take(&qpair->inflight, qpair->inflight.free, user_data);
	sq_ring_fill(&qpair->sq, cmd);
	slot->cid = nvu_le16_put((uint16_t)cid);
	if (buf) {
		slot->flags &= 0x3f; /* PSDT 0: PRPs */
		if (!data_pointer_prp(qpair, slot, buf, offset, data_pointer_span(offset, len)))
			data_pointer_list(qpair, slot, cid, len);
	}
	return qpair_advance(qpair, slot);
}
