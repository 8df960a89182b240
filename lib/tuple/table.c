// SPDX-License-Identifier: MIT
/*
 * table.c: see table.h. Eight tables a polynomial, so that eight bytes take eight independent look-ups: entry
 * i of table k is the remainder of byte i with k bytes of zeroes behind it. Remainders are linear, so the
 * eight entries whose index is a power of two determine the rest; the compiler computes these. test_guard.c
 * compares all of them with a division bit by bit.
 */
#include "tuple/table.h"

#include <nvu/types.h>
#include <string.h>

enum { SLICES = 8 };

/* Entry i of a table: the sum of those of its bits. */
#define BIT(i, n, x) ((i) >> (n)&1 ? (x) : 0)
#define ENTRY(i, a, b, c, d, e, f, g, h)                                                           \
	(BIT(i, 0, a) ^ BIT(i, 1, b) ^ BIT(i, 2, c) ^ BIT(i, 3, d) ^ BIT(i, 4, e) ^ BIT(i, 5, f) ^ \
	 BIT(i, 6, g) ^ BIT(i, 7, h))
#define ENTRIES4(i, ...)                                                             \
	ENTRY(i, __VA_ARGS__), ENTRY(i + 1, __VA_ARGS__), ENTRY(i + 2, __VA_ARGS__), \
		ENTRY(i + 3, __VA_ARGS__)
#define ENTRIES16(i, ...)                                                                     \
	ENTRIES4(i, __VA_ARGS__), ENTRIES4(i + 4, __VA_ARGS__), ENTRIES4(i + 8, __VA_ARGS__), \
		ENTRIES4(i + 12, __VA_ARGS__)
#define ENTRIES64(i, ...)                                                                          \
	ENTRIES16(i, __VA_ARGS__), ENTRIES16(i + 16, __VA_ARGS__), ENTRIES16(i + 32, __VA_ARGS__), \
		ENTRIES16(i + 48, __VA_ARGS__)
#define ENTRIES256(...)                                                                     \
	ENTRIES64(0, __VA_ARGS__), ENTRIES64(64, __VA_ARGS__), ENTRIES64(128, __VA_ARGS__), \
		ENTRIES64(192, __VA_ARGS__)

/* x^16 + x^15 + x^11 + x^9 + x^8 + x^7 + x^5 + x^4 + x^2 + x + 1, most significant bit first. */
static const uint16_t table16[SLICES][256] = {
	{ ENTRIES256(0x8bb7, 0x9cd9, 0xb205, 0xefbd, 0x54cd, 0xa99a, 0xd883, 0x3ab1) },
	{ ENTRIES256(0x7562, 0xeac4, 0x5e3f, 0xbc7e, 0xf34b, 0x6d21, 0xda42, 0x3f33) },
	{ ENTRIES256(0x7e66, 0xfccc, 0x722f, 0xe45e, 0x430b, 0x8616, 0x879b, 0x8481) },
	{ ENTRIES256(0x82b5, 0x8edd, 0x960d, 0xa7ad, 0xc4ed, 0x026d, 0x04da, 0x09b4) },
	{ ENTRIES256(0x1368, 0x26d0, 0x4da0, 0x9b40, 0xbd37, 0xf1d9, 0x6805, 0xd00a) },
	{ ENTRIES256(0x2ba3, 0x5746, 0xae8c, 0xd6af, 0x26e9, 0x4dd2, 0x9ba4, 0xbcff) },
	{ ENTRIES256(0xf249, 0x6f25, 0xde4a, 0x3723, 0x6e46, 0xdc8c, 0x32af, 0x655e) },
	{ ENTRIES256(0xcabc, 0x1ecf, 0x3d9e, 0x7b3c, 0xf678, 0x6747, 0xce8e, 0x16ab) },
};

/* 1EDC6F41h, least significant bit first. */
static const uint32_t table32[SLICES][256] = {
	{ ENTRIES256(0xf26b8303, 0xe13b70f7, 0xc79a971f, 0x8ad958cf, 0x105ec76f, 0x20bd8ede,
		     0x417b1dbc, 0x82f63b78) },
	{ ENTRIES256(0x13a29877, 0x274530ee, 0x4e8a61dc, 0x9d14c3b8, 0x3fc5f181, 0x7f8be302,
		     0xff17c604, 0xfbc3faf9) },
	{ ENTRIES256(0xa541927e, 0x4f6f520d, 0x9edea41a, 0x38513ec5, 0x70a27d8a, 0xe144fb14,
		     0xc76580d9, 0x8b277743) },
	{ ENTRIES256(0xdd45aab8, 0xbf672381, 0x7b2231f3, 0xf64463e6, 0xe964b13d, 0xd725148b,
		     0xaba65fe7, 0x52a0c93f) },
	{ ENTRIES256(0x38116fac, 0x7022df58, 0xe045beb0, 0xc5670b91, 0x8f2261d3, 0x1ba8b557,
		     0x37516aae, 0x6ea2d55c) },
	{ ENTRIES256(0xef306b19, 0xdb8ca0c3, 0xb2f53777, 0x6006181f, 0xc00c303e, 0x85f4168d,
		     0x0e045beb, 0x1c08b7d6) },
	{ ENTRIES256(0x68032cc8, 0xd0065990, 0xa5e0c5d1, 0x4e2dfd53, 0x9c5bfaa6, 0x3d5b83bd,
		     0x7ab7077a, 0xf56e0ef4) },
	{ ENTRIES256(0x493c7d27, 0x9278fa4e, 0x211d826d, 0x423b04da, 0x847609b4, 0x0d006599,
		     0x1a00cb32, 0x34019664) },
};

