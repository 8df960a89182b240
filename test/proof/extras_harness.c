/* SPDX-License-Identifier: MIT */
/*
 * Proved: measuring latencies reads and writes inside its tables, whatever the entries say and whatever
 * the device makes of them meanwhile (device.h); it counts no more than asked for, and as many as are
 * there; a command is kept to be sent only if it was not sent yet, or once and spec/command.c lets its
 * opcode be repeated in whatever its namespace is, and is found in its own slot.
 *
 * Bounds: a ring of 4 entries, a table of 2 slots in any state, any time, up to 2 entries
 * from the ring's last on.
 * Wrap-around and narrowing are meant: identifiers, time.
 *
 * @sources qpair/inflight.c
 * @without unsigned-overflow-check conversion-check
 * @options --unwind 9
 */
#include "device.h"

#include "qpair/extras.c"

enum { SLOTS = 2, MAX = 2 };

uint64_t clock_ns(void)
{
	return nondet_u64();
}

static uint32_t asked_nsid, asked_bits;
static uint8_t asked_opcode;
static bool asked, allowed;

static uint32_t csi_bits(const struct nvu_qpair *of, uint32_t nsid)
{
	prove(of == &qpair, "of its own controller");
	asked_nsid = nsid;
	asked_bits = nondet_u32();
	return asked_bits;
}

bool command_may_repeat(uint32_t bits, uint8_t opcode)
{
	prove(bits == asked_bits, "as its namespace is");
	asked = true;
	asked_opcode = opcode;
	allowed = nondet_bool();
	return allowed;
}

static void check_measure(uint32_t head)
{
	uint64_t stamps_ns[TABLE_RECORDS];
	struct qpair_extras extras = { .stamps_ns = stamps_ns };
	uint32_t max = nondet_u32(), bucket = nondet_u32(), count;

	assume(max <= MAX && bucket < EXTRAS_BUCKETS);
	device_qpair(head, DEVICE_ENTRIES, SLOTS);
	qpair.extras = &extras;
	count = extras_measure(&qpair, max);
	prove(count <= max, "no more than asked for");
	prove(cq_ring_head(&qpair.cq) == head, "looking takes nothing away");
	prove(extras.buckets[bucket] <= count, "at most one each");
}

static void check_keep(void)
{
	struct nvu_sqe copies[TABLE_RECORDS];
	uint8_t sent[TABLE_RECORDS];
	struct qpair_extras extras = {
		.copies = copies, .sent = sent, .csi_bits = csi_bits, .keeping = nondet_bool()
	};
	uint32_t slot = nondet_u32();

	device_qpair(0, DEVICE_ENTRIES, SLOTS);
	qpair.extras = &extras;
	assume(slot < SLOTS && model.live[slot]);
	assume(sent[slot] <= NOT_SENT);
	if (!extras_keep(&qpair, &records[slot]))
		return;
	prove(extras.keeping && sent[slot] != SENT_AGAIN, "not sent twice");
	prove((copies[slot].flags & 3) == 0, "not half of a fused command");
	prove(sent[slot] != SENT_ONCE || (asked && allowed && asked_opcode == copies[slot].opcode &&
					  asked_nsid == nvu_le32_get(copies[slot].nsid)),
	      "the same twice as once");
}

void harness(void)
{
	check_measure(DEVICE_ENTRIES - 1);
	check_keep();
	reached();
}
