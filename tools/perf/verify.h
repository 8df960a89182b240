/* SPDX-License-Identifier: MIT */
/*
 * verify.h: remembers what each unit of a range should hold, and checks what was read.
 *
 * A unit is in use by one command at a time, so what a read must return is always known. It knows
 * nothing of queues: job.c tells it what begins and what has ended.
 */
#ifndef PERF_VERIFY_H
#define PERF_VERIFY_H

#include "pattern.h"

enum { VERIFY_WHY_BYTES = 160 };

struct verify {
	struct pattern pattern; /* the range's first unit */
	uint64_t units;
	uint8_t *states;      /* per unit: bit 7 in use, bits 6:0 generation, 0: never written */
	uint64_t *slot_units; /* the unit that each slot uses */
	bool filling;	      /* writes are not read back */
	uint64_t mismatches;
	char why[VERIFY_WHY_BYTES]; /* the first of them */
};

/* @first: the range's first unit, its generation aside. Returns 0 or -ENOMEM. */
int verify_init(struct verify *verify, const struct pattern *first, uint64_t units, uint32_t slots);

void verify_fini(struct verify *verify);

/*
 * Slot @slot begins a command on @unit, or on the next unit that is free; there must be more units
 * than slots, or as many. A write's data are made. Returns the unit.
 */
uint64_t verify_begin(struct verify *verify, uint64_t slot, uint64_t unit, bool write, void *data);

/* The command of @slot ended. True when the slot is to read the unit back, which it keeps. */
bool verify_end(struct verify *verify, uint64_t slot, bool write, bool failed, const void *data);

#endif /* PERF_VERIFY_H */
