// SPDX-License-Identifier: MIT
/*
 * engine.c: takes one command at a time from a queue, whatever it is. A mock with NVU_MOCK_NULL leaves runs
 * of reads and writes to null.h, unless a fault or a latency concerns them.
 */
#include "mock/engine/engine.h"

#include "mock/admin/admin.h"
#include "mock/admin/aer.h"
#include "mock/admin/change.h"
#include "mock/engine/fused.h"
#include "mock/engine/null.h"
#include "mock/faults/drive.h"
#include "mock/faults/fault.h"
#include "mock/faults/reserved.h"
#include "mock/io/io.h"
#include "mock/queues/complete.h"
#include "mock/queues/doorbell.h"
#include "mock/queues/queue.h"
#include "mock/registers/regs.h"
#include "mock/state.h"

#include <assert.h>

enum { SCAN_COMMANDS = 16 }; /* per queue and scan: then the others have their turn */

static uint16_t carry_out(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	if (cmd->refused)
		return NVU_SC_CID_CONFLICT;
	if (cmd->effects.has_status)
		return cmd->effects.status;
	return cmd->sq->qid ? mock_io_execute(mock, cmd) : mock_admin_execute(mock, cmd);
}

static void execute(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	uint16_t status = carry_out(mock, cmd);

	if (status != MOCK_NO_ANSWER)
		mock_complete_cmd(mock, cmd, status);
}

/* Both, or the first alone, which has failed: Base 3.4.1. A half that a fault drops is not answered. */
static void execute_pair(struct nvu_mock *mock, struct mock_cmd *first, struct mock_cmd *second)
{
	uint16_t status = mock_fused_check(first, second);

	if (!status)
		status = carry_out(mock, first);
	if (!first->effects.dropped)
		mock_complete_cmd(mock, first, status);
	status = status ? NVU_SC_ABORT_FUSED_FAILED : carry_out(mock, second);
	if (!second->effects.dropped)
		mock_complete_cmd(mock, second, status);
}

/*
 * The power fails while the controller carries the command out: what a write has put into the cache may survive.
 * The command does not complete.
 */
static void cut(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	mock->power_fails = true;
	if (cmd->sq->qid && cmd->sqe.opcode == NVU_CMD_WRITE && !cmd->refused &&
	    mock_state_caches(mock))
		(void)mock_io_execute(mock, cmd);
	mock->power_fails = false;
	mock_state_lose_power(mock);
}

/* Steps when stepped, else nanoseconds. */
static uint64_t delay_of(struct nvu_mock *mock, const struct mock_cmd *cmd)
{
	uint64_t delay = cmd->effects.delay;

	if (cmd->sq->qid && mock->config.latency.shape)
		delay += mock_latency_draw(&mock->config.latency, &mock->latency_random);
	if (mock->stepped)
		return delay;
	return (delay + (cmd->sq->qid ? mock->config.opts.latency_us : 0)) * 1000;
}

static void dispatch(struct nvu_mock *mock, struct mock_cmd *cmd)
{
	uint64_t delay;

	mock_reserved_check(mock, cmd);
	if (mock->quirks)
		mock_drive_command(mock, cmd);
	if (mock->fault_count)
		mock_fault_match(mock, cmd);
	if (cmd->effects.gone)
		mock_state_vanish(mock);
	else if (cmd->effects.power_lost)
		cut(mock, cmd);
	else if (cmd->effects.fatal)
		mock_state_fail(mock);
	if (mock->gone || cmd->effects.fatal || cmd->effects.dropped)
		return;
	mock_change_by_fault(mock, cmd);
	delay = delay_of(mock, cmd);
	if (delay && mock_complete_defer(mock, cmd, mock_state_now(mock) + delay))
		return;
	execute(mock, cmd);
}

/*
 * Two commands that are carried out as one, with the later of their delays. What stops the controller does so before
 * either is carried out.
 */
static void dispatch_pair(struct nvu_mock *mock, struct mock_cmd *first, struct mock_cmd *second)
{
	struct mock_cmd *const halves[] = { first, second };
	uint64_t delay = 0;

	for (uint32_t half = 0; half < 2; half++) {
		uint64_t own;

		halves[half]->fused = true;
		mock_reserved_check(mock, halves[half]);
		if (mock->fault_count)
			mock_fault_match(mock, halves[half]);
		if (halves[half]->effects.gone)
			mock_state_vanish(mock);
		else if (halves[half]->effects.power_lost)
			mock_state_lose_power(mock);
		else if (halves[half]->effects.fatal)
			mock_state_fail(mock);
		own = delay_of(mock, halves[half]);
		delay = own > delay ? own : delay;
	}
	if (!mock->running)
		return;
	if (delay && mock_complete_defer_pair(mock, first, second, mock_state_now(mock) + delay))
		return;
	execute_pair(mock, first, second);
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

/* Fetches a pair and carries it out. False: it waits for room for two completions. */
static bool run_pair(struct nvu_mock *mock, struct mock_sq *sq)
{
	struct mock_cmd first, second;

	if (mock_doorbell_room(mock, sq->cq, 2) < 2)
		return false;
	if (!fetch(mock, sq, &first) || !fetch(mock, sq, &second))
		return false;
	dispatch_pair(mock, &first, &second);
	return true;
}

static uint32_t run_queue(struct nvu_mock *mock, struct mock_sq *sq, uint32_t max)
{
	struct mock_cmd cmd;
	uint32_t done = 0;

	mock_doorbell_observe_sq(mock, sq);
	mock_doorbell_observe_cq(mock, sq->cq);
	while (done < max && mock->running) {
		if (mock_fused_is_pair(sq)) {
			if (!run_pair(mock, sq))
				break;
			done += 2;
		} else if (fetch(mock, sq, &cmd)) {
			dispatch(mock, &cmd);
			done++;
		} else {
			break;
		}
	}
	return done;
}

/* The runs of reads and writes at once, then one of what the null engine leaves. */
static uint32_t run_fast(struct nvu_mock *mock, struct mock_sq *sq)
{
	bool other = false;
	uint32_t done = mock_null_run(mock, sq, &other);

	return other ? done + run_queue(mock, sq, 1) : done;
}

static void run_due(struct nvu_mock *mock)
{
	uint64_t when = mock_state_now(mock);
	struct mock_pending *pending;

	while (mock->running && (pending = mock_complete_due(mock, when))) {
		if (pending->execute && pending->paired)
			execute_pair(mock, &pending->cmd, &pending->second);
		else if (pending->execute)
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
	bool fast = mock->null && mock->fault_count == 0 && mock->config.opts.latency_us == 0 &&
		    !mock->config.latency.shape;
	uint32_t done = 0;

	mock_regs_advance(mock);
	if (mock->paused_until)
		(void)mock_state_is_paused(mock);
	if (!mock->running)
		return 0;
	run_waiting(mock);
	for (uint32_t idx = 0; idx < mock->live_count && mock->running; idx++) {
		struct mock_sq *sq = mock->live[idx];

		done += fast && sq->qid ? run_fast(mock, sq) : run_queue(mock, sq, SCAN_COMMANDS);
	}
	return done;
}

uint32_t mock_engine_step(struct nvu_mock *mock, uint32_t max)
{
	uint32_t done = 0;
	uint32_t before;

	assert(mock_is_locked(mock));
	assert(mock->stepped);
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
