/* SPDX-License-Identifier: MIT */
/*
 * clock.h: monotonic time for deadlines: the kernel's, and what clock_advance() has added to it.
 */
#ifndef NVU_BASE_CLOCK_H
#define NVU_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* How far the clocks of the process are ahead of the kernel's. Atomic. */
extern uint64_t clock_ahead_ns;

static inline uint64_t clock_ahead(void)
{
	return __atomic_load_n(&clock_ahead_ns, __ATOMIC_RELAXED);
}

/* Lets time pass for all of the process: for tests on a stepped mock. */
static inline void clock_advance(uint64_t ns)
{
	(void)__atomic_fetch_add(&clock_ahead_ns, ns, __ATOMIC_RELAXED);
}

/* As the kernel has it: for times that are passed to the kernel. */
static inline uint64_t clock_kernel_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static inline uint64_t clock_ns(void)
{
	return clock_kernel_ns() + clock_ahead();
}

/* Cheap and coarse (some milliseconds): no system call. */
static inline uint64_t clock_coarse_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint64_t)now.tv_sec * 1000ull + (uint64_t)now.tv_nsec / 1000000ull +
	       clock_ahead() / 1000000ull;
}

/*
 * A number that changes about every millisecond, or with the kernel's coarse clock if that moves less
 * often. No system call. The caller provides the memory, which need not be on the stack. It does not follow
 * clock_advance(), for which an instruction of each look would be the price: see struct transport, .time_passed.
 */
static inline uint64_t clock_coarse(struct timespec *scratch)
{
	(void)clock_gettime(CLOCK_MONOTONIC_COARSE, scratch);
	return (uint64_t)scratch->tv_sec << 10 | (uint64_t)scratch->tv_nsec >> 20;
}

#endif
