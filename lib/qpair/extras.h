/* SPDX-License-Identifier: MIT */
/*
 * extras.h: what a queue pair can do beside the I/O path when it is asked to at creation: a latency
 * histogram, and sending commands after a reset: idempotent ones once more, those not published yet for
 * the first time. A queue pair without extras pays nothing for them: one that has them hides its doorbell
 * register, so that publishing takes the long way, and looks up at every poll.
 */
#ifndef NVU_QPAIR_EXTRAS_H
#define NVU_QPAIR_EXTRAS_H

#include "qpair/qpair.h"

#include <stdbool.h>

enum { EXTRAS_BUCKETS = 64 };

/*
 * What a namespace of the queue pair's controller may be, by its identifier: COMMAND_OF_CSI() bits; 0: it
 * is not known. Of the layer above. Called by the queue pair's thread; takes no lock.
 */
typedef uint32_t extras_csi_bits(const struct nvu_qpair *qpair, uint32_t nsid);

struct qpair_extras {
	uint64_t *stamps_ns;	/* per slot: when published; NULL: no histogram */
	struct nvu_sqe *copies; /* per slot: the command as published or cut; NULL: no retry */
	uint8_t *sent;		/* per slot: enum sent */
	uint32_t
		*outdated; /* per slot: OUTDATED | identifier of a command that is not sent again */
	extras_csi_bits *csi_bits;
	bool marked;  /* there may be such marks */
	bool keeping; /* retry is possible: the controller may come back */
	uint64_t retried;
	uint64_t buckets[EXTRAS_BUCKETS]; /* bucket n: 2^n to 2^(n + 1) - 1 ns */
};

/*
 * flags: NVU_QPAIR_...; leaves qpair->extras NULL when none needs them. csi_bits: asked for commands that
 * are to be sent again. 0 or -ENOMEM.
 */
int extras_make(struct nvu_qpair *qpair, uint32_t flags, extras_csi_bits *csi_bits);
void extras_free(struct nvu_qpair *qpair);

/* The commands between sq.published and sq.slot are about to be published. */
void extras_publish(struct nvu_qpair *qpair);

/* Enters the latencies of up to max completions that are about to be reaped. Returns how many. */
uint32_t extras_measure(struct nvu_qpair *qpair, uint32_t max);

/* Before the ring is emptied: keeps copies of the commands from this one to sq.published. */
void extras_cut(struct nvu_qpair *qpair, struct nvu_sqe *from);

/* A command of a cut queue pair: true when it is kept to be sent, not answered. */
bool extras_keep(struct nvu_qpair *qpair, const struct inflight *record);

/*
 * Some namespaces have changed: commands that are in flight, or in the ring, for those of which
 * changed() says so are answered with -ESTALE if a reset ends them.
 */
void extras_outdate(struct nvu_qpair *qpair, bool (*changed)(const void *arg, uint32_t nsid),
		    const void *arg);

/* Whether a command in flight is one of these. */
bool extras_is_outdated(const struct nvu_qpair *qpair, const struct inflight *record);

/* Whether any is. */
bool extras_has_outdated(const struct nvu_qpair *qpair);

/* The controller will not come back: what was kept is to be answered after all. */
void extras_despair(struct nvu_qpair *qpair);

/* After a reset: puts the commands that were kept into the ring. */
void extras_resend(struct nvu_qpair *qpair);

#endif
