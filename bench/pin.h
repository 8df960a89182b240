/* SPDX-License-Identifier: MIT */
/*
 * pin.h: threads to processors. A thread that is created goes where its creator is, so a mock's
 * thread is placed by pinning the one that opens it.
 */
#ifndef BENCH_PIN_H
#define BENCH_PIN_H

#include <sched.h>
#include <stdint.h>

/* The processors this process may use; asked for once, before anything is pinned. */
static inline const cpu_set_t *pin_allowed(void)
{
	static cpu_set_t allowed;

	if (CPU_COUNT(&allowed) == 0)
		(void)sched_getaffinity(0, sizeof(allowed), &allowed);
	return &allowed;
}

static inline uint32_t pin_count(void)
{
	return (uint32_t)CPU_COUNT(pin_allowed());
}

/* Pins the calling thread to the idx-th of them, counted around. */
static inline void pin_to(uint32_t idx)
{
	cpu_set_t one;

	idx %= pin_count();
	CPU_ZERO(&one);
	for (unsigned int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, pin_allowed()) || idx-- != 0)
			continue;
		CPU_SET(cpu, &one);
		(void)sched_setaffinity(0, sizeof(one), &one);
		return;
	}
}

#endif
