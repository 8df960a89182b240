/* SPDX-License-Identifier: MIT */
/*
 * aside.h: commands in flight that are not in the submission ring. A command has its record from its acceptance on, so it
 * counts as outstanding, and has room in the ring whenever it comes there.
 *
 *	HELD	nvu sends it later: after.h
 *	DELAYED	nvu sends it again, later: retry.h
 *	OWN	nvu never sends it, and has its answer ready: the next poll delivers it (own.h)
 *
 *
 * None has a deadline, nor can the controller answer it: it does not know of it. KEPT_BACK is aside as well: the command's
 * completion has been taken, and waits: abort.h.
 */
#ifndef NVU_QPAIR_ASIDE_H
#define NVU_QPAIR_ASIDE_H

#include "qpair/special.h"

enum { ASIDE_NONE = 0xffff }; /* no slot: the table's last record is never used */

/* Of a slot. */
struct qpair_aside {
	uint16_t waiter; /* BEFORE: the slot of the flush that waits for the command */
	uint16_t left;	 /* HELD: how many requests it still waits for */
	int16_t status; /* OWN: its answer; HELD: that in its turn, 0: it is sent; DELAYED: of the last time */
	uint16_t rsvd;
	uint32_t nsid; /* HELD: of the flush */
};

/* 0 or -ENOMEM; sets qpair->aside. */
int aside_make(struct nvu_qpair *qpair);
void aside_free(struct nvu_qpair *qpair);

/* Any record in flight: it is one of these. */
static inline bool aside_has(const struct inflight *record)
{
	return inflight_has_reason(record, SPECIAL_HELD | SPECIAL_DELAYED | SPECIAL_OWN);
}

/* The same, or its completion has come and is kept: the controller has nothing more to say of it. */
static inline bool aside_is_unknown(const struct inflight *record)
{
	return aside_has(record) || inflight_has_reason(record, SPECIAL_KEPT_BACK);
}

static inline struct qpair_aside *aside_of(const struct nvu_qpair *qpair,
					   const struct inflight *record)
{
	return &qpair->aside[record - qpair->inflight.records];
}

/* The record, which has been taken and is in no ring, is that of a flush of this namespace, which nvu sends later. */
void aside_hold(struct nvu_qpair *qpair, struct inflight *record, uint32_t nsid);

/* It is held no longer: its command is about to be written to the ring. */
void aside_release(struct nvu_qpair *qpair, struct inflight *record);

/* The record, of this command, is in no ring, held or not: the next poll answers it with this status. */
void aside_own(struct nvu_qpair *qpair, struct inflight *record, const struct nvu_sqe *cmd,
	       int status);

/* A command with SPECIAL_OWN is answered. */
void aside_answer(struct nvu_qpair *qpair);

#endif
