/* SPDX-License-Identifier: MIT */
/*
 * special.h: why a command in flight is special: its completion is taken beside the I/O path. The path pays
 * nothing for that: a special record has INFLIGHT_LATER, so its state equals no completion (inflight.h), and
 * poll_exceptional() finds it. A record may have several reasons.
 *
 *	reason		set by				removed by		its completion
 *	TIMED		a look at the clock, and	deadline_forget()	is delivered as any other
 *			deadline_set_timeout()
 *	UNMET		deadline_set_timeout()		the next look		as any other
 *	ANSWERED	qpair_late()			qpair_late()		-
 *	WAITING		waiting_mark()			waiting_unmark()	-
 *	GIVEN_UP	special_give_up(),		inflight_renew()	is nvu's own answer, if the
 *			special_give_up_all()					controller has aborted it
 *	PART		split.c				-			is the parent's answer, or none:
 *										split_answer()
 *	FUSED		fused_pair()			-			is kept until that of the other
 *										half has come
 *	BEFORE		after_flush()			-			is delivered as any other, and
 *										counted: after.h
 *	HELD		aside_hold()			aside_release()		-
 *	OWN		aside_own()			-			is nvu's own answer: own.h
 *	UNWANTED	abort_mark()			inflight_renew()	is delivered as any other
 *	TO_ABORT	abort_mark(), abort_late()	abort_begin(), renewal	as any other
 *	ABORTING	abort_begin()			abort_take(), renewal	is kept until its Abort is answered
 *	DELAYED		retry_take()			retry_go_on()		-
 *	RETRIED		retry_take()			-			as any other
 *	KEPT_BACK	abort_keep()			abort_kept()		has come: abort.h
 *
 * ANSWERED and WAITING are marks of one scan, in which no completion is taken. HELD, DELAYED and OWN are of commands that the
 * controller does not know: an entry that answers one is a stray. A reason that changes what a completion
 * says has a handler, a row of the table in special.c.
 */
#ifndef NVU_QPAIR_SPECIAL_H
#define NVU_QPAIR_SPECIAL_H

#include "qpair/qpair.h"

/* 16 bits: where a state has its reasons. */
enum special_reason {
	SPECIAL_TIMED = 1 << 0,	     /* it has a deadline: deadline.h */
	SPECIAL_UNMET = 1 << 1,	     /* no poll has left it in flight since it has one */
	SPECIAL_ANSWERED = 1 << 2,   /* its completion waits to be reaped */
	SPECIAL_WAITING = 1 << 3,    /* it waits for new queues: waiting.h */
	SPECIAL_GIVEN_UP = 1 << 4,   /* nvu asks the controller to abort it */
	SPECIAL_PART = 1 << 5,	     /* a part of a larger request: split.h */
	SPECIAL_FUSED = 1 << 6,	     /* it is half of a pair: fused.h */
	SPECIAL_BEFORE = 1 << 7,     /* a flush waits for it: after.h */
	SPECIAL_HELD = 1 << 8,	     /* nvu sends it later: aside.h */
	SPECIAL_OWN = 1 << 9,	     /* nvu never sends it, and has its answer: aside.h */
	SPECIAL_UNWANTED = 1 << 10,  /* the program wants it to be aborted: abort.h */
	SPECIAL_TO_ABORT = 1 << 11,  /* its Abort is to be sent */
	SPECIAL_ABORTING = 1 << 12,  /* ... is not answered yet */
	SPECIAL_KEPT_BACK = 1 << 13, /* ... and its completion is kept until then */
	SPECIAL_DELAYED = 1 << 14,   /* it waits for its time to be sent again: retry.h */
	SPECIAL_RETRIED = 1 << 15,   /* it has been sent again for its status */
};

/* Those that outlast the queues. */
enum {
	SPECIAL_KEPT = SPECIAL_TIMED | SPECIAL_UNMET | SPECIAL_PART | SPECIAL_FUSED |
		       SPECIAL_BEFORE | SPECIAL_HELD | SPECIAL_OWN | SPECIAL_DELAYED |
		       SPECIAL_RETRIED
};

/* The completion of a special record: cpl says what the controller says, and then what the caller gets. */
void special_complete(struct nvu_qpair *qpair, const struct inflight *record, struct nvu_cpl *cpl);

/*
 * The command of a record in flight has this completion: the record is given back. Returns whether the caller gets *cpl;
 * a part of a larger request, or half of a pair, alone is not delivered.
 */
bool special_answer(struct nvu_qpair *qpair, struct inflight *record, struct nvu_cpl *cpl);

/* nvu is about to ask for the abort of the command with this identifier, or of all in flight. */
void special_give_up(struct nvu_qpair *qpair, uint32_t cid);
void special_give_up_all(struct nvu_qpair *qpair);

#endif
