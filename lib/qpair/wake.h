/* SPDX-License-Identifier: MIT */
/*
 * wake.h: a queue pair's thread sleeps, and others wake it. A word holds why; the thread sleeps only while it is 0.
 *
 * Without interrupts it sleeps on the word:
 *
 *	the waker			the queue pair's thread
 *	1 stores to .word		1 stores to .is_asleep
 *	2 loads .is_asleep		2 loads .word (the kernel does, under the lock of the sleeper's list)
 *
 * Both orders are sequentially consistent: one of the two sees what the other has stored. So a thread is not left
 * asleep, and who wakes one that is awake makes no system call.
 *
 * With interrupts there is an eventfd, .fd, which the controller's interrupt vector and each waker add to. The program
 * may sleep on it, where nvu does not know. nvu never reads it: queue pairs that share a vector share the eventfd, and
 * who reads it would take the news from the others. Instead, the thread sleeps on an epoll descriptor, .sleep_fd, which
 * keeps every addition, as an edge, until that thread has seen it. So none is lost between the thread's last look and
 * its sleep, if all entries that it has taken are returned by then: see cq_ring.h, and wake_arm().
 */
#ifndef NVU_QPAIR_WAKE_H
#define NVU_QPAIR_WAKE_H

#include "qpair/qpair.h"

enum wake_reason {
	WAKE_ASKED = 1 << 0, /* nvu_qpair_wake() */
	WAKE_NEWS = 1 << 1,  /* another thread has news: qpair_poke() */
};

/* Of a new queue pair: no interrupts. spin_us: the longest time to poll before it sleeps; 0: 20. */
void wake_init(struct nvu_qpair *qpair, uint32_t spin_us);
void wake_fini(struct nvu_qpair *qpair);

/*
 * It interrupts at this vector, which adds to fd, of which it keeps a copy. Before another thread has the queue pair.
 * 0 or -errno, with the sentence.
 */
int wake_use_interrupt(struct nvu_qpair *qpair, uint32_t vector, int fd);

/* Any thread, also in a signal handler: errno stays. */
void wake_up(struct nvu_qpair *qpair, enum wake_reason reason);

/* The reasons since the last call. The queue pair's thread. */
uint32_t wake_take(struct nvu_qpair *qpair);

/*
 * Before a sleep, if the queue pair has interrupts: returns what is owed. True: there was something, and the thread has
 * to look for completions once more. The queue pair's thread.
 */
bool wake_arm(struct nvu_qpair *qpair);

/* From now on each poll returns what it takes: the program sleeps where nvu does not know. It has interrupts. */
void wake_be_eager(struct nvu_qpair *qpair);

/*
 * When its thread has to look at its commands or its controller, if it sleeps. With interrupts, an idle one looks at the
 * controller less often than it does when it polls: that alone would wake it.
 */
uint64_t wake_next_look_ns(const struct nvu_qpair *qpair);

/* Sleeps until there is a reason, or an interrupt, at most so long. False: a signal came. The queue pair's thread. */
bool wake_sleep(struct nvu_qpair *qpair, uint64_t ns);

#endif
