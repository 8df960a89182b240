/* SPDX-License-Identifier: MIT */
/*
 * extras.c: see extras.h.
 */
#include "qpair/extras.h"

#include "base/clock.h"
#include "base/error.h"
#include "qpair/waiting.h"
#include "spec/command.h"

#include <errno.h>
#include <stdlib.h>

/* SENDING_AGAIN and NOT_SENT: in the ring or kept, not published. */
enum sent { SENT_ONCE, SENT_AGAIN, SENDING_AGAIN, NOT_SENT };

/* No identifier has this bit. */
#define OUTDATED (1u << 16)

static uint32_t slot_of(const struct nvu_qpair *qpair, uint32_t cid)
{
	return cid & qpair->inflight.mask;
}

int extras_make(struct nvu_qpair *qpair, uint32_t flags, extras_csi_bits *csi_bits)
{
	size_t slots = qpair->inflight.mask + 1ul;
	struct qpair_extras *extras;

	if (!(flags & (NVU_QPAIR_LATENCY | NVU_QPAIR_RETRY)))
		return 0;
	extras = calloc(1, sizeof(*extras));
	qpair->extras = extras;
	if (extras && (flags & NVU_QPAIR_LATENCY))
		extras->stamps_ns = calloc(slots, sizeof(*extras->stamps_ns));
	if (extras && (flags & NVU_QPAIR_RETRY)) {
		extras->copies = calloc(slots, sizeof(*extras->copies));
		extras->sent = calloc(slots, sizeof(*extras->sent));
		extras->outdated = calloc(slots, sizeof(*extras->outdated));
		extras->csi_bits = csi_bits;
		extras->keeping = true;
	}
	if (!extras || (!extras->stamps_ns && (flags & NVU_QPAIR_LATENCY)) ||
	    ((!extras->copies || !extras->sent || !extras->outdated) && (flags & NVU_QPAIR_RETRY)))
		return error_set(-ENOMEM, "no memory for the extras of %zu commands", slots);
	return 0;
}

void extras_free(struct nvu_qpair *qpair)
{
	struct qpair_extras *extras = qpair->extras;

	if (!extras)
		return;
	free(extras->stamps_ns);
	free(extras->copies);
	free(extras->sent);
	free(extras->outdated);
	free(extras);
	qpair->extras = NULL;
}

/* Marks that earlier commands have left in slots are not of those published now. */
static __attribute__((noinline, cold)) void drop_marks(struct nvu_qpair *qpair)
{
	struct sq_ring ring = { .first = qpair->sq.first, .end = qpair->sq.end };
	uint32_t *outdated = qpair->extras->outdated;

	for (ring.slot = qpair->sq.published; ring.slot != qpair->sq.slot;
	     sq_ring_advance(&ring, ring.slot)) {
		uint32_t cid = nvu_le16_get(ring.slot->cid);

		if (outdated[slot_of(qpair, cid)] != (OUTDATED | cid))
			outdated[slot_of(qpair, cid)] = 0;
	}
}

void extras_publish(struct nvu_qpair *qpair)
{
	struct qpair_extras *extras = qpair->extras;
	const struct sq_ring ring = {
		.slot = qpair->sq.slot,
		.published = qpair->sq.published,
		.first = qpair->sq.first,
		.end = qpair->sq.end,
	};
	uint64_t now_ns = clock_ns();

	if (extras->marked)
		drop_marks(qpair);
	for (struct nvu_sqe *entry = ring.published; entry != ring.slot;
	     entry = sq_ring_after(&ring, entry)) {
		uint32_t slot = slot_of(qpair, nvu_le16_get(entry->cid));

		if (extras->stamps_ns)
			extras->stamps_ns[slot] = now_ns;
		if (!extras->copies)
			continue;
		extras->copies[slot] = *entry;
		extras->sent[slot] = extras->sent[slot] == SENDING_AGAIN ? SENT_AGAIN : SENT_ONCE;
	}
}

static uint32_t bucket_of(uint64_t ns)
{
	return 63 - (uint32_t)__builtin_clzll(ns | 1);
}

uint32_t extras_measure(struct nvu_qpair *qpair, uint32_t max)
{
	struct qpair_extras *extras = qpair->extras;
	struct cq_ring cq = qpair->cq;
	uint64_t now_ns;
	uint32_t count;

	if (!extras->stamps_ns)
		return max;
	now_ns = clock_ns();
	for (count = 0; count < max && cq_ring_pending(&cq); count++) {
		uint32_t answer = cq_ring_answer(&cq);
		const struct inflight *record = inflight_at(&qpair->inflight, answer);
		uint64_t stamp_ns = extras->stamps_ns[slot_of(qpair, answer)];

		/* An entry that answers nothing is not measured; poll_exceptional() will drop it. */
		if (record->word == CQE_CID(answer))
			extras->buckets[bucket_of(now_ns - stamp_ns)]++;
		cq.next++;
		cq_ring_wrap(&cq);
	}
	return count;
}

