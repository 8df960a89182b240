/* SPDX-License-Identifier: MIT */
/*
 * pin.c: remembers which processors there were before the first thread was pinned.
 */
#include "pin.h"

#include <sched.h>

static cpu_set_t allowed;

uint32_t pin_count(void)
{
	if (CPU_COUNT(&allowed) == 0)
		(void)sched_getaffinity(0, sizeof(allowed), &allowed);
	return (uint32_t)CPU_COUNT(&allowed);
}

void pin_to(uint32_t idx)
{
	cpu_set_t one;

	idx %= pin_count();
	CPU_ZERO(&one);
	for (unsigned int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed) || idx-- != 0)
			continue;
		CPU_SET(cpu, &one);
		(void)sched_setaffinity(0, sizeof(one), &one);
		return;
	}
}
