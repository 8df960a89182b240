/* SPDX-License-Identifier: MIT */
/*
 * timer.h: short times: the processor's counter, fenced so that what is timed lies between its two
 * readings, and medians.
 */
#ifndef BENCH_TIMER_H
#define BENCH_TIMER_H

#include "base/clock.h"

#include <stdint.h>
#include <stdlib.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

static inline uint64_t timer_now(void)
{
#if defined(__x86_64__)
	uint64_t now;

	_mm_lfence();
	now = __rdtsc();
	_mm_lfence();
	return now;
#else
	return clock_kernel_ns();
#endif
}

/* Nanoseconds of a number of ticks; the first call takes 20 ms to learn what a tick is. */
static inline double timer_ns(uint64_t ticks)
{
	static double each;

	if (each == 0) {
		uint64_t from_ns = clock_kernel_ns(), from = timer_now();

		while (clock_kernel_ns() - from_ns < 20000000)
			;
		each = (double)(clock_kernel_ns() - from_ns) / (double)(timer_now() - from);
	}
	return (double)ticks * each;
}

static int timer_compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

/* Sorts. */
static inline double timer_median(double *samples, uint32_t count)
{
	qsort(samples, count, sizeof(samples[0]), timer_compare);
	return samples[count / 2];
}

/* What timing takes when there is nothing between. */
static inline uint64_t timer_idle(void)
{
	uint64_t least = UINT64_MAX;

	for (uint32_t i = 0; i < 10000; i++) {
		uint64_t start = timer_now(), took = timer_now() - start;

		least = took < least ? took : least;
	}
	return least;
}

#endif
