/* SPDX-License-Identifier: MIT */
/*
 * guard.h: the CRC that a guard field holds, NVM 1.0c 5.2.1. The bytes may come in parts:
 *
 *	guard = guard_begin(pif);
 *	guard = guard_update(pif, guard, data, len);   as often as needed
 *	guard = guard_end(pif, guard);
 */
#ifndef NVU_TUPLE_GUARD_H
#define NVU_TUPLE_GUARD_H

#include <nvu/protection.h>
#include <stddef.h>
#include <stdint.h>

/* What CRC-32C and the 64-bit CRC start from, and what is added to their remainder; 0 for CRC-16. */
static inline uint64_t guard_ones(uint32_t pif)
{
	return pif == NVU_PIF_16B ? 0 : pif == NVU_PIF_32B ? UINT32_MAX : UINT64_MAX;
}

static inline uint64_t guard_begin(uint32_t pif)
{
	return guard_ones(pif);
}

static inline uint64_t guard_end(uint32_t pif, uint64_t guard)
{
	return guard ^ guard_ones(pif);
}

/* pif is one of NVU_PIF_...; of guard as many bits count as the field has. Any thread. */
uint64_t guard_update(uint32_t pif, uint64_t guard, const void *data, size_t len);

#endif
