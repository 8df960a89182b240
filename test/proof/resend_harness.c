/* SPDX-License-Identifier: MIT */
/*
 * Proved: a command is kept to be sent only if it was not sent yet, or once and spec/command.c lets its
 * opcode be repeated in whatever its namespace is, and is found in its own slot; and never if its namespace
 * has changed since.
 *
 * Bounds: a table of 2 slots in any state.
 * Wrap-around and narrowing are meant: identifiers, time.
 *
 * @sources qpair/inflight.c qpair/deadline.c
 * @without unsigned-overflow-check conversion-check
 * @options --unwind 9
 */
#include "device.h"

#include "qpair/resend.c"

enum { SLOTS = 2 };

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

static void check_keep(void)
{
	struct nvu_sqe copies[TABLE_RECORDS];
	uint8_t sent[TABLE_RECORDS];
	uint32_t outdated[TABLE_RECORDS];
	struct qpair_resend resend = {
		.copies = copies,
		.sent = sent,
		.outdated = outdated,
		.csi_bits = csi_bits,
		.keeping = nondet_bool(),
	};
	uint32_t slot = nondet_u32();

	device_qpair(0, DEVICE_ENTRIES, SLOTS);
	qpair.resend = &resend;
	assume(slot < SLOTS && model.live[slot]);
	assume(sent[slot] <= NOT_SENT);
	if (!resend_keep(&qpair, &records[slot]))
		return;
	prove(resend.keeping && sent[slot] != SENT_AGAIN, "not sent twice");
	prove(outdated[slot] != (OUTDATED | inflight_cid(&records[slot])),
	      "nor for another namespace");
	prove((copies[slot].flags & 3) == 0, "not half of a fused command");
	prove(sent[slot] != SENT_ONCE || (asked && allowed && asked_opcode == copies[slot].opcode &&
					  asked_nsid == nvu_le32_get(copies[slot].nsid)),
	      "the same twice as once");
}

void harness(void)
{
	check_keep();
	reached();
}
