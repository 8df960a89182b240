/* SPDX-License-Identifier: MIT */
/*
 * progress.h: one line on the terminal that tells what is going on; nothing anywhere else.
 */
#ifndef PERF_PROGRESS_H
#define PERF_PROGRESS_H

#include "options.h"
#include "worker.h"

struct progress {
	const struct options *options;
	enum phase phase;
	uint64_t ns;	   /* since the phase began */
	uint64_t limit_ns; /* of the phase, 0: none */
	uint64_t done;	   /* I/Os since the start of the run */
	uint64_t done_bytes;
	uint64_t errors;
};

void progress_show(const struct progress *progress);

/* Take the line away. */
void progress_clear(void);

#endif /* PERF_PROGRESS_H */
