/* SPDX-License-Identifier: MIT */
/*
 * Proved: a whole poll_reap(), with a device that rewrites the whole ring after each phase tag that is
 * read (device.h): no access outside ring, table and the caller's array; no more completions than
 * asked for; each belongs to a command that was in flight, and each command is delivered at most once;
 * what is not delivered is untouched; free and in-flight records together stay as many; the ring's
 * position has moved by as many as were delivered and dropped, and its phase with each round.
 *
 * Bounds: rings of 2 and 3 entries, a table of 3 slots in any state, up to 3 completions a call, so that
 * the ring wraps and goes past where it began. Wrap-around and narrowing are meant here: generations,
 * identifiers, time.
 *
 * @sources qpair/inflight.c qpair/positions.c qpair/qpair.c qpair/special.c qpair/deadline.c
 * @without unsigned-overflow-check conversion-check
 * @options --unwind 6
 */
#include "device.h"

#include "qpair/poll.h"

enum { SLOTS = 3, REAP = 3 };

static void check_poll(uint32_t ring, uint32_t head, uint32_t max)
{
	struct nvu_cpl cpls[REAP];
	uint32_t count, consumed, phase;
	uint64_t completed;

	device_qpair(head, ring, SLOTS);
	completed = qpair.completed;
	phase = device_phase();
	count = poll_reap(&qpair, cpls, max);
	consumed = count + (uint32_t)qpair.bad_completions;
	prove(consumed <= max, "no more than asked for");
	prove(cq_ring_head(&qpair.cq) == (head + consumed) % ring, "each entry is consumed once");
	if ((head + consumed) / ring % 2)
		phase ^= 1;
	prove(device_phase() == phase, "the next round has the other phase");
	prove(qpair.completed == completed + count, "counted");
	prove(qpair.failed <= count && qpair.timeouts <= qpair.failed, "counted by kind");
	device_check_answers(cpls, count);
}

void harness_none(void)
{
	check_poll(3, 0, 0);
	reached();
}

void harness_wrap(void)
{
	check_poll(3, 1, 3);
	reached();
}

/* Around, past where it began, and around again. */
void harness_wrap_twice(void)
{
	check_poll(2, 1, 3);
	reached();
}
