/* SPDX-License-Identifier: MIT */
/*
 * key.c: see key.h.
 */
#include "base/key.h"

static uint32_t last;

static uint32_t next(void)
{
	return __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
}

uint64_t key_of_domain(void)
{
	return (uint64_t)next() << 32;
}

uint64_t key_of_ctrl(void)
{
	return next();
}
