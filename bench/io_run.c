/* SPDX-License-Identifier: MIT */
/*
 * io_run.c: the loop that bench/io measures, and what is read off it. The clock is read once per
 * poll that found something, as an application would.
 */
#include "io_run.h"

#include "pin.h"
#include "ticks.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum phase { WARM_UP, MEASURE, STOP };

struct shared {
	const struct io_plan *plan;
	const struct io_point *point;
	struct ticks clock;
	uint64_t units;
	uint32_t blocks;
	_Atomic int phase;
};

struct worker {
	struct shared *shared;
	uint32_t idx;
	pthread_t thread;
	struct nvu_qpair *qpair;
	struct nvu_dma *buf;
	struct nvu_cpl *cpls;
	uint64_t *starts; /* ticks, by slot */
	uint64_t random;
	uint64_t done, ticks; /* measured */
	struct nvu_qpair_stats stats;
	struct histogram histogram;
	int error;
};

static inline int begin(struct worker *worker, uint64_t slot, uint64_t now)
{
	const struct shared *shared = worker->shared;
	size_t offset = slot * shared->point->bytes;
	uint64_t lba;

	worker->random = worker->random * 0xd1342543de82ef95u + 0x9e3779b97f4a7c15u;
	lba = (uint64_t)((unsigned __int128)worker->random * shared->units >> 64) * shared->blocks;
	worker->starts[slot] = now;
	if (shared->plan->write)
		return nvu_write(worker->qpair, shared->plan->ns, lba, shared->blocks, worker->buf,
				 offset, slot);
	return nvu_read(worker->qpair, shared->plan->ns, lba, shared->blocks, worker->buf, offset,
			slot);
}

/* Keeps the queue full until the phase is over. */
static int drive(struct worker *worker, int phase)
{
	struct shared *shared = worker->shared;
	int ret = 0;

	while (!ret && atomic_load_explicit(&shared->phase, memory_order_relaxed) == phase) {
		int reaped = nvu_poll(worker->qpair, worker->cpls, shared->point->batch);
		uint64_t now;

		if (reaped <= 0) {
			ret = reaped;
			continue;
		}
		now = ticks_now(shared->clock.counter);
		for (int i = 0; i < reaped && !ret; i++) {
			uint64_t slot = worker->cpls[i].user_data;

			histogram_add(&worker->histogram, now - worker->starts[slot]);
			ret = worker->cpls[i].status;
			if (!ret)
				ret = begin(worker, slot, now);
		}
		worker->done += (uint64_t)reaped;
	}
	return ret;
}

static int measure(struct worker *worker)
{
	bool counter = worker->shared->clock.counter;
	struct nvu_qpair_stats before;
	int ret = 0;

	for (uint32_t slot = 0; slot < worker->shared->point->depth && !ret; slot++)
		ret = begin(worker, slot, ticks_now(counter));
	if (!ret)
		ret = drive(worker, WARM_UP);
	histogram_init(&worker->histogram);
	nvu_qpair_stats(worker->qpair, &before, sizeof(before));
	worker->done = 0;
	worker->ticks = ticks_now(counter);
	if (!ret)
		ret = drive(worker, MEASURE);
	worker->ticks = ticks_now(counter) - worker->ticks;
	nvu_qpair_stats(worker->qpair, &worker->stats, sizeof(worker->stats));
	worker->stats.polls -= before.polls;
	worker->stats.empty_polls -= before.empty_polls;
	return ret;
}

static void *worker_main(void *arg)
{
	struct worker *worker = arg;
	const struct io_plan *plan = worker->shared->plan;

	if (plan->pin)
		pin_to(plan->first_cpu + worker->idx);
	worker->error = measure(worker);
	return NULL;
}

