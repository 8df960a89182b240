/* SPDX-License-Identifier: MIT */
/*
 * io_run.h: one run of bench/io: some threads, each with a queue pair that is kept full.
 */
#ifndef BENCH_IO_RUN_H
#define BENCH_IO_RUN_H

#include "histogram.h"

#include <nvu/nvu.h>
#include <stdbool.h>
#include <stdint.h>

/* What is varied. */
struct io_point {
	uint32_t depth;
	uint32_t bytes;
	uint32_t threads;
	uint32_t batch; /* completions taken by one poll, commands for one doorbell write */
};

struct io_plan {
	struct nvu_ctrl *ctrl;
	const struct nvu_ns *ns;
	double seconds;
	double warmup_seconds;
	bool write;
	bool pin;	    /* driver threads to processors */
	uint32_t first_cpu; /* of the driver's threads */
};

/* Latencies in nanoseconds. */
struct io_result {
	double iops;
	double average, min, p50, p99, p999, p9999, max;
	double empty_polls; /* share of all polls */
};

/* 0 or a message on stderr and 1. */
int io_run(const struct io_plan *plan, const struct io_point *point, struct io_result *ret_result);

#endif
