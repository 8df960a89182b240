/* SPDX-License-Identifier: MIT */
/*
 * series.c: see series.h.
 */
#include "series.h"

void series_init(struct series *series)
{
	series->step_ns = SERIES_STEP_MS * 1000000ull;
	series->count = 0;
}

static void thin_out(struct series *series)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < series->count; i += 2)
		series->samples[kept++] = series->samples[i];
	series->count = kept;
	series->step_ns *= 2;
}

void series_add(struct series *series, uint64_t ns, uint64_t done)
{
	/* A wait that ended a little early is not to cost a whole step. */
	uint64_t near_step = series->step_ns - series->step_ns / 16;

	if (series->count && ns < series->samples[series->count - 1].ns + near_step)
		return;
	if (series->count == SERIES_MAX)
		thin_out(series);
	series->samples[series->count++] = (struct series_sample){ .ns = ns, .done = done };
}

double series_rate(const struct series *series, uint32_t idx)
{
	const struct series_sample *from = &series->samples[idx - 1], *to = &series->samples[idx];

	if (to->ns <= from->ns)
		return 0;
	return (double)(to->done - from->done) * 1e9 / (double)(to->ns - from->ns);
}
