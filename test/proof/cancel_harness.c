/* SPDX-License-Identifier: MIT */
/*
 * Proved: a queue pair that was cut answers each command that was in flight exactly once, by
 * qpair_cancel() or by a completion that still comes before it, in whatever portions the caller asks
 * for; with -ETIMEDOUT exactly when its deadline has passed; afterwards nothing is in flight, and a
 * table renewed for the next life has all records free, each under a generation that is not of this
 * life. inflight_next() shows each command in flight once. A command is late exactly when it has a deadline,
 * a look has met it, and no more than half of all the time that a deadline can name lies between.
 *
 * Bounds: a table of 3 slots in any state; portions of 1, 2 and 3, between which any completion may
 * come. Wrap-around and narrowing are meant here: generations, time.
 *
 * @sources qpair/inflight.c qpair/positions.c qpair/qpair.c qpair/misuse.c qpair/slow_path.c qpair/special.c qpair/deadline.c
 * @without unsigned-overflow-check conversion-check
 * @options --unwind 5
 */
#include "device.h"

#include "qpair/poll.h"
#include "qpair/special.h"
#include "qpair/waiting.h"

#include <errno.h>

enum { SLOTS = 3 };

static bool answered[SLOTS];
static bool late[SLOTS];

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

		prove(cpls[i].status == (late[slot] ? -ETIMEDOUT : -ECANCELED), "the truth");
	}
	return count;
}

/* One that the controller wrote before it was stopped. */
static void complete(void)
{
	struct nvu_cqe entry;
	struct nvu_cpl cpl;
	uint64_t answer = device_any_answer();

	if (poll_exceptional(&qpair, &entry, answer, &cpl))
		(void)check_answer(&cpl);
}

/* Before the cut: the scan. */
static void check_scan(void)
{
	uint32_t cursor = 0, wanted = 0, found = 0;
	const struct inflight *record;

	for (uint32_t slot = 0; slot < SLOTS; slot++)
		wanted += model.live[slot];
	while ((record = inflight_next(&qpair.inflight, &cursor))) {
		uint32_t slot = (uint32_t)(record - records);

		prove(slot < SLOTS && slot + 1 == cursor, "each once, in order");
		prove(model.live[slot], "those in flight only");
		found++;
	}
	prove(found == wanted, "all of them");
}

/* A deadline is the lower 30 bits of a time in units of 4 ms. */
static bool is_late(const struct inflight *record)
{
	uint64_t passed = qpair.now_ms / 4 - (record->state >> 32);

	return (record->state & SPECIAL_TIMED) && !(record->state & SPECIAL_UNMET) &&
	       (passed & 0x3fffffff) <= 0x20000000;
}

void harness(void)
{
	uint32_t left = 0;

	device_qpair(0, DEVICE_ENTRIES, SLOTS);
	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		inflight_remove_reason(&records[slot], SPECIAL_WAITING); /* none waits */
		late[slot] = is_late(&records[slot]);
	}
	check_scan();

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

	inflight_renew(&qpair.inflight, SLOTS, SPECIAL_KEPT);
	prove(qpair.inflight.free == &records[0] && records[0].next == &records[1] &&
		      records[1].next == &records[2] && records[2].next == NULL,
	      "all are free again");
	for (uint32_t slot = 0; slot < SLOTS; slot++)
		prove(!model.live[slot] || table_cid(&qpair.inflight, slot) != model.cid[slot],
		      "under another generation");
	reached();
}
