/* SPDX-License-Identifier: MIT */
/*
 * misuse.h: noticing wrong use of a queue pair, when checking is wanted (base/check.h). A guarded
 * queue pair takes the slow path with every call (slow_path.h: CHECKED, OUTSIDE), and there meets the guard; one
 * without a guard pays nothing.
 */
#ifndef NVU_QPAIR_MISUSE_H
#define NVU_QPAIR_MISUSE_H

#include "qpair/qpair.h"

struct qpair_misuse {
	struct nvu_dma **buffers; /* per slot as many as `each`: what its command uses */
	uint32_t each;
	uint64_t thread; /* inside a call right now; 0: none. Atomic */
	uint32_t depth;	 /* of calls inside calls of this thread */
	bool closed;
	struct nvu_sqe nowhere; /* what a closed queue pair's slot is */
	struct nvu_qpair *next; /* of the closed ones, kept to recognise their use */
};

/* Guards a queue pair if checking is wanted. 0 or -ENOMEM. */
int misuse_make(struct nvu_qpair *qpair);
void misuse_free(struct nvu_qpair *qpair);

/*
 * A call begins: 0, or -EINVAL when the handle is closed or another thread is inside, which is
 * reported. A call ends: the free records are hidden.
 */
int misuse_enter(struct nvu_qpair *qpair, const char *function);
void misuse_leave(struct nvu_qpair *qpair);

/* True when the handle is closed, which is reported. */
bool misuse_is_closed(const struct nvu_qpair *qpair, const char *function);

/* misuse_enter() for nvu_poll(), which also needs room for what it finds. */
int misuse_poll(struct nvu_qpair *qpair, const struct nvu_cpl *cpls, uint32_t max);

/* Between the two: the hidden records come in sight. There is a guard. */
void misuse_show(struct nvu_qpair *qpair);

/* The command just queued uses this buffer. */
void misuse_use(struct nvu_qpair *qpair, const struct nvu_dma *buf);

/* ... and this one, another piece of its data; NULL: none. */
void misuse_add(struct nvu_qpair *qpair, const struct nvu_dma *buf);

/* Of a checked queue pair: buffers of the commands that have been answered are not in use any more. */
void misuse_settle(struct nvu_qpair *qpair);

/* No command uses a buffer any more: the controller has lost its access for good. */
void misuse_orphan(struct nvu_qpair *qpair);

/*
 * Reports what is wrong about destroying it now. Then the handle is kept, closed: true, and the
 * caller must not free it. False without a guard.
 */
bool misuse_close(struct nvu_qpair *qpair);

#endif
