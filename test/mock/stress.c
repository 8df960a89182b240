// SPDX-License-Identifier: MIT
/*
 * stress.c: see stress.h.
 */
#include "stress.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { BATCH = 32, PATIENCE_MS = 120000, BETWEEN_TURNS = 64 };

#define FLUSH_DATA UINT64_MAX

uint64_t stress_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void count(uint64_t *counter, uint64_t more)
{
	__atomic_add_fetch(counter, more, __ATOMIC_RELAXED);
}

void stress_init(struct stress *stress)
{
	for (size_t idx = 0; idx < STRESS_CELLS; idx++)
		cell_init(&stress->cells[idx]);
	stress->next_version = 1;
}

void stress_recall(struct stress *stress)
{
	for (size_t idx = 0; idx < STRESS_CELLS; idx++) {
		struct cell *cell = &stress->cells[idx];

		if (cell->busy && cell->writing)
			cell_write_ended(cell, false);
		else
			cell_read_failed(cell);
	}
}

static uint8_t *place_of(const struct stress *stress, size_t cell)
{
	const struct nvu_piece *place = &stress->places[cell];

	return (uint8_t *)nvu_dma_addr(place->buf) + place->offset;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Cells of the second half are in both buffers by turns, so that a command on several has its data in pieces. */
static bool is_apart(size_t cell)
{
	return cell >= STRESS_CELLS / 2;
}

/* Some are in no page of their own, if the controller has SGLs. */
static void place_cells(struct stress *stress)
{
	size_t shift = nvu_ctrl_info(stress->ctrl)->sgls ? 4 : 0;

	for (size_t idx = 0; idx < STRESS_CELLS; idx++) {
		bool is_other = is_apart(idx) && idx % 2;

		stress->places[idx] = (struct nvu_piece){
			.buf = is_other ? stress->other : stress->buf,
			.offset = idx * CELL_BYTES + (idx % 8 == 3 && is_other ? shift : 0),
			.len = CELL_BYTES,
		};
	}
}

static int send_cells(struct stress *stress, size_t idx, uint32_t span, bool write)
{
	uint32_t blocks = CELL_BYTES / nvu_ns_info(stress->ns)->block_bytes;
	uint64_t lba = stress->first_lba + idx * blocks;
	const struct nvu_dma *buf = stress->places[idx].buf;
	size_t offset = stress->places[idx].offset;

	if (span > 1 && is_apart(idx + span - 1))
		return nvu_rw(stress->qpair,
			      NVU_RW_ARGS(.ns = stress->ns, .lba = lba, .blocks = span * blocks,
					  .opcode = write ? NVU_CMD_WRITE : NVU_CMD_READ,
					  .pieces = &stress->places[idx], .piece_count = span,
					  .user_data = idx));
	if (span * blocks > nvu_ns_info(stress->ns)->max_transfer_blocks)
		return nvu_rw(stress->qpair,
			      NVU_RW_ARGS(.ns = stress->ns, .lba = lba, .blocks = span * blocks,
					  .opcode = write ? NVU_CMD_WRITE : NVU_CMD_READ,
					  .buf = buf, .offset = offset, .user_data = idx));
	return write ? nvu_write(stress->qpair, stress->ns, lba, span * blocks, buf, offset, idx)
		     : nvu_read(stress->qpair, stress->ns, lba, span * blocks, buf, offset, idx);
}

/* A read or write of some cells, to their own places in the buffer. */
static int queue_cells(struct stress *stress, size_t idx, uint32_t span, bool write)
{
	uint64_t version = stress->next_version;
	int ret;

	for (uint32_t at = 0; at < span; at++) {
		memset(place_of(stress, idx + at), 0xee, CELL_BYTES);
		if (write)
			cell_fill(place_of(stress, idx + at), version + at);
	}
	ret = send_cells(stress, idx, span, write);
	if (ret)
		return ret;
	/* The controller learns of it by the next poll, before which all of this is noted. */
	stress->next_version += span;
	stress->queued_ms[idx] = now_ms();
	for (uint32_t at = 0; at < span; at++)
		cell_begin(&stress->cells[idx + at], write, version + at, at ? 0 : span);
	return 0;
}

/* Every fourth command is on several cells. */
static uint32_t choose_span(uint64_t dice)
{
	return dice >> 50 & 3 ? 1 : (uint32_t)(dice >> 40) % STRESS_SPAN_MAX + 1;
}

static bool are_free(const struct stress *stress, size_t idx, uint32_t span)
{
	if (span > STRESS_CELLS - idx)
		return false;
	for (uint32_t at = 0; at < span; at++)
		if (stress->cells[idx + at].busy)
			return false;
	return true;
}

/* False: the queue is full, or dead, or the dice fell on a cell in use. */
static bool queue_one(struct stress *stress)
{
	uint64_t dice = stress_random(&stress->random);
	uint32_t span = choose_span(dice);
	size_t idx = dice % STRESS_CELLS;
	int ret;

	/* Of any command, outstanding or not. */
	if ((dice >> 44 & 0xff) == 0)
		(void)nvu_abort(stress->qpair, (dice >> 20) % STRESS_CELLS);
	if (dice >> 60 == 0 && !stress->no_flush) {
		ret = dice >> 59 & 1 ? nvu_flush_after(stress->qpair, stress->ns, FLUSH_DATA)
				     : nvu_flush(stress->qpair, stress->ns, FLUSH_DATA);
		stress->flushes += !ret;
	} else if (!are_free(stress, idx, span)) {
		return false;
	} else {
		ret = queue_cells(stress, idx, span, dice >> 32 & 1);
	}
	/* Some fault kept the namespace from being identified again, or the descriptors. */
	if (ret == -ESTALE)
		(void)nvu_ns_get(stress->ctrl, nvu_ns_info(stress->ns)->nsid, &stress->ns);
	count(&stress->counts->accepted, !ret);
	count(&stress->counts->full, ret == -EAGAIN);
	return !ret;
}

static void count_status(struct stress *stress, int status)
{
	struct stress_counts *counts = stress->counts;

	if (status == 0)
		count(&counts->succeeded, 1);
	else if (status > 0)
		count(&counts->failed, 1);
	else if (status == -ETIMEDOUT)
		count(&counts->timed_out, 1);
	else if (status == -ECANCELED || status == -ESTALE || status == -EIO || status == -ENODEV)
		count(&counts->canceled, 1);
	else
		count(&counts->lies, 1);
}

/* The first one of all workers: later ones may follow from it. */
static void note_wrong(struct stress *stress, size_t idx)
{
	struct stress_counts *counts = stress->counts;
	char what[192];

	if (__atomic_exchange_n(&counts->has_first_wrong, true, __ATOMIC_RELAXED))
		return;
	cell_describe(&stress->cells[idx], place_of(stress, idx), stress->next_version, what,
		      sizeof(what));
	(void)snprintf(counts->first_wrong, sizeof(counts->first_wrong),
		       "a read that succeeded had wrong data: cell %zu of the worker at block "
		       "%llu, at %llu ms: %s",
		       idx, (unsigned long long)stress->first_lba, (unsigned long long)now_ms(),
		       what);
}

static void take_cell(struct stress *stress, size_t idx, int status)
{
	struct cell *cell = &stress->cells[idx];
	enum cell_data what = CELL_GOOD;

	if (cell->writing)
		cell_write_ended(cell, status == 0);
	else if (status)
		cell_read_failed(cell);
	else
		what = cell_read_ended(cell, place_of(stress, idx));
	count(&stress->counts->corrupt, what == CELL_CORRUPT);
	count(&stress->counts->wrong, what == CELL_WRONG);
	if (what == CELL_WRONG)
		note_wrong(stress, idx);
}

static void note_time(struct stress *stress, size_t idx)
{
	uint64_t took_ms = now_ms() - stress->queued_ms[idx];
	uint64_t *slowest = &stress->counts->slowest_ms;
	uint64_t old = __atomic_load_n(slowest, __ATOMIC_RELAXED);

	while (took_ms > old && !__atomic_compare_exchange_n(slowest, &old, took_ms, true,
							     __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

/* Of one worker only; of several it says nothing. */
static void digest(struct stress_counts *counts, uint64_t word)
{
	uint64_t sum = __atomic_load_n(&counts->digest, __ATOMIC_RELAXED);

	sum = (sum ^ word) * 0x9e3779b97f4a7c15ull;
	__atomic_store_n(&counts->digest, sum ^ sum >> 29, __ATOMIC_RELAXED);
}

static void digest_answer(struct stress *stress, const struct nvu_cpl *cpl)
{
	digest(stress->counts, now_ms());
	digest(stress->counts, cpl->user_data);
	digest(stress->counts, (uint64_t)cpl->status);
	digest(stress->counts, cpl->flags);
}

static void take_answer(struct stress *stress, const struct nvu_cpl *cpl)
{
	size_t idx = cpl->user_data % STRESS_CELLS;
	const struct cell *first = &stress->cells[idx];

	digest_answer(stress, cpl);
	if (cpl->user_data == FLUSH_DATA && stress->flushes) {
		stress->flushes--;
	} else if (cpl->user_data >= STRESS_CELLS || !first->busy || !first->span) {
		count(&stress->counts->lies, 1);
		return;
	} else {
		note_time(stress, idx);
		for (uint32_t at = 0, span = first->span; at < span; at++)
			take_cell(stress, idx + at, cpl->status);
	}
	count_status(stress, cpl->status);
}

/* False: the controller is dead. */
static bool poll_once(struct stress *stress)
{
	struct nvu_cpl cpls[BATCH];
	int ret;

	if (stress->step)
		stress->step(stress);
	ret = nvu_poll(stress->qpair, cpls, BATCH);
	for (int idx = 0; idx < ret; idx++)
		take_answer(stress, &cpls[idx]);
	if (ret == 0 && !stress->step)
		(void)sched_yield();
	return ret >= 0;
}

static uint64_t in_flight(const struct stress *stress)
{
	uint64_t busy = stress->flushes;

	for (size_t idx = 0; idx < STRESS_CELLS; idx++)
		busy += stress->cells[idx].busy && stress->cells[idx].span;
	return busy;
}

static void run(struct stress *stress)
{
	while (!__atomic_load_n(stress->stop, __ATOMIC_RELAXED)) {
		for (uint32_t idx = 0; idx < stress->depth && queue_one(stress); idx++)
			;
		if (!poll_once(stress))
			return;
		if (stress->between && stress->turn++ % BETWEEN_TURNS == 0)
			stress->between(stress);
	}
	for (uint64_t end_ms = now_ms() + PATIENCE_MS; in_flight(stress) && now_ms() < end_ms;)
		if (!poll_once(stress))
			return;
}

void *stress_live(void *arg)
{
	struct stress *stress = arg;
	uint32_t flags = stress_random(&stress->random) &
			 (NVU_QPAIR_LATENCY | NVU_QPAIR_RETRY | NVU_QPAIR_RETRY_STATUS);
	size_t bytes = (size_t)STRESS_CELLS * CELL_BYTES;

	stress->flushes = 0;
	/* The controller may have died already. */
	if (nvu_qpair_create(stress->ctrl, NVU_QPAIR_OPTS(.depth = stress->depth, .flags = flags),
			     &stress->qpair))
		return NULL;
	if (!nvu_dma_alloc(stress->ctrl, bytes, &stress->buf) &&
	    !nvu_dma_alloc(stress->ctrl, bytes + CELL_BYTES, &stress->other)) {
		place_cells(stress);
		run(stress);
		count(&stress->counts->unanswered, in_flight(stress));
	}
	nvu_qpair_destroy(stress->qpair);
	(void)nvu_dma_free(stress->other);
	(void)nvu_dma_free(stress->buf);
	stress->buf = stress->other = NULL;
	return NULL;
}
