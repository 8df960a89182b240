/* SPDX-License-Identifier: MIT */
/*
 * deadline.h: time on a queue pair: when its upkeep is due, and what "late" means.
 *
 * A poll that leaves commands in flight is a waiting poll. The first one after a publishing looks at the
 * coarse clock; then every second one while polls follow each other quickly, else every one. The coarse clock
 * only says that time has passed; deadlines are set and judged by the exact clock.
 *
 * Nothing of an idle queue pair can be late. Its polls look ever more seldom, up to DEADLINE_IDLE_POLLS apart,
 * as long as looks find that no time has passed, and begin again when some has; when two looks in a row find
 * that, every poll looks. A program that has polled quickly and becomes slow may so take DEADLINE_IDLE_POLLS
 * slow polls to look once: a poll that reads no clock cannot know, and a clock is dearer than all of such a
 * poll. What another thread has to tell does not wait for that: see qpair_poke().
 *
 * No command is late before its deadline. A command gets a deadline that holds for one queued at any moment up
 * to DEADLINE_SLACK_MS after the last reading of the exact clock. If the next reading is later than that, what
 * was queued since the last look gets its time from that reading. What an earlier look has met was queued
 * within the slack, because that look found that no time had passed.
 *
 * Its deadline plus two poll intervals, and what the slack and the recovery take, is the latest:
 * - Every poll publishes what is queued. So the first poll that leaves a command looks, at most one interval
 *   after the command was queued.
 * - Its deadline is then set from the reading before: at most one waiting poll passes between two looks, so the
 *   second poll after the deadline is the latest that finds it.
 * - Or that look sets it, at most one interval late. Then every waiting poll looks until the deadline has
 *   passed, and the first one after it finds it.
 * A poll that looks at no clock cannot know that the pace has changed, so neither look can be left out.
 *
 * A change of the timeout reads the clock for what was queued under the old one; a poll still acts on the time
 * that has passed. A command that is late when it is published is given one poll to be answered.
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
 * commands queued since the last look and of those to come. The queue pair's thread.
 */
void deadline_pass(struct nvu_qpair *qpair);

/* The deadline of commands queued from now on. */
void deadline_set_timeout(struct nvu_qpair *qpair, uint32_t timeout_ms);

/* Unpublished commands whose deadline has passed have all their time again. */
void deadline_extend(struct nvu_qpair *qpair);

/* How many polls may pass until the next look at the clock, after one that has found that time has passed. */
void deadline_rearm(struct nvu_qpair *qpair);

/* The same for an idle queue pair, after a look that has found none. */
static inline void deadline_rearm_idle(struct nvu_qpair *qpair)
{
	if (qpair->idle_polls < DEADLINE_IDLE_POLLS)
		qpair->idle_polls = qpair->idle_polls * 2 + 2;
	qpair->upkeep_countdown = (int32_t)qpair->idle_polls - 1;
}

/*
 * When to look for late commands next: at the earliest deadline of a command in flight, or of one queued
 * now; with grace, at the end of that; and at the latest when the controller is looked at.
 */
void deadline_set_due(struct nvu_qpair *qpair, bool grace);

/*
 * True, and rearmed, when no time has passed by the coarse clock, and nobody has poked: see qpair_poke().
 */
static inline bool deadline_is_quiet(struct nvu_qpair *qpair)
{
	if (clock_coarse(&qpair->scratch) != __atomic_load_n(&qpair->coarse, __ATOMIC_RELAXED))
		return false;
	qpair->often = true;
	qpair->upkeep_countdown = qpair->waiting_countdown;
	qpair->seen = qpair->sq.slot;
	if (qpair->upkeep_countdown && qpair_is_settled(qpair, cq_ring_head_bytes(&qpair->cq)))
		deadline_rearm_idle(qpair);
	return true;
}

#endif
