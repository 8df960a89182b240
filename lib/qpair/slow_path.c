/* SPDX-License-Identifier: MIT */
/*
 * slow_path.c: see slow_path.h.
 */
#include "qpair/slow_path.h"

#include "qpair/wake.h"

/* Free records in sight go to the front of the hidden ones. */
static void hide_records(struct nvu_qpair *qpair)
{
	struct inflight *last = qpair->inflight.free;

	if (!last)
		return;
	/* After show_records() nothing is hidden, and there may be many in sight. */
	if (qpair->hidden) {
		while (last->next)
			last = last->next;
		last->next = qpair->hidden;
	}
	qpair->hidden = qpair->inflight.free;
	qpair->inflight.free = NULL;
}

static void show_records(struct nvu_qpair *qpair)
{
	hide_records(qpair);
	qpair->inflight.free = qpair->hidden;
	qpair->hidden = NULL;
}

void qpair_force_slow(struct nvu_qpair *qpair, enum slow_reason reason)
{
	__atomic_or_fetch(&qpair->slow, reason, __ATOMIC_RELAXED);
	if (reason & SLOW_TO_QUEUE)
		hide_records(qpair);
	if (reason & SLOW_TO_PUBLISH)
		doorbell_hide(&qpair->sq_doorbell);
	if (reason & SLOW_TO_RETURN)
		doorbell_hide(&qpair->cq_doorbell);
	if (reason & SLOW_TO_POLL)
		sq_ring_set_quiet(&qpair->sq, NULL);
}

void qpair_allow_fast(struct nvu_qpair *qpair, enum slow_reason reason)
{
	uint32_t left = __atomic_and_fetch(&qpair->slow, ~(uint32_t)reason, __ATOMIC_RELAXED);

	if ((reason & SLOW_TO_QUEUE) && !(left & SLOW_TO_QUEUE))
		show_records(qpair);
	if ((reason & SLOW_TO_PUBLISH) && !(left & SLOW_TO_PUBLISH))
		doorbell_show(&qpair->sq_doorbell);
	if ((reason & SLOW_TO_RETURN) && !(left & SLOW_TO_RETURN))
		doorbell_show(&qpair->cq_doorbell);
	if ((reason & SLOW_TO_POLL) && !(left & SLOW_TO_POLL))
		sq_ring_set_quiet(&qpair->sq, qpair->sq.published);
}

void qpair_poke(struct nvu_qpair *qpair)
{
	__atomic_store_n(&qpair->coarse, 0, __ATOMIC_RELAXED);
	sq_ring_set_quiet(&qpair->sq, NULL);
	wake_up(qpair, WAKE_NEWS);
}
