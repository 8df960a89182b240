/* SPDX-License-Identifier: MIT */
/*
 * chain.h: what the kernel gives as info with a chain of capabilities, as the proofs of its readers see
 * it.
 */
#ifndef NVU_PROOF_CHAIN_H
#define NVU_PROOF_CHAIN_H

#include "proof.h"

#include <linux/vfio.h>
#include <string.h>

enum { PAGE = 4096, CHAIN_BYTES = BOUND(48, 32) };

/* The chain, wherever it begins, has one capability at most. */
static void assume_short_chain(const void *info, size_t len, uint32_t at, uint16_t id)
{
	struct vfio_info_cap_header header;

	if (at > len || sizeof(header) > len - at)
		return;
	memcpy(&header, (const char *)info + at, sizeof(header));
	assume(header.id == id || !header.next);
}

#endif
