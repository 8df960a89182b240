/* SPDX-License-Identifier: MIT */
/*
 * latency.h: how long the mock takes for an I/O command: a distribution, and numbers drawn from it. Pure.
 */
#ifndef NVU_MOCK_LATENCY_H
#define NVU_MOCK_LATENCY_H

#include <stdint.h>

enum mock_latency_shape {
	MOCK_LATENCY_NONE,
	MOCK_LATENCY_FIXED,	  /* .low */
	MOCK_LATENCY_UNIFORM,	  /* from .low to .high */
	MOCK_LATENCY_EXPONENTIAL, /* .low is the mean */
	MOCK_LATENCY_TAIL,	  /* .low; .high for .ppm commands of a million */
};

enum { MOCK_LATENCY_MAX = 10000000, MOCK_LATENCY_PPM = 1000000 };

/* Microseconds, or steps of a stepped mock. */
struct mock_latency {
	enum mock_latency_shape shape;
	uint32_t low, high, ppm;
};

/* The latency of the next command. *random is the state of mock_random(). */
uint64_t mock_latency_draw(const struct mock_latency *latency, uint64_t *random);

#endif
