/* SPDX-License-Identifier: MIT */
/*
 * sq_ring.c: what reads and writes do not write in an entry: see sq_ring.h.
 */
#include "ring/sq_ring.h"

static bool is_soiled(const struct nvu_sqe *entry)
{
	return nvu_le32_get(entry->cdw2) || nvu_le32_get(entry->cdw3) ||
	       nvu_le64_get(entry->mptr) || nvu_le32_get(entry->cdw14) ||
	       nvu_le32_get(entry->cdw15);
}

static void scrub(struct nvu_sqe *entry)
{
	entry->cdw2 = entry->cdw3 = nvu_le32_put(0);
	entry->mptr = nvu_le64_put(0);
	entry->cdw14 = entry->cdw15 = nvu_le32_put(0);
}

/* From ring->slot on, once around. */
static void soil(struct sq_ring *ring)
{
	ring->soiled = ring->slot;
	ring->stop = ring->slot + 1;
}

bool sq_ring_turn(struct sq_ring *ring)
{
	struct nvu_sqe *next;

	if (!ring->soiled) { /* .stop is the end */
		sq_ring_move(ring, ring->first);
		return true;
	}
	next = sq_ring_after(ring, ring->slot);
	/* Not the controller's: fewer commands are in flight than the ring has entries. */
	scrub(next);
	if (ring->soiled == next)
		ring->soiled = NULL;
	ring->stop = ring->soiled ? next + 1 : ring->end;
	sq_ring_move(ring, next);
	return next == ring->first;
}

void sq_ring_fill(struct sq_ring *ring, const struct nvu_sqe *cmd)
{
	*ring->slot = *cmd;
	if (is_soiled(cmd))
		soil(ring);
}

void sq_ring_restart(struct sq_ring *ring, struct nvu_sqe *slot)
{
	sq_ring_move(ring, slot);
	scrub(slot);
	soil(ring);
}
