/* SPDX-License-Identifier: MIT */
/*
 * histogram.c: what is done to a histogram once the run is over.
 */
#include "histogram.h"

#include <string.h>

void histogram_init(struct histogram *histogram)
{
	memset(histogram, 0, sizeof(*histogram));
	histogram->min = UINT64_MAX;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		into->buckets[i] += from->buckets[i];
	into->sum += from->sum;
	if (from->max > into->max)
		into->max = from->max;
	if (from->min < into->min)
		into->min = from->min;
}

uint64_t histogram_count(const struct histogram *histogram)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		count += histogram->buckets[i];
	return count;
}

double histogram_average(const struct histogram *histogram)
{
	uint64_t count = histogram_count(histogram);

	return count ? (double)histogram->sum / (double)count : 0;
}

uint64_t histogram_bucket_low(uint32_t idx)
{
	uint32_t shift;

	if (idx < 2 * HISTOGRAM_HALF)
		return idx;
	shift = (idx >> HISTOGRAM_HALF_BITS) - 1;
	return (uint64_t)(HISTOGRAM_HALF + (idx & (HISTOGRAM_HALF - 1))) << shift;
}

/* The middle of a bucket, but never outside of what was seen. */
static uint64_t bucket_value(const struct histogram *histogram, uint32_t idx)
{
	uint32_t shift = idx < 2 * HISTOGRAM_HALF ? 0 : (idx >> HISTOGRAM_HALF_BITS) - 1;
	uint64_t value = histogram_bucket_low(idx) + ((1ull << shift) - 1) / 2;

	if (value > histogram->max)
		return histogram->max;
	return value < histogram->min ? histogram->min : value;
}

uint64_t histogram_percentile(const struct histogram *histogram, double percent)
{
	uint64_t count = histogram_count(histogram), seen = 0;
	double exact = (double)count * percent / 100.0;
	uint64_t rank = (uint64_t)exact;

	if (!count)
		return 0;
	if ((double)rank < exact || !rank)
		rank++;
	for (uint32_t i = 0; rank < count && i < HISTOGRAM_BUCKETS; i++) {
		seen += histogram->buckets[i];
		if (seen >= rank)
			return bucket_value(histogram, i);
	}
	return histogram->max; /* the last one is known exactly */
}
