/* SPDX-License-Identifier: MIT */
/*
 * result.h: what a run has measured, added up over threads, in units people use.
 */
#ifndef PERF_RESULT_H
#define PERF_RESULT_H

#include "run.h"

enum { RESULT_READ = JOB_READ, RESULT_WRITE = JOB_WRITE, RESULT_ALL, RESULT_KINDS };
enum { RESULT_PERCENTILES = 5 };

extern const double result_percents[RESULT_PERCENTILES];
extern const char *const result_percent_names[RESULT_PERCENTILES];
extern const char *const result_kind_names[RESULT_KINDS];

/* One direction of one controller, or of all. */
struct result_kind {
	uint64_t ios; /* that succeeded */
	double iops;
	double mib_per_s;
	double avg_us;
	double min_us;
	double percentile_us[RESULT_PERCENTILES];
	double max_us;
	struct histogram latency; /* in ticks */
};

struct result {
	const struct target *target; /* NULL: all of them */
	struct result_kind kinds[RESULT_KINDS];
	uint64_t failed; /* commands */
	uint64_t mismatches;
	uint64_t lost;
};

struct result_thread {
	double seconds;
	double cpu_percent;
	double system_percent; /* of its time, inside the kernel */
	double cpu_us_per_io;
	double ios_per_poll; /* of polls that found something */
	double empty_percent;
	double ios_per_doorbell; /* of submission queues */
	double sq_doorbells_per_io;
	double cq_doorbells_per_io;
	double doorbell_registers_per_io; /* fewer than both if there are shadow doorbells */
	uint64_t switches;
};

struct results {
	const struct run *run;
	double seconds;
	double us_per_tick;
	struct result *targets; /* run->target_count of them */
	struct result *all;
	struct result_thread *threads; /* run->options->threads of them */
};

/* Returns 0 or -ENOMEM. */
int results_collect(const struct run *run, struct results *ret_results);

void results_free(struct results *results);

/* One sentence on stderr for each thing that went wrong. Returns their number. */
uint32_t results_complain(const struct results *results);

#endif /* PERF_RESULT_H */
