/* SPDX-License-Identifier: MIT */
/*
 * Proved: whatever the order of commands and completions, and whatever the completions say: a command
 * is given an identifier that no other in flight has; it is answered at most once, with its own user
 * data, and only by its own identifier; its own completion is never dropped; the identifier of an
 * answered command matches nothing until it is given out again, which takes all generations; the table
 * gives out as many commands at a time as it has slots, and never runs out before.
 *
 * Bounds: 2 slots (a table of 4), 6 steps from an empty table of any generation, each taking a command
 * or offering any completion. Wrap-around and narrowing are meant: generations and identifiers.
 *
 * @sources qpair/inflight.c qpair/positions.c qpair/qpair.c qpair/special.c qpair/deadline.c
 * @without unsigned-overflow-check conversion-check
 * @options --unwind 7
 */
#include "device.h"

#include "qpair/poll.h"

enum { SLOTS = 2, STEPS = 6 };

/* Every command that was ever taken, by the order of taking; user data are the number. */
static struct {
	uint16_t cid;
	bool live;
} commands[STEPS];
static uint32_t taken, outstanding;

static void take(void)
{
	uint64_t state;
	uint32_t cid;

	prove((qpair.inflight.free == NULL) == (outstanding == SLOTS), "full when it is full");
	if (!qpair.inflight.free)
		return;
	state = inflight_take(&qpair.inflight, qpair.inflight.free, taken);
	cid = (uint32_t)(state >> INFLIGHT_CID_SHIFT);
	prove(state == (uint64_t)cid << INFLIGHT_CID_SHIFT, "the identifier and no more");
	prove(cid < 0xffff, "an identifier has 16 bits, and is not FFFFh");
	for (uint32_t i = 0; i < taken; i++)
		prove(commands[i].cid != cid, "no identifier of before, in flight or answered");
	commands[taken].cid = (uint16_t)cid;
	commands[taken].live = true;
	taken++;
	outstanding++;
}

/* The command in flight with this identifier; STEPS: there is none. */
static uint32_t find(uint32_t cid)
{
	uint32_t found = STEPS;

	for (uint32_t i = 0; i < taken; i++)
		if (commands[i].live && commands[i].cid == cid)
			found = i;
	return found;
}

/* The device writes an entry, any; what the driver then reads of it. */
static void complete(void)
{
	struct nvu_cqe entry;
	struct nvu_cpl cpl;
	uint64_t answer = device_any_answer();
	uint32_t number = find(CQE_CID(answer));
	struct inflight *record = inflight_of(&qpair.inflight, answer);
	bool mine = number < STEPS && !CQE_SQID(answer), delivered = true;

	/* A look at the clock, or something else, has made it special. */
	if (number < STEPS && nondet_bool())
		inflight_add_reason(inflight_at(&qpair.inflight, CQE_CID(answer)), 1);
	if (poll_is_plain(record, answer))
		poll_copy(&qpair.inflight, record, answer, &entry, &cpl);
	else
		delivered = poll_exceptional(&qpair, &entry, answer, &cpl);
	prove(delivered == mine, "delivered exactly when it belongs to a command in flight");
	if (!delivered)
		return;
	prove(cpl.user_data == number, "to the right one");
	commands[number].live = false;
	outstanding--;
}

void harness(void)
{
	qpair.id = DEVICE_QUEUE;
	inflight_init(&qpair.inflight, records, SLOTS);
	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		uint16_t cid = nondet_u16();

		assume((cid & qpair.inflight.mask) == slot);
		records[slot].state = table_any_state(cid, false, false);
	}
	for (int step = 0; step < STEPS; step++)
		if (nondet_bool())
			take();
		else
			complete();
	prove(inflight_count(&qpair.inflight) == outstanding, "none is lost");
	reached();
}
