// SPDX-License-Identifier: MIT
/*
 * doorbell.c: reads a doorbell with acquire order, so that it sees the entries that the driver wrote before;
 * checks the value; keeps a valid one.
 */
#include "mock/queues/doorbell.h"

#include "base/mmio.h"
#include "mock/event.h"
#include "mock/faults/violation.h"
#include "mock/queues/interrupt.h"

#include <assert.h>

enum { WAKE_POLLS = 256 };

/* What a sleeping queue's doorbell register holds: any ring differs from it. */
#define NOT_RUNG UINT32_MAX

static void refuse_value(struct nvu_mock *mock)
{
	(void)mock_event_push(mock, MOCK_EVENT_ERROR, MOCK_EVENT_INVALID_DOORBELL_VALUE,
			      NVU_LOG_ERROR);
}

/* Base 3.3.3.1: a CID may not be used again before its command has completed. */
static void mark_cids(struct nvu_mock *mock, struct mock_sq *sq, uint32_t from, uint32_t to)
{
	for (uint32_t slot = from; slot != to; slot = slot + 1 == sq->entries ? 0 : slot + 1) {
		uint32_t cid = nvu_le16_get(sq->ring[slot].cid);
		uint64_t bit = 1ull << (cid & 63);

		if (sq->cid_busy[cid / 64] & bit) {
			mock_violation_add(mock,
					   "queue %u: CID %u is used again by the command in slot "
					   "%u before it has completed",
					   sq->qid, cid, slot);
			sq->slot_refused[slot / 64] |= 1ull << (slot & 63);
			sq->refused++;
		}
		sq->cid_busy[cid / 64] |= bit;
	}
}

static void take_tail(struct nvu_mock *mock, struct mock_sq *sq, uint32_t value)
{
	uint32_t queued = mock_doorbell_distance(sq->head, sq->tail, sq->entries);
	uint32_t added;

	sq->doorbell_value = value;
	if (value >= sq->entries) {
		mock_violation_add(mock, "queue %u: SQ tail doorbell %u is outside 0..%u", sq->qid,
				   value, sq->entries - 1);
		refuse_value(mock);
		return;
	}
	added = mock_doorbell_distance(sq->tail, value, sq->entries);
	if (queued + added >= sq->entries) {
		mock_violation_add(mock,
				   "queue %u: SQ tail doorbell %u adds %u commands to %u that wait "
				   "in a queue for %u: overrun",
				   sq->qid, value, added, queued, sq->entries - 1);
		refuse_value(mock);
		return;
	}
	if (!mock->null)
		mark_cids(mock, sq, sq->tail, value);
	sq->tail = value;
}

/*
 * Goes to sleep: from now on the host has to ring. The event index is written before the shadow is
 * read again; the host writes the shadow before it reads the event index. With a full barrier in
 * both, at least one of the two sees the other's write.
 */
static void sleep_sq(struct mock_sq *sq)
{
	assert(sq->shadow && sq->event_idx);
	mmio_write32(sq->doorbell, NOT_RUNG);
	mmio_write32(sq->event_idx, sq->doorbell_value);
	dma_mb();
	sq->awake = mmio_read32(sq->shadow) != sq->doorbell_value;
	sq->idle = 0;
}

static void observe_shadow(struct nvu_mock *mock, struct mock_sq *sq)
{
	uint32_t tail;

	if (!sq->awake) {
		sq->awake = mmio_read32(sq->doorbell) != NOT_RUNG;
		sq->idle = 0;
	}
	if (!sq->awake)
		return;
	tail = mmio_read32(sq->shadow);
	if (tail != sq->doorbell_value) {
		sq->idle = 0;
		take_tail(mock, sq, tail);
	} else if (sq->head == sq->tail && (mock->stepped || ++sq->idle == WAKE_POLLS)) {
		sleep_sq(sq);
	}
}

void mock_doorbell_observe_sq(struct nvu_mock *mock, struct mock_sq *sq)
{
	uint32_t value;

	if (__builtin_expect(sq->shadow != NULL, 0)) {
		observe_shadow(mock, sq);
		return;
	}
	value = mmio_read32(sq->doorbell);
	if (value != sq->doorbell_value)
		take_tail(mock, sq, value);
}

