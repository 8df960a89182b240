/* SPDX-License-Identifier: MIT */
/*
 * ticks.h: the cheapest clock the processor has, for the latency of an I/O.
 *
 * A few instructions where the processor's counter runs at a constant rate (x86-64 with an
 * invariant TSC, arm64), clock_gettime() elsewhere. What a tick lasts is measured over the run
 * itself, against CLOCK_MONOTONIC. The counter is read without serialising: its error is some tens
 * of nanoseconds, less than the fence would cost.
 */
#ifndef PERF_TICKS_H
#define PERF_TICKS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>
#endif

struct ticks {
	bool counter; /* false: a tick is a nanosecond of CLOCK_MONOTONIC */
	uint64_t origin_ticks;
	uint64_t origin_ns;
};

static inline uint64_t monotonic_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* CPUID 8000_0007h EDX bit 8: the TSC ticks alike in all power states. */
static inline bool ticks_have_counter(void)
{
#if defined(__x86_64__)
	unsigned int eax, ebx, ecx, edx;

	return __get_cpuid(0x80000007u, &eax, &ebx, &ecx, &edx) && (edx & 1u << 8);
#elif defined(__aarch64__)
	return true;
#else
	return false;
#endif
}

static inline uint64_t ticks_now(bool counter)
{
	if (!counter)
		return monotonic_ns();
#if defined(__x86_64__)
	return __rdtsc();
#elif defined(__aarch64__)
	uint64_t count;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(count));
	return count;
#else
	return monotonic_ns();
#endif
}

static inline void ticks_init(struct ticks *ticks)
{
	ticks->counter = ticks_have_counter();
	ticks->origin_ns = monotonic_ns();
	ticks->origin_ticks = ticks_now(ticks->counter);
}

/* Nanoseconds per tick; waits until 20 ms have passed since ticks_init(), for precision. */
double ticks_ns_each(const struct ticks *ticks);

#endif /* PERF_TICKS_H */
