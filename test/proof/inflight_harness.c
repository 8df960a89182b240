/* SPDX-License-Identifier: MIT */
/*
 * Proved: the table of commands in flight, as poll_plain() asks it. Whatever 32 bits an entry of the
 * controller holds, it is taken for an answer exactly when a command is in flight under that
 * identifier, is of that generation, and the entry is new and successful; so no command is answered
 * twice, none that was not taken, and a stale or repeated identifier never matches. No record
 * outside the table is touched, and free and live records together are always all.
 *
 * Bounds: 2 slots in a table of 4, any generation to begin with, any 5 steps of taking and
 * answering.
 *
 * @options --unwind 7 --object-bits 8
 * @sources qpair/inflight.c
 * @without unsigned-overflow-check conversion-check
 */
#include "proof.h"
#include "qpair/inflight.h"

#include <stddef.h>

enum { SLOTS = 2, SIZE = 4, STEPS = 5 };

static struct inflight records[SIZE];
static struct inflight_table table;
static bool live[SLOTS];
static bool used[SLOTS];
static uint32_t waits_for[SLOTS]; /* or, when not live, has waited for */

static void take(void)
{
	struct inflight *record = table.free;
	uint32_t cid, slot;

	prove(!record == (live[0] && live[1]), "full exactly when all slots are taken");
	if (!record)
		return;
	cid = inflight_take(&table, record, 1);
	slot = cid % SIZE;
	prove(cid <= 0xfffe, "an identifier, never FFFFh");
	prove(slot < SLOTS, "of a slot");
	prove(!live[slot], "that was free");
	prove(record == &records[slot], "and has this record");
	prove(!used[slot] || waits_for[slot] != cid, "not the one that it had before");
	used[slot] = true;
	live[slot] = true;
	waits_for[slot] = cid;
}

/* answer: an entry's last word without the phase tag, as cq_ring_answer() hands it on. */
static void answer(uint32_t word)
{
	struct inflight *record = inflight_at(&table, word);
	uint32_t slot = word % SIZE;
	bool expected = slot < SLOTS && live[slot] && waits_for[slot] == word;

	prove(record >= records && record < records + SIZE, "inside the table");
	prove((record->word == word) == expected, "matches exactly the command in flight");
	if (record->word != word)
		return;
	inflight_give(&table, record, word);
	live[slot] = false;
}

void harness(void)
{
	inflight_init(&table, records, SLOTS);
	/* Any generation: the slot's identifiers are slot + n * SIZE, modulo 2^16. */
	for (uint32_t slot = 0; slot < SLOTS; slot++)
		records[slot].next_cid = slot + nondet_u32() * SIZE;
	for (int step = 0; step < STEPS; step++) {
		if (nondet_bool())
			take();
		else
			answer(nondet_u32());
	}
}
