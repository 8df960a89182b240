/* SPDX-License-Identifier: MIT */
/*
 * Proved: what one entry of the completion queue does, whatever it says: poll_reap() and poll_first()
 * deliver it exactly when it is new, its identifier is that of a command in flight, generation
 * included, and its submission queue is this one; then the completion is that command's, with the
 * entry's status, and its record is free under the next generation; else nothing changes but a
 * counter. So an unknown, repeated, stale or foreign completion changes nothing.
 *
 * Bounds: tables of 1, 3 and 4 slots (2, 4 and 8 records), any state of them; any entry, the first and
 * the last in a ring of 4. The entry is changed by the device behind the phase tag's back (device.h), so
 * poll_exceptional() is proved for entries that do not fit the word it is given. Wrap-around and narrowing
 * are meant here: generations, identifiers, time.
 *
 * @sources qpair/inflight.c qpair/qpair.c
 * @without unsigned-overflow-check conversion-check
 * @options --unwind 9
 */
#include "device.h"

#include "qpair/poll.h"

#include <errno.h>

/* The answer that was delivered, if it was nvu's own: to a command that nvu gave up. */
static bool is_own_answer(const struct nvu_cpl *cpl, uint32_t status)
{
	return qpair.recovery.aborting &&
	       (status == NVU_SC_ABORT_REQUESTED || status == NVU_SC_ABORT_SQ_DELETED) &&
	       (cpl->status == -ETIMEDOUT || cpl->status == -ECANCELED);
}

static void check_odd(uint32_t slots)
{
	struct nvu_cqe entry;
	struct nvu_cpl cpl;
	uint32_t answer = nondet_u32(), slot, status = CQE_STATUS(answer) & 0x7ff;
	bool mine;

	device_qpair(0, DEVICE_ENTRIES, slots);
	assume(!(answer & CQE_PHASE));
	slot = answer & qpair.inflight.mask;
	mine = slot < slots && model.live[slot] && model.cid[slot] == CQE_CID(answer) &&
	       entry.sqid == DEVICE_QUEUE;
	prove(poll_exceptional(&qpair, &entry, answer, &cpl) == mine,
	      "delivered exactly when it is one's");
	prove(qpair.bad_completions == !mine, "dropped and counted when it is not");
	device_check_answers(&cpl, mine);
	if (!mine)
		return;
	prove(cpl.user_data == table_user_data(&model, slot), "the right command's");
	prove(cpl.status == (int)status || is_own_answer(&cpl, status), "with its status");
	prove(cpl.result == (entry.dw0 | (uint64_t)entry.dw1 << 32), "with its result");
}

static void check_one(uint32_t head, uint32_t slots, bool first)
{
	struct nvu_cpl cpl;
	uint64_t completed;
	uint32_t count, phase;
	bool is_there;

	device_qpair(head, DEVICE_ENTRIES, slots);
	completed = qpair.completed;
	phase = qpair.cq.phase;
	if (first)
		count = poll_first(&qpair, cq_ring_answer(&qpair.cq), &cpl, nondet_bool());
	else
		count = poll_reap(&qpair, &cpl, 1);
	is_there = (seen[head].status & 1) == (phase ? 1 : 0);
	device_check_answers(&cpl, count);
	prove(count <= 1 && qpair.completed == completed + count, "counted");
	prove(count + qpair.bad_completions == is_there || (first && !count),
	      "delivered or dropped if it is there");
	prove(!first || count || cq_ring_head(&qpair.cq) == head, "left to the others otherwise");
	if (!first || count)
		prove(cq_ring_head(&qpair.cq) == (head + is_there) % DEVICE_ENTRIES,
		      "an entry is consumed when it was there");
	if (!count)
		return;
	prove(entries[head].sqid == DEVICE_QUEUE, "of this submission queue");
	prove(cpl.result == (entries[head].dw0 | (uint64_t)entries[head].dw1 << 32), "its result");
	prove(model.cid[cpl.user_data ^ model.user_data] == seen[head].cid, "its identifier");
}

void harness_odd(void)
{
	check_odd(1);
	check_odd(3);
	check_odd(4);
	reached();
}

void harness_one_slot(void)
{
	check_one(0, 1, false);
	check_one(DEVICE_ENTRIES - 1, 1, false);
	reached();
}

void harness_reap(void)
{
	check_one(0, 3, false);
	check_one(DEVICE_ENTRIES - 1, 3, false);
	reached();
}

void harness_first(void)
{
	check_one(0, 3, true);
	check_one(DEVICE_ENTRIES - 1, 3, true);
	reached();
}
