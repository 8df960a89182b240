/* SPDX-License-Identifier: MIT */
/*
 * null.h: the engine of a mock with NVU_MOCK_NULL. It answers runs of reads and writes in bursts, without moving
 * data, so that a driver under measurement never waits for the model's own work: inline, because a call for
 * each scan costs a twentieth at depth 1. The mock's lock is held.
 */
#ifndef NVU_MOCK_ENGINE_NULL_H
#define NVU_MOCK_ENGINE_NULL_H

#include "mock/model.h"
#include "mock/queues/doorbell.h"
#include "mock/queues/interrupt.h"
#include "mock/queues/queue.h"

enum {
	NULL_BURST = 8, /* answered in one go */
	NULL_COMMANDS = 256,
	NULL_LINE_CQES = 64 / sizeof(struct nvu_cqe),
};

static inline void null_prefetch_for_write(const void *addr)
{
#if defined(__x86_64__)
	/* The builtin would ask for a shared copy: prefetchw is not in the base instruction set. */
	__asm__ volatile("prefetchw %0" ::"m"(*(const char *)addr));
#else
	__builtin_prefetch(addr, 1);
#endif
}

static inline uint32_t null_advance(uint32_t idx, uint32_t count, uint32_t entries)
{
	return idx + count < entries ? idx + count : idx + count - entries;
}

/* A command that null mode answers without looking further. */
static inline bool null_takes(const struct nvu_sqe *sqe)
{
	return sqe->opcode == NVU_CMD_READ || sqe->opcode == NVU_CMD_WRITE;
}

/* The CIDs of up to max nullable commands from the head on: all their lines are asked for first. */
static inline uint32_t null_gather(const struct mock_sq *sq, uint32_t max, uint16_t *cids)
{
	uint32_t slot = sq->head;
	uint32_t count = 0;

	for (uint32_t ahead = slot + 1; ahead < slot + max && ahead < sq->entries; ahead++)
		__builtin_prefetch(&sq->ring[ahead]);
	for (; count < max && null_takes(&sq->ring[slot]); count++) {
		cids[count] = nvu_le16_get(sq->ring[slot].cid);
		slot = slot + 1 == sq->entries ? 0 : slot + 1;
	}
	return count;
}

/* Asks for the lines of the completions to come but the first, which the driver is polling. */
static inline void null_claim(const struct mock_cq *cq, uint32_t count)
{
	for (uint32_t ahead = NULL_LINE_CQES; ahead < count; ahead += NULL_LINE_CQES)
		if (cq->tail + ahead < cq->entries)
			null_prefetch_for_write(&cq->ring[cq->tail + ahead]);
}

static inline void null_write_success(const struct mock_sq *sq, uint32_t slot, uint32_t phase,
				      uint32_t head, uint16_t cid)
{
	struct nvu_cqe *entry = &sq->cq->ring[slot];

	entry->dw0 = nvu_le32_put(0);
	entry->dw1 = nvu_le32_put(0);
	mock_queue_post_upper(entry, head, sq->qid, cid, phase);
}

/*
 * Writes count successes, the last one first: the driver polls the first, and when it finds that
 * all of them are there, so that it takes each line once and never while we write to it.
 */
static inline void null_answer(struct mock_sq *sq, const uint16_t *cids, uint32_t count)
{
	struct mock_cq *cq = sq->cq;

	for (uint32_t idx = count; idx-- > 0;) {
		uint32_t slot = cq->tail + idx;
		bool wraps = slot >= cq->entries;

		null_write_success(sq, wraps ? slot - cq->entries : slot, cq->phase ^ wraps,
				   null_advance(sq->head, idx + 1, sq->entries), cids[idx]);
	}
	sq->head = null_advance(sq->head, count, sq->entries);
	cq->phase ^= cq->tail + count >= cq->entries;
	cq->tail = null_advance(cq->tail, count, cq->entries);
}

/*
 * Answers reads and writes from the head of an I/O queue on, and returns how many. *ret_other becomes true
 * when it stops at another command that can be answered: the caller carries that one out.
 */
static inline uint32_t mock_null_run(struct nvu_mock *mock, struct mock_sq *sq, bool *ret_other)
{
	uint16_t cids[NULL_BURST];
	uint32_t done = 0;

	mock_doorbell_observe_sq(mock, sq);
	if (sq->cq->interrupts)
		mock_doorbell_observe_cq(mock, sq->cq);
	while (sq->head != sq->tail && done < NULL_COMMANDS) {
		uint32_t want = mock_doorbell_distance(sq->head, sq->tail, sq->entries);
		uint32_t room, count;
		bool interrupts;

		want = want < NULL_BURST ? want : NULL_BURST;
		room = mock_doorbell_room(mock, sq->cq, want);
		want = want < room ? want : room;
		null_claim(sq->cq, want);
		count = null_gather(sq, want, cids);
		if (count == 0) {
			*ret_other = room != 0;
			break;
		}
		interrupts = mock_interrupt_is_rearmed(sq->cq);
		null_answer(sq, cids, count);
		if (interrupts)
			mock_interrupt_raise(mock, sq->cq);
		done += count;
		mock->stats.io_commands += count;
		mock->stats.completions += count;
	}
	return done;
}

#endif
