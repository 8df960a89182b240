/* SPDX-License-Identifier: MIT */
/*
 * pattern.c: see pattern.h. Words are written in the processor's byte order: it is the same
 * program that reads them again.
 */
#include "pattern.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PIECE_BYTES = 512, PIECE_WORDS = PIECE_BYTES / 8, HEAD_WORDS = 2 };

static const uint64_t golden = 0x9e3779b97f4a7c15u;

/* The finaliser of splitmix64: every bit of the input changes every bit of the output. */
static uint64_t mix(uint64_t word)
{
	word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9u;
	word = (word ^ word >> 27) * 0x94d049bb133111ebu;
	return word ^ word >> 31;
}

static uint64_t stamp(const struct pattern *pattern)
{
	return mix(pattern->seed) ^ pattern->generation;
}

/* The 64 words of one piece of block @lba. */
static void make_piece(const struct pattern *pattern, uint64_t lba, uint32_t piece,
		       uint64_t words[static PIECE_WORDS])
{
	uint64_t word = mix(stamp(pattern) + lba * golden) + mix(piece + 1);

	words[0] = lba;
	words[1] = stamp(pattern);
	for (uint32_t i = HEAD_WORDS; i < PIECE_WORDS; i++) {
		word += golden;
		words[i] = word ^ word >> 29;
	}
}

void pattern_fill(const struct pattern *pattern, void *data)
{
	uint32_t pieces = pattern->block_bytes / PIECE_BYTES;
	uint64_t words[PIECE_WORDS];
	char *at = data;

	for (uint32_t block = 0; block < pattern->blocks; block++) {
		for (uint32_t piece = 0; piece < pieces; piece++, at += PIECE_BYTES) {
			make_piece(pattern, pattern->lba + block, piece, words);
			memcpy(at, words, PIECE_BYTES);
		}
	}
}

/* Why the words of a piece, read from block @lba, are wrong. */
static void explain(const struct pattern *pattern, uint64_t lba, uint32_t piece,
		    const uint64_t *found, const uint64_t *wanted, char *ret_why, size_t size)
{
	uint64_t generation = found[1] ^ mix(pattern->seed);
	const char *differs = (const char *)found, *from = (const char *)wanted;
	uint32_t byte = 0;

	if (found[1] == wanted[1] && found[0] != lba) {
		(void)snprintf(ret_why, size, "block %" PRIu64 " holds the data of block %" PRIu64,
			       lba, found[0]);
		return;
	}
	if (found[0] == lba && generation < 128 && generation != pattern->generation) {
		(void)snprintf(ret_why, size,
			       "block %" PRIu64 " holds its data of write %" PRIu64
			       " instead of write %" PRIu32,
			       lba, generation, pattern->generation);
		return;
	}
	while (byte < PIECE_BYTES - 1 && differs[byte] == from[byte])
		byte++;
	(void)snprintf(ret_why, size,
		       "block %" PRIu64 " is wrong from byte %" PRIu32 ": 0x%02x instead of 0x%02x",
		       lba, piece * PIECE_BYTES + byte, (unsigned char)differs[byte],
		       (unsigned char)from[byte]);
}

bool pattern_check(const struct pattern *pattern, const void *data, char *ret_why, size_t size)
{
	uint32_t pieces = pattern->block_bytes / PIECE_BYTES;
	uint64_t wanted[PIECE_WORDS], found[PIECE_WORDS];
	const char *at = data;

	for (uint32_t block = 0; block < pattern->blocks; block++) {
		for (uint32_t piece = 0; piece < pieces; piece++, at += PIECE_BYTES) {
			make_piece(pattern, pattern->lba + block, piece, wanted);
			if (memcmp(at, wanted, PIECE_BYTES) == 0)
				continue;
			memcpy(found, at, PIECE_BYTES);
			explain(pattern, pattern->lba + block, piece, found, wanted, ret_why, size);
			return false;
		}
	}
	return true;
}

void pattern_noise(uint64_t seed, void *data, size_t bytes)
{
	char *at = data;

	for (size_t done = 0; done + 8 <= bytes; done += 8) {
		uint64_t word = mix(seed += golden);

		memcpy(at + done, &word, 8);
	}
}
