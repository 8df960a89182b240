/* SPDX-License-Identifier: MIT */
/*
 * Proved: the commands that wait for new queues are those behind the later of two positions, and none
 * once waiting has ended; exactly their records are marked, and unmarking leaves nothing. How they are
 * answered and gathered is looked at by test/mock/test_reset.c and test/mock/test_renewal.c.
 *
 * Bounds: a ring of 3 entries, any of them waiting, wherever they begin; a table in any
 * state. Wrap-around and narrowing are meant: identifiers, time. CBMC takes a negative difference of two
 * pointers into one array for a signed overflow: not checked.
 *
 * @sources qpair/inflight.c qpair/deadline.c
 * @without unsigned-overflow-check conversion-check signed-overflow-check
 * @options --unwind 5 --no-signed-overflow-check
 */
#include "device.h"

#include "qpair/waiting.c"

enum { ENTRIES = 3, SLOTS = ENTRIES - 1 };

static struct nvu_sqe ring[ENTRIES];
static uint32_t begin, waiting; /* the first that waits, and how many do */
static uint32_t order[SLOTS];	/* slots of those that wait, oldest first */
static bool waits[SLOTS];	/* by slot */

static struct nvu_sqe *at(uint32_t position)
{
	return &ring[position % ENTRIES];
}

/* Each entry that waits belongs to a command in flight, and to no other's. */
static void wait_for_queues(void)
{
	device_qpair(0, DEVICE_ENTRIES, SLOTS);
	anything(ring);
	begin = nondet_u32();
	waiting = nondet_u32();
	assume(begin < ENTRIES && waiting <= SLOTS);
	sq_ring_init(&qpair.sq, ring, ENTRIES);
	qpair.sq.published = at(begin);
	qpair.sq.slot = at(begin + waiting);
	for (uint32_t k = 0; k < waiting; k++) {
		order[k] = nondet_u32();
		assume(order[k] < SLOTS && model.live[order[k]] && !waits[order[k]]);
		waits[order[k]] = true;
		at(begin + k)->cid = nvu_le16_put(model.cid[order[k]]);
	}
}

void harness_begin(void)
{
	uint32_t bar = nondet_u32(), behind, wait;
	bool divided;

	wait_for_queues();
	assume(bar < ENTRIES);
	behind = (begin + waiting + ENTRIES - bar) % ENTRIES;
	wait = behind < waiting ? behind : waiting;
	divided = wait && (at(begin + waiting + ENTRIES - wait)->flags & 3) == 2;
	waiting_begin(&qpair, at(bar));
	prove(sq_ring_unpublished(&qpair.sq) == wait - divided,
	      "those behind the later position wait, but for half of a pair");
	prove(qpair.sq.slot == at(begin + waiting), "none comes or goes");
	waiting_end(&qpair);
	prove(sq_ring_unpublished(&qpair.sq) == 0 && qpair.sq.slot == at(begin + waiting),
	      "then none waits");
	reached();
}

void harness_mark(void)
{
	uint64_t before[SLOTS];

	wait_for_queues();
	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		inflight_remove_reason(&records[slot], SPECIAL_WAITING);
		before[slot] = records[slot].state;
	}
	waiting_mark(&qpair);
	for (uint32_t slot = 0; slot < SLOTS; slot++)
		prove(records[slot].state ==
			      (before[slot] | (waits[slot] ? SPECIAL_WAITING | INFLIGHT_LATER : 0)),
		      "those that wait are marked, no others");
	waiting_unmark(&qpair);
	for (uint32_t slot = 0; slot < SLOTS; slot++)
		prove(records[slot].state == before[slot], "no mark is left");
	table_check(&qpair.inflight, SLOTS);
	reached();
}
