// SPDX-License-Identifier: MIT
/*
 * mock_thread.c: polls the doorbells. Busy, it keeps the mock's lock; idle, it spins for a moment,
 * then sleeps, up to 50 us at a time, so that an idle mock costs next to nothing.
 */
#include "mock/mock_thread.h"

#include "base/clock.h"
#include "base/error.h"
#include "mock/mock_engine.h"
#include "mock/mock_lock.h"

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
	TIMER_SLACK_NS = 1000,
};

/*
 * How long there was nothing to do, and how long to spin before sleeping. Spinning that was in
 * vain halves the next: where the driver shares our core, it can only work while we sleep, and a
 * thread that wakes gets the core at once, while one that yields waits for the other's time slice.
 */
struct idle {
	uint32_t scans;
	uint64_t since_ns; /* 0: not spinning yet */
	long spin_ns;
	long sleep_ns; /* 0: has not slept yet */
};

static void note_work(struct idle *idle)
{
	if (idle->scans && !idle->sleep_ns)
		idle->spin_ns = SPIN_MAX_NS;
	idle->scans = 0;
	idle->since_ns = 0;
	idle->sleep_ns = 0;
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

static void nap(struct idle *idle)
{
	struct timespec pause = { 0, SLEEP_MIN_NS };

	if (idle->sleep_ns)
		pause.tv_nsec = idle->sleep_ns < SLEEP_MAX_NS ? idle->sleep_ns * 2 : SLEEP_MAX_NS;
	idle->sleep_ns = pause.tv_nsec;
	(void)nanosleep(&pause, NULL);
}

/* Lends the lock to those who wait for it. */
static void lend(struct nvu_mock *mock)
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
		if (mock_engine_scan(mock)) {
			note_work(&idle);
		} else if (!spins(&idle)) {
			mock_unlock(mock);
			nap(&idle);
			(void)pthread_mutex_lock(&mock->lock);
		}
		if (mock_lock_wanted(mock))
			lend(mock);
	}
	mock_unlock(mock);
	return NULL;
}

int mock_thread_start(struct nvu_mock *mock)
{
	sigset_t all, before;
	int err;

	mock->thread_stop = 0;
	(void)sigfillset(&all); /* the application's signals are not for this thread */
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
	(void)pthread_join(mock->thread, NULL);
	mock->thread_runs = false;
}
