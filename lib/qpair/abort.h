/* SPDX-License-Identifier: MIT */
/*
 * abort.h: what a program asks to abort, by user data. What nvu has not published is taken out of the ring, or is not held
 * any longer, and has nvu's own answer (own.h). For each command that the controller knows, an Abort is sent
 * (recovery/abort.h), a few of them at a time; so it is for commands that are late, and these come first.
 *
 * The completion of a command whose Abort is not answered yet is kept until it is: then no Abort can meet another command
 * that has got the identifier meanwhile. Until then the command is outstanding, with its deadline.
 *
 *	reason		from			to
 *	UNWANTED	abort_mark()		its answer: it is not sent again
 *	TO_ABORT	abort_mark(),		its Abort is sent, or its queues are lost
 *			abort_late()
 *	ABORTING	abort_begin()		its Abort is answered, or its queues are lost
 *	KEPT		abort_keep()		the same: then its completion is delivered
 */
#ifndef NVU_QPAIR_ABORT_H
#define NVU_QPAIR_ABORT_H

#include "qpair/special.h"

/* Marks all requests in flight with this user data, and answers what is not published. Returns how many they are. */
uint32_t abort_mark(struct nvu_qpair *qpair, uint64_t user_data);

/*
 * nvu gives late commands up: an Abort of each is to be sent, unless the program's is outstanding. Pending: some are not
 * answered yet. Any: the controller says that it has aborted one of them, or may yet, as there is the program's, or no room
 * beside those of others.
 */
void abort_late(struct nvu_qpair *qpair, const uint32_t *cids, uint32_t count);
bool abort_late_is_pending(const struct nvu_qpair *qpair);
bool abort_late_may_have_any(const struct nvu_qpair *qpair);

/* Marks records whose completion is kept, and will be delivered, with SPECIAL_ANSWERED. */
void abort_mark_answered(struct nvu_qpair *qpair);

/*
 * The next command whose Abort is to be sent, and a place for it, where the answer is noted. False: there is none, or no
 * place is free.
 */
bool abort_next(struct nvu_qpair *qpair, struct qpair_abort **ret_place, uint32_t *ret_cid);

/* It is sent. */
void abort_begin(struct nvu_qpair *qpair, struct qpair_abort *place, uint32_t cid);

/* It could not be sent. */
void abort_undo(struct nvu_qpair *qpair, struct qpair_abort *place);

/* Any record: its Abort is outstanding. */
static inline bool abort_is_under_way(const struct inflight *record)
{
	return inflight_has_reason(record, SPECIAL_ABORTING);
}

/* The completion of such a record has come. */
void abort_keep(struct nvu_qpair *qpair, struct inflight *record, const struct nvu_cpl *cpl);

/* The completion of a record with SPECIAL_KEPT, which is about to be answered: its queues are lost. */
struct nvu_cpl abort_kept(struct nvu_qpair *qpair, struct inflight *record);

/* Places whose Abort is answered are free again. Delivers up to max completions that were kept for that. Returns how many. */
uint32_t abort_take(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max);

/* The queues are created again: no answer to an Abort is waited for, nor will be noted. */
void abort_forget(struct nvu_qpair *qpair);

#endif