void mock_doorbell_observe_cq(struct nvu_mock *mock, struct mock_cq *cq)
{
	uint32_t value = mmio_read32(cq->shadow ? cq->shadow : cq->doorbell);
	uint32_t written = mock_doorbell_distance(cq->head, cq->tail, cq->entries);

	if (value == cq->doorbell_value)
		return;
	cq->doorbell_value = value;
	if (value >= cq->entries) {
		mock_violation_add(mock, "queue %u: CQ head doorbell %u is outside 0..%u", cq->qid,
				   value, cq->entries - 1);
		refuse_value(mock);
	} else if (mock_doorbell_distance(cq->head, value, cq->entries) > written) {
		mock_violation_add(mock,
				   "queue %u: CQ head doorbell %u passes the tail: %u completions "
				   "lie from %u on",
				   cq->qid, value, written, cq->head);
		refuse_value(mock);
	} else {
		cq->head = value;
		cq->full = false;
		/* What came while the driver returned others. */
		if (cq->interrupts && cq->head != cq->tail)
			mock_interrupt_raise(mock, cq);
	}
}

static uint32_t known_room(const struct mock_cq *cq)
{
	return cq->entries - 1 - mock_doorbell_distance(cq->head, cq->tail, cq->entries);
}

uint32_t mock_doorbell_room(struct nvu_mock *mock, struct mock_cq *cq, uint32_t wanted)
{
	uint32_t room = known_room(cq);

	if (room >= wanted)
		return room;
	mock_doorbell_observe_cq(mock, cq);
	room = known_room(cq);
	if (room == 0 && cq->event_idx) { /* as sleep_sq(): have the host ring, look again */
		mmio_write32(cq->event_idx, cq->doorbell_value);
		dma_mb();
		mock_doorbell_observe_cq(mock, cq);
		room = known_room(cq);
	}
	if (room == 0 && !cq->full) {
		cq->full = true;
		mock->stats.cq_full++;
	}
	return room;
}

static void refuse_register(struct nvu_mock *mock, uint32_t qid, bool cq, uint32_t value)
{
	assert(qid <= mock->config.opts.io_queues);
	mock_violation_add(mock,
			   "queue %u: %s doorbell written with %u, but there is no such queue", qid,
			   cq ? "CQ head" : "SQ tail", value);
	(void)mock_event_push(mock, MOCK_EVENT_ERROR, MOCK_EVENT_INVALID_DOORBELL, NVU_LOG_ERROR);
}

/* Base figure 150: writing a doorbell's own value again is an invalid write too. */
static void check_repeated(struct nvu_mock *mock, uint32_t qid, bool cq, uint32_t value,
			   uint32_t held)
{
	if (value != held)
		return;
	mock_violation_add(mock, "queue %u: %s doorbell written with %u, which it holds already",
			   qid, cq ? "CQ head" : "SQ tail", value);
}

static void refuse_early(struct nvu_mock *mock, uint32_t qid, uint32_t value)
{
	mock_violation_add(mock, "queue %u: SQ tail doorbell %u is written before CSTS.RDY is 1",
			   qid, value);
}

static void write_sq(struct nvu_mock *mock, uint32_t qid, uint32_t value)
{
	struct mock_sq *sq = mock->sqs[qid];

	assert(qid <= mock->config.opts.io_queues);
	if (!sq) {
		refuse_register(mock, qid, false, value);
		return;
	}
	if (!(mock->csts & NVU_CSTS_RDY))
		refuse_early(mock, qid, value);
	if (!sq->shadow)
		check_repeated(mock, qid, false, value, sq->doorbell_value);
	mmio_write32(sq->doorbell, value);
	if (mock->running)
		mock_doorbell_observe_sq(mock, sq);
}

static void write_cq(struct nvu_mock *mock, uint32_t qid, uint32_t value)
{
	struct mock_cq *cq = mock->cqs[qid];

	assert(qid <= mock->config.opts.io_queues);
	if (!cq) {
		refuse_register(mock, qid, true, value);
		return;
	}
	if (!cq->shadow)
		check_repeated(mock, qid, true, value, cq->doorbell_value);
	mmio_write32(cq->doorbell, value);
	mock_doorbell_observe_cq(mock, cq);
}

void mock_doorbell_write(struct nvu_mock *mock, uint64_t offset, uint32_t value)
{
	uint64_t number = offset / mock->stride;
	uint32_t qid = (uint32_t)(number / 2);

	assert(mock_is_locked(mock));
	if (offset % mock->stride || qid > mock->config.opts.io_queues) {
		mock_violation_add(mock,
				   "register 0x%llx is no doorbell: they are %u bytes apart, for "
				   "queues 0..%u",
				   (unsigned long long)offset + NVU_REG_DOORBELLS, mock->stride,
				   mock->config.opts.io_queues);
		return;
	}
	if (number & 1) {
		mock->stats.cq_doorbells += qid != 0;
		write_cq(mock, qid, value);
	} else {
		mock->stats.sq_doorbells += qid != 0;
		write_sq(mock, qid, value);
	}
}

