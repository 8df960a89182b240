/* SPDX-License-Identifier: MIT */
/*
 * deadline.h: time on a queue pair: when its upkeep is due, and what "late" means.
 *
 * A poll that leaves commands in flight is a waiting poll. It looks at the coarse clock: every second
 * one while polls follow each other quickly, every one for as long as a command may have a deadline from
 * a slow period. A poll of an idle queue pair looks seldom, because nothing can be late. Publishing makes
 * the next waiting poll look. The coarse clock only says that time has passed; deadlines are set and
 * judged by the exact clock.
 *
 * A command gets a deadline that holds for a command queued at any moment up to DEADLINE_SLACK_MS after
 * the last reading of the exact clock. If the next reading is later than that, the commands queued in
 * between get their time from then. So none is late early, and each at most by the slack and the interval
 * between two polls.
 */
#ifndef NVU_QPAIR_DEADLINE_H
#define NVU_QPAIR_DEADLINE_H

#include "base/clock.h"
#include "qpair/qpair.h"

enum {
	DEADLINE_SLACK_MS = 16, /* more than a period of the coarse clock, which is 1 to 10 ms */
	DEADLINE_IDLE_POLLS = 254,
};

/*
 * Reads the coarse clock, and the exact one if time has passed: sets the deadlines of the commands
 * queued since the last call and of those to come. The queue pair's thread.
 */
void deadline_pass(struct nvu_qpair *qpair);

/* The deadline of commands queued from now on. */
void deadline_set_timeout(struct nvu_qpair *qpair, uint32_t timeout_ms);

/* Unpublished commands whose deadline has passed have all their time again. */
void deadline_extend(struct nvu_qpair *qpair);

/* How many polls may pass until the next look at the clock. */
void deadline_rearm(struct nvu_qpair *qpair);

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
	qpair->look = qpair->waiting_look;
	if (qpair_is_settled(qpair, cq_ring_head_bytes(&qpair->cq)))
		deadline_rearm(qpair);
	return true;
}

#endif
