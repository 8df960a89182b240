/* SPDX-License-Identifier: MIT */
/*
 * verify.c: one byte of memory per unit, see verify.h.
 */
#include "verify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { IN_USE = 0x80, GENERATION = 0x7f };

int verify_init(struct verify *verify, const struct pattern *first, uint64_t units, uint32_t slots)
{
	*verify = (struct verify){ .pattern = *first, .units = units };
	verify->states = calloc(units, 1);
	verify->slot_units = calloc(slots, sizeof(*verify->slot_units));
	if (verify->states && verify->slot_units)
		return 0;
	verify_fini(verify);
	return -ENOMEM;
}

void verify_fini(struct verify *verify)
{
	free(verify->states);
	free(verify->slot_units);
	verify->states = NULL;
	verify->slot_units = NULL;
}

static struct pattern unit_pattern(const struct verify *verify, uint64_t unit)
{
	struct pattern pattern = verify->pattern;

	pattern.lba += unit * pattern.blocks;
	pattern.generation = verify->states[unit] & GENERATION;
	return pattern;
}

uint64_t verify_begin(struct verify *verify, uint64_t slot, uint64_t unit, bool write, void *data)
{
	struct pattern pattern;
	uint8_t generation;

	while (verify->states[unit] & IN_USE)
		unit = unit + 1 < verify->units ? unit + 1 : 0;
	verify->slot_units[slot] = unit;
	verify->states[unit] |= IN_USE;
	if (!write)
		return unit;
	generation = verify->states[unit] & GENERATION;
	generation = generation < GENERATION ? generation + 1 : 1;
	verify->states[unit] = IN_USE | generation;
	pattern = unit_pattern(verify, unit);
	pattern_fill(&pattern, data);
	return unit;
}

bool verify_end(struct verify *verify, uint64_t slot, bool write, bool failed, const void *data)
{
	uint64_t unit = verify->slot_units[slot];
	struct pattern pattern = unit_pattern(verify, unit);
	char why[VERIFY_WHY_BYTES];

	if (write && !failed && !verify->filling)
		return true;
	if (write && failed)
		verify->states[unit] = 0; /* its content is unknown now */
	verify->states[unit] &= GENERATION;
	if (write || failed || !pattern.generation)
		return false;
	if (!pattern_check(&pattern, data, why, sizeof(why)) && !verify->mismatches++)
		memcpy(verify->why, why, sizeof(why));
	return false;
}
