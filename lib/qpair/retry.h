/* SPDX-License-Identifier: MIT */
/*
 * retry.h: NVU_QPAIR_RETRY_STATUS: a command that the controller has answered with an error, and without DNR, is sent again, up to
 * a number of times, after the delay that the controller asks for (Base 3.3.3.2.1, CRD). Its record stays in flight, under
 * the next identifier, so that a repeated completion of the first time answers nothing. resend.h keeps its entry.
 *
 * While it waits for its time the command is aside (aside.h: DELAYED): it has no deadline, and a reset leaves it. It has all
 * its time again once it is in the ring.
 *
 * Not sent again: what resend.h would not send again either (commands that are not idempotent, halves of pairs, commands for
 * a namespace that has changed), what is to be aborted, and an error that is an answer: Compare Failure, Reservation
 * Conflict. Nor is a delay waited for that is longer than the command's timeout.
 */
#ifndef NVU_QPAIR_RETRY_H
#define NVU_QPAIR_RETRY_H

#include "qpair/aside.h"

/* How long the controller asks to wait, with this value of CRD, 1 to 3, in ms. Of the layer above; takes no lock. */
typedef uint32_t retry_delay_ms(const struct nvu_qpair *qpair, uint32_t crd);

struct qpair_retry {
	uint32_t most;	  /* times that a command is sent again */
	uint8_t *tries;	  /* per slot, of a record with SPECIAL_RETRIED */
	uint64_t *at_ms;  /* per slot, of one with SPECIAL_DELAYED: when it is sent */
	uint64_t next_ms; /* the earliest of these, or earlier */
	uint32_t delayed; /* how many they are */
	uint64_t count;	  /* times that any was sent again */
	retry_delay_ms *delay_ms;
};

/* qpair->resend is there. 0 or -ENOMEM; sets qpair->retry. */
int retry_make(struct nvu_qpair *qpair, uint32_t most, retry_delay_ms *delay_ms);
void retry_free(struct nvu_qpair *qpair);

/* A record in flight has this completion. True: it is not answered with it, but sent again. */
bool retry_take(struct nvu_qpair *qpair, struct inflight *record, const struct nvu_cpl *cpl);

/* Puts commands into the ring whose time has come; the queue pair is live. */
void retry_go_on(struct nvu_qpair *qpair);

/* The queue pair is about to end: what waits is answered with its error. */
void retry_end(struct nvu_qpair *qpair, int error);

/* A command that waits leaves: the next poll answers it with this status. */
void retry_leave(struct nvu_qpair *qpair, struct inflight *record, int status);

/* The namespaces of which changed() says so have changed: what waits for them is answered with -ESTALE. */
void retry_outdate(struct nvu_qpair *qpair, bool (*changed)(const void *arg, uint32_t nsid),
		   const void *arg);

#endif
