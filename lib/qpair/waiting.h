/* SPDX-License-Identifier: MIT */
/*
 * waiting.h: commands that wait for their queues. While a queue pair is cut it goes on taking commands:
 * they lie in the submission ring behind sq.published, with a record and a deadline, and have not been
 * published to a controller. They are published with the new queues, answered at their deadline, or with the
 * error that ended the recovery.
 */
#ifndef NVU_QPAIR_WAITING_H
#define NVU_QPAIR_WAITING_H

#include "qpair/walk.h"

/*
 * The waiting commands are those behind the later of sq.published and `bar`, a position in the ring: from
 * now on that is sq.published.
 */
void waiting_begin(struct nvu_qpair *qpair, struct nvu_sqe *bar);

/* None waits any more: they are commands like all others. */
void waiting_end(struct nvu_qpair *qpair);

/* Marks the records of the waiting commands, to tell them from others in a scan; and removes the marks. */
void waiting_mark(struct nvu_qpair *qpair);
void waiting_unmark(struct nvu_qpair *qpair);

/*
 * Answers up to max waiting commands and takes them out of the ring: with -ESTALE those before
 * qpair->stale_end; with `status` all others, if it is not 0, else with -ETIMEDOUT those whose deadline
 * has passed. Returns how many.
 */
uint32_t waiting_answer(struct nvu_qpair *qpair, int status, struct nvu_cpl *cpls, uint32_t max);

/* Moves the waiting commands to the front of the ring; the rest of it becomes zero. Returns how many. */
uint32_t waiting_gather(struct nvu_qpair *qpair);

/* Gives the first `count` entries of the ring their records' present identifiers. */
void waiting_rename(struct nvu_qpair *qpair, uint32_t count);

#endif
