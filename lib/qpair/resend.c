/* SPDX-License-Identifier: MIT */
/*
 * resend.c: see resend.h.
 */
#include "qpair/resend.h"

#include "base/error.h"
#include "qpair/aside.h"
#include "qpair/deadline.h"
#include "qpair/special.h"
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

int resend_make(struct nvu_qpair *qpair, resend_csi_bits *csi_bits, bool resets)
{
	size_t slots = qpair->inflight.mask + 1ul;
	struct qpair_resend *resend = calloc(1, sizeof(*resend));

	qpair->resend = resend;
	if (resend) {
		resend->copies = calloc(slots, sizeof(*resend->copies));
		resend->sent = calloc(slots, sizeof(*resend->sent));
		resend->outdated = calloc(slots, sizeof(*resend->outdated));
		resend->csi_bits = csi_bits;
		resend->keeping = resets;
	}
	if (!resend || !resend->copies || !resend->sent || !resend->outdated)
		return error_set(-ENOMEM, "no memory to keep %zu commands for resending", slots);
	return 0;
}

void resend_free(struct nvu_qpair *qpair)
{
	struct qpair_resend *resend = qpair->resend;

	if (!resend)
		return;
	free(resend->copies);
	free(resend->sent);
	free(resend->outdated);
	free(resend);
	qpair->resend = NULL;
}

/* Marks that earlier commands have left in slots are not of those published now. */
static __attribute__((noinline, cold)) void drop_marks(struct nvu_qpair *qpair)
{
	uint32_t *outdated = qpair->resend->outdated;
	struct nvu_sqe *entry;

	sq_ring_for_each_unpublished (&qpair->sq, entry) {
		uint32_t cid = nvu_le16_get(entry->cid);

		if (outdated[slot_of(qpair, cid)] != (OUTDATED | cid))
			outdated[slot_of(qpair, cid)] = 0;
	}
}

void resend_publish(struct nvu_qpair *qpair)
{
	struct qpair_resend *resend = qpair->resend;
	const struct sq_ring ring = sq_ring_copy(&qpair->sq);
	struct nvu_sqe *entry;

	if (resend->marked)
		drop_marks(qpair);
	sq_ring_for_each_unpublished (&ring, entry) {
		uint32_t slot = slot_of(qpair, nvu_le16_get(entry->cid));

		resend->copies[slot] = *entry;
		resend->sent[slot] = resend->sent[slot] == SENDING_AGAIN ? SENT_AGAIN : SENT_ONCE;
	}
}

/* An opcode means what the command set of its namespace says; where that is not known, nothing is sent twice. */
static bool is_idempotent(const struct nvu_qpair *qpair, const struct nvu_sqe *cmd)
{
	uint32_t csi_bits = qpair->resend->csi_bits(qpair, nvu_le32_get(cmd->nsid));

	return command_may_repeat(csi_bits, cmd->opcode);
}

/* A copy is written when its command is published; until then it is that of the slot's command before. */
void resend_cut(struct nvu_qpair *qpair, struct nvu_sqe *from)
{
	struct qpair_resend *resend = qpair->resend;
	struct sq_ring *ring = &qpair->sq;

	for (struct nvu_sqe *entry = from; entry != ring->published;
	     entry = sq_ring_after(ring, entry)) {
		uint32_t slot = slot_of(qpair, nvu_le16_get(entry->cid));

		resend->copies[slot] = *entry;
		if (resend->sent[slot] != SENDING_AGAIN)
			resend->sent[slot] = NOT_SENT;
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

bool resend_keep(struct nvu_qpair *qpair, const struct inflight *record)
{
	struct qpair_resend *resend = qpair->resend;
	uint32_t slot = slot_of(qpair, inflight_cid(record));

	return resend->keeping && !resend_is_outdated(qpair, record) &&
	       may_send(qpair, &resend->copies[slot], resend->sent[slot]);
}

/* What is in the ring gets its copy now, so that all of them have one. */
static void copy_unpublished(struct nvu_qpair *qpair)
{
	struct nvu_sqe *entry;

	sq_ring_for_each_unpublished (&qpair->sq, entry)
		qpair->resend->copies[slot_of(qpair, nvu_le16_get(entry->cid))] = *entry;
}

void resend_outdate(struct nvu_qpair *qpair, bool (*changed)(const void *arg, uint32_t nsid),
		    const void *arg)
{
	struct qpair_resend *resend = qpair->resend;
	const struct inflight *record;
	uint32_t cursor = 0;

	copy_unpublished(qpair);
	resend->marked = true;
	while ((record = inflight_next(&qpair->inflight, &cursor))) {
		uint32_t slot = slot_of(qpair, inflight_cid(record));

		if (aside_has(record)) /* has no copy, and is not in the ring */
			resend->outdated[slot] = 0;
		else if (changed(arg, nvu_le32_get(resend->copies[slot].nsid)))
			resend->outdated[slot] = OUTDATED | inflight_cid(record);
	}
}

bool resend_is_outdated(const struct nvu_qpair *qpair, const struct inflight *record)
{
	const uint32_t *outdated = qpair->resend->outdated;

	return outdated[slot_of(qpair, inflight_cid(record))] == (OUTDATED | inflight_cid(record));
}

bool resend_has_outdated(const struct nvu_qpair *qpair)
{
	const struct inflight *record;
	uint32_t cursor = 0;

	while ((record = inflight_next(&qpair->inflight, &cursor)))
		if (!aside_has(record) && resend_is_outdated(qpair, record))
			return true;
	return false;
}

bool resend_may_repeat(const struct nvu_qpair *qpair, const struct inflight *record)
{
	return !resend_is_outdated(qpair, record) &&
	       is_idempotent(qpair, resend_copy(qpair, record));
}

const struct nvu_sqe *resend_copy(const struct nvu_qpair *qpair, const struct inflight *record)
{
	return &qpair->resend->copies[slot_of(qpair, inflight_cid(record))];
}

void resend_abandon(struct nvu_qpair *qpair)
{
	qpair->resend->keeping = false;
}

void resend_queue(struct nvu_qpair *qpair)
{
	struct qpair_resend *resend = qpair->resend;
	struct inflight *record;
	uint32_t cursor = 0;

	waiting_mark(qpair); /* they are in the ring */
	/* Into its own slot, because the PRP list of a long transfer belongs to the slot. */
	while ((record = inflight_next(&qpair->inflight, &cursor))) {
		uint32_t slot = slot_of(qpair, inflight_cid(record));
		struct nvu_sqe *entry = qpair->sq.slot;

		if (inflight_has_reason(record, SPECIAL_WAITING)) {
			inflight_remove_reason(record, SPECIAL_WAITING);
			continue;
		}
		if (aside_has(record))
			continue;
		sq_ring_fill(&qpair->sq, &resend->copies[slot]);
		entry->cid = nvu_le16_put((uint16_t)inflight_cid(record));
		deadline_forget(record);
		if (resend->sent[slot] == SENT_ONCE) {
			resend->sent[slot] = SENDING_AGAIN;
			resend->retried++;
		}
		(void)qpair_advance(qpair, entry);
	}
}
