// SPDX-License-Identifier: MIT
/*
 * cells.c: see cells.h.
 */
#include "cells.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static uint64_t word_of(uint64_t version, size_t at)
{
	return version ? (version + at) * 0x9e3779b97f4a7c15ull ^ version << 20 : 0;
}

void cell_fill(void *data, uint64_t version)
{
	for (size_t at = 0; at < CELL_BYTES; at += sizeof(uint64_t)) {
		uint64_t word = word_of(version, at);

		memcpy((char *)data + at, &word, sizeof(word));
	}
}

/* How many bytes are not those of a version; those that are not their inverse count many times. */
static uint32_t count_differences(const void *data, uint64_t version)
{
	uint32_t count = 0;

	for (size_t at = 0; at < CELL_BYTES; at += sizeof(uint64_t)) {
		uint64_t word;

		memcpy(&word, (const char *)data + at, sizeof(word));
		word ^= word_of(version, at);
		for (; word; word >>= 8)
			count += (word & 0xff) == 0xff ? 1 : (word & 0xff) ? CELL_BYTES : 0;
	}
	return count;
}

void cell_init(struct cell *cell)
{
	*cell = (struct cell){ .count = 1 };
}

void cell_begin(struct cell *cell, bool write, uint64_t version, uint32_t span)
{
	cell->writing = write;
	cell->version = version;
	cell->span = span;
	__atomic_store_n(&cell->busy, true, __ATOMIC_RELEASE);
}

/* Last of all: who is killed before this leaves a command in flight, of unknown outcome. */
static void end(struct cell *cell)
{
	__atomic_store_n(&cell->busy, false, __ATOMIC_RELEASE);
}

void cell_read_failed(struct cell *cell)
{
	end(cell);
}

static void settle(struct cell *cell, uint64_t version)
{
	cell->versions[0] = version;
	cell->count = 1;
}

void cell_write_ended(struct cell *cell, bool success)
{
	if (success)
		settle(cell, cell->version);
	else if (cell->count == CELL_VERSIONS)
		cell->count = 0;
	else if (cell->count)
		cell->versions[cell->count++] = cell->version;
	end(cell);
}

static enum cell_data judge(struct cell *cell, const void *data)
{
	for (uint32_t idx = 0; idx < cell->count; idx++) {
		uint32_t differences = count_differences(data, cell->versions[idx]);

		if (differences > 1)
			continue;
		settle(cell, cell->versions[idx]);
		return differences ? CELL_CORRUPT : CELL_GOOD;
	}
	return cell->count ? CELL_WRONG : CELL_GOOD;
}

enum cell_data cell_read_ended(struct cell *cell, const void *data)
{
	enum cell_data what = judge(cell, data);

	end(cell);
	return what;
}

/* Of one 8-byte word, at this place in the data. */
static void describe_word(const void *data, size_t at, uint64_t next_version, char *text,
			  size_t len)
{
	uint64_t word, version = 1;

	memcpy(&word, (const char *)data + at, sizeof(word));
	while (version < next_version && word_of(version, at) != word)
		version++;
	if (!word)
		(void)snprintf(text, len, "zeroes");
	else if (word == 0xeeeeeeeeeeeeeeee)
		(void)snprintf(text, len, "what the memory held before the read");
	else if (version < next_version)
		(void)snprintf(text, len, "version %" PRIu64, version);
	else
		(void)snprintf(text, len, "%016" PRIx64, word);
}

void cell_describe(const struct cell *cell, const void *data, uint64_t next_version, char *text,
		   size_t len)
{
	char first[48], last[48];
	size_t used;

	describe_word(data, 0, next_version, first, sizeof(first));
	describe_word(data, CELL_BYTES - sizeof(uint64_t), next_version, last, sizeof(last));
	(void)snprintf(text, len, "begins with %s, ends with %s, may hold version", first, last);
	for (uint32_t idx = 0; idx < cell->count; idx++) {
		used = strlen(text);
		(void)snprintf(text + used, len - used, " %" PRIu64, cell->versions[idx]);
	}
	used = strlen(text);
	(void)snprintf(text + used, len - used, " of %" PRIu64, next_version - 1);
}
