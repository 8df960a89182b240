/* SPDX-License-Identifier: MIT */
/*
 * Proved: the arithmetic of a block device. Bytes that fit have exactly the blocks, and parts of blocks before and
 * behind them, that span_around() says; span_inside() says which whole blocks are inside, and says none only if there is
 * none. Two writers exclude each other exactly if one changes a block that the other reads and writes back. No
 * sum or shift wraps.
 *
 * Bounds: devices of up to 2^32 bytes (large: 2^63), any range that fits, blocks of 512 bytes to 64 KiB; any two
 * writers.
 */
#include "block/span.h"
#include "proof.h"

static void any_range(uint64_t *at, uint64_t *len, uint32_t *shift)
{
	uint64_t bytes = nondet_u64();

	*at = nondet_u64();
	*len = nondet_u64();
	*shift = nondet_u32();
	assume(bytes <= BOUND(1ull << 63, 1ull << 32) && *len && *shift >= 9 && *shift <= 16);
	assume(span_fits(*at, *len, bytes));
	prove((__uint128_t)*at + *len <= bytes, "bytes that fit are inside the device");
}

void harness_fits(void)
{
	uint64_t at = nondet_u64(), len = nondet_u64(), bytes = nondet_u64();

	prove(span_fits(at, len, bytes) == ((__uint128_t)at + len <= bytes),
	      "bytes fit exactly when they are inside");
	reached();
}

void harness_around(void)
{
	uint64_t at, len;
	uint32_t shift;
	struct span span;

	any_range(&at, &len, &shift);
	span = span_around(at, len, shift);
	prove(span.blocks > 0 && span.head >> shift == 0 && span.tail >> shift == 0,
	      "no block is there for nothing");
	prove((span.first << shift) + span.head == at, "the range begins in the first block");
	prove((__uint128_t)span.blocks << shift == (__uint128_t)len + span.head + span.tail,
	      "the blocks have these bytes and no more");
	reached();
}

void harness_inside(void)
{
	uint64_t at, len, block = nondet_u64();
	uint32_t shift;
	struct span span;

	any_range(&at, &len, &shift);
	span = span_inside(at, len, shift);
	if (span.blocks) {
		prove(span.first << shift == at + span.head && span.head >> shift == 0 &&
			      span.tail >> shift == 0,
		      "the first whole block is the first");
		prove(span.head + (span.blocks << shift) + span.tail == len,
		      "the whole blocks and the rest are the range");
	} else {
		assume(block <= UINT64_MAX >> shift);
		prove(block << shift < at ||
			      ((__uint128_t)block << shift) + (1u << shift) > (__uint128_t)at + len,
		      "no whole block is left out");
	}
	reached();
}

static struct claim any_claim(void)
{
	struct claim claim = { nondet_u64(), nondet_u64(), nondet_bool(), nondet_bool() };

	assume(claim.first <= claim.last);
	return claim;
}

static bool has(const struct claim *claim, uint64_t block)
{
	return block >= claim->first && block <= claim->last;
}

static bool has_alone(const struct claim *claim, uint64_t block)
{
	return (claim->first_alone && block == claim->first) ||
	       (claim->last_alone && block == claim->last);
}

void harness_claims(void)
{
	struct claim a = any_claim(), b = any_claim();
	uint64_t block = nondet_u64();
	bool excluded = claim_excludes(&a, &b);

	prove(excluded == claim_excludes(&b, &a), "both see it alike");
	if (has(&a, block) && has(&b, block) && (has_alone(&a, block) || has_alone(&b, block)))
		prove(excluded, "a block that one must have alone is not the other's");
	if (a.last < b.first ||
	    (!a.first_alone && !a.last_alone && !b.first_alone && !b.last_alone))
		prove(!excluded, "writers of other blocks, or of whole ones, go on");
	reached();
}
