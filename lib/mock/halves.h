/* SPDX-License-Identifier: MIT */
/*
 * halves.h: registers of 64 bits, which the driver may access as two halves of 32 (Base 3.1.1). Pure.
 */
#ifndef NVU_MOCK_HALVES_H
#define NVU_MOCK_HALVES_H

#include <nvu/regs.h>
#include <stdbool.h>
#include <stdint.h>

/* Whether an access of 32 bits at offset is to the upper half of the 64-bit register at `base`. */
static inline bool mock_half_is_upper(uint32_t base, uint32_t offset)
{
	const bool is_wide = base == NVU_REG_CAP || base == NVU_REG_ASQ || base == NVU_REG_ACQ;

	return is_wide && offset == base + 4;
}

static inline uint64_t mock_half_replace(uint64_t value, uint32_t half, bool upper)
{
	return upper ? (value & UINT32_MAX) | (uint64_t)half << 32
		     : (value & ~(uint64_t)UINT32_MAX) | half;
}

#endif
