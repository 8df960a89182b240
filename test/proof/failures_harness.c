/* SPDX-License-Identifier: MIT */
/*
 * Proved: what is noted of a command that has failed is its newest entry in the ring, never the one at the ring's
 * position, or nothing; and a completion is found only as that of the one command that was noted with it.
 *
 * Bounds: a ring of 3 entries with any content, at any position; two completions noted after any number of others.
 * CBMC takes a negative difference of two pointers into one array for a signed overflow: not checked.
 *
 * @sources qpair/inflight.c
 * @without unsigned-overflow-check conversion-check signed-overflow-check
 * @options --unwind 17 --no-signed-overflow-check
 */
#define PROOF_HAS_FAILURES
#include "device.h"

#include "qpair/failures.c"

enum { ENTRIES = 3 };

static struct nvu_sqe ring[ENTRIES];

static void any_ring(void)
{
	uint32_t at = nondet_u32();

	anything(ring);
	assume(at < ENTRIES);
	qpair.entries = ENTRIES;
	sq_ring_init(&qpair.sq, ring, ENTRIES);
	qpair.sq.slot = &ring[at];
}

void harness_note(void)
{
	uint32_t cid = nondet_u32();
	const struct nvu_sqe *found;
	bool other = false;

	any_ring();
	assume(cid <= UINT16_MAX);
	found = find_entry(&qpair, cid);
	for (uint32_t back = 1; back < ENTRIES; back++) {
		const struct nvu_sqe *entry =
			&ring[((uint32_t)(qpair.sq.slot - ring) + ENTRIES - back) % ENTRIES];

		if (!other && nvu_le16_get(entry->cid) == cid) {
			prove(found == entry, "the newest entry is found");
			other = true;
		}
	}
	prove(other || !found, "or none");
	reached();
}

void harness_find(void)
{
	struct nvu_cpl cpls[2];
	const struct qpair_failure *found;
	uint32_t cids[2] = { nondet_u32(), nondet_u32() };

	any_ring();
	anything(cpls);
	assume(cids[0] <= UINT16_MAX && cids[1] <= UINT16_MAX);
	qpair.failures.count = nondet_bool() ? 0 : FAILURES_KEPT - 1;
	for (int i = 0; i < FAILURES_KEPT; i++)
		qpair.failures.last[i].cpl.status = 0;
	assume(cpls[0].status && cpls[1].status);
	failures_note(&qpair, cids[0], &cpls[0]);
	failures_note(&qpair, cids[1], &cpls[1]);
	found = failures_find(&qpair, &cpls[1]);
	if (found) {
		prove(found->known && found->cpl.user_data == cpls[1].user_data &&
			      found->cpl.status == cpls[1].status,
		      "of this completion");
		prove(found->opcode == find_entry(&qpair, cids[1])->opcode, "its own command");
	}
	reached();
}
