/* SPDX-License-Identifier: MIT */
/*
 * io.c: the I/O path: queue a command, submit, poll. What it inlines is in qpair/submit.h,
 * qpair/poll.h, qpair/inflight.h and ring/; what goes wrong is in refuse.c and ctrl/recovery.c.
 *
 * Per command: no system call, lock, allocation, atomic read-modify-write, indirect call, division
 * or log line.
 */
#include "api/refuse.h"
#include "base/probe.h"
#include "ctrl/recovery.h"
#include "qpair/extras.h"
#include "qpair/guard.h"
#include "qpair/poll.h"
#include "qpair/submit.h"

#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* Data longer than the buffer's page list describes: the slot is filled but for PRP 2. */
static __attribute__((cold, noinline)) int queue_long(struct nvu_qpair *qpair, uint32_t cid,
						      size_t len)
{
	struct nvu_sqe *slot = qpair->sq.slot;

	slot->prp2 = nvu_le64_put(qpair_build_list(qpair, cid, nvu_le64_get(slot->prp1), len));
	sq_ring_advance(&qpair->sq, slot);
	return 0;
}

/*
 * Read and write: check everything, take a record, fill the ring slot. The slot may be written to
 * before the checks are done: it is the controller's only once it is published.
 */
static inline __attribute__((always_inline)) int
queue_rw(struct nvu_qpair *qpair, uint32_t opcode, const struct nvu_ns *ns, uint64_t lba,
	 uint32_t blocks, const struct nvu_dma *buf, size_t offset, uint64_t user_data)
{
	struct nvu_sqe *slot = qpair->sq.slot;
	uint64_t last = blocks - 1; /* no blocks: 2^32 - 1, too many */
	size_t len = last * ns->block_bytes + ns->block_bytes;
	struct inflight *record;
	uint64_t span, prp2 = 0;
	uint32_t cid;

	submit_tail(slot, lba, last);
	record = qpair->inflight.free;
	if (UNLIKELY(!ns_holds(ns, lba, last) || !buf ||
		     !(opcode == NVU_CMD_READ ? dma_takes(buf, offset, len)
					      : dma_holds(buf, offset, len)) ||
		     offset % 4 || (ns_key(ns) | buf->key) != qpair->key || !record))
		return refuse_rw(qpair, ns, opcode, slot, buf, offset, user_data);

	cid = inflight_take(&qpair->inflight, record, user_data);
	submit_head(slot, opcode, cid, ns->head);
	slot->prp1 = nvu_le64_put(buf->iova + offset);
	span = submit_span(offset, len);
	if (span > PAGELIST_PAGE_BYTES) {
		if (UNLIKELY(!submit_has_list(qpair, span)))
			return queue_long(qpair, cid, len);
		prp2 = submit_prp2(buf, offset, span);
	}
	slot->prp2 = nvu_le64_put(prp2);
	sq_ring_advance(&qpair->sq, slot);
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
	struct inflight *record = qpair->inflight.free;
	struct nvu_sqe *slot = qpair->sq.slot;

	if (UNLIKELY(ns_key(ns) != (uint32_t)qpair->key || !record))
		return refuse_flush(qpair, ns, user_data);

	submit_head(slot, NVU_CMD_FLUSH, inflight_take(&qpair->inflight, record, user_data),
		    ns->head);
	slot->prp1 = slot->prp2 = nvu_le64_put(0);
	submit_tail(slot, 0, 0);
	sq_ring_advance(&qpair->sq, slot);
	return 0;
}

int nvu_io(struct nvu_qpair *qpair, const struct nvu_sqe *cmd, const struct nvu_dma *buf,
	   size_t offset, size_t len, uint64_t user_data)
{
	int ret = refuse_io(qpair, cmd, buf, offset, len, user_data);

	return ret <= 0 ? ret : qpair_queue(qpair, cmd, buf, offset, len, user_data);
}

int nvu_submit(struct nvu_qpair *qpair)
{
	if (submit_waiting(qpair))
		return submit_publish(qpair);
	/* Nothing ever waits in a dead queue pair: see qpair_cut(). */
	return UNLIKELY(qpair->error) ? submit_refuse(qpair) : 0;
}

/* Gives the entries back to the controller. */
static inline int finish(struct nvu_qpair *qpair, uint32_t count)
{
	qpair->reaped_polls++;
	PROBE2(reap, qpair, count);
	doorbell_write(&qpair->cq_doorbell, cq_ring_head(&qpair->cq));
	return (int)count;
}

/* Up to max completions behind the `count` that there are. Apart, because it saves registers. */
static __attribute__((noinline)) int reap(struct nvu_qpair *qpair, struct nvu_cpl *cpls,
					  uint32_t max, uint32_t count)
{
	return finish(qpair, count + poll_reap(qpair, cpls, max));
}

static inline __attribute__((always_inline)) int poll(struct nvu_qpair *qpair, struct nvu_cpl *cpls,
						      uint32_t max)
{
	if (!cq_ring_pending(&qpair->cq))
		return 0;
	if (UNLIKELY(!poll_first(qpair, cpls, max)))
		return max ? reap(qpair, cpls, max, 0) : 0;
	if (max > 1 && cq_ring_pending(&qpair->cq))
		return reap(qpair, cpls + 1, max - 1, 1);
	return finish(qpair, 1);
}

static __attribute__((noinline)) int publish_and_poll(struct nvu_qpair *qpair, struct nvu_cpl *cpls,
						      uint32_t max)
{
	(void)submit_publish(qpair);
	return poll(qpair, cpls, max);
}

/* Every 256th poll, and every one while the queue pair is not live. */
static __attribute__((cold, noinline)) int look_up_and_poll(struct nvu_qpair *qpair,
							    struct nvu_cpl *cpls, uint32_t max)
{
	int ret = guard_poll(qpair, cpls, max);

	if (ret) {
		qpair->tick = 1; /* so that the next call is met here too */
		return ret;
	}
	ret = recovery_tick(qpair, cpls, max);
	if (!ret) {
		if (submit_waiting(qpair))
			(void)submit_publish(qpair);
		if (qpair->extras)
			max = extras_measure(qpair, max);
		ret = poll(qpair, cpls, max);
	}
	guard_settle(qpair);
	guard_leave(qpair);
	return ret;
}

int nvu_poll(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max)
{
	if (UNLIKELY(--qpair->tick == 0))
		return look_up_and_poll(qpair, cpls, max);
	if (submit_waiting(qpair))
		return publish_and_poll(qpair, cpls, max);
	return poll(qpair, cpls, max);
}