static int set_up(struct worker *worker, struct shared *shared, uint32_t idx)
{
	const struct io_point *point = shared->point;
	int ret;

	worker->shared = shared;
	worker->idx = idx;
	worker->random = idx + 1;
	worker->cpls = calloc(point->batch, sizeof(*worker->cpls));
	worker->starts = calloc(point->depth, sizeof(*worker->starts));
	if (!worker->cpls || !worker->starts)
		return -ENOMEM;
	ret = nvu_qpair_create(shared->plan->ctrl, NVU_QPAIR_OPTS(.commands = point->depth),
			       &worker->qpair);
	if (!ret)
		ret = nvu_dma_alloc(shared->plan->ctrl, (size_t)point->depth * point->bytes,
				    &worker->buf);
	return ret;
}

static void tear_down(struct worker *worker)
{
	nvu_qpair_destroy(worker->qpair);
	(void)nvu_dma_free(worker->buf);
	free(worker->cpls);
	free(worker->starts);
}

static void rest(double seconds)
{
	struct timespec pause = { .tv_sec = (time_t)seconds };

	pause.tv_nsec = (long)((seconds - (double)pause.tv_sec) * 1e9);
	(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
}

/* The main thread only sleeps. */
static int lead(struct shared *shared, struct worker *workers)
{
	uint32_t started = 0;
	int ret = 0;

	for (; started < shared->point->threads && !ret; started += !ret)
		ret = -pthread_create(&workers[started].thread, NULL, worker_main,
				      &workers[started]);
	if (!ret)
		rest(shared->plan->warmup_seconds);
	atomic_store(&shared->phase, MEASURE);
	if (!ret)
		rest(shared->plan->seconds);
	atomic_store(&shared->phase, STOP);
	for (uint32_t i = 0; i < started; i++) {
		(void)pthread_join(workers[i].thread, NULL);
		ret = ret ? ret : workers[i].error;
	}
	return ret;
}

static void sum_up(const struct shared *shared, const struct worker *workers,
		   struct io_result *result)
{
	double each = ticks_ns_each(&shared->clock);
	struct histogram *all = malloc(sizeof(*all));
	uint64_t polls = 0, empty = 0;

	*result = (struct io_result){ 0 };
	if (!all)
		return;
	histogram_init(all);
	for (uint32_t i = 0; i < shared->point->threads; i++) {
		const struct worker *worker = &workers[i];

		histogram_merge(all, &worker->histogram);
		polls += worker->stats.polls;
		empty += worker->stats.empty_polls;
		result->iops += (double)worker->done * 1e9 / ((double)worker->ticks * each);
	}
	result->average = histogram_average(all) * each;
	result->min = (double)all->min * each;
	result->p50 = (double)histogram_percentile(all, 50) * each;
	result->p99 = (double)histogram_percentile(all, 99) * each;
	result->p999 = (double)histogram_percentile(all, 99.9) * each;
	result->p9999 = (double)histogram_percentile(all, 99.99) * each;
	result->max = (double)all->max * each;
	result->empty_polls = polls ? (double)empty / (double)polls : 0;
	free(all);
}

int io_run(const struct io_plan *plan, const struct io_point *point, struct io_result *ret_result)
{
	const struct nvu_ns_info *info = nvu_ns_info(plan->ns);
	struct shared shared = { .plan = plan, .point = point };
	struct worker *workers = calloc(point->threads, sizeof(*workers));
	int ret = workers ? 0 : -ENOMEM;

	ticks_init(&shared.clock);
	shared.blocks = point->bytes / info->block_bytes;
	shared.units = shared.blocks ? info->blocks / shared.blocks : 0;
	for (uint32_t i = 0; i < point->threads && !ret; i++)
		ret = set_up(&workers[i], &shared, i);
	if (!ret)
		ret = lead(&shared, workers);
	if (!ret)
		sum_up(&shared, workers, ret_result);
	else
		fprintf(stderr, "io: %s\n",
			*nvu_last_error() ? nvu_last_error() : nvu_strerror(ret));
	for (uint32_t i = 0; workers && i < point->threads; i++)
		tear_down(&workers[i]);
	free(workers);
	return ret != 0;
}
