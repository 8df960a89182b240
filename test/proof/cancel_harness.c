/* SPDX-License-Identifier: MIT */
/*
 * Proved: a queue pair that was cut answers each command that was in flight exactly once, by
 * qpair_cancel() or by a completion that still comes before it, in whatever portions the caller asks
 * for; with -ETIMEDOUT exactly when its deadline has passed; afterwards nothing is in flight, and a
 * table renewed for the next life has all records free, each under a generation that is not of this
 * life. inflight_next() shows each command in flight once, and with a deadline the late ones.
 *
 * Bounds: a table of 3 slots in any state; portions of 1, 2 and 3, between which any completion may
 * come. Wrap-around and narrowing are meant here: generations, time.
 *
 * @sources qpair/inflight.c qpair/qpair.c qpair/misuse.c qpair/slow_path.c
 * @without unsigned-overflow-check conversion-check
 * @options --unwind 5
 */
#include "device.h"

#include "qpair/poll.h"
#include "qpair/waiting.h"

#include <errno.h>

enum { SLOTS = 3 };

static bool answered[SLOTS];
static uint32_t deadline_ms[SLOTS];

static struct nvu_sqe ring[SLOTS + 1];

/* No command waits for new queues: test/mock/test_reset.c looks at those. */
void waiting_begin(struct nvu_qpair *cut, struct nvu_sqe *bar)
{
	(void)cut;
	(void)bar;
}

void waiting_mark(struct nvu_qpair *cut)
{
	(void)cut;
}

void waiting_unmark(struct nvu_qpair *cut)
{
	(void)cut;
}

bool doorbell_gate_close(struct doorbell_gate *gate)
{
	(void)gate;
	return true;
}

static bool is_late(uint32_t slot)
{
	return (int32_t)((uint32_t)qpair.now_ms - deadline_ms[slot]) >= 0;
}

/* Not answered before, and in flight when the queue pair was cut. */
static uint32_t check_answer(const struct nvu_cpl *cpl)
{
	uint64_t slot = cpl->user_data ^ model.user_data;

	prove(slot < SLOTS && model.live[slot], "it was in flight");
	assume(slot < SLOTS);
	prove(!answered[slot], "it is answered once");
	answered[slot] = true;
	return (uint32_t)slot;
}

static uint32_t cancel(uint32_t max)
{
	struct nvu_cpl cpls[SLOTS];
	uint32_t count = qpair_cancel(&qpair, cpls, max);

	prove(count <= max, "no more than asked for");
	for (uint32_t i = 0; i < count; i++) {
		uint32_t slot = check_answer(&cpls[i]);

		prove(cpls[i].status == (is_late(slot) ? -ETIMEDOUT : -ECANCELED), "the truth");
	}
	return count;
}

/* One that the controller wrote before it was stopped. */
static void complete(void)
{
	struct nvu_cqe entry;
	struct nvu_cpl cpl;
	uint32_t answer = nondet_u32();

	assume(!(answer & CQE_PHASE));
	if (poll_exceptional(&qpair, &entry, answer, &cpl))
		(void)check_answer(&cpl);
}

/* Before the cut: the scan for late commands. */
static void check_scan(bool late_only)
{
	uint32_t cursor = 0, now_ms = nondet_u32(), wanted = 0, found = 0;
	const struct inflight *record;

	for (uint32_t slot = 0; slot < SLOTS; slot++)
		wanted += model.live[slot] &&
			  (!late_only || (int32_t)(now_ms - deadline_ms[slot]) >= 0);
	while ((record = inflight_next(&qpair.inflight, &cursor, late_only, now_ms))) {
		uint32_t slot = (uint32_t)(record - records);

		prove(slot < SLOTS && slot + 1 == cursor, "each once, in order");
		prove(model.live[slot], "those in flight only");
		found++;
	}
	prove(found == wanted, "all of them");
}

void harness(void)
{
	uint32_t left = 0;

	device_qpair(0, DEVICE_ENTRIES, SLOTS);
	for (uint32_t slot = 0; slot < SLOTS; slot++)
		deadline_ms[slot] = records[slot].deadline_ms;
	check_scan(false);
	check_scan(true);

	sq_ring_init(&qpair.sq, ring, SLOTS + 1); /* all published */
	qpair_cut(&qpair);
	if (nondet_bool())
		complete();
	(void)cancel(nondet_bool() ? 1 : 2);
	if (nondet_bool())
		complete();
	for (uint32_t slot = 0; slot < SLOTS; slot++)
		left += model.live[slot] && !answered[slot];
	prove(inflight_count(&qpair.inflight) == left, "what is not answered yet is in flight");
	prove(cancel(SLOTS) == left, "in the end all are answered");
	prove(cancel(1) == 0, "and that is all");

	inflight_renew(&qpair.inflight, SLOTS);
	prove(qpair.inflight.free == &records[0] && records[0].next == &records[1] &&
		      records[1].next == &records[2] && records[2].next == NULL,
	      "all are free again");
	for (uint32_t slot = 0; slot < SLOTS; slot++)
		prove(!model.live[slot] || table_cid(&qpair.inflight, slot) != model.cid[slot],
		      "under another generation");
	reached();
}
