/* SPDX-License-Identifier: MIT */
/*
 * ticks.c: the calibration of the latency clock.
 */
#include "ticks.h"

enum { PRECISE_NS = 20 * 1000 * 1000 };

double ticks_ns_each(const struct ticks *ticks)
{
	uint64_t ns = monotonic_ns() - ticks->origin_ns;
	uint64_t now;

	if (!ticks->counter)
		return 1.0;
	if (ns < PRECISE_NS) {
		struct timespec rest = { .tv_nsec = (long)(PRECISE_NS - ns) };

		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, NULL);
	}
	ns = monotonic_ns() - ticks->origin_ns;
	now = ticks_now(true);
	return now > ticks->origin_ticks ? (double)ns / (double)(now - ticks->origin_ticks) : 1.0;
}
