/* SPDX-License-Identifier: MIT */
/*
 * path.c: the I/O path: queue a command, submit, poll. What it inlines is in qpair/submit.h,
 * qpair/poll.h, qpair/inflight.h and ring/; what goes wrong is in slow.c and recovery/.
 *
 * Per command: no system call, lock, allocation, atomic read-modify-write, indirect call, division
 * or log line.
 */
#include "base/probe.h"
#include "io/slow.h"
#include "qpair/data_pointer.h"
#include "qpair/latency.h"
#include "qpair/misuse.h"
#include "qpair/poll.h"
#include "qpair/slow_path.h"
#include "qpair/submit.h"
#include "recovery/recovery.h"

#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* Data longer than the buffer's page list describes: the slot is filled but for PRP 2. */
static __attribute__((cold, noinline)) int queue_long(struct nvu_qpair *qpair, uint32_t cid,
						      size_t len)
{
	struct nvu_sqe *slot = qpair->sq.slot;

	data_pointer_list(qpair, slot, cid, len);
	qpair_advance(qpair, slot);
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
	uint32_t cid;

	submit_tail(slot, lba, last);
	record = qpair->inflight.free;
	if (UNLIKELY(!ns_holds(ns, lba, last) || !buf ||
		     !(opcode == NVU_CMD_READ ? dma_takes(buf, offset, len)
					      : dma_holds(buf, offset, len)) ||
		     offset % 4 || (ns_owner_id(ns) | buf->owner_id) != qpair->owners || !record))
		return slow_rw(qpair, ns, opcode, slot, buf, offset, user_data);

	cid = inflight_take(&qpair->inflight, record, user_data);
	submit_head(slot, opcode, cid, ns->nsid_qword);
	if (!data_pointer_prp(qpair, slot, buf, offset, len))
		return queue_long(qpair, cid, len);
	qpair_advance(qpair, slot);
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

	if (UNLIKELY(ns_owner_id(ns) != (uint32_t)qpair->owners || !record))
		return slow_flush(qpair, ns, user_data);

	submit_head(slot, NVU_CMD_FLUSH, inflight_take(&qpair->inflight, record, user_data),
		    ns->nsid_qword);
	slot->prp1 = slot->prp2 = nvu_le64_put(0);
	submit_tail(slot, 0, 0);
	qpair_advance(qpair, slot);
	return 0;
}

int nvu_io(struct nvu_qpair *qpair, const struct nvu_sqe *cmd, const struct nvu_dma *buf,
	   size_t offset, size_t len, uint64_t user_data)
{
	return slow_io(qpair, cmd, buf, offset, len, user_data);
}

int nvu_submit(struct nvu_qpair *qpair)
{
	if (submit_waiting(qpair))
		return submit_publish(qpair);
	/* Nothing ever waits in a dead queue pair: see qpair_cut(). */
	return UNLIKELY(qpair->error) ? submit_refuse(qpair) : 0;
}

/* Returns all entries that the controller is owed. */
static void return_owed(struct nvu_qpair *qpair)
{
	qpair->cq_doorbells += doorbell_write(&qpair->cq_doorbell, cq_ring_head(&qpair->cq));
	cq_ring_note_returned(&qpair->cq);
}

/*
 * What is there, with the upkeep apart. One doorbell write when enough is owed. Hot, although all
 * of its callers are cold: queue pairs with a histogram or retries poll here.
 */
static __attribute__((hot, noinline)) int poll_only(struct nvu_qpair *qpair, struct nvu_cpl *cpls,
						    uint32_t max)
{
	uint32_t count;

	if (!max || !cq_ring_pending(&qpair->cq))
		return 0;
	count = poll_reap(qpair, cpls, max);
	qpair->reaped_polls++;
	if (cq_ring_is_due(&qpair->cq))
		return_owed(qpair);
	return (int)count;
}

/* The same with latencies, if they are measured. */
static int reap_beside(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max)
{
	if (qpair->latency)
		max = latency_measure(qpair, max);
	return poll_only(qpair, cpls, max);
}

/* Time has passed: is something late, has the controller been reset? Behind `count` completions. */
static __attribute__((cold, noinline)) int do_upkeep(struct nvu_qpair *qpair, struct nvu_cpl *cpls,
						     uint32_t max, uint32_t count)
{
	int ret = recovery_upkeep(qpair, cpls + count, max - count);

	if (count)
		return ret > 0 ? (int)count + ret : (int)count;
	if (ret)
		return ret;
	if (submit_waiting(qpair)) /* for new queues, until now */
		(void)submit_publish(qpair);
	/* What the recovery has made the controller answer. */
	ret = reap_beside(qpair, cpls, max);
	qpair->empty_polls -= ret > 0;
	return ret;
}

/* A poll that leaves commands in flight. */
static __attribute__((noinline)) int upkeep(struct nvu_qpair *qpair, struct nvu_cpl *cpls,
					    uint32_t max, uint32_t count)
{
	if (recovery_is_quiet(qpair))
		return (int)count;
	return do_upkeep(qpair, cpls, max, count);
}

/*
 * The same for one that finds nothing, of an idle queue pair too. Its arguments are kept in the queue pair:
 * no registers are saved for what is rare.
 */
static __attribute__((noinline)) int upkeep_of_empty(struct nvu_qpair *qpair, struct nvu_cpl *cpls,
						     uint32_t max)
{
	qpair->cpls = cpls;
	qpair->max = max;
	return recovery_is_quiet(qpair) ? 0 : do_upkeep(qpair, qpair->cpls, qpair->max, 0);
}

