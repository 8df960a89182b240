/* SPDX-License-Identifier: MIT */
/*
 * walk.c: see walk.h.
 */
#include "qpair/walk.h"

struct walk walk_begin(const struct nvu_qpair *qpair)
{
	return (struct walk){
		.from = qpair->sq.published,
		.to = qpair->sq.published,
		.stale_end = walk_has_stale(qpair) ? qpair->stale_end : NULL,
	};
}

bool walk_look(struct walk *walk, struct nvu_qpair *qpair)
{
	if (walk->stale_end && (walk->from == walk->stale_end || walk->from == qpair->sq.slot)) {
		walk->stale_end = NULL;
		qpair->stale_end = walk->to;
	}
	return walk->from != qpair->sq.slot;
}

void walk_go_past(struct walk *walk, const struct nvu_qpair *qpair, bool stays)
{
	if (stays) {
		if (walk->to != walk->from)
			*walk->to = *walk->from;
		walk->to = sq_ring_after(&qpair->sq, walk->to);
	}
	walk->from = sq_ring_after(&qpair->sq, walk->from);
}

void walk_end(const struct walk *walk, struct nvu_qpair *qpair)
{
	struct sq_ring *ring = &qpair->sq;

	if (walk->to > ring->slot) /* back over the ring's end: see qpair_turn() */
		qpair->settled += (uintptr_t)ring->end - (uintptr_t)ring->first;
	if (walk->to != ring->slot)
		sq_ring_restart(ring, walk->to);
}
