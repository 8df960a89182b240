// SPDX-License-Identifier: MIT
/*
 * engine.c: two ways through a queue. The usual one takes one command at a time, whatever it
 * is. The null one is for NVU_MOCK_NULL without faults or latency: it answers runs of reads and
 * writes in bursts, so that a driver under measurement never waits for the model's own work.
 */
#include "mock/engine/engine.h"

#include "base/mmio.h"
#include "mock/admin/admin.h"
#include "mock/admin/aer.h"
#include "mock/admin/change.h"
#include "mock/faults/drive.h"
#include "mock/faults/fault.h"
#include "mock/faults/reserved.h"
#include "mock/faults/violation.h"
#include "mock/io/io.h"
#include "mock/queues/complete.h"
#include "mock/queues/doorbell.h"
#include "mock/queues/queue.h"
#include "mock/registers/regs.h"
#include "mock/state.h"

enum {
	SCAN_COMMANDS = 16, /* per queue and scan: then the others have their turn */
	NULL_BURST = 8,	    /* answered in one go */
	NULL_COMMANDS = 256,
	LINE_CQES = 64 / sizeof(struct nvu_cqe),
};

static void execute(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	uint16_t status;

	if (cmd->refused)
		status = NVU_SC_CID_CONFLICT;
	else if (cmd->strike.has_status)
		status = cmd->strike.status;
	else
		status = cmd->sq->qid ? mock_io_execute(mock, cmd) : mock_admin_execute(mock, cmd);
	if (status != MOCK_NO_ANSWER)
		mock_complete_cmd(mock, cmd, status);
}

/* Steps when stepped, else nanoseconds. */
static uint64_t delay_of(const struct nvu_mock *mock, const struct mock_cmd *cmd)
{
	if (mock->stepped)
		return cmd->strike.delay;
	return (cmd->strike.delay + (cmd->sq->qid ? mock->config.opts.latency_us : 0)) * 1000;
}

static void dispatch(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	uint64_t delay;

	mock_reserved_check(mock, cmd);
	if (mock->quirks)
		mock_drive_command(mock, cmd);
	if (mock->fault_count)
		mock_fault_match(mock, cmd);
	if (cmd->strike.gone)
		mock_state_vanish(mock);
	else if (cmd->strike.fatal)
		mock_state_fail(mock);
	if (cmd->strike.gone || cmd->strike.fatal || cmd->strike.dropped)
		return;
	mock_change_strike(mock, cmd);
	delay = delay_of(mock, cmd);
	if (delay && mock_complete_defer(mock, cmd, mock_state_now(mock) + delay))
		return;
	execute(mock, cmd);
}

static bool take_refused(struct mock_sq *sq, uint32_t slot)
{
	uint64_t bit = 1ull << (slot & 63);

	if (sq->refused == 0 || !(sq->slot_refused[slot / 64] & bit))
		return false;
	sq->slot_refused[slot / 64] &= ~bit;
	sq->refused--;
	return true;
}

/* Takes the command at the head of a queue that has one, when it can be answered. */
static bool fetch(struct nvu_mock *mock, struct mock_sq *sq, struct mock_cmd *cmd)
{
	uint32_t slot = sq->head;

	if (slot == sq->tail || mock_doorbell_room(mock, sq->cq, 1) == 0)
		return false;
	*cmd = (struct mock_cmd){ .sqe = sq->ring[slot], .sq = sq };
	cmd->cid = nvu_le16_get(cmd->sqe.cid);
	cmd->refused = take_refused(sq, slot);
	sq->head = slot + 1 == sq->entries ? 0 : slot + 1;
	if (sq->qid)
		mock->stats.io_commands++;
	else
		mock->stats.admin_commands++;
	return true;
}

static uint32_t run_queue(struct nvu_mock *mock, struct mock_sq *sq, uint32_t max)
{
	struct mock_cmd cmd;
	uint32_t done = 0;

	mock_doorbell_observe_sq(mock, sq);
	mock_doorbell_observe_cq(mock, sq->cq);
	while (done < max && mock->running && fetch(mock, sq, &cmd)) {
		dispatch(mock, &cmd);
		done++;
	}
	return done;
}

static void prefetch_for_write(const void *addr)
{
#if defined(__x86_64__)
	/* The builtin would ask for a shared copy: prefetchw is not in the base instruction set. */
	__asm__ volatile("prefetchw %0" ::"m"(*(const char *)addr));
#else
	__builtin_prefetch(addr, 1);
#endif
}

static uint32_t advance(uint32_t idx, uint32_t count, uint32_t entries)
{
	return idx + count < entries ? idx + count : idx + count - entries;
}

/* A command that null mode answers without looking further. */
static bool is_nullable(const struct nvu_sqe *sqe)
{
	return sqe->opcode == NVU_CMD_READ || sqe->opcode == NVU_CMD_WRITE;
}