/* AD93D235_94C93659h, least significant bit first. */
static const uint64_t table64[SLICES][256] = {
	{ ENTRIES256(0x7f6ef0c830358979ull, 0xfedde190606b12f2ull, 0xc962e5739841b68full,
		     0xa61cecb46814fe75ull, 0x78e0ff3b88be6f81ull, 0xf1c1fe77117cdf02ull,
		     0xd75adabd7a6e2d6full, 0x9a6c9329ac4bc9b5ull) },
	{ ENTRIES256(0x8776a97d73bddf69ull, 0x3a3474a9bfec2db9ull, 0x7468e9537fd85b72ull,
		     0xe8d1d2a6ffb0b6e4ull, 0xe57a831ea7f6fea3ull, 0xfe2c206e177a6e2dull,
		     0xc881668f76634f31ull, 0xa5dbeb4db4510d09ull) },
	{ ENTRIES256(0xff6e4e1f4e4038beull, 0xca05ba6dc417e217ull, 0xa0d25288d0b85745ull,
		     0x757d8342f9e73de1ull, 0xeafb0685f3ce7bc2ull, 0xe12f2b58bf0b64efull,
		     0xf68770e226815ab5ull, 0xd9d7c79715952601ull) },
	{ ENTRIES256(0x8211147cbaf96306ull, 0x30fb0eaa2d655567ull, 0x61f61d545acaaaceull,
		     0xc3ec3aa8b595559cull, 0xb301530233bd3853ull, 0x52db80573fede3cdull,
		     0xa5b700ae7fdbc79aull, 0x7fb7270fa7201c5full) },
	{ ENTRIES256(0x373d15f784905d1eull, 0x6e7a2bef0920ba3cull, 0xdcf457de12417478ull,
		     0x8d3189ef7c157b9bull, 0x2eba358da0bd645dull, 0x5d746b1b417ac8baull,
		     0xbae8d63682f59174ull, 0x41088a3e5d7cb183ull) },
	{ ENTRIES256(0xe9742a79ef04a5d4ull, 0xe63172a0869ed8c3ull, 0xf8bbc31255aa22edull,
		     0xc5aea077f3c3d6b1ull, 0xbf8466bcbf103e09ull, 0x4bd1eb2a26b7ef79ull,
		     0x97a3d6544d6fdef2ull, 0x1b9e8afbc2482e8full) },
	{ ENTRIES256(0xfc5d27f6bf353971ull, 0xcc6369be26fde189ull, 0xac1ff52f156c5079ull,
		     0x6ce6cc0d724f3399ull, 0xd9cd981ae49e6732ull, 0x8742166691ab5d0full,
		     0x3a5d0a9e7bc12975ull, 0x74ba153cf78252eaull) },
	{ ENTRIES256(0x21e9761e252621acull, 0x43d2ec3c4a4c4358ull, 0x87a5d878949886b0ull,
		     0x3b9296a271a69e0bull, 0x77252d44e34d3c16ull, 0xee4a5a89c69a782cull,
		     0xe84d9340d5a36333ull, 0xe44200d2f3d1550dull) },
};

static uint64_t load_le64(const uint8_t *at)
{
	nvu_le64 word;

	memcpy(&word, at, sizeof(word));
	return nvu_le64_get(word);
}

uint64_t table_crc16(uint64_t before, const uint8_t *at, size_t len)
{
	uint16_t crc = (uint16_t)before;

	for (; len >= SLICES; at += SLICES, len -= SLICES)
		crc = (uint16_t)(table16[7][at[0] ^ crc >> 8] ^ table16[6][at[1] ^ (crc & 0xff)] ^
				 table16[5][at[2]] ^ table16[4][at[3]] ^ table16[3][at[4]] ^
				 table16[2][at[5]] ^ table16[1][at[6]] ^ table16[0][at[7]]);
	while (len--)
		crc = (uint16_t)(crc << 8 ^ table16[0][crc >> 8 ^ *at++]);
	return crc;
}

uint64_t table_crc32(uint64_t before, const uint8_t *at, size_t len)
{
	uint32_t crc = (uint32_t)before;

	for (; len >= SLICES; at += SLICES, len -= SLICES) {
		uint64_t word = load_le64(at) ^ crc;

		crc = table32[7][word & 0xff] ^ table32[6][word >> 8 & 0xff] ^
		      table32[5][word >> 16 & 0xff] ^ table32[4][word >> 24 & 0xff] ^
		      table32[3][word >> 32 & 0xff] ^ table32[2][word >> 40 & 0xff] ^
		      table32[1][word >> 48 & 0xff] ^ table32[0][word >> 56];
	}
	while (len--)
		crc = crc >> 8 ^ table32[0][(crc ^ *at++) & 0xff];
	return crc;
}

uint64_t table_crc64(uint64_t crc, const uint8_t *at, size_t len)
{
	for (; len >= SLICES; at += SLICES, len -= SLICES) {
		uint64_t word = load_le64(at) ^ crc;

		crc = table64[7][word & 0xff] ^ table64[6][word >> 8 & 0xff] ^
		      table64[5][word >> 16 & 0xff] ^ table64[4][word >> 24 & 0xff] ^
		      table64[3][word >> 32 & 0xff] ^ table64[2][word >> 40 & 0xff] ^
		      table64[1][word >> 48 & 0xff] ^ table64[0][word >> 56];
	}
	while (len--)
		crc = crc >> 8 ^ table64[0][(crc ^ *at++) & 0xff];
	return crc;
}
