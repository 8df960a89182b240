/* SPDX-License-Identifier: MIT */
/*
 * pattern.h: data that tell where they belong: --verify writes them and knows them again.
 *
 * Every 512 bytes begin with the block's number and its stamp (seed and generation), and go on
 * with words that depend on both and on the place within the block.
 */
#ifndef PERF_PATTERN_H
#define PERF_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a range of blocks should hold. */
struct pattern {
	uint64_t lba;
	uint32_t blocks;
	uint32_t block_bytes; /* a multiple of 512 */
	uint64_t seed;
	uint32_t generation; /* how often it was written */
};

void pattern_fill(const struct pattern *pattern, void *data);

/* False when @data is not what it should be; @ret_why, of @size bytes, gets a sentence. */
bool pattern_check(const struct pattern *pattern, const void *data, char *ret_why, size_t size);

/* Words that do not compress, for what is written without --verify. */
void pattern_noise(uint64_t seed, void *data, size_t bytes);

#endif /* PERF_PATTERN_H */
