/* SPDX-License-Identifier: MIT */
/*
 * walk.h: a walk over the commands in the submission ring that are not published, on which some are taken out: those that
 * stay move together, in order.
 *
 *	struct walk walk = walk_begin(qpair);
 *
 *	while (walk_look(&walk, qpair))
 *		walk_go_past(&walk, qpair, stays);
 *	walk_end(&walk, qpair);
 */
#ifndef NVU_QPAIR_WALK_H
#define NVU_QPAIR_WALK_H

#include "qpair/qpair.h"

struct walk {
	struct nvu_sqe *from; /* the entry that is looked at */
	struct nvu_sqe *to;   /* where the next one that stays goes */
	struct nvu_sqe
		*stale_end; /* NULL: the walk has passed all entries before qpair->stale_end */
};

/* Whether some that wait for new queues were encoded for what a namespace was. */
static inline bool walk_has_stale(const struct nvu_qpair *qpair)
{
	return qpair->stale_end && qpair->stale_end != qpair->sq.published;
}

/* The record of the command in an entry, or of one that has its slot since. */
static inline struct inflight *walk_record(const struct nvu_qpair *qpair,
					   const struct nvu_sqe *entry)
{
	return inflight_at(&qpair->inflight, nvu_le16_get(entry->cid));
}

/* False when a controller has answered the command, although the driver has not published it. */
static inline bool walk_is_in_flight(const struct nvu_qpair *qpair, const struct nvu_sqe *entry)
{
	return inflight_waits_for(walk_record(qpair, entry), nvu_le16_get(entry->cid));
}

struct walk walk_begin(const struct nvu_qpair *qpair);

/* Whether there is an entry at walk->from. */
bool walk_look(struct walk *walk, struct nvu_qpair *qpair);

/* On to the next entry; this one stays in the ring or not. */
void walk_go_past(struct walk *walk, const struct nvu_qpair *qpair, bool stays);

/* The ring goes on behind what has stayed. */
void walk_end(const struct walk *walk, struct nvu_qpair *qpair);

#endif
