/* SPDX-License-Identifier: MIT */
/*
 * submit.h: the submission half of the I/O path, inline. A command is checked, takes a record, is
 * written straight into its ring slot; publishing tells the controller of all that are waiting.
 */
#ifndef NVU_QPAIR_SUBMIT_H
#define NVU_QPAIR_SUBMIT_H

#include "base/probe.h"
#include "qpair/qpair.h"

/* A submission entry as the eight words that are stored. */
typedef uint64_t __attribute__((may_alias)) sqe_word;

/* Word 0: opcode and namespace (its identifier << 32), and the identifier as in a state of inflight.h. */
static inline void submit_head(struct nvu_sqe *slot, uint64_t head, uint64_t state)
{
	sqe_word *words = (sqe_word *)slot;

	words[0] = NVU_SWAP(64, head | state);
}

/* Words 5 and 6: CDW10 to CDW13. */
static inline void submit_tail(struct nvu_sqe *slot, uint64_t cdw10_11, uint64_t cdw12_13)
{
	sqe_word *words = (sqe_word *)slot;

	words[5] = NVU_SWAP(64, cdw10_11);
	words[6] = NVU_SWAP(64, cdw12_13);
}

/* Publishing for a queue pair with shadow doorbells, an unmapped register, or another reason of slow_path.h. */
int submit_publish_slow(struct nvu_qpair *qpair) __attribute__((cold));

/* Nothing can be published any more: the queue pair's error, and its sentence. */
int submit_refuse(const struct nvu_qpair *qpair) __attribute__((cold));

/* Publishing by a plain write of the register. */
static inline __attribute__((always_inline)) void
submit_publish_plain(struct nvu_qpair *qpair, volatile void *reg, struct nvu_sqe *slot)
{
	mmio_write32(reg, sq_ring_index(&qpair->sq, slot));
	qpair->sq.published = slot;
	sq_ring_set_quiet(&qpair->sq, slot);
	/* The next poll that waits looks at the clock: see deadline.h. */
	qpair->pace = (struct qpair_pace){ 0 };
}

/*
 * One doorbell write for all that has been queued since the last one. Returns the queue pair's
 * error, 0 while it is live.
 */
static inline __attribute__((always_inline)) int submit_publish(struct nvu_qpair *qpair)
{
	volatile void *reg = doorbell_register(&qpair->sq_doorbell);
	struct nvu_sqe *slot = qpair->sq.slot;

	qpair->sq_doorbells++;
	PROBE2(submit, qpair, slot);
	if (__builtin_expect(!reg, 0))
		return submit_publish_slow(qpair);
	submit_publish_plain(qpair, reg, slot);
	return qpair->error;
}

static inline bool submit_waiting(const struct nvu_qpair *qpair)
{
	return qpair->sq.slot != qpair->sq.published;
}

#endif
