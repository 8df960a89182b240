// SPDX-License-Identifier: MIT
/*
 * latency.c: see latency.h. Without floating point, so that a seed gives the same numbers everywhere.
 */
#include "mock/latency.h"

#include "mock/memory/random.h"

#include <assert.h>

enum { LOG_BITS = 16 };

#define LN2_Q32 2977044472ull /* ln 2 * 2^32 */

/* -ln(drawn / 2^32) * 2^16: digits of the logarithm to the base 2 by repeated squaring. */
static uint64_t minus_ln(uint32_t drawn)
{
	uint32_t zeroes, log2 = 0;
	uint64_t mantissa;

	assert(drawn);
	zeroes = (uint32_t)__builtin_clz(drawn);
	mantissa = (uint64_t)drawn << zeroes; /* 1 to 2, times 2^31 */
	for (int bit = 0; bit < LOG_BITS; bit++) {
		mantissa = mantissa * mantissa >> 31;
		log2 = log2 << 1 | (mantissa >> 32 ? 1 : 0);
		mantissa >>= mantissa >> 32;
	}
	return ((((uint64_t)zeroes + 1) << LOG_BITS) - log2) * LN2_Q32 >> 32;
}

uint64_t mock_latency_draw(const struct mock_latency *latency, uint64_t *random)
{
	uint32_t drawn;

	if (latency->shape <= MOCK_LATENCY_FIXED)
		return latency->low;
	drawn = (uint32_t)(mock_random(random) >> 32);
	switch (latency->shape) {
	case MOCK_LATENCY_UNIFORM:
		assert(latency->low <= latency->high);
		return latency->low + ((latency->high - latency->low + 1ull) * drawn >> 32);
	case MOCK_LATENCY_EXPONENTIAL:
		return latency->low * minus_ln(drawn ? drawn : 1) >> LOG_BITS;
	default:
		assert(latency->shape == MOCK_LATENCY_TAIL);
		return ((uint64_t)drawn * MOCK_LATENCY_PPM >> 32) < latency->ppm ? latency->high
										 : latency->low;
	}
}
