/* SPDX-License-Identifier: MIT */
/*
 * result.c: adds up what the jobs have counted.
 */
#include "result.h"

#include <errno.h>
#include <stdlib.h>

const double result_percents[RESULT_PERCENTILES] = { 50, 90, 99, 99.9, 99.99 };
const char *const result_percent_names[RESULT_PERCENTILES] = { "p50", "p90", "p99", "p99.9",
							       "p99.99" };
const char *const result_kind_names[RESULT_KINDS] = { "read", "write", "all" };

/* How long the job was measured: to its last answer if that came before the end. */
static double job_seconds(const struct results *results, const struct worker *worker,
			  const struct job *job)
{
	uint64_t end = worker->ended;

	if (job->finished > worker->began && job->finished < end)
		end = job->finished;
	return end > worker->began ? (double)(end - worker->began) * results->us_per_tick / 1e6 : 0;
}

static void add_latencies(struct result *result, int kind, const struct histogram *latency,
			  double seconds, uint32_t io_bytes)
{
	uint64_t ios = histogram_count(latency);
	double rate = seconds > 0 ? (double)ios / seconds : 0;
	const int into[] = { kind, RESULT_ALL };

	for (int i = 0; i < 2; i++) {
		struct result_kind *to = &result->kinds[into[i]];

		to->ios += ios;
		to->iops += rate;
		to->mib_per_s += rate * io_bytes / 1048576.0;
		histogram_merge(&to->latency, latency);
	}
}

static void add_job(struct result *result, const struct job *job, double seconds)
{
	for (int kind = JOB_READ; kind <= JOB_WRITE; kind++)
		add_latencies(result, kind, &job->measured[kind], seconds, job->target->io_bytes);
	for (uint32_t i = 0; i < job->error_kinds; i++)
		result->failed += job->kinds[i].count;
	if (job->verify)
		result->mismatches += job->verify->mismatches;
	result->lost += job->lost;
}

static void set_latencies(struct result *result, double us_per_tick)
{
	for (int kind = 0; kind < RESULT_KINDS; kind++) {
		struct result_kind *to = &result->kinds[kind];

		if (!to->ios)
			continue;
		to->avg_us = histogram_average(&to->latency) * us_per_tick;
		to->min_us = (double)to->latency.min * us_per_tick;
		to->max_us = (double)to->latency.max * us_per_tick;
		for (int i = 0; i < RESULT_PERCENTILES; i++)
			to->percentile_us[i] =
				(double)histogram_percentile(&to->latency, result_percents[i]) *
				us_per_tick;
	}
}

static void init_result(struct result *result, const struct target *target)
{
	result->target = target;
	for (int kind = 0; kind < RESULT_KINDS; kind++)
		histogram_init(&result->kinds[kind].latency);
}

static uint64_t worker_ios(const struct worker *worker)
{
	uint64_t ios = 0;

	for (uint32_t i = 0; i < worker->job_count; i++) {
		ios += histogram_count(&worker->jobs[i].measured[JOB_READ]);
		ios += histogram_count(&worker->jobs[i].measured[JOB_WRITE]);
	}
	return ios;
}

static double ratio(double part, double whole)
{
	return whole > 0 ? part / whole : 0;
}

static void set_thread(struct result_thread *thread, const struct worker *worker,
		       double us_per_tick)
{
	const struct usage *usage = &worker->usage;
	double ns = (double)usage->ticks * us_per_tick * 1e3;
	double ios = (double)worker_ios(worker);

	thread->seconds = ns / 1e9;
	thread->cpu_percent = 100 * ratio((double)usage->cpu_ns, ns);
	thread->system_percent = 100 * ratio((double)usage->system_ns, ns);
	thread->cpu_us_per_io = ratio((double)usage->cpu_ns / 1e3, ios);
	thread->ios_per_poll = ratio(ios, (double)(usage->polls - usage->empty_polls));
	thread->empty_percent = 100 * ratio((double)usage->empty_polls, (double)usage->polls);
	thread->ios_per_doorbell = ratio(ios, (double)usage->sq_doorbells);
	thread->sq_doorbells_per_io = ratio((double)usage->sq_doorbells, ios);
	thread->cq_doorbells_per_io = ratio((double)usage->cq_doorbells, ios);
	thread->doorbell_registers_per_io = ratio((double)usage->doorbell_registers, ios);
	thread->switches = usage->switches;
}

static void add_worker(struct results *results, uint32_t idx)
{
	const struct worker *worker = &results->run->workers[idx];
	struct result_thread *thread = &results->threads[idx];

	set_thread(thread, worker, results->us_per_tick);
	if (thread->seconds > results->seconds)
		results->seconds = thread->seconds;
	for (uint32_t i = 0; i < worker->job_count; i++) {
		double seconds = job_seconds(results, worker, &worker->jobs[i]);

		add_job(&results->targets[i], &worker->jobs[i], seconds);
		add_job(results->all, &worker->jobs[i], seconds);
	}
}

int results_collect(const struct run *run, struct results *ret_results)
{
	struct results results = { .run = run, .us_per_tick = ticks_ns_each(&run->clock) / 1e3 };

	results.targets = calloc(run->target_count, sizeof(*results.targets));
	results.all = calloc(1, sizeof(*results.all));
	results.threads = calloc(run->options->threads, sizeof(*results.threads));
	if (!results.targets || !results.all || !results.threads) {
		results_free(&results);
		return -ENOMEM;
	}
	init_result(results.all, NULL);
	for (uint32_t i = 0; i < run->target_count; i++)
		init_result(&results.targets[i], &run->targets[i]);
	for (uint32_t i = 0; i < run->threads; i++)
		add_worker(&results, i);
	set_latencies(results.all, results.us_per_tick);
	for (uint32_t i = 0; i < run->target_count; i++)
		set_latencies(&results.targets[i], results.us_per_tick);
	*ret_results = results;
	return 0;
}

void results_free(struct results *results)
{
	free(results->targets);
	free(results->all);
	free(results->threads);
	*results = (struct results){ 0 };
}
