/* SPDX-License-Identifier: MIT */
/*
 * wake.h: a queue pair's thread sleeps, and others wake it. A word holds why; the thread sleeps only while it is 0.
 *
 *	the waker			the queue pair's thread
 *	1 stores to .word		1 stores to .is_asleep
 *	2 loads .is_asleep		2 loads .word (the kernel does, under the lock of the sleeper's list)
 *
 * Both orders are sequentially consistent: one of the two sees what the other has stored. So a thread is not left
 * asleep, and who wakes one that is awake makes no system call.
 */
#ifndef NVU_QPAIR_WAKE_H
#define NVU_QPAIR_WAKE_H

#include "qpair/qpair.h"

enum wake_reason {
	WAKE_ASKED = 1 << 0, /* nvu_qpair_wake() */
	WAKE_NEWS = 1 << 1,  /* another thread has news: qpair_poke() */
};

/* Any thread, also in a signal handler: errno stays. */
void wake_up(struct nvu_qpair *qpair, enum wake_reason reason);

/* The reasons since the last call. The queue pair's thread. */
uint32_t wake_take(struct nvu_qpair *qpair);

/* Sleeps until there is a reason, at most so long. False: a signal came. The queue pair's thread. */
bool wake_sleep(struct nvu_qpair *qpair, uint64_t ns);

#endif
