// SPDX-License-Identifier: MIT
/*
 * thread.c: the device's thread polls the doorbells. While it works it holds the mock's lock. When there is
 * nothing to do it spins for a moment, then sleeps up to 50 us at a time, and 1 ms after 20 ms of sleep, so
 * that an idle mock uses almost no processor time.
 */
#include "mock/life/thread.h"

#include "base/clock.h"
#include "base/error.h"
#include "mock/engine/engine.h"
#include "mock/life/lock.h"
#include "mock/serve/serve.h"

#include <assert.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>

enum {
	SPIN_MAX_NS = 100000,
	SPIN_MIN_NS = 4000,
	SPIN_SCANS = 32, /* between two looks at the clock */
	SLEEP_MIN_NS = 2000,
	SLEEP_MAX_NS = 50000,
	DEEP_AFTER_NS = 20000000, /* of sleep in a row */
	DEEP_SLEEP_NS = 1000000,
	TIMER_SLACK_NS = 1000,
	NS_PER_S = 1000000000,
};

/*
 * How long there was nothing to do, and how long to spin before sleeping. If the thread spins and no command
 * comes, it spins half as long the next time: a driver on the same core works only while this thread sleeps, and a
 * thread that wakes gets the core at once, while one that yields waits for the other's time slice.
 */
struct idle {
	uint32_t scans;
	uint64_t since_ns; /* 0: not spinning yet */
	long spin_ns;
	long sleep_ns; /* 0: has not slept yet */
	long slept_ns; /* in all */
};

static void note_work(struct idle *idle)
{
	if (idle->scans && !idle->sleep_ns)
		idle->spin_ns = SPIN_MAX_NS;
	idle->scans = 0;
	idle->since_ns = 0;
	idle->sleep_ns = 0;
	idle->slept_ns = 0;
}

static bool spins(struct idle *idle)
{
	cpu_relax();
	if (idle->sleep_ns)
		return false;
	if (++idle->scans % SPIN_SCANS)
		return true;
	if (idle->since_ns == 0)
		idle->since_ns = clock_ns();
	if (clock_ns() - idle->since_ns < (uint64_t)idle->spin_ns)
		return true;
	if (idle->spin_ns > SPIN_MIN_NS)
		idle->spin_ns /= 2;
	return false;
}

/* Waits without the lock, until the time is over or a message comes. */
static void wait_for_client(struct nvu_mock *mock, long ns)
{
	mock_unlock(mock);
	mock_serve_wait(mock, ns);
	(void)pthread_mutex_lock(&mock->lock);
}

/* Waits without the lock, until the time is over or mock_thread_kick() ends the wait. */
static void nap(struct nvu_mock *mock, struct idle *idle)
{
	long longest = idle->slept_ns < DEEP_AFTER_NS ? SLEEP_MAX_NS : DEEP_SLEEP_NS;
	struct timespec until;
	uint64_t until_ns;

	idle->sleep_ns = idle->sleep_ns ? idle->sleep_ns * 2 : SLEEP_MIN_NS;
	if (idle->sleep_ns > longest)
		idle->sleep_ns = longest;
	idle->slept_ns += idle->sleep_ns;
	if (mock->serve) {
		wait_for_client(mock, idle->sleep_ns);
		return;
	}
	until_ns = clock_kernel_ns() + (uint64_t)idle->sleep_ns;
	until = (struct timespec){ (time_t)(until_ns / NS_PER_S), (long)(until_ns % NS_PER_S) };
	__atomic_store_n(&mock->asleep, idle->sleep_ns > SLEEP_MAX_NS, __ATOMIC_RELAXED);
	(void)pthread_cond_timedwait(&mock->kick, &mock->lock, &until);
	__atomic_store_n(&mock->asleep, false, __ATOMIC_RELAXED);
}

/* Releases the lock until no other thread waits for it. */
static void yield_lock(struct nvu_mock *mock)
{
	mock_unlock(mock);
	while (mock_lock_wanted(mock))
		(void)sched_yield();
	(void)pthread_mutex_lock(&mock->lock);
}

static void *device_main(void *arg)
{
	struct nvu_mock *mock = arg;
	struct idle idle = { .spin_ns = SPIN_MAX_NS };

	(void)prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS);
	(void)pthread_mutex_lock(&mock->lock);
	while (!__atomic_load_n(&mock->thread_stop, __ATOMIC_RELAXED)) {
		if (mock_engine_scan(mock) + (mock->serve ? mock_serve_work(mock) : 0)) {
			note_work(&idle);
		} else if (!spins(&idle)) {
			nap(mock, &idle);
		}
		if (mock_lock_wanted(mock))
			yield_lock(mock);
	}
	mock_unlock(mock);
	return NULL;
}

int mock_thread_start(struct nvu_mock *mock)
{
	sigset_t all, before;
	int err;

	assert(!mock->thread_runs && !mock->stepped);
	mock->thread_stop = 0;
	(void)sigfillset(&all); /* the application's signals are not for this thread */
	if (mock->serve)	/* but a client that cuts its memory short is: transport/sigbus.h */
		(void)sigdelset(&all, SIGBUS);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&mock->thread, NULL, device_main, mock);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		return error_set(-err, "mock: no thread for the device: %s",
				 error_errno_words(err));
	mock->thread_runs = true;
	(void)pthread_setname_np(mock->thread, "nvu-mock");
	return 0;
}

void mock_thread_stop(struct nvu_mock *mock)
{
	if (!mock->thread_runs)
		return;
	__atomic_store_n(&mock->thread_stop, 1, __ATOMIC_RELAXED);
	(void)pthread_cond_signal(&mock->kick);
	(void)pthread_join(mock->thread, NULL);
	mock->thread_runs = false;
}

void mock_thread_kick(struct nvu_mock *mock)
{
	if (__atomic_load_n(&mock->asleep, __ATOMIC_RELAXED))
		(void)pthread_cond_signal(&mock->kick);
}