static inline __attribute__((always_inline)) int found_nothing(struct nvu_qpair *qpair,
							       struct nvu_cpl *cpls, uint32_t max)
{
	qpair->empty_polls++;
	return UNLIKELY(--qpair->upkeep_countdown < 0) ? upkeep_of_empty(qpair, cpls, max) : 0;
}

/* What a poll leaves in flight may be late. When it leaves nothing, all that is in flight later is new. */
static inline __attribute__((always_inline)) int leave_some(struct nvu_qpair *qpair,
							    struct nvu_cpl *cpls, uint32_t max,
							    uint32_t count, uint64_t head_bytes)
{
	if (qpair_is_settled(qpair, head_bytes))
		qpair->seen = NULL;
	else if (--qpair->upkeep_countdown < 0)
		return upkeep(qpair, cpls, max, count);
	return (int)count;
}

/* As found_some(), which returns what is owed, with a doorbell that is more than a register write. */
static __attribute__((cold, noinline)) int
found_some_slow(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max, uint32_t count)
{
	return_owed(qpair);
	return leave_some(qpair, cpls, max, count, cq_ring_head_bytes(&qpair->cq));
}

/*
 * What has been taken is owed to the controller, and returned when it is enough: see cq_ring.h. Calls nothing
 * that returns, so it saves no registers.
 */
static inline __attribute__((always_inline)) int
found_some(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max, uint32_t count)
{
	uint64_t head_bytes = cq_ring_head_bytes(&qpair->cq);

	qpair->reaped_polls++;
	PROBE2(reap, qpair, count);
	if (UNLIKELY(cq_ring_is_due(&qpair->cq))) {
		volatile void *reg = doorbell_register(&qpair->cq_doorbell);

		if (UNLIKELY(!reg))
			return found_some_slow(qpair, cpls, max, count);
		mmio_write32(reg, (uint32_t)(head_bytes / sizeof(struct nvu_cqe)));
		qpair->cq_doorbells++;
		cq_ring_note_returned(&qpair->cq);
	}
	return leave_some(qpair, cpls, max, count, head_bytes);
}

/* Up to max completions behind the `count` that there are. Apart, because it saves registers. */
static __attribute__((noinline)) int reap(struct nvu_qpair *qpair, struct nvu_cpl *cpls,
					  uint32_t max, uint32_t count)
{
	return found_some(qpair, cpls, max, count + poll_reap(qpair, cpls + count, max - count));
}

static inline __attribute__((always_inline)) int poll(struct nvu_qpair *qpair, struct nvu_cpl *cpls,
						      uint32_t max)
{
	uint32_t answer = cq_ring_answer(&qpair->cq);

	if (answer & CQE_PHASE)
		return found_nothing(qpair, cpls, max);
	/* A poll that finds nothing loads no register for one that does. */
	__asm__ volatile("" ::: "memory");
	if (UNLIKELY(!poll_first(qpair, answer, cpls, max)))
		return max ? reap(qpair, cpls, max, 0) : found_nothing(qpair, cpls, 0);
	if (max > 1 && cq_ring_pending(&qpair->cq))
		return reap(qpair, cpls, max, 1);
	return found_some(qpair, cpls, max, 1);
}

/*
 * A queue pair that is not live, is checked, measures or resends (qpair_polls_slowly()): upkeep at every poll. In the path's order, which
 * deadlines rely on: publish, collect, then look for what is late.
 */
static __attribute__((cold, noinline)) int poll_beside(struct nvu_qpair *qpair,
						       struct nvu_cpl *cpls, uint32_t max)
{
	uint64_t empty_polls = qpair->empty_polls, reaped_polls = qpair->reaped_polls;
	int ret = misuse_poll(qpair, cpls, max);

	if (ret)
		return ret;
	if (qpair->state == QPAIR_LIVE) {
		if (submit_waiting(qpair))
			(void)submit_publish(qpair);
		ret = reap_beside(qpair, cpls, max);
	}
	if (qpair->state != QPAIR_LIVE || !recovery_is_quiet(qpair))
		ret = do_upkeep(qpair, cpls, max, (uint32_t)ret);
	qpair->empty_polls = empty_polls + (qpair->reaped_polls == reaped_polls);
	if (qpair->misuse) {
		misuse_settle(qpair);
		misuse_leave(qpair);
	}
	return ret;
}

/* Without a register to write plainly: beside the path, or with another kind of doorbell. */
static __attribute__((cold, noinline)) int publish_slow_and_poll(struct nvu_qpair *qpair,
								 struct nvu_cpl *cpls, uint32_t max)
{
	if (qpair_polls_slowly(qpair))
		return poll_beside(qpair, cpls, max);
	(void)submit_publish(qpair);
	return poll(qpair, cpls, max);
}

static __attribute__((noinline)) int publish_and_poll(struct nvu_qpair *qpair, struct nvu_cpl *cpls,
						      uint32_t max)
{
	volatile void *reg = doorbell_register(&qpair->sq_doorbell);
	struct nvu_sqe *slot = qpair->sq.slot;

	if (UNLIKELY(!reg))
		return publish_slow_and_poll(qpair, cpls, max);
	qpair->sq_doorbells++;
	PROBE2(submit, qpair, slot);
	submit_publish_plain(qpair, reg, slot);
	return poll(qpair, cpls, max);
}

int nvu_poll(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max)
{
	if (!sq_ring_is_quiet(&qpair->sq))
		return publish_and_poll(qpair, cpls, max);
	return poll(qpair, cpls, max);
}