/* An opcode means what the command set of its namespace says; where that is not known, nothing is sent twice. */
static bool is_idempotent(const struct nvu_qpair *qpair, const struct nvu_sqe *cmd)
{
	uint32_t csi_bits = qpair->extras->csi_bits(qpair, nvu_le32_get(cmd->nsid));

	return command_may_repeat(csi_bits, cmd->opcode);
}

/* Until it is published there is no copy; that in its slot is of the command before it. */
void extras_cut(struct nvu_qpair *qpair, struct nvu_sqe *from)
{
	struct qpair_extras *extras = qpair->extras;
	struct sq_ring *ring = &qpair->sq;

	if (!extras->copies)
		return;
	for (struct nvu_sqe *entry = from; entry != ring->published;
	     entry = sq_ring_after(ring, entry)) {
		uint32_t slot = slot_of(qpair, nvu_le16_get(entry->cid));

		extras->copies[slot] = *entry;
		if (extras->sent[slot] != SENDING_AGAIN)
			extras->sent[slot] = NOT_SENT;
	}
}

/* Whether the controller may see it now, having seen it once, or not yet. */
static bool may_send(const struct nvu_qpair *qpair, const struct nvu_sqe *cmd, enum sent sent)
{
	/* The halves of a fused pair (Base 3.3.3.1, FUSE) are one command, and order counts. */
	if (cmd->flags & 3)
		return false;
	return sent == SENT_ONCE ? is_idempotent(qpair, cmd) : sent != SENT_AGAIN;
}

bool extras_keep(struct nvu_qpair *qpair, const struct inflight *record)
{
	struct qpair_extras *extras = qpair->extras;
	uint32_t slot = slot_of(qpair, record->word);

	return extras->copies && extras->keeping && !extras_is_outdated(qpair, record) &&
	       may_send(qpair, &extras->copies[slot], extras->sent[slot]);
}

/* What is in the ring gets its copy now, so that all of them have one. */
static void copy_unpublished(struct nvu_qpair *qpair)
{
	struct sq_ring ring = { .first = qpair->sq.first, .end = qpair->sq.end };

	for (ring.slot = qpair->sq.published; ring.slot != qpair->sq.slot;
	     sq_ring_advance(&ring, ring.slot))
		qpair->extras->copies[slot_of(qpair, nvu_le16_get(ring.slot->cid))] = *ring.slot;
}

void extras_outdate(struct nvu_qpair *qpair, bool (*changed)(const void *arg, uint32_t nsid),
		    const void *arg)
{
	struct qpair_extras *extras = qpair->extras;
	const struct inflight *record;
	uint32_t cursor = 0;

	if (!extras->copies)
		return;
	copy_unpublished(qpair);
	extras->marked = true;
	while ((record = inflight_next(&qpair->inflight, &cursor, false, 0))) {
		uint32_t slot = slot_of(qpair, record->word);

		if (changed(arg, nvu_le32_get(extras->copies[slot].nsid)))
			extras->outdated[slot] = OUTDATED | record->word;
	}
}

bool extras_is_outdated(const struct nvu_qpair *qpair, const struct inflight *record)
{
	const uint32_t *outdated = qpair->extras->outdated;

	return outdated && outdated[slot_of(qpair, record->word)] == (OUTDATED | record->word);
}

bool extras_has_outdated(const struct nvu_qpair *qpair)
{
	const struct inflight *record;
	uint32_t cursor = 0;

	while ((record = inflight_next(&qpair->inflight, &cursor, false, 0)))
		if (extras_is_outdated(qpair, record))
			return true;
	return false;
}

void extras_despair(struct nvu_qpair *qpair)
{
	qpair->extras->keeping = false;
}

void extras_resend(struct nvu_qpair *qpair)
{
	struct qpair_extras *extras = qpair->extras;
	struct inflight *record;
	uint32_t cursor = 0;

	waiting_mark(qpair); /* they are in the ring */
	/* Into its own slot, because the PRP list of a long transfer belongs to the slot. */
	while ((record = inflight_next(&qpair->inflight, &cursor, false, 0))) {
		uint32_t slot = slot_of(qpair, record->word);
		struct nvu_sqe *entry = qpair->sq.slot;

		if (record->word & WAITING_MARK) {
			record->word &= ~WAITING_MARK;
			continue;
		}
		*entry = extras->copies[slot];
		entry->cid = nvu_le16_put((uint16_t)record->word);
		record->deadline_ms = qpair->inflight.deadline_ms;
		if (extras->sent[slot] == SENT_ONCE) {
			extras->sent[slot] = SENDING_AGAIN;
			extras->retried++;
		}
		sq_ring_advance(&qpair->sq, entry);
	}
}