/* The CIDs of up to max nullable commands from the head on: all their lines are asked for first. */
static uint32_t gather(const struct mock_sq *sq, uint32_t max, uint16_t *cids)
{
	uint32_t slot = sq->head;
	uint32_t count = 0;

	for (uint32_t ahead = slot + 1; ahead < slot + max && ahead < sq->entries; ahead++)
		__builtin_prefetch(&sq->ring[ahead]);
	for (; count < max && is_nullable(&sq->ring[slot]); count++) {
		cids[count] = nvu_le16_get(sq->ring[slot].cid);
		slot = slot + 1 == sq->entries ? 0 : slot + 1;
	}
	return count;
}

/* Asks for the lines of the completions to come but the first, which the driver is polling. */
static void claim(const struct mock_cq *cq, uint32_t count)
{
	for (uint32_t ahead = LINE_CQES; ahead < count; ahead += LINE_CQES)
		if (cq->tail + ahead < cq->entries)
			prefetch_for_write(&cq->ring[cq->tail + ahead]);
}

static void write_success(const struct mock_sq *sq, uint32_t slot, uint32_t phase, uint32_t head,
			  uint16_t cid)
{
	struct nvu_cqe *entry = &sq->cq->ring[slot];

	entry->dw0 = nvu_le32_put(0);
	entry->dw1 = nvu_le32_put(0);
	entry->sqhd = nvu_le16_put((uint16_t)head);
	entry->sqid = nvu_le16_put(sq->qid);
	mmio_write32(&entry->cid, cid | phase << 16);
}

/*
 * Writes count successes, the last one first: the driver polls the first, and when it finds that
 * all of them are there, so that it takes each line once and never while we write to it.
 */
static void answer(struct mock_sq *sq, const uint16_t *cids, uint32_t count)
{
	struct mock_cq *cq = sq->cq;

	for (uint32_t idx = count; idx-- > 0;) {
		uint32_t slot = cq->tail + idx;
		bool wraps = slot >= cq->entries;

		write_success(sq, wraps ? slot - cq->entries : slot, cq->phase ^ wraps,
			      advance(sq->head, idx + 1, sq->entries), cids[idx]);
	}
	sq->head = advance(sq->head, count, sq->entries);
	cq->phase ^= cq->tail + count >= cq->entries;
	cq->tail = advance(cq->tail, count, cq->entries);
}

static uint32_t run_null(struct nvu_mock *mock, struct mock_sq *sq)
{
	uint16_t cids[NULL_BURST];
	uint32_t done = 0;

	mock_doorbell_observe_sq(mock, sq);
	while (sq->head != sq->tail && done < NULL_COMMANDS) {
		uint32_t want = mock_doorbell_distance(sq->head, sq->tail, sq->entries);
		uint32_t room, count;

		want = want < NULL_BURST ? want : NULL_BURST;
		room = mock_doorbell_room(mock, sq->cq, want);
		want = want < room ? want : room;
		claim(sq->cq, want);
		count = gather(sq, want, cids);
		if (count == 0)
			return done + (room ? run_queue(mock, sq, 1) : 0);
		answer(sq, cids, count);
		done += count;
		mock->stats.io_commands += count;
		mock->stats.completions += count;
	}
	return done;
}

static void run_due(struct nvu_mock *mock)
{
	uint64_t when = mock_state_now(mock);
	struct mock_pending *pending;

	while (mock->running && (pending = mock_complete_due(mock, when))) {
		if (pending->execute)
			execute(mock, &pending->cmd);
		else
			mock_queue_post(mock, pending->cq, &pending->cqe, pending->phase_inverted);
		mock_complete_release(mock, pending);
	}
}

static void run_waiting(struct nvu_mock *mock)
{
	if (mock->pending)
		run_due(mock);
	if (mock->event_count && mock->aer_count)
		mock_aer_deliver(mock);
}

uint32_t mock_engine_scan(struct nvu_mock *mock)
{
	bool fast = mock->null && mock->fault_count == 0 && mock->config.opts.latency_us == 0;
	uint32_t done = 0;

	mock_regs_advance(mock);
	if (mock->paused_until)
		(void)mock_state_is_paused(mock);
	if (!mock->running)
		return 0;
	run_waiting(mock);
	for (uint32_t idx = 0; idx < mock->live_count && mock->running; idx++) {
		struct mock_sq *sq = mock->live[idx];

		done += fast && sq->qid ? run_null(mock, sq) : run_queue(mock, sq, SCAN_COMMANDS);
	}
	return done;
}

uint32_t mock_engine_step(struct nvu_mock *mock, uint32_t max)
{
	uint32_t done = 0;
	uint32_t before;

	mock->step++;
	mock_regs_advance(mock);
	if (mock->paused_until)
		(void)mock_state_is_paused(mock);
	do {
		before = done;
		if (mock->running)
			run_waiting(mock);
		for (uint32_t idx = 0; idx < mock->live_count && mock->running && done < max; idx++)
			done += run_queue(mock, mock->live[idx], 1);
	} while (done != before && done < max);
	if (mock->running)
		run_waiting(mock);
	return done;
}
