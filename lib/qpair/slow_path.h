/* SPDX-License-Identifier: MIT */
/*
 * slow_path.h: why calls on a queue pair leave the I/O path (io/path.c). The path pays nothing for that: it
 * tests four words that it needs anyway, and each has a value with which a call takes its slow half:
 *
 *	to queue	inflight.free is NULL		no free record: io/slow.c
 *	to publish	sq_doorbell.reg is NULL		no register to write plainly: submit_publish_slow()
 *	to poll		sq.quiet is NULL		nvu_poll() has more to do than to look: poll_beside()
 *	to return	cq_doorbell.reg is NULL		entries are not given back by a plain write
 *
 * A full queue and a doorbell that is not mapped make these values by themselves. Everything else has a
 * reason here, and slow_path.c alone sets the words for it:
 *
 *	reason		set by				cleared by		slow is
 *	LATENCY		qpair_make()			-			to publish, to poll
 *	RESEND		qpair_make()			-			to publish, to poll
 *	CHECKED		qpair_make()			-			to publish, to poll
 *	OUTSIDE		misuse_leave()			misuse_show()		to queue
 *	LOST		qpair_cut(), publishing behind	qpair_reset()		to publish, to poll, to return
 *			the closed gate, and the
 *			deletion of its queues
 *	BARRED		qpair_bar(), any thread		ioqueue_open()		to publish, to return
 *	SHADOW		ioqueue_create_step(),		bringup_doorbells()	to publish, to return
 *			ioqueue_shadow_step()
 *	REFUSED		qpair_refuse(), and again	-			to queue
 *			after each answer
 *	OWN		aside_own()			aside_answer()		to publish, to poll
 *	ABORT		abort_mark(), abort_late()	abort_take()		to publish, to poll
 *	DELAYED		retry_take()			retry_go_on()		to publish, to poll
 *	CLOSED		misuse_close()			-			to queue, to publish, to poll,
 *									to return
 *	a poke		qpair_poke(), any thread	the next poll or	to poll, once
 *							publishing
 *
 * A reason is set and cleared by the queue pair's thread, but for BARRED: who sets it, and who clears it or
 * LOST, holds the controller's lock.
 */
#ifndef NVU_QPAIR_SLOW_PATH_H
#define NVU_QPAIR_SLOW_PATH_H

#include "qpair/qpair.h"

enum slow_reason {
	SLOW_LATENCY = 1 << 0,	/* its latencies are measured: latency.h */
	SLOW_RESEND = 1 << 1,	/* it keeps commands to send them again: resend.h */
	SLOW_CHECKED = 1 << 2,	/* its use is checked */
	SLOW_OUTSIDE = 1 << 3,	/* it is checked, and no call is inside */
	SLOW_LOST = 1 << 4,	/* the controller has lost the queues, or is about to */
	SLOW_BARRED = 1 << 5,	/* the gate of the doorbells is closed */
	SLOW_SHADOW = 1 << 6,	/* its doorbells have shadows */
	SLOW_REFUSED = 1 << 7,	/* there will be no new queues: it takes no command any more */
	SLOW_CLOSED = 1 << 8,	/* the handle was destroyed, and is kept to recognise its use */
	SLOW_OWN = 1 << 9,	/* nvu has answers ready: own.h */
	SLOW_ABORT = 1 << 10,	/* Aborts are to be sent, or outstanding: abort.h */
	SLOW_DELAYED = 1 << 11, /* commands wait for their time to be sent again: retry.h */
};

/* The reasons for which a step is slow. */
enum {
	SLOW_TO_QUEUE = SLOW_OUTSIDE | SLOW_REFUSED | SLOW_CLOSED,
	SLOW_TO_PUBLISH = SLOW_LATENCY | SLOW_RESEND | SLOW_CHECKED | SLOW_LOST | SLOW_BARRED |
			  SLOW_SHADOW | SLOW_CLOSED | SLOW_OWN | SLOW_ABORT | SLOW_DELAYED,
	SLOW_TO_POLL = SLOW_LATENCY | SLOW_RESEND | SLOW_CHECKED | SLOW_LOST | SLOW_CLOSED |
		       SLOW_OWN | SLOW_ABORT | SLOW_DELAYED,
	SLOW_TO_RETURN = SLOW_LOST | SLOW_BARRED | SLOW_SHADOW | SLOW_CLOSED,
};

/* From now on the calls that the reason is about take the slow path. Free records that come later: again. */
void qpair_force_slow(struct nvu_qpair *qpair, enum slow_reason reason);

/* The reason is gone, if it was there: what no other reason makes slow is fast. */
void qpair_allow_fast(struct nvu_qpair *qpair, enum slow_reason reason);

/* Whether each poll goes beside the path: upkeep at every poll. */
static inline bool qpair_polls_slowly(const struct nvu_qpair *qpair)
{
	return __atomic_load_n(&qpair->slow, __ATOMIC_RELAXED) & SLOW_TO_POLL;
}

/*
 * Another thread has news, and has barred the queue pair (qpair_bar()): its next poll looks at the clock, idle as
 * it may be, and the look finds that time has passed. Lost when its own thread publishes or reads the clock at
 * the same moment: after a publishing the next poll that finds nothing looks, after a reading the first look
 * of the next millisecond finds out. Wakes its thread if that sleeps (wake.h).
 */
void qpair_poke(struct nvu_qpair *qpair);

#endif
