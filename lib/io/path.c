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
#include "qpair/abort.h"
#include "qpair/data_pointer.h"
#include "qpair/latency.h"
#include "qpair/misuse.h"
#include "qpair/own.h"
#include "qpair/poll.h"
#include "qpair/retry.h"
#include "qpair/slow_path.h"
#include "qpair/submit.h"
#include "recovery/abort.h"
#include "recovery/recovery.h"

#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* The value, of which the compiler takes nothing from before: what is rare costs the rest no instruction. */
static inline size_t apart(size_t value)
{
	__asm__("" : "+r"(value));
	return value;
}

/* Data longer than the buffer's page list describes: the slot is filled but for PRP 2. */
static __attribute__((cold, noinline)) int queue_long(struct nvu_qpair *qpair, uint64_t state,
						      uint64_t span)
{
	struct nvu_sqe *slot = qpair->sq.slot;
	uint32_t cid = (uint32_t)(state >> INFLIGHT_CID_SHIFT);
	size_t len = span - (nvu_le64_get(slot->prp1) & (PAGELIST_PAGE_BYTES - 1));

	data_pointer_list(qpair, slot, cid, len);
	return qpair_advance(qpair, slot);
}

/*
 * Read and write: check everything, take a record, fill the ring slot. The slot may be written to
 * before the checks are done: it is the controller's only once it is published. The seventh argument is on the stack:
 * it is read where it is used, so that no register has to be saved.
 */
static inline __attribute__((always_inline)) int
queue_rw(struct nvu_qpair *qpair, uint32_t opcode, const struct nvu_ns *ns, uint64_t lba,
	 uint32_t blocks, const struct nvu_dma *buf, size_t offset, uint64_t user_data)
{
	struct nvu_sqe *slot = qpair->sq.slot;
	uint32_t last = blocks - 1; /* no blocks: 2^32 - 1, too many */
	struct inflight *record;
	uint64_t state, span;

	submit_tail(slot, lba, last);
	if (UNLIKELY(!ns_holds(ns, lba, last) || !buf))
		goto slow;
	span = (uint32_t)(blocks * ns->block_bytes); /* of data in a page; MDTS has 32 bits */
	if (UNLIKELY(!(opcode == NVU_CMD_READ ? dma_takes(buf, offset, span)
					      : dma_holds(buf, offset, span))))
		goto slow;
	if (UNLIKELY(offset % PAGELIST_PAGE_BYTES)) {
		if (apart(offset) % 4)
			goto slow;
		span = data_pointer_span(apart(offset), span);
	}
	if (UNLIKELY((ns_owner_id(ns) | buf->owner_id) != qpair->owners))
		goto slow;
	record = qpair->inflight.free;
	if (UNLIKELY(!record))
		goto slow;

	state = inflight_take(&qpair->inflight, record, user_data);
	submit_head(slot, opcode == NVU_CMD_READ ? ns->read_head : ns->write_head, state);
	if (UNLIKELY(!data_pointer_prp(qpair, slot, buf, offset, span)))
		return queue_long(qpair, state, span);
	return qpair_advance(qpair, slot);
slow:
	return opcode == NVU_CMD_READ ? slow_read(qpair, ns, lba, blocks, buf, offset, user_data)
				      : slow_write(qpair, ns, lba, blocks, buf, offset, user_data);
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

	submit_head(slot, ns->nsid_qword | NVU_CMD_FLUSH,
		    inflight_take(&qpair->inflight, record, user_data));
	slot->prp1 = slot->prp2 = nvu_le64_put(0);
	submit_tail(slot, 0, 0);
	return qpair_advance(qpair, slot);
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
	if (cq_ring_is_due(&qpair->cq, qpair->cq.next))
		qpair_return_owed(qpair);
	return (int)count;
}

/* The same with latencies, if they are measured. */
static int reap_beside(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max)
{
	if (qpair->latency)
		max = latency_measure(qpair, max);
	return poll_only(qpair, cpls, max);
}

