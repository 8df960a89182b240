/* SPDX-License-Identifier: MIT */
/*
 * owner_id.c: see owner_id.h.
 */
#include "base/owner_id.h"

static uint32_t last;

static uint32_t next(void)
{
	return __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
}

uint64_t owner_id_domain(void)
{
	return (uint64_t)next() << 32;
}

uint64_t owner_id_ctrl(void)
{
	return next();
}
