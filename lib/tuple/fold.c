// SPDX-License-Identifier: MIT
/*
 * fold.c: see fold.h. A register holds 16 bytes of the message as a polynomial. To move it D bits ahead, where
 * the next bytes are added, each of its halves is multiplied by a power of x, reduced modulo the CRC's
 * polynomial: x^(64 + D) for the half that comes first in the message, x^D for the other. The product fits the
 * register. Where the least significant bit comes first, a product is one bit off in the register, so these
 * powers are one less. Four registers are in use at once, because a multiplication has a latency.
 */
#include "tuple/fold.h"

/* sparse does not know the compiler's vectors. */
#if defined(__x86_64__) && !defined(__CHECKER__)

#include <cpuid.h>
#include <immintrin.h>

#define FOLDING static inline __attribute__((always_inline, target("pclmul,ssse3")))
#define FOLDS __attribute__((target("pclmul,ssse3")))

/* Multipliers: for the first half in the lower 64 bits, as a load places it; swapped, the other way round. */
struct multipliers {
	uint64_t by_512[2];
	uint64_t by_128[2];
	bool swap; /* the most significant bit of the message comes first */
};

static const struct multipliers multipliers16 = {
	.by_512 = { 0x1069, 0xdd31 },
	.by_128 = { 0xa010, 0x1faa },
	.swap = true,
};

static const struct multipliers multipliers32 = {
	.by_512 = { 0x1c19243b00000000ull, 0x75bba45b00000000ull },
	.by_128 = { 0x3743f7bd00000000ull, 0x3171d43000000000ull },
};

static const struct multipliers multipliers64 = {
	.by_512 = { 0x0c32cdb31e18a84aull, 0x62242240ace5045aull },
	.by_128 = { 0xeadc41fd2ba3d420ull, 0x21e9761e252621acull },
};

static bool look_for_instructions(void)
{
	unsigned int eax, ebx, ecx, edx;

	return __get_cpuid(1, &eax, &ebx, &ecx, &edx) && ecx & bit_PCLMUL && ecx & bit_SSSE3;
}

bool fold_is_there(void)
{
	enum { UNKNOWN, ABSENT, PRESENT };
	static int known; /* atomic; CPUID is slow, in a virtual machine very slow */
	int now = __atomic_load_n(&known, __ATOMIC_RELAXED);

	if (now == UNKNOWN) {
		now = look_for_instructions() ? PRESENT : ABSENT;
		__atomic_store_n(&known, now, __ATOMIC_RELAXED);
	}
	return now == PRESENT;
}

FOLDING __m128i turn(__m128i value, bool swap)
{
	const __m128i last_first =
		_mm_setr_epi8(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);

	return swap ? _mm_shuffle_epi8(value, last_first) : value;
}

FOLDING __m128i load(const uint8_t *at, bool swap)
{
	return turn(_mm_loadu_si128((const __m128i *)(const void *)at), swap);
}

/* The register, moved to where `next` is, and added to it. */
FOLDING __m128i move(__m128i value, __m128i by, __m128i next)
{
	return _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(value, by, 0x00),
					   _mm_clmulepi64_si128(value, by, 0x11)),
			     next);
}

/* `before` is added to the first bytes: the remainder of what precedes them. */
FOLDING size_t fold(__m128i before, const struct multipliers *by, const uint8_t *at, size_t len,
		    uint8_t *ret_rest)
{
	const __m128i by_512 = _mm_loadu_si128((const __m128i *)(const void *)by->by_512);
	const __m128i by_128 = _mm_loadu_si128((const __m128i *)(const void *)by->by_128);
	const bool swap = by->swap;
	__m128i a = _mm_xor_si128(load(at, swap), before), b = load(at + 16, swap);
	__m128i c = load(at + 32, swap), d = load(at + 48, swap);
	size_t done = 64;

	for (; len - done >= 64; done += 64) {
		a = move(a, by_512, load(at + done, swap));
		b = move(b, by_512, load(at + done + 16, swap));
		c = move(c, by_512, load(at + done + 32, swap));
		d = move(d, by_512, load(at + done + 48, swap));
	}
	d = move(move(move(a, by_128, b), by_128, c), by_128, d);
	for (; len - done >= 16; done += 16)
		d = move(d, by_128, load(at + done, swap));
	_mm_storeu_si128((__m128i *)(void *)ret_rest, turn(d, swap));
	return done;
}

FOLDS size_t fold_crc16(uint64_t crc, const uint8_t *at, size_t len, uint8_t *ret_rest)
{
	const __m128i before = _mm_set_epi64x((long long)(crc << 48), 0);

	return fold(before, &multipliers16, at, len, ret_rest);
}

FOLDS size_t fold_crc32(uint64_t crc, const uint8_t *at, size_t len, uint8_t *ret_rest)
{
	return fold(_mm_set_epi64x(0, (long long)(uint32_t)crc), &multipliers32, at, len, ret_rest);
}

FOLDS size_t fold_crc64(uint64_t crc, const uint8_t *at, size_t len, uint8_t *ret_rest)
{
	return fold(_mm_set_epi64x(0, (long long)crc), &multipliers64, at, len, ret_rest);
}

#else

bool fold_is_there(void)
{
	return false;
}

size_t fold_crc16(uint64_t crc, const uint8_t *at, size_t len, uint8_t *ret_rest)
{
	(void)crc, (void)at, (void)len, (void)ret_rest;
	return 0;
}

size_t fold_crc32(uint64_t crc, const uint8_t *at, size_t len, uint8_t *ret_rest)
{
	(void)crc, (void)at, (void)len, (void)ret_rest;
	return 0;
}

size_t fold_crc64(uint64_t crc, const uint8_t *at, size_t len, uint8_t *ret_rest)
{
	(void)crc, (void)at, (void)len, (void)ret_rest;
	return 0;
}

#endif
