/* SPDX-License-Identifier: MIT */
/*
 * windows.h: what the two proofs of iova_restrict() share.
 */
#ifndef NVU_TEST_PROOF_WINDOWS_H
#define NVU_TEST_PROOF_WINDOWS_H

#include "space.h"

/* Whether the address is in one of them. */
static inline bool has(const struct iova_extent *from, uint32_t count, uint32_t address)
{
	for (uint32_t i = 0; i < count; i++)
		if (from[i].first <= address && address <= from[i].last)
			return true;
	return false;
}

#endif
