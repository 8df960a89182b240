/* SPDX-License-Identifier: MIT */
/*
 * series.h: how many I/Os were done when, in bounded memory however long the run.
 */
#ifndef PERF_SERIES_H
#define PERF_SERIES_H

#include <stdint.h>

enum { SERIES_MAX = 1024, SERIES_STEP_MS = 100 };

struct series_sample {
	uint64_t ns; /* since measuring began */
	uint64_t done;
};

struct series {
	uint64_t step_ns; /* doubled, and every second sample dropped, whenever it is full */
	uint32_t count;
	struct series_sample samples[SERIES_MAX];
};

void series_init(struct series *series);

/* Keep the sample if its time has come. */
void series_add(struct series *series, uint64_t ns, uint64_t done);

/* I/Os a second between sample @idx - 1 and @idx, from 1. */
double series_rate(const struct series *series, uint32_t idx);

#endif /* PERF_SERIES_H */
