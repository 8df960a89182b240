/* SPDX-License-Identifier: MIT */
/*
 * complain.c: what went wrong in a run, one sentence for each kind of trouble of a controller,
 * however many threads met it.
 */
#include "result.h"
#include "say.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static const struct job *target_job(const struct results *results, uint32_t target, uint32_t thread)
{
	return &results->run->jobs[thread * results->run->target_count + target];
}

static void say_failed(const struct results *results, const struct target *target,
		       const struct job_error *error)
{
	const char *noun = error->write ? "write" : "read", *plural = error->count == 1 ? "" : "s";

	if (error->status == -ETIMEDOUT)
		say_about(target->address,
			  "%" PRIu64 " %s%s got no answer within %" PRIu32
			  " ms, the first at block %" PRIu64,
			  error->count, noun, plural, results->run->options->timeout_ms,
			  error->lba);
	else
		say_about(target->address,
			  "%" PRIu64 " %s%s failed, the first at block %" PRIu64 ": %s",
			  error->count, noun, plural, error->lba, nvu_strerror(error->status));
}

/* Add the errors like @error of the threads after @thread; false when an earlier one had it. */
static bool add_alike(const struct results *results, uint32_t target, uint32_t thread,
		      struct job_error *error)
{
	for (uint32_t w = 0; w < results->run->threads; w++) {
		const struct job *job = target_job(results, target, w);

		for (uint32_t i = 0; w != thread && i < job->error_kinds; i++) {
			if (job->kinds[i].status != error->status ||
			    job->kinds[i].write != error->write)
				continue;
			if (w < thread)
				return false;
			error->count += job->kinds[i].count;
		}
	}
	return true;
}

static uint32_t complain_failed(const struct results *results, uint32_t target)
{
	uint32_t said = 0;

	for (uint32_t w = 0; w < results->run->threads; w++) {
		const struct job *job = target_job(results, target, w);

		for (uint32_t i = 0; i < job->error_kinds; i++) {
			struct job_error error = job->kinds[i];

			if (!add_alike(results, target, w, &error))
				continue;
			say_failed(results, job->target, &error);
			said++;
		}
	}
	return said;
}

/* A queue pair that failed without a command that tells why. */
static uint32_t complain_dead(const struct results *results, uint32_t target)
{
	for (uint32_t w = 0; w < results->run->threads; w++) {
		const struct job *job = target_job(results, target, w);

		if (!job->dead || job->error_kinds)
			continue;
		say_about(job->target->address, "%s", job->why);
		return 1;
	}
	return 0;
}

static uint32_t complain_mismatches(const struct results *results, uint32_t target)
{
	const struct result *result = &results->targets[target];

	for (uint32_t w = 0; result->mismatches && w < results->run->threads; w++) {
		const struct job *job = target_job(results, target, w);

		if (!job->verify->mismatches)
			continue;
		say_about(job->target->address,
			  "%" PRIu64 " read%s returned wrong data, the first: %s",
			  result->mismatches, result->mismatches == 1 ? "" : "s", job->verify->why);
		return 1;
	}
	return 0;
}

static uint32_t complain_lost(const struct results *results, uint32_t target)
{
	const struct result *result = &results->targets[target];

	if (!result->lost)
		return 0;
	say_about(result->target->address,
		  "%" PRIu64 " command%s never got an answer, not even a time-out", result->lost,
		  result->lost == 1 ? "" : "s");
	return 1;
}

/* Entries in the completion queue that nvu has thrown away. */
static uint32_t complain_strays(const struct results *results, uint32_t target)
{
	const struct target *about = results->targets[target].target;
	uint64_t strays = 0;

	for (uint32_t w = 0; w < results->run->threads; w++) {
		struct nvu_qpair_stats stats;

		nvu_qpair_stats(target_job(results, target, w)->qpair, &stats, sizeof(stats));
		strays += stats.bad_completions;
	}
	if (!strays)
		return 0;
	say_about(about->address,
		  "%" PRIu64 " completion%s belonged to no command in flight and %s dropped",
		  strays, strays == 1 ? "" : "s", strays == 1 ? "was" : "were");
	return 1;
}

uint32_t results_complain(const struct results *results)
{
	uint32_t said = 0;

	for (uint32_t t = 0; t < results->run->target_count; t++) {
		said += complain_failed(results, t);
		said += complain_dead(results, t);
		said += complain_mismatches(results, t);
		said += complain_lost(results, t);
		said += complain_strays(results, t);
	}
	return said;
}
