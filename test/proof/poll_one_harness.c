/* SPDX-License-Identifier: MIT */
/*
 * Proved: what one entry of the completion queue does, whatever it says: poll_reap() and poll_first()
 * deliver it exactly when it is new, its identifier is that of a command in flight, generation
 * included, and its submission queue is this one; then the completion is that command's, with the
 * entry's status, and its record is free under the next generation; else nothing changes but a
 * counter. So an unknown, repeated, stale or foreign completion changes nothing. No answer at all equals the state of
 * a record that is free or special.
 *
 * Bounds: tables of 1, 3 and 4 slots (2, 4 and 8 records), any state of them; any entry, the first and
 * the last in a ring of 4. The entry is changed by the device behind the phase tag's back (device.h), so
 * poll_exceptional() is proved for entries that do not fit the answer it is given. Wrap-around and narrowing
 * are meant here: generations, identifiers, time.
 *
 * @sources qpair/inflight.c qpair/positions.c qpair/qpair.c qpair/special.c qpair/deadline.c
 * @without unsigned-overflow-check conversion-check
 * @options --unwind 9
 */
#include "device.h"

#include "qpair/poll.h"
#include "qpair/special.h"

#include <errno.h>

/* The answer that was delivered, if it was nvu's own: to a command that nvu gave up. */
static bool is_own_answer(const struct nvu_cpl *cpl, uint32_t status, bool given_up)
{
	return given_up &&
	       (status == NVU_SC_ABORT_REQUESTED || status == NVU_SC_ABORT_SQ_DELETED) &&
	       (cpl->status == -ETIMEDOUT || cpl->status == -ECANCELED);
}

static void check_odd(uint32_t slots)
{
	struct nvu_cqe entry;
	struct nvu_cpl cpl;
	uint64_t answer = device_any_answer();
	uint32_t slot, status = CQE_STATUS(answer) & 0x7ff;
	bool mine, given_up;

	device_qpair(0, DEVICE_ENTRIES, slots);
	slot = CQE_CID(answer) & qpair.inflight.mask;
	mine = slot < slots && model.live[slot] && model.cid[slot] == CQE_CID(answer) &&
	       !CQE_SQID(answer);
	given_up = mine && inflight_has_reason(&records[slot], SPECIAL_GIVEN_UP);
	prove(poll_exceptional(&qpair, &entry, answer, &cpl) == mine,
	      "delivered exactly when it is one's");
	prove(qpair.bad_completions == !mine, "dropped and counted when it is not");
	device_check_answers(&cpl, mine);
	if (!mine)
		return;
	prove(cpl.user_data == table_user_data(&model, slot), "the right command's");
	prove(cpl.status == (int)status || is_own_answer(&cpl, status, given_up),
	      "with its status");
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
	phase = device_phase();
	if (first)
		count = poll_first(&qpair, qpair.cq.next, cq_ring_answer(&qpair.cq), &cpl,
				   nondet_bool()) != NULL;
	else
		count = poll_reap(&qpair, &cpl, 1);
	is_there = (seen[head].status & 1) == phase;
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
	prove(seen[head].sqid == DEVICE_QUEUE, "of this submission queue");
	prove(cpl.result == (entries[head].dw0 | (uint64_t)entries[head].dw1 << 32), "its result");
	prove(model.cid[cpl.user_data ^ model.user_data] == seen[head].cid, "its identifier");
}

/* What 48 bits of an entry, old or new, can say. */
void harness_old(void)
{
	uint64_t answer = nondet_u64();
	struct inflight *record;
	uint32_t slot;

	device_qpair(0, DEVICE_ENTRIES, 3);
	assume(!(answer >> 48));
	record = inflight_of(&qpair.inflight, answer);
	slot = (uint32_t)(record - records);
	prove(record == inflight_at(&qpair.inflight, CQE_CID(answer)), "that of its slot");
	if (!poll_is_plain(record, answer))
		return;
	prove(slot < 3 && model.live[slot] && !model.special[slot],
	      "nothing equals a record that is free or special");
	prove(!(answer & CQE_PHASE) && !CQE_STATUS(answer) && !CQE_SQID(answer) &&
		      CQE_CID(answer) == model.cid[slot],
	      "a new success of this queue for this use of the slot");
	reached();
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
