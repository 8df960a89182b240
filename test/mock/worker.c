// SPDX-License-Identifier: MIT
/*
 * worker.c: see worker.h.
 */
#include "worker.h"

#include <sched.h>

enum { BATCH = 32, LIMIT = 1 << 22 };

static void complain(struct worker *worker, const char *what, int64_t value)
{
	if (worker->failures++ < 5)
		print_error("worker at block %llu: %s: %lld\n", (unsigned long long)worker->first,
			    what, (long long)value);
}

/* The user data: which block, above it which command. */
static void queue_next(struct worker *worker)
{
	uint64_t turn = worker->turn++;
	uint64_t block = turn * 7 % WORKER_BLOCKS;
	uint8_t *data = worker->data + block * 512;
	uint64_t id = worker->ledger.accepted;
	int ret;

	if (worker->blocks[block].busy || id >= LIMIT)
		return;
	worker->blocks[block].write = !worker->blocks[block].known || turn % 3 == 0;
	if (worker->blocks[block].write) {
		rig_fill(data, 512, id);
		ret = nvu_write(worker->qpair, worker->ns, worker->first + block, 1, worker->buf,
				block * 512, id << 8 | block);
	} else {
		memset(data, 0, 512);
		ret = nvu_read(worker->qpair, worker->ns, worker->first + block, 1, worker->buf,
			       block * 512, id << 8 | block);
	}
	if (ret == -EAGAIN)
		return;
	if (ret) {
		complain(worker, nvu_last_error(), ret);
		return;
	}
	if (worker->blocks[block].write) {
		worker->blocks[block].known = false;
		worker->blocks[block].version = id;
	}
	worker->blocks[block].busy = true;
	worker->ledger.accepted++;
}

static void take_answer(struct worker *worker, const struct nvu_cpl *cpl)
{
	uint64_t block = cpl->user_data & 255;
	const uint8_t *data = worker->data + block * 512;

	if (!ledger_note(&worker->ledger, cpl->user_data >> 8) || !worker->blocks[block].busy) {
		complain(worker, "answered twice, or never sent", (int64_t)cpl->user_data);
		return;
	}
	worker->blocks[block].busy = false;
	if (cpl->status == 0) {
		__atomic_add_fetch(&worker->successes, 1, __ATOMIC_RELAXED);
		if (worker->blocks[block].write)
			worker->blocks[block].known = true;
		else if (!rig_is_filled(data, 512, worker->blocks[block].version))
			complain(worker, "wrong data in block", (int64_t)block);
	} else if (cpl->status == -ECANCELED) {
		worker->canceled++;
	} else if (cpl->status == -EIO || cpl->status == -ENODEV) {
		/* Queued after the controller was lost: polls end with the same error. */
		worker->refused = cpl->status;
	} else {
		complain(worker, "status", cpl->status);
	}
}

bool worker_poll(struct worker *worker)
{
	struct nvu_cpl cpls[BATCH];
	int count = nvu_poll(worker->qpair, cpls, BATCH);

	for (int idx = 0; idx < count; idx++)
		take_answer(worker, &cpls[idx]);
	if (count < 0)
		worker->error = count;
	if (count == 0)
		(void)sched_yield();
	return count >= 0;
}

bool worker_step(struct worker *worker)
{
	for (int idx = 0; idx < 8; idx++)
		queue_next(worker);
	return worker_poll(worker);
}

bool worker_goes_on(const struct worker *worker)
{
	return !__atomic_load_n(&worker->stop, __ATOMIC_RELAXED);
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	double end = rig_now() + RIG_PATIENCE_S;

	while (worker_goes_on(worker) && rig_now() < end)
		if (!worker_step(worker))
			return NULL;
	while (!ledger_is_even(&worker->ledger) && rig_now() < end)
		if (!worker_poll(worker))
			return NULL;
	return NULL;
}

void worker_equip(struct worker *worker, struct rig *rig, uint32_t idx,
		  const struct nvu_qpair_opts *opts)
{
	*worker = (struct worker){ .ctrl = rig->ctrl, .ns = rig->ns, .first = idx * WORKER_BLOCKS };
	ledger_init(&worker->ledger, LIMIT);
	assert_int_equal(nvu_qpair_create(rig->ctrl, opts, &worker->qpair), 0);
	assert_int_equal(nvu_dma_alloc(rig->ctrl, WORKER_BLOCKS * 512, &worker->buf), 0);
	worker->data = nvu_dma_addr(worker->buf);
}

void worker_start(struct worker *worker, struct rig *rig, uint32_t idx, uint32_t depth)
{
	worker_equip(worker, rig, idx, NVU_QPAIR_OPTS(.depth = depth));
	assert_int_equal(pthread_create(&worker->thread, NULL, work, worker), 0);
}

void worker_leave(struct worker *worker, int error)
{
	assert_int_equal(worker->failures, 0);
	assert_int_equal(worker->error, error);
	assert_true(!worker->refused || worker->refused == error);
	assert_true(ledger_is_even(&worker->ledger));
	nvu_qpair_destroy(worker->qpair);
	assert_int_equal(nvu_dma_free(worker->buf), 0);
	ledger_free(&worker->ledger);
}

void worker_await(struct worker *worker, int error)
{
	assert_int_equal(pthread_join(worker->thread, NULL), 0);
	worker_leave(worker, error);
}

void worker_stop(struct worker *worker)
{
	__atomic_store_n(&worker->stop, 1, __ATOMIC_RELAXED);
	worker_await(worker, 0);
}
