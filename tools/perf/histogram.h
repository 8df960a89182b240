/* SPDX-License-Identifier: MIT */
/*
 * histogram.h: a latency histogram that costs a handful of instructions per value.
 *
 * Log-linear: values below 256 have a bucket each, every later power of two is cut into 128
 * buckets, so a percentile is right within 0.4%. Minimum, maximum and average are exact. Values
 * are ticks; who prints them converts.
 */
#ifndef PERF_HISTOGRAM_H
#define PERF_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_HALF_BITS = 7, HISTOGRAM_HALF = 1 << HISTOGRAM_HALF_BITS };
enum { HISTOGRAM_BUCKETS = (64 - HISTOGRAM_HALF_BITS + 1) * HISTOGRAM_HALF };

struct histogram {
	uint64_t min;
	uint64_t max;
	uint64_t sum;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_init(struct histogram *histogram);

/* Add all of @from to @into. */
void histogram_merge(struct histogram *into, const struct histogram *from);

uint64_t histogram_count(const struct histogram *histogram);

/* 0 when empty. */
double histogram_average(const struct histogram *histogram);

/* The value that @percent of all are at or below, 0 when empty; @percent is 0 to 100. */
uint64_t histogram_percentile(const struct histogram *histogram, double percent);

/* The lowest value of a bucket. */
uint64_t histogram_bucket_low(uint32_t idx);

static inline uint32_t histogram_bucket(uint64_t value)
{
	uint32_t top = 63u ^ (uint32_t)__builtin_clzll(value | (2 * HISTOGRAM_HALF - 1));
	uint64_t shift = top - HISTOGRAM_HALF_BITS;

	return (uint32_t)((shift << HISTOGRAM_HALF_BITS) + (value >> shift));
}

static inline void histogram_add(struct histogram *histogram, uint64_t value)
{
	if (__builtin_expect(value > histogram->max, 0)) {
		if (value >> 63) /* the clock went back: two processors' counters differ a bit */
			value = 0;
		else
			histogram->max = value;
	}
	if (__builtin_expect(value < histogram->min, 0))
		histogram->min = value;
	histogram->sum += value;
	histogram->buckets[histogram_bucket(value)]++;
}

#endif /* PERF_HISTOGRAM_H */
