/* SPDX-License-Identifier: MIT */
/*
 * waiter.h: a thread that waits once on a queue pair of a mock with a thread, and what processor time that took.
 */
#ifndef NVU_TEST_WAITER_H
#define NVU_TEST_WAITER_H

#include "harness.h"

#include <pthread.h>
#include <time.h>

struct waiter {
	pthread_t thread;
	struct nvu_qpair *qpair;
	int ret;
	int status;
	int timeout_ms;
	uint64_t cpu_ns;
	unsigned done; /* atomic */
};

static inline uint64_t waiter_cpu_ns(void)
{
	struct timespec used;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

static inline void *waiter_main(void *arg)
{
	struct waiter *waiter = arg;
	struct nvu_cpl cpl = { 0 };
	const uint64_t began_ns = waiter_cpu_ns();

	waiter->ret = nvu_wait(waiter->qpair, &cpl, 1, waiter->timeout_ms);
	waiter->cpu_ns = waiter_cpu_ns() - began_ns;
	waiter->status = cpl.status;
	__atomic_store_n(&waiter->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

static inline void waiter_start(struct rig *rig, struct waiter *waiter, int timeout_ms)
{
	*waiter = (struct waiter){ .qpair = rig->qpair, .timeout_ms = timeout_ms };
	assert_int_equal(pthread_create(&waiter->thread, NULL, waiter_main, waiter), 0);
}

static inline bool waiter_is_done(const struct waiter *waiter)
{
	return __atomic_load_n(&waiter->done, __ATOMIC_ACQUIRE);
}

static inline void waiter_join(struct waiter *waiter)
{
	assert_int_equal(pthread_join(waiter->thread, NULL), 0);
}

#endif
