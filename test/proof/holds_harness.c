/* SPDX-License-Identifier: MIT */
/*
 * Proved: the guards of the I/O path. ns_holds() is true exactly when a range of blocks is inside
 * the namespace and not too long for a command, dma_holds() exactly when a range of bytes is inside
 * the buffer; neither can be deceived by a sum that wraps. What a true answer promises to the code
 * behind it follows: no sum or product there wraps.
 *
 * Bounds: none: all 64-bit values. Assumed of a namespace: what ns_decode() leaves (ns_decode).
 */
#include "dma/dma.h"
#include "ns/ns.h"
#include "proof.h"

static void check_ns(void)
{
	struct nvu_ns ns;
	uint64_t lba = nondet_u64();
	uint32_t last = nondet_u32();
	__uint128_t end = (__uint128_t)lba + last + 1;
	bool inside = last < ns.max_blocks && end <= ns.blocks;

	assume(ns.max_blocks <= ns.blocks && ns.sure_lba == ns.blocks - ns.max_blocks);
	prove(ns_holds(&ns, lba, last) == inside, "true exactly when the blocks are inside");
}

static void check_dma(void)
{
	struct nvu_dma buf;
	size_t offset = nondet_size(), len = nondet_size();
	__uint128_t end = (__uint128_t)offset + len;

	prove(dma_holds(&buf, offset, len) == (end <= buf.len),
	      "true exactly when the bytes are inside");
	buf.len = 0;
	prove(!dma_holds(&buf, offset, len) || len == 0, "a freed buffer holds nothing");
}

/* What queue_rw() computes in 32 bits: the length of as many blocks as MDTS, which has 32 bits, lets through. */
static void check_length(void)
{
	uint32_t shift = nondet_u32(), last = nondet_u32(), mdts = nondet_u32(), max_blocks;

	assume(shift >= 9 && shift <= 16);
	max_blocks = mdts >> shift;
	if (last < max_blocks)
		prove((uint32_t)((last + 1) * (1u << shift)) >> shift == last + 1,
		      "a length in bytes does not wrap");
}

void harness(void)
{
	check_ns();
	check_dma();
	check_length();
	reached();
}