/* With nvu's own answers first, and what was kept until its Abort was answered; further Aborts are sent. */
static __attribute__((cold, noinline)) int collect_own(struct nvu_qpair *qpair,
						       struct nvu_cpl *cpls, uint32_t max)
{
	uint64_t reaped_polls = qpair->reaped_polls;
	uint32_t own = own_take(qpair, cpls, max);
	uint32_t count;

	own += abort_take(qpair, cpls + own, max - own);
	count = own + (uint32_t)reap_beside(qpair, cpls + own, max - own);
	if (own && qpair->reaped_polls == reaped_polls)
		qpair->reaped_polls++;
	recovery_send_aborts(qpair);
	retry_go_on(qpair);
	return (int)count;
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
	if (qpair->state == QPAIR_LIVE && qpair->abort_count)
		ret = collect_own(qpair, cpls, max);
	else
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
	return UNLIKELY(--qpair->pace.countdown < 0) ? upkeep_of_empty(qpair, cpls, max) : 0;
}

/* What a poll leaves in flight may be late. */
static inline __attribute__((always_inline)) int leave_some(struct nvu_qpair *qpair,
							    struct nvu_cpl *cpls, uint32_t max,
							    uint32_t count, uint64_t head_bytes)
{
	if (!qpair_is_settled(qpair, head_bytes) && --qpair->pace.countdown < 0)
		return upkeep(qpair, cpls, max, count);
	return (int)count;
}

/* As found_some(), which returns what is owed, with a doorbell that is more than a register write. */
static __attribute__((cold, noinline)) int
found_some_slow(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max, uint32_t count)
{
	qpair_return_owed(qpair);
	return leave_some(qpair, cpls, max, count, cq_ring_head_bytes(&qpair->cq));
}

/*
 * What has been taken is owed to the controller, and returned when it is enough: see cq_ring.h. Calls nothing
 * that returns, so it saves no registers. next: the position behind what has been taken.
 */
static inline __attribute__((always_inline)) int found_some(struct nvu_qpair *qpair,
							    struct nvu_cpl *cpls, uint32_t max,
							    uint32_t count,
							    const struct nvu_cqe *next)
{
	uint64_t head_bytes = cq_ring_bytes(&qpair->cq, next);

	qpair->reaped_polls++;
	PROBE2(reap, qpair, count);
	if (UNLIKELY(cq_ring_is_due(&qpair->cq, next))) {
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
	count += poll_reap(qpair, cpls + count, max - count);
	return found_some(qpair, cpls, max, count, qpair->cq.next);
}

static inline __attribute__((always_inline)) int poll(struct nvu_qpair *qpair, struct nvu_cpl *cpls,
						      uint32_t max)
{
	const struct nvu_cqe *next = qpair->cq.next;
	uint64_t bits = cq_ring_bits(&qpair->cq, next);

	if (!cq_ring_is_new(bits))
		return found_nothing(qpair, cpls, max);
	/* A poll that finds nothing computes nothing for one that does. */
	__asm__ volatile("" : "+r"(bits) : : "memory");
	next = poll_first(qpair, next, cq_ring_answer_of(bits), cpls, max);
	if (UNLIKELY(!next))
		return max ? reap(qpair, cpls, max, 0) : found_nothing(qpair, cpls, 0);
	if (max > 1 && cq_ring_pending(&qpair->cq))
		return reap(qpair, cpls, max, 1);
	return found_some(qpair, cpls, max, 1, next);
}

/*
 * A queue pair that is not live, is checked, measures, resends or has answers of its own (qpair_polls_slowly()): upkeep at every
 * poll. In the path's order, which deadlines rely on: publish, collect, then look for what is late.
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
		ret = UNLIKELY(__atomic_load_n(&qpair->slow, __ATOMIC_RELAXED) &
			       (SLOW_OWN | SLOW_ABORT | SLOW_DELAYED))
			      ? collect_own(qpair, cpls, max)
			      : reap_beside(qpair, cpls, max);
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
