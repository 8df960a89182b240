/* SPDX-License-Identifier: MIT */
/*
 * after.h: flushes that are sent once all that their queue pair accepted before them is answered. Until then such a flush
 * is held (aside.h), and counts what it waits for: each request that was outstanding at its acceptance, unless that is
 * counted by an earlier one, which is one of them. So a flush comes after those before it, and each request has one waiter
 * at most.
 *
 * What is waited for is a record with SPECIAL_BEFORE, whose completion is taken beside the I/O path; or the parent of a
 * request of several commands, not its parts. The halves of a fused pair count as two.
 *
 * A flush that has nothing more to wait for is put into the ring at once while its queue pair is live, else once it is
 * live again. From then on it is a command like all others: it gets a deadline, a reset ends it or lets it wait.
 */
#ifndef NVU_QPAIR_AFTER_H
#define NVU_QPAIR_AFTER_H

#include "qpair/aside.h"

/* Queues a flush of the namespace, or holds it. False, and nothing has changed: there is no free record. */
bool after_flush(struct nvu_qpair *qpair, uint32_t nsid, uint64_t user_data);

/* Of a record in flight: the flush that waits for it; ASIDE_NONE: none does. */
static inline uint32_t after_waiter(const struct nvu_qpair *qpair, const struct inflight *record)
{
	return inflight_has_reason(record, SPECIAL_BEFORE) ? aside_of(qpair, record)->waiter
							   : (uint32_t)ASIDE_NONE;
}

/* A flush that is held leaves: what it waits for is waited for by the flush that waits for it, if there is one. */
void after_leave(struct nvu_qpair *qpair, const struct inflight *record);

/* A request with this waiter, or none, is answered. */
void after_answered(struct nvu_qpair *qpair, uint32_t waiter);

/*
 * The queue pair is live again: flushes that wait for nothing any more are put into the ring. Or it is about to end: they
 * are answered with its error.
 */
void after_go_on(struct nvu_qpair *qpair);

/* The namespaces of which changed() says so have changed: flushes for them are answered with -ESTALE in their turn. */
void after_outdate(struct nvu_qpair *qpair, bool (*changed)(const void *arg, uint32_t nsid),
		   const void *arg);

#endif
