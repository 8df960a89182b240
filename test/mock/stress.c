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

enum { BATCH = 32, PATIENCE_S = 120, BETWEEN_TURNS = 64 };

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

static uint8_t *place_of(const struct stress *stress, size_t cell)
{
	return (uint8_t *)nvu_dma_addr(stress->buf) + cell * CELL_BYTES;
}

/* A read or write of a whole cell, to its own place in the buffer. */
static int queue_cell(struct stress *stress, size_t idx, bool write)
{
	struct cell *cell = &stress->cells[idx];
	uint32_t blocks = CELL_BYTES / nvu_ns_info(stress->ns)->block_bytes;
	uint64_t lba = stress->first_lba + idx * blocks;
	int ret;

	if (write)
		cell_fill(place_of(stress, idx), stress->next_version);
	else
		memset(place_of(stress, idx), 0xee, CELL_BYTES);
	ret = write ? nvu_write(stress->qpair, stress->ns, lba, blocks, stress->buf,
				idx * CELL_BYTES, idx)
		    : nvu_read(stress->qpair, stress->ns, lba, blocks, stress->buf,
			       idx * CELL_BYTES, idx);
	if (ret)
		return ret;
	cell->busy = true;
	cell->writing = write;
	cell->version = stress->next_version;
	stress->next_version += write;
	return 0;
}

/* False: the queue is full, or dead, or the dice fell on a cell in use. */
static bool queue_one(struct stress *stress)
{
	uint64_t dice = stress_random(&stress->random);
	size_t idx = dice % STRESS_CELLS;
	int ret;

	if (dice >> 60 == 0) {
		ret = nvu_flush(stress->qpair, stress->ns, FLUSH_DATA);
		stress->flushes += !ret;
	} else if (stress->cells[idx].busy) {
		return false;
	} else {
		ret = queue_cell(stress, idx, dice >> 32 & 1);
	}
	count(&stress->counts->accepted, !ret);
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
	else if (status == -ECANCELED)
		count(&counts->canceled, 1);
	else
		count(&counts->lies, 1);
}

static void check_data(struct stress *stress, struct cell *cell, const void *data)
{
	enum cell_data what = cell_read_ended(cell, data);

	count(&stress->counts->corrupt, what == CELL_CORRUPT);
	count(&stress->counts->wrong, what == CELL_WRONG);
}

static void take_answer(struct stress *stress, const struct nvu_cpl *cpl)
{
	struct cell *cell = &stress->cells[cpl->user_data % STRESS_CELLS];

	if (cpl->user_data == FLUSH_DATA && stress->flushes) {
		stress->flushes--;
	} else if (cpl->user_data >= STRESS_CELLS || !cell->busy) {
		count(&stress->counts->lies, 1);
		return;
	} else if (cell->writing) {
		cell_write_ended(cell, cpl->status == 0);
	} else if (cpl->status) {
		cell->busy = false;
	} else {
		check_data(stress, cell, place_of(stress, cpl->user_data));
	}
	count_status(stress, cpl->status);
}

/* False: the controller is dead. */
static bool poll_once(struct stress *stress)
{
	struct nvu_cpl cpls[BATCH];
	int ret;

	if (stress->mock)
		(void)nvu_mock_step(stress->mock,
				    (uint32_t)(stress_random(&stress->random) % stress->depth + 1));
	ret = nvu_poll(stress->qpair, cpls, BATCH);
	for (int idx = 0; idx < ret; idx++)
		take_answer(stress, &cpls[idx]);
	if (ret == 0 && !stress->mock)
		(void)sched_yield();
	return ret >= 0;
}

static uint64_t in_flight(const struct stress *stress)
{
	uint64_t busy = stress->flushes;

	for (size_t idx = 0; idx < STRESS_CELLS; idx++)
		busy += stress->cells[idx].busy;
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
	for (time_t end = time(NULL) + PATIENCE_S; in_flight(stress) && time(NULL) < end;)
		if (!poll_once(stress))
			return;
}

void *stress_live(void *arg)
{
	struct stress *stress = arg;
	uint32_t flags = stress_random(&stress->random) & (NVU_QPAIR_LATENCY | NVU_QPAIR_RETRY);
	size_t bytes = (size_t)STRESS_CELLS * CELL_BYTES;

	stress->flushes = 0;
	/* The controller may have died already. */
	if (nvu_qpair_create(stress->ctrl, NVU_QPAIR_OPTS(.depth = stress->depth, .flags = flags),
			     &stress->qpair))
		return NULL;
	if (!nvu_dma_alloc(stress->ctrl, bytes, &stress->buf)) {
		run(stress);
		count(&stress->counts->unanswered, in_flight(stress));
	}
	nvu_qpair_destroy(stress->qpair);
	(void)nvu_dma_free(stress->buf);
	stress->buf = NULL;
	return NULL;
}
