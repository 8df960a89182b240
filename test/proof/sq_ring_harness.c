/* SPDX-License-Identifier: MIT */
/*
 * Proved: a submission ring's slot never leaves its memory, moves by one and wraps at the end; the
 * number that goes to the doorbell is below the number of entries; what has been filled and not
 * announced is counted right wherever both positions are. Also at 65,536 entries. And the shadow
 * doorbells' test (Base 5.8, annex B.5): the register is written exactly when the value that the
 * controller waits for is passed, modulo 65,536. And that the slot has nothing in the words that reads and writes do not
 * write, whatever other commands have left in the ring.
 *
 * Bounds: for the words that are not written 3 entries and 7 steps; else none: any ring of 2 to 65,536 entries, any
 * positions, one step. Conversions and wrap-around
 * are meant: indices are 32 bits of a pointer's difference, doorbell values are modulo 65,536.
 *
 * CBMC takes a negative difference of two pointers into one array for a signed overflow: not checked.
 *
 * @without conversion-check unsigned-overflow-check signed-overflow-check
 * @options --no-signed-overflow-check --unwind 8
 */
#include "proof.h"
#include "ring/sq_ring.h"

#include "ring/doorbell.c"
#include "ring/sq_ring.c"

#include <stdlib.h>

/* As a queue pair does it. Returns whether the next slot is the first one. */
static bool advance(struct sq_ring *ring)
{
	return !sq_ring_advance(ring, ring->slot) && sq_ring_turn(ring);
}

static void check_ring(void)
{
	uint32_t count = nondet_u32(), at = nondet_u32(), published = nondet_u32();
	struct nvu_sqe *entries;
	struct sq_ring ring;

	assume(count >= 2 && count <= 65536 && at < count && published < count);
	entries = malloc(count * sizeof(*entries));
	sq_ring_init(&ring, entries, count);
	prove(sq_ring_index(&ring, ring.slot) == 0 && !sq_ring_unpublished(&ring), "begins empty");
	ring.slot = entries + at;
	ring.published = entries + published;
	prove(sq_ring_index(&ring, ring.slot) == at, "the doorbell's number");
	prove(sq_ring_unpublished(&ring) == (at + count - published) % count, "not announced yet");
	ring.slot->opcode = 1; /* the slot can be written */
	prove(advance(&ring) == (at + 1 == count), "a round is reported");
	prove(ring.slot == entries + (at + 1 == count ? 0 : at + 1), "on by one, or around");
	prove(ring.published == entries + published, "nothing is announced by that");
}

/* The walk over what is not announced: its first two steps, from any position. */
static void check_walk(void)
{
	uint32_t count = nondet_u32(), at = nondet_u32(), published = nondet_u32(), seen = 0;
	struct nvu_sqe *entries, *entry;
	struct sq_ring ring;

	assume(count >= 2 && count <= 65536 && at < count && published < count);
	entries = malloc(count * sizeof(*entries));
	sq_ring_init(&ring, entries, count);
	ring.slot = entries + at;
	ring.published = entries + published;
	sq_ring_for_each_unpublished (&ring, entry) {
		prove(entry == entries + (published + seen) % count, "one after the other");
		if (seen++)
			break;
	}
	prove(seen == (sq_ring_unpublished(&ring) < 2 ? sq_ring_unpublished(&ring) : 2),
	      "as many as there are");
}

/* On the way from old to new, one by one, modulo 65,536: is what stands at event passed? */
static void check_event(void)
{
	uint32_t event = nondet_u16(), new_value = nondet_u16(), old_value = nondet_u16();
	uint16_t way = (uint16_t)(new_value - old_value), steps = nondet_u16();
	bool rings = passes_event(event, new_value, old_value);

	assume(steps < way); /* some value that is left behind on the way */
	prove((uint16_t)(old_value + steps) != event || rings, "rings when it is passed");
	prove(!rings || (uint16_t)(event - old_value) < way, "and only then");
}

void harness_soil(void)
{
	static struct nvu_sqe ring_entries[3]; /* zero */
	struct sq_ring ring;

	sq_ring_init(&ring, ring_entries, 3);
	for (int step = 0; step < 7; step++) {
		struct nvu_sqe any;
		const uint64_t *words = (const uint64_t *)(const void *)ring.slot;
		uint32_t at = nondet_u32();

		prove(!words[1] && !words[2] && !words[7], "what is not written is 0");
		assume(at < 3);
		if (nondet_bool())
			sq_ring_fill(&ring, &any);
		if (nondet_bool())
			sq_ring_restart(&ring, &ring_entries[at]);
		else
			(void)advance(&ring);
	}
	reached();
}

void harness(void)
{
	check_ring();
	check_walk();
	check_event();
	reached();
}
