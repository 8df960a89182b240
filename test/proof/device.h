/* SPDX-License-Identifier: MIT */
/*
 * device.h: to be included first: a device that rewrites its whole completion queue, as it likes, each
 * time after the driver has read the half of an entry that has the phase tag. So nothing that the driver reads later
 * need fit it.
 */
#ifndef NVU_TEST_PROOF_DEVICE_H
#define NVU_TEST_PROOF_DEVICE_H

#include "base/mmio.h"
#include "proof.h"

static void device_writes(void);

#undef dma_rmb
#define dma_rmb() device_writes()

#include "qpair/abort.h"
#include "qpair/after.h"
#include "qpair/failures.h"
#include "qpair/fused.h"
#include "qpair/retry.h"
#include "qpair/split.h"
#include "table.h"

enum { DEVICE_ENTRIES = 4, DEVICE_QUEUE = 3 };

static struct nvu_cqe entries[DEVICE_ENTRIES];
static struct nvu_cqe seen[DEVICE_ENTRIES]; /* when the driver last read a phase tag */
static struct nvu_qpair qpair;
static struct table_model model;

static void device_writes(void)
{
	for (int i = 0; i < DEVICE_ENTRIES; i++)
		seen[i] = entries[i];
	anything(entries);
}

#ifndef PROOF_HAS_FAILURES
/* Notes what is answered: proved by itself, in failures_harness.c. */
void failures_note(struct nvu_qpair *of, uint32_t cid, const struct nvu_cpl *cpl)
{
	prove(of == &qpair && inflight_waits_for(inflight_at(&of->inflight, cid), cid),
	      "a command is noted while it is in flight");
	prove(cpl->status != 0, "for it has failed");
}
#endif

/* No record is a part of a larger request: see table.h. */
bool split_answer(struct nvu_qpair *of, struct inflight *record, struct nvu_cpl *cpl)
{
	(void)of;
	(void)record;
	(void)cpl;
	prove(false, "no part is in flight");
	return true;
}

bool split_has_failed(const struct nvu_qpair *of, const struct inflight *record)
{
	(void)of;
	(void)record;
	return false;
}

/* No record is half of a fused pair: see table.h. */
bool fused_answer(struct nvu_qpair *of, struct inflight *record, struct nvu_cpl *cpl)
{
	(void)of;
	(void)record;
	(void)cpl;
	prove(false, "no half of a pair is in flight");
	return true;
}

bool fused_is_widowed(const struct nvu_qpair *of, const struct inflight *record)
{
	(void)of;
	(void)record;
	return false;
}

/* No flush waits for a record, and each is in the ring: see table.h. */
void after_answered(struct nvu_qpair *of, uint32_t waiter)
{
	(void)of;
	prove(waiter == ASIDE_NONE, "no flush waits");
}

void after_go_on(struct nvu_qpair *of)
{
	(void)of;
}

void aside_answer(struct nvu_qpair *of)
{
	(void)of;
	prove(false, "each command is in the ring");
}

/* Nothing is sent again for its status: test/mock/test_retry.c. */
bool retry_take(struct nvu_qpair *of, struct inflight *record, const struct nvu_cpl *cpl)
{
	(void)of;
	(void)record;
	(void)cpl;
	return false;
}

void retry_end(struct nvu_qpair *of, int error)
{
	(void)of;
	(void)error;
}

/* No Abort is outstanding. */
void abort_keep(struct nvu_qpair *of, struct inflight *record, const struct nvu_cpl *cpl)
{
	(void)of;
	(void)record;
	(void)cpl;
	prove(false, "no completion is kept");
}

struct nvu_cpl abort_kept(struct nvu_qpair *of, struct inflight *record)
{
	(void)of;
	(void)record;
	prove(false, "none was kept");
	return (struct nvu_cpl){ 0 };
}

/* 1 or 0: what marks an entry as new. */
static inline uint32_t device_phase(void)
{
	return qpair.cq.known >> CQE_SQHD_BITS & CQE_PHASE ? 1 : 0;
}

/* What a poll may take an entry for that is there. */
static inline uint64_t device_any_answer(void)
{
	uint64_t answer = nondet_u64();

	assume(!(answer >> 48) && !(answer & CQE_PHASE));
	return answer;
}

/* A queue pair at entry `head` of a ring with this number of entries and a table with this number of slots, in any state. */
static inline void device_qpair(uint32_t head, uint32_t entry_count, uint32_t slots)
{
	qpair.id = DEVICE_QUEUE;
	qpair.timeout_ms = nondet_u32();
	qpair.now_ms = nondet_u64();
	qpair.entries = qpair.cq_entries = entry_count;
	qpair.completed = nondet_u32();
	qpair.failed = qpair.timeouts = qpair.bad_completions = 0;
	table_anything(&qpair.inflight, &model, slots);
	cq_ring_init(&qpair.cq, entries, entry_count, DEVICE_QUEUE);
	qpair.cq.next = entries + head;
	if (nondet_bool())
		qpair.cq.known ^= CQE_PHASE << CQE_SQHD_BITS;
	device_writes();
}

/*
 * That these completions are the answers to commands that were in flight, one each, and no more; and
 * that their records, in this order, are in front of the free list now.
 */
static inline void device_check_answers(const struct nvu_cpl *cpls, uint32_t count)
{
	const struct inflight *top = model.free;
	bool answered[TABLE_RECORDS] = { false };

	for (uint32_t i = 0; i < count; i++) {
		uint64_t slot = cpls[i].user_data ^ model.user_data;

		prove(slot < model.slots && model.live[slot], "the command was in flight");
		assume(slot < model.slots);
		prove(!answered[slot], "it is answered once");
		prove(records[slot].next == top, "its record is in front of the free list");
		answered[slot] = true;
		top = &records[slot];
	}
	prove(qpair.inflight.free == top, "no other is");
	for (uint32_t slot = 0; slot < model.slots; slot++)
		if (answered[slot])
			table_check_answered(&qpair.inflight, &model, slot);
		else
			table_check_same(&qpair.inflight, &model, slot);
	table_check(&qpair.inflight, model.slots);
}

#endif
