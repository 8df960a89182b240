/* SPDX-License-Identifier: MIT */
/*
 * Proved: a completion ring's position never leaves its memory, moves by a run of entries that ends
 * where the ring does, and wraps there, whatever the entries hold; the phase tag expected flips exactly
 * then; an entry is taken for new exactly when its phase tag says so. Also at 65,536 entries, where a
 * 16-bit index would stop wrapping. And what is owed to the controller: after each poll there is room in
 * the queue for the completions of all commands in flight; less than a quarter of the queue is owed; and
 * nothing is returned before that, but at the end of the ring.
 *
 * Bounds: none: any ring of 2 to 65,536 entries, any position, any content, any number of commands that the ring
 * has room for, one step. From any such
 * state a step leads to another, so it holds for any number of steps.
 *
 * @options --object-bits 8
 */
#include "proof.h"
#include "ring/cq_ring.h"

#include <stdlib.h>

static uint16_t queue;

static uint32_t phase_of(const struct cq_ring *ring)
{
	return ring->known >> CQE_SQHD_BITS & CQE_PHASE ? 1 : 0;
}

/* The ring at one of its entries, all of them holding anything. */
static struct cq_ring anywhere(uint32_t *ret_count, uint32_t *ret_head)
{
	uint32_t count = nondet_u32(), head = nondet_u32();
	uint16_t sqid = nondet_u16();
	struct nvu_cqe *entries;
	struct cq_ring ring;

	assume(count >= 2 && count <= 65536 && head < count);
	entries = malloc(count * sizeof(*entries));
	cq_ring_init(&ring, entries, count, sqid);
	prove(cq_ring_head(&ring) == 0 && phase_of(&ring) == 1, "begins at 0 with phase 1");
	ring.next = entries + head;
	if (nondet_bool())
		ring.known ^= CQE_PHASE << CQE_SQHD_BITS;
	queue = sqid;
	*ret_count = count;
	*ret_head = head;
	return ring;
}

static void check_answer(const struct cq_ring *ring, const struct nvu_cqe *entry)
{
	uint64_t answer = cq_ring_answer(ring);
	bool is_new = (entry->status & 1) == phase_of(ring);

	prove(cq_ring_pending(ring) == is_new, "new exactly when the phase tag says so");
	prove(!(answer & CQE_PHASE) == is_new, "and so says the word");
	prove(!(answer >> 48), "48 bits");
	prove(!CQE_SQID(answer) == (entry->sqid == queue), "of this queue or not");
	prove(CQE_CID(answer) == entry->cid, "the identifier");
	prove(CQE_STATUS(answer) == entry->status >> 1, "the status");
}

/* A run of up to max entries, and what follows it. */
static void check_run(struct cq_ring *ring, uint32_t count, uint32_t head)
{
	uint32_t max = nondet_u32(), phase = phase_of(ring), length;
	const struct nvu_cqe *stop;

	assume(max > 0);
	stop = cq_ring_stop(ring, max);
	length = (uint32_t)(stop - ring->next);
	prove(stop > ring->next && stop <= ring->end,
	      "a run goes on, and no further than the ring");
	prove(length == max || stop == ring->end, "a run is as long as asked for, or to the end");
	ring->next = stop;
	cq_ring_wrap(ring);
	prove(cq_ring_head(ring) == (head + length) % count, "then on, or around");
	prove(phase_of(ring) == (head + length == count ? !phase : phase),
	      "the phase flips when it wraps, and only then");
}

/* The walk over pending entries looks at this one exactly when it is new, and goes on by one. */
static void check_walk(struct cq_ring *ring, uint32_t count, uint32_t head)
{
	uint32_t max = nondet_u32(), left, seen = 0;
	bool is_new = cq_ring_pending(ring);

	cq_ring_for_each_pending (ring, max, left) {
		prove(seen || cq_ring_head(ring) == head, "from the next entry on");
		if (seen++)
			break;
	}
	prove(!seen == (!is_new || !max), "what is new, if asked for");
	prove(cq_ring_head(ring) == (head + !!seen) % count, "then on by one, or around");
	prove(max - left == (seen ? 1 : 0), "counted");
}

void harness_walk(void)
{
	uint32_t count, head;
	struct cq_ring ring = anywhere(&count, &head);

	check_walk(&ring, count, head);
	reached();
}

/* A poll that takes entries, of a queue of which some are owed. */
static void check_owed(struct cq_ring *ring, uint32_t count, uint32_t returned, uint32_t commands)
{
	uint32_t quarter = cq_ring_quarter(count, commands), owed = nondet_u32();
	uint32_t taken = nondet_u32();
	bool wraps, due;

	prove(quarter > 0 && quarter <= (count + 3) / 4, "no more than a quarter may be owed");
	ring->next = ring->first + returned;
	cq_ring_note_returned(ring);
	assume(owed < quarter && owed < count - returned);
	ring->next += owed;
	prove(!cq_ring_is_due(ring, ring->next), "not before a quarter is owed");
	assume(taken > 0 && taken < count - owed); /* the controller has no room for more */
	wraps = returned + owed + taken >= count;
	if (wraps) {
		ring->next = ring->end;
		cq_ring_wrap(ring);
		ring->next += returned + owed + taken - count;
	} else {
		ring->next += taken;
	}
	due = cq_ring_is_due(ring, ring->next);
	owed = due ? 0 : owed + taken;
	prove(due == (wraps || ring->next - ring->first - returned >= quarter),
	      "returned when a quarter is owed, and at the end of the ring");
	prove(owed < quarter, "less than a quarter is owed");
	prove(count - 1 - owed >= commands, "there is room for all commands in flight");
}

void harness_owed(void)
{
	uint32_t count, head, commands = nondet_u32();
	struct cq_ring ring = anywhere(&count, &head);

	assume(commands > 0 && commands < count);
	ring.next = ring.first;
	cq_ring_be_lazy(&ring, commands);
	prove(!cq_ring_is_due(&ring, ring.next), "a new ring owes nothing");
	check_owed(&ring, count, head, commands);
	reached();
}

void harness(void)
{
	uint32_t count, head;
	struct cq_ring ring = anywhere(&count, &head);

	check_answer(&ring, &ring.first[head]);
	prove(ring.next == ring.first + head, "looking changes nothing");
	check_run(&ring, count, head);
	reached();
}
