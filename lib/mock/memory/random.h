/* SPDX-License-Identifier: MIT */
/*
 * random.h: numbers that look random and are the same for the same seed. Pure.
 */
#ifndef NVU_MOCK_MEMORY_RANDOM_H
#define NVU_MOCK_MEMORY_RANDOM_H

#include <stdint.h>

/* The next 64 bits: splitmix64, a counter and a hash of it. *state begins as the seed. */
static inline uint64_t mock_random(uint64_t *state)
{
	uint64_t mixed = *state += 0x9e3779b97f4a7c15u;

	mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
	mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
	return mixed ^ mixed >> 31;
}

#endif
