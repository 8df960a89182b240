/* SPDX-License-Identifier: MIT */
/*
 * Proved: a completion ring's position never leaves its memory, moves by one and wraps at the end,
 * whatever the entries hold; the phase tag expected flips exactly then; an entry is taken for new
 * when its phase tag says so, and its word is handed on without the tag. Also at 65,536 entries,
 * where a 16-bit index would stop wrapping.
 *
 * Bounds: none: any ring of 2 to 65,536 entries, any position, any content, one step. From any such
 * state a step leads to another, so it holds for any number of steps.
 *
 * @options --object-bits 8
 */
#include "proof.h"
#include "ring/cq_ring.h"

#include <stdlib.h>

void harness(void)
{
	uint32_t count = nondet_u32(), head = nondet_u32(), phase = nondet_bool() ? CQE_PHASE : 0;
	struct nvu_cqe *entries;
	struct cq_ring ring;
	uint32_t answer, dw3;
	bool pending;

	assume(count >= 2 && count <= 65536 && head < count);
	entries = malloc(count * sizeof(*entries));
	cq_ring_init(&ring, entries, count);
	prove(cq_ring_head(&ring) == 0 && ring.phase == CQE_PHASE, "begins at 0 with phase 1");
	ring.next = entries + head;
	ring.phase = phase;

	pending = cq_ring_pending(&ring);
	answer = cq_ring_answer(&ring);
	dw3 = entries[head].cid | (uint32_t)entries[head].status << 16;
	prove(pending == ((dw3 & CQE_PHASE) == phase), "new exactly when the phase tag says so");
	prove(IMPLIES(pending, answer == (dw3 & ~CQE_PHASE)), "the word without the phase tag");
	prove(IMPLIES(pending, CQE_CID(answer) == entries[head].cid), "the identifier");
	prove(IMPLIES(pending, CQE_STATUS(answer) == entries[head].status >> 1), "the status");
	prove(ring.next == entries + head && ring.phase == phase, "looking changes nothing");

	ring.next++;
	cq_ring_wrap(&ring);
	prove(cq_ring_head(&ring) == (head + 1 == count ? 0 : head + 1), "on by one, or around");
	prove(ring.phase == (head + 1 == count ? phase ^ CQE_PHASE : phase), "flips when it wraps");
}
