/* SPDX-License-Identifier: MIT */
/*
 * run.h: a whole measurement: targets, threads, phases.
 */
#ifndef PERF_RUN_H
#define PERF_RUN_H

#include "series.h"
#include "worker.h"

struct run {
	const struct options *options;
	struct ticks clock;
	struct target *targets;
	uint32_t target_count;
	struct worker *workers;
	struct job *jobs; /* of worker w on target t: jobs[w * target_count + t] */
	uint32_t threads; /* started */
	struct steering steering;
	struct series series;
	bool interrupted;
	bool failed; /* a job died, or answers failed to come */
};

/* Open what is needed. Returns 0, or the status to exit with after a complaint. */
int run_init(struct run *run, const struct options *options);

/* From the first command to the last answer. Returns as run_init(). */
int run_execute(struct run *run);

void run_fini(struct run *run);

#endif /* PERF_RUN_H */
