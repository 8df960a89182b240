/* SPDX-License-Identifier: MIT */
/*
 * pair.h: a queue pair that threads share. A thread queues its commands under the lock, then waits: if no other
 * thread polls, it does, and hands all others their answers; between two polls that find nothing the lock is free,
 * so that other threads can queue. Once its own answer is there, it wakes another one that waits to poll on. A
 * thread that polls in vain for long naps, and leaves the polling to others that come. With interrupts it sleeps until
 * one comes instead; others that poll in vain meanwhile wait for what it finds then.
 */
#ifndef NVU_BLOCK_PAIR_H
#define NVU_BLOCK_PAIR_H

#include <nvu/types.h>
#include <pthread.h>
#include <stdbool.h>

/* What a thread may wait for beside answers. */
enum want { WANT_NOTHING, WANT_ROOM /* in the queue */, WANT_SLOT };

/* A thread that waits on a pair. Under the pair's lock. */
struct waiter {
	pthread_cond_t wake;
	struct waiter *next;
	bool can_sleep;
	bool stirred; /* something that it waits for may have happened */
	bool polls; /* it has commands outstanding; one that has none sleeps, as another one has some */
	enum want wants; /* what it cannot go on without */
	bool asleep;
	bool naps;	      /* asleep for a limited time, or until an interrupt: then it polls */
	uint32_t empty_polls; /* since it has found an answer */
	bool has_spun;	      /* for long enough since then */
	uint32_t naps_taken;  /* since then */
	uint64_t spin_end_ns; /* 0: not set yet */
};

/* A command that is outstanding; its user data is its address. */
struct errand {
	struct waiter *waiter;
	int16_t status;
	bool answered;
};

struct pair {
	pthread_mutex_t lock;
	uint32_t arriving; /* atomic: threads that want the lock */
	struct nvu_qpair *qpair;
	struct waiter *poller; /* the thread that polls; NULL: none does */
	struct waiter *first;  /* those asleep, in the order in which they went to sleep */
	struct waiter **last;
	uint64_t spin_ns;
	int sleep_fd; /* an epoll descriptor that has the interrupts, as edges; -1: there are none */
	struct waiter *sleeper; /* the thread that sleeps on it, or NULL */
	bool ended;		/* atomic: the queue pair takes no more commands */
	/* Bounce buffers that are free: a stack of their numbers. */
	uint32_t *slots;
	uint32_t free_slots;
};

/* Threads sleep until the queue pair interrupts, which it can. 0 or -errno with its sentence. */
int pair_use_interrupts(struct pair *pair);

/* Of its descriptor. */
void pair_fini(struct pair *pair);

void waiter_init(struct waiter *waiter);
void waiter_destroy(struct waiter *waiter);

void pair_enter(struct pair *pair);

/* Another thread polls on, and who can go on is woken. */
void pair_leave(struct pair *pair);

/* Waits until the waiter is stirred. waiter->polls and ->wants are set. Lock held, but not all the time. */
void pair_wait(struct pair *pair, struct waiter *waiter);

/* It takes no more commands. */
void pair_end(struct pair *pair);
bool pair_has_ended(const struct pair *pair);

/* False: none is free. Lock held. */
bool pair_take_slot(struct pair *pair, uint32_t *ret_slot);
void pair_give_slot(struct pair *pair, uint32_t slot);

#endif
