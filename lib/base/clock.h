/* SPDX-License-Identifier: MIT */
/*
 * clock.h: monotonic time for deadlines.
 */
#ifndef NVU_BASE_CLOCK_H
#define NVU_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

/* Cheap and coarse (some milliseconds): no system call. */
static inline uint64_t clock_coarse_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint64_t)now.tv_sec * 1000ull + (uint64_t)now.tv_nsec / 1000000ull;
}

/*
 * A number that changes about every millisecond, or with the kernel's coarse clock if that moves less
 * often. No system call. The caller provides the memory, which need not be on the stack.
 */
static inline uint64_t clock_coarse(struct timespec *scratch)
{
	(void)clock_gettime(CLOCK_MONOTONIC_COARSE, scratch);
	return (uint64_t)scratch->tv_sec << 10 | (uint64_t)scratch->tv_nsec >> 20;
}

#endif
