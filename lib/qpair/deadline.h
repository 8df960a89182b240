/* SPDX-License-Identifier: MIT */
/*
 * deadline.h: time on a queue pair: when its upkeep is due, and what "late" means.
 *
 * The I/O path knows no time. A poll that leaves commands in flight is a waiting poll. The first one after a
 * publishing looks at the coarse clock; then every one until all commands in flight have deadlines, then every
 * second one while polls follow each other quickly. The coarse clock only says that time has passed; the look then
 * reads the exact one, and gives each command that has none its deadline: the timeout from now on. Such a record is
 * special (special.h: TIMED), so its completion is taken beside the path, once.
 *
 * Nothing of an idle queue pair can be late. Its polls look ever more seldom, up to DEADLINE_IDLE_POLLS apart,
 * as long as looks find that no time has passed, and begin again when some has; when two looks in a row find
 * that, every poll looks. A program that has polled quickly and becomes slow may so take DEADLINE_IDLE_POLLS
 * slow polls to look once: a poll that reads no clock cannot know, and a clock is dearer than all of such a
 * poll. What another thread has to tell does not wait for that: see qpair_poke().
 *
 * No command is late before its deadline: it was queued before the look that sets the deadline. Its deadline plus two
 * poll intervals, and what the slack and the recovery take, is the latest:
 * - Every poll publishes what is queued, so the first poll that leaves a command looks, at most one interval
 *   after the command was queued. A look that gives no deadlines follows one that did within the slack, and the
 *   next waiting poll looks as well. So a deadline is set at most the slack and one interval late.
 * - If that look comes within the slack of the one before that gave deadlines, the deadline is at most the slack
 *   late, and every second poll may look: the second poll after the deadline is the latest that finds it.
 * - Else every waiting poll looks until the deadline has passed, and the first one after it finds it.
 * A poll that looks at no clock cannot know that the pace has changed, so no look can be left out.
 *
 * A change of the timeout gives what was queued under the old one its deadline. Such a command, if it is late when a
 * look meets it first, is given one more poll to be answered: until now the controller may not have known of it.
 */
#ifndef NVU_QPAIR_DEADLINE_H
#define NVU_QPAIR_DEADLINE_H

#include "base/clock.h"
#include "qpair/qpair.h"

enum {
	DEADLINE_SLACK_MS = 16,	   /* more than a period of the coarse clock, which is 1 to 10 ms */
	DEADLINE_IDLE_POLLS = 126, /* n * 2 + 2 of such a number */
};

/*
 * A poll looks: reads the coarse clock, and the exact one if time has passed: sets the deadlines of the
 * commands that have none. The queue pair's thread.
 */
void deadline_pass(struct nvu_qpair *qpair);

/* The deadline of commands queued from now on. */
void deadline_set_timeout(struct nvu_qpair *qpair, uint32_t timeout_ms);

/* Unpublished commands whose deadline has passed have all their time again. */
void deadline_extend(struct nvu_qpair *qpair);

/* The command's time begins again with the next look. */
void deadline_forget(struct inflight *record);

/* As of the last reading of the clock: its deadline has passed. */
bool deadline_is_past(const struct nvu_qpair *qpair, const struct inflight *record);

/* That of any command in flight. */
bool deadline_any_is_past(const struct nvu_qpair *qpair);

/*
 * When to look for late commands next: at the earliest deadline of a command in flight; with grace, at the end
 * of that; and at the latest when the controller is looked at.
 */
void deadline_set_due(struct nvu_qpair *qpair, bool grace);

/* How many polls may pass until the next look at the clock, after one that has found that time has passed. */
static inline void deadline_rearm(struct nvu_qpair *qpair)
{
	qpair->pace.countdown = qpair->pace.waiting;
	qpair->idle_polls = 0;
}

/* The next poll that finds nothing looks: its thread has slept. */
static inline void deadline_look_next(struct nvu_qpair *qpair)
{
	qpair->pace.countdown = 0;
}

/* And that look reads the exact clock, which may have passed without the coarse one: clock_advance(). */
static inline void deadline_read_next(struct nvu_qpair *qpair)
{
	deadline_look_next(qpair);
	__atomic_store_n(&qpair->coarse, 0, __ATOMIC_RELAXED);
}

/* As deadline_rearm(), for an idle queue pair, after a look that has found that none has. */
static inline void deadline_rearm_idle(struct nvu_qpair *qpair)
{
	if (qpair->idle_polls < DEADLINE_IDLE_POLLS)
		qpair->idle_polls = qpair->idle_polls * 2 + 2;
	qpair->pace.countdown = (int32_t)qpair->idle_polls - 1;
}

/*
 * True, and rearmed, when no time has passed by the coarse clock, and no thread has poked: see qpair_poke().
 */
static inline bool deadline_is_quiet(struct nvu_qpair *qpair)
{
	if (clock_coarse(&qpair->scratch) != __atomic_load_n(&qpair->coarse, __ATOMIC_RELAXED))
		return false;
	qpair->often = true;
	qpair->pace.countdown = qpair->pace.waiting;
	if (qpair->pace.waiting && qpair_is_settled(qpair, cq_ring_head_bytes(&qpair->cq)))
		deadline_rearm_idle(qpair);
	return true;
}

#endif
