/* SPDX-License-Identifier: MIT */
/*
 * resend.h: sending commands after a reset, if NVU_QPAIR_RETRY asks for it: idempotent ones once more, those not
 * published yet for the first time. With it each call takes the slow path (slow_path.h): publishing keeps a
 * copy of every command.
 */
#ifndef NVU_QPAIR_RESEND_H
#define NVU_QPAIR_RESEND_H

#include "qpair/qpair.h"

#include <stdbool.h>

/*
 * What a namespace of the queue pair's controller may be, by its identifier: COMMAND_OF_CSI() bits; 0: it
 * is not known. Of the layer above. Called by the queue pair's thread; takes no lock.
 */
typedef uint32_t resend_csi_bits(const struct nvu_qpair *qpair, uint32_t nsid);

struct qpair_resend {
	struct nvu_sqe *copies; /* per slot: the command as published or cut */
	uint8_t *sent;		/* per slot: enum sent */
	uint32_t
		*outdated; /* per slot: OUTDATED | identifier of a command that is not sent again */
	resend_csi_bits *csi_bits;
	bool marked;  /* there may be such marks */
	bool keeping; /* retry is possible: the controller may come back */
	uint64_t retried;
};

/*
 * csi_bits: asked for commands that are to be sent again. resets: they are after a reset; else copies are kept for retry.h
 * alone. 0 or -ENOMEM; sets qpair->resend.
 */
int resend_make(struct nvu_qpair *qpair, resend_csi_bits *csi_bits, bool resets);
void resend_free(struct nvu_qpair *qpair);

/* The commands between sq.published and sq.slot are about to be published. */
void resend_publish(struct nvu_qpair *qpair);

/* Before the ring is emptied: keeps copies of the commands from this one to sq.published. */
void resend_cut(struct nvu_qpair *qpair, struct nvu_sqe *from);

/* A command of a cut queue pair: true when it is kept to be sent, not answered. */
bool resend_keep(struct nvu_qpair *qpair, const struct inflight *record);

/*
 * Some namespaces have changed: commands that are in flight, or in the ring, for those of which
 * changed() says so are answered with -ESTALE if a reset ends them.
 */
void resend_outdate(struct nvu_qpair *qpair, bool (*changed)(const void *arg, uint32_t nsid),
		    const void *arg);

/* Whether a command in flight is one of these. */
bool resend_is_outdated(const struct nvu_qpair *qpair, const struct inflight *record);

/* Whether any is. */
bool resend_has_outdated(const struct nvu_qpair *qpair);

/* A command in flight: carried out twice it leaves what once would have, and its namespace is the same. */
bool resend_may_repeat(const struct nvu_qpair *qpair, const struct inflight *record);

/* As it was published. */
const struct nvu_sqe *resend_copy(const struct nvu_qpair *qpair, const struct inflight *record);

/* Recovery failed: the commands that were kept for resending are to be answered. */
void resend_abandon(struct nvu_qpair *qpair);

/* After a reset: puts the commands that were kept into the ring. */
void resend_queue(struct nvu_qpair *qpair);

#endif