static void sweep_register(struct nvu_mock *mock, uint32_t qid, bool cq)
{
	void *doorbell = mock_doorbell_register(mock, qid, cq);
	uint32_t value = mmio_read32(doorbell);

	assert(!(cq ? mock->cqs[qid] != NULL : mock->sqs[qid] != NULL));
	if (value == 0)
		return;
	mmio_write32(doorbell, 0);
	refuse_register(mock, qid, cq, value);
}

void *mock_doorbell_clear(struct nvu_mock *mock, uint32_t qid, bool cq)
{
	assert(!(cq ? mock->cqs[qid] != NULL : mock->sqs[qid] != NULL));
	if (!mock->gone)
		sweep_register(mock, qid, cq);
	return mock_doorbell_register(mock, qid, cq);
}

void mock_doorbell_move(struct nvu_mock *mock, uint32_t qid, uint8_t *window)
{
	uint32_t tail = mmio_read32(mock_doorbell_register(mock, qid, false));
	uint32_t head = mmio_read32(mock_doorbell_register(mock, qid, true));

	assert(qid <= mock->config.opts.io_queues);
	mock->windows[qid] = window;
	mmio_write32(mock_doorbell_register(mock, qid, false), tail);
	mmio_write32(mock_doorbell_register(mock, qid, true), head);
	if (mock->sqs[qid])
		mock->sqs[qid]->doorbell = mock_doorbell_register(mock, qid, false);
	if (mock->cqs[qid])
		mock->cqs[qid]->doorbell = mock_doorbell_register(mock, qid, true);
}

void mock_doorbell_leave(struct nvu_mock *mock)
{
	for (uint32_t qid = 0; qid <= mock->config.opts.io_queues; qid++) {
		if (!mock->windows[qid])
			continue;
		if (!mock->call_failed)
			mock_violation_add(
				mock, "queue %u: its doorbells are still mapped at the close", qid);
		mock_doorbell_move(mock, qid, NULL);
	}
}

void mock_doorbell_sweep(struct nvu_mock *mock)
{
	for (uint32_t qid = 0; qid <= mock->config.opts.io_queues; qid++) {
		if (!mock->sqs[qid])
			sweep_register(mock, qid, false);
		if (!mock->cqs[qid])
			sweep_register(mock, qid, true);
	}
}

/* Trapped ones are checked as they are written. */
void mock_doorbell_check_early(struct nvu_mock *mock)
{
	for (uint32_t idx = 0; idx < mock->live_count; idx++) {
		const struct mock_sq *sq = mock->live[idx];
		uint32_t value = mmio_read32(sq->doorbell);

		if (value != sq->doorbell_value &&
		    !(mock->config.opts.flags & NVU_MOCK_TRAP_DOORBELLS))
			refuse_early(mock, sq->qid, value);
	}
}

void mock_doorbell_check_shut(struct nvu_mock *mock)
{
	for (uint32_t idx = 0; idx < mock->live_count; idx++) {
		const struct mock_sq *sq = mock->live[idx];
		uint32_t value = mmio_read32(sq->doorbell);

		if (!sq->shadow && value != sq->doorbell_value)
			mock_violation_add(mock,
					   "queue %u: SQ tail doorbell %u is written after the "
					   "shutdown",
					   sq->qid, value);
	}
}

static bool reaches(const struct nvu_mock *mock, uint32_t qid, bool cq)
{
	return mock->shadow_page &&
	       (qid != 0 || (mock->config.opts.flags & NVU_MOCK_SHADOW_ADMIN)) &&
	       (2ull * qid + cq) * mock->stride + sizeof(uint32_t) <= mock->page_bytes;
}

void mock_doorbell_mirror_admin(struct nvu_mock *mock)
{
	assert(mock->sqs[0] && mock->cqs[0]);
	if (reaches(mock, 0, false))
		mmio_write32(mock->shadow_page, mock->sqs[0]->doorbell_value);
	if (reaches(mock, 0, true))
		mmio_write32(mock->shadow_page + mock->stride, mock->cqs[0]->doorbell_value);
}

void mock_doorbell_bind(struct nvu_mock *mock, struct mock_sq *sq, struct mock_cq *cq)
{
	size_t place;

	assert((!sq || mock->sqs[sq->qid] == sq) && (!cq || mock->cqs[cq->qid] == cq));
	if (sq) {
		place = 2ull * sq->qid * mock->stride;
		sq->shadow = reaches(mock, sq->qid, false) ? mock->shadow_page + place : NULL;
		sq->event_idx = sq->shadow ? mock->event_idx_page + place : NULL;
		sq->awake = sq->shadow != NULL; /* looks once, then sleeps */
	}
	if (cq) {
		place = (2ull * cq->qid + 1) * mock->stride;
		cq->shadow = reaches(mock, cq->qid, true) ? mock->shadow_page + place : NULL;
		cq->event_idx = cq->shadow ? mock->event_idx_page + place : NULL;
	}
}
