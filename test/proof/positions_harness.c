/* SPDX-License-Identifier: MIT */
/*
 * Proved: a queue pair knows from the positions of its two rings whether commands are in flight, whatever the
 * sizes of the rings: qpair_is_settled() is true exactly when as many entries have been taken from the completion
 * ring as slots have been filled in the submission ring. A walk over a copy of the completion ring leaves the
 * queue pair's own ring as a walk over that does. An entry that has answered nothing makes it false for good.
 *
 * Bounds: any two rings of 2 to 64 entries (large: 65,536), any positions, any number of commands in flight that the
 * submission ring has room for, one step. From any such state a step leads to another, so it holds for any
 * number of steps. Positions wrap around modulo 2^64, as they are meant to. The submission ring may be soiled.
 *
 * @sources qpair/positions.c ring/sq_ring.c
 * @without unsigned-overflow-check conversion-check
 * @options --object-bits 8
 */
#include "proof.h"
#include "qpair/qpair.h"

#include <stdlib.h>

static struct nvu_qpair qpair;

/* With that many commands in flight. strayed: an entry has answered no command. */
static void begin(uint32_t flying, bool strayed)
{
	uint32_t slots = nondet_u32(), count = nondet_u32(), slot = nondet_u32(),
		 head = nondet_u32();

	assume(slots >= 2 && slots <= BOUND(65536, 64) && slot < slots && flying < slots);
	assume(count >= 2 && count <= BOUND(65536, 64) && head < count);
	sq_ring_init(&qpair.sq, malloc(slots * sizeof(struct nvu_sqe)), slots);
	cq_ring_init(&qpair.cq, malloc(count * sizeof(struct nvu_cqe)), count, nondet_u32());
	qpair.sq.slot = qpair.sq.first + slot;
	qpair.cq.next = qpair.cq.first + head;
	if (nondet_bool())
		qpair.cq.known ^= CQE_PHASE << CQE_SQHD_BITS;
	if (nondet_bool()) {
		uint32_t soiled = nondet_u32();

		assume(soiled < slots);
		qpair.sq.soiled = qpair.sq.first + soiled;
		qpair.sq.stop = qpair.sq.slot + 1;
	}
	qpair.settled = (uintptr_t)qpair.sq.slot - 64 * (uint64_t)flying -
			4 * cq_ring_head_bytes(&qpair.cq) + strayed;
}

static void check(uint32_t flying, bool strayed)
{
	uint64_t head_bytes = cq_ring_head_bytes(&qpair.cq);

	prove((uintptr_t)qpair.sq.slot - qpair.settled - 4 * head_bytes + strayed ==
		      64 * (uint64_t)flying,
	      "the positions are apart by what is in flight");
	prove(qpair_is_settled(&qpair, head_bytes) == (!strayed && !flying),
	      "settled exactly when nothing is in flight");
}

void harness_queue(void)
{
	uint32_t flying = nondet_u32();
	bool strayed = nondet_bool();

	begin(flying, strayed);
	check(flying, strayed);
	assume(flying + 1 < (uint32_t)(qpair.sq.end - qpair.sq.first));
	qpair_advance(&qpair, qpair.sq.slot);
	check(flying + 1, strayed);
	reached();
}

void harness_take(void)
{
	uint32_t flying = nondet_u32(), run = nondet_u32();
	bool strayed = nondet_bool();
	struct cq_ring cq;

	begin(flying, strayed);
	assume(run > 0 && run <= flying && run <= (uint32_t)(qpair.cq.end - qpair.cq.next));
	cq = qpair.cq;
	cq.next += run;
	if (nondet_bool()) {
		qpair_wrap(&qpair, &cq);
		qpair.cq.next = cq.next;
		prove(qpair.cq.known == cq.known && qpair.cq.due == cq.due,
		      "as with the ring itself");
	} else {
		qpair.cq.next = cq.next;
		qpair_wrap(&qpair, &qpair.cq);
	}
	check(flying - run, strayed);
	reached();
}
