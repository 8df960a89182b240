/* SPDX-License-Identifier: MIT */
/*
 * progress.c: the live line. Rates are those since the line was last written.
 */
#include "progress.h"

#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { EVERY_MS = 250 };

/* What was shown last; perf has one terminal. */
static struct {
	uint64_t at_ns;
	uint64_t done;
	uint64_t done_bytes;
	bool visible;
} last;

static const char *phase_name(const struct progress *progress)
{
	switch (progress->phase) {
	case PHASE_FILL:
		return "filling";
	case PHASE_WARMUP:
		return "warming up";
	case PHASE_STOP:
		return "waiting for the last answers";
	default:
		return progress->options->workload->name;
	}
}

void progress_show(const struct progress *progress)
{
	uint64_t now = monotonic_ns(), since = now - last.at_ns;
	char limit[32] = "", rate[TEXT_NUMBER_BYTES];
	double seconds = (double)since / 1e9;

	if (last.at_ns && since < EVERY_MS * 1000000ull)
		return;
	if (!isatty(STDERR_FILENO))
		return;
	if (!last.at_ns || progress->done < last.done)
		seconds = 0;
	if (progress->limit_ns)
		(void)snprintf(limit, sizeof(limit), " of %.1f", (double)progress->limit_ns / 1e9);
	fprintf(stderr, "\r%s  %.1f%s s", phase_name(progress), (double)progress->ns / 1e9, limit);
	if (seconds > 0)
		fprintf(stderr, "  %s IOPS  %.1f MiB/s",
			text_number(rate, (double)(progress->done - last.done) / seconds),
			(double)(progress->done_bytes - last.done_bytes) / seconds / 1048576.0);
	fprintf(stderr, "  %" PRIu64 " errors\033[K", progress->errors);
	fflush(stderr);
	last.at_ns = now;
	last.done = progress->done;
	last.done_bytes = progress->done_bytes;
	last.visible = true;
}

void progress_clear(void)
{
	if (last.visible)
		fprintf(stderr, "\r\033[K");
	last.visible = false;
	last.at_ns = 0;
}
