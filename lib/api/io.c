/* SPDX-License-Identifier: MIT */
/*
 * io.c: the I/O path: queue a command, submit, poll. What it inlines is in qpair/submit.h,
 * qpair/poll.h, qpair/inflight.h and ring/; what goes wrong is in refuse.c and ctrl/recovery.c.
 *
 * Per command: no system call, lock, allocation, atomic read-modify-write, indirect call, division
 * or log line.
 */
#include "api/refuse.h"
#include "ctrl/recovery.h"
#include "qpair/poll.h"
#include "qpair/submit.h"

#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* Read and write: check everything, take a record, fill the ring slot. */
static inline __attribute__((always_inline)) int
queue_rw(struct nvu_qpair *qpair, uint32_t opcode, const struct nvu_ns *ns, uint64_t lba,
	 uint32_t blocks, const struct nvu_dma *buf, size_t offset, uint64_t user_data)
{
	size_t len = (size_t)blocks << ns->block_shift;
	struct nvu_sqe *slot = qpair->sq.slot;
	uint32_t cid;

	if (UNLIKELY(!ns_holds(ns, lba, blocks) || !buf || !dma_holds(buf, offset, len) ||
		     offset % 4 || ns->owner != qpair->owner || buf->domain != qpair->domain ||
		     inflight_full(&qpair->inflight)))
		return refuse_rw(qpair, ns, lba, blocks, buf, offset);

	cid = inflight_take(&qpair->inflight, user_data);
	submit_head(slot, opcode, cid, ns->nsid);
	submit_data(qpair, slot, cid, buf, offset, len);
	submit_tail(slot, lba, blocks - 1);
	sq_ring_advance(&qpair->sq);
	return 0;
}

int nvu_read(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t lba, uint32_t blocks,
	     const struct nvu_dma *buf, size_t offset, uint64_t user_data)
{
	return queue_rw(qpair, NVU_CMD_READ, ns, lba, blocks, buf, offset, user_data);
}

int nvu_write(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t lba, uint32_t blocks,
	      const struct nvu_dma *buf, size_t offset, uint64_t user_data)
{
	return queue_rw(qpair, NVU_CMD_WRITE, ns, lba, blocks, buf, offset, user_data);
}

int nvu_flush(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint64_t user_data)
{
	struct nvu_sqe *slot = qpair->sq.slot;

	if (UNLIKELY(ns->owner != qpair->owner || inflight_full(&qpair->inflight)))
		return refuse_flush(qpair, ns);

	submit_head(slot, NVU_CMD_FLUSH, inflight_take(&qpair->inflight, user_data), ns->nsid);
	slot->prp1 = slot->prp2 = nvu_le64_put(0);
	submit_tail(slot, 0, 0);
	sq_ring_advance(&qpair->sq);
	return 0;
}

int nvu_io(struct nvu_qpair *qpair, const struct nvu_sqe *cmd, const struct nvu_dma *buf,
	   size_t offset, size_t len, uint64_t user_data)
{
	int ret = refuse_io(qpair, buf, offset, len);

	return ret ? ret : qpair_queue(qpair, cmd, buf, offset, len, user_data);
}

int nvu_submit(struct nvu_qpair *qpair)
{
	if (submit_waiting(qpair))
		submit_publish(qpair);
	return qpair->error;
}

int nvu_poll(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max)
{
	uint32_t dw3, count;

	if (UNLIKELY(--qpair->tick == 0)) {
		int ret = recovery_tick(qpair, cpls, max);

		if (ret)
			return ret;
	}
	if (submit_waiting(qpair))
		submit_publish(qpair);
	if (!cq_ring_pending(&qpair->cq, &dw3) || UNLIKELY(!max))
		return 0;

	count = poll_reap(qpair, cpls, max, dw3);
	qpair->reaped_polls++;
	doorbell_write(&qpair->cq_doorbell, cq_ring_head(&qpair->cq));
	return (int)count;
}
