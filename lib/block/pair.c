/* SPDX-License-Identifier: MIT */
/*
 * pair.c: see pair.h.
 */
#include "block/pair.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mmio.h"

#include <errno.h>
#include <nvu/qpair.h>
#include <nvu/wait.h>
#include <sched.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum {
	BATCH = 32,	   /* completions of one poll */
	POLLS_A_LOOK = 16, /* empty polls between two looks at the clock */
	NAP_DOUBLINGS = 5,
	SLEEP_MS = 100, /* a queue pair has to be polled so often */
};

static const uint64_t RETRY_NS = 5000000;
/*
 * It yields for so long: one yield, where other threads want the processor, which a thread that has slept gets back
 * sooner than one that has yielded.
 */
static const uint64_t YIELD_NS = 100000;
static const uint64_t NAP_NS = 20000; /* then naps, each twice as long as the one before */

void pair_enter(struct pair *pair)
{
	if (pthread_mutex_trylock(&pair->lock) == 0)
		return;
	/* A thread that polls takes the lock again at once, unless it sees that others want it. */
	(void)__atomic_add_fetch(&pair->arriving, 1, __ATOMIC_RELAXED);
	pthread_mutex_lock(&pair->lock);
	(void)__atomic_sub_fetch(&pair->arriving, 1, __ATOMIC_RELAXED);
}

static void note_found(struct waiter *waiter)
{
	waiter->empty_polls = 0;
	waiter->has_spun = false;
	waiter->naps_taken = 0;
	waiter->spin_end_ns = 0;
}

/* A thread that never sleeps needs no condition. */
static void prepare_to_sleep(struct waiter *waiter)
{
	pthread_condattr_t attr;

	if (waiter->can_sleep)
		return;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&waiter->wake, &attr);
	pthread_condattr_destroy(&attr);
	waiter->can_sleep = true;
}

void waiter_init(struct waiter *waiter)
{
	waiter->can_sleep = false;
	waiter->stirred = false;
	waiter->wants = WANT_NOTHING;
	waiter->polls = false;
	waiter->asleep = false;
	waiter->naps = false;
	note_found(waiter);
}

void waiter_destroy(struct waiter *waiter)
{
	if (waiter->can_sleep)
		pthread_cond_destroy(&waiter->wake);
}

int pair_use_interrupts(struct pair *pair)
{
	struct epoll_event every = { .events = EPOLLIN | EPOLLET };

	pair->sleep_fd = epoll_create1(EPOLL_CLOEXEC);
	if (pair->sleep_fd < 0 ||
	    epoll_ctl(pair->sleep_fd, EPOLL_CTL_ADD, nvu_qpair_fd(pair->qpair), &every))
		return error_set(-errno, "no descriptor for the interrupts of a block device: %s",
				 error_errno_words(errno));
	return 0;
}

void pair_fini(struct pair *pair)
{
	if (pair->sleep_fd >= 0)
		(void)close(pair->sleep_fd);
}

void pair_end(struct pair *pair)
{
	__atomic_store_n(&pair->ended, true, __ATOMIC_RELAXED);
}

bool pair_has_ended(const struct pair *pair)
{
	return __atomic_load_n(&pair->ended, __ATOMIC_RELAXED);
}

static void wake(struct waiter *waiter)
{
	if (waiter->asleep)
		pthread_cond_signal(&waiter->wake);
}

static void stir(struct waiter *waiter)
{
	waiter->stirred = true;
	wake(waiter);
}

/* Wakes a thread to poll, if none does; one that naps looks by itself, and an interrupt wakes the one that sleeps on it. */
static void pass_polling_on(struct pair *pair)
{
	struct waiter *waiter = pair->first;

	if (!waiter || pair->poller || pair->sleeper)
		return;
	while (waiter && (waiter->naps || !waiter->polls))
		waiter = waiter->next;
	if (waiter)
		wake(waiter);
}

/* Wakes as many of those that want something as there is of it: before the lock is given away. */
static void wake_those_who_can_go_on(struct pair *pair)
{
	uint32_t room = pair->first ? nvu_qpair_room(pair->qpair) : 0;
	uint32_t slots = pair->free_slots;

	for (struct waiter *waiter = pair->first; waiter && (room || slots);
	     waiter = waiter->next) {
		uint32_t *what = waiter->wants == WANT_SLOT ? &slots : &room;

		if (waiter->wants == WANT_NOTHING || !*what)
			continue;
		--*what;
		stir(waiter);
	}
}

static void wake_all(struct pair *pair)
{
	for (struct waiter *waiter = pair->first; waiter; waiter = waiter->next)
		stir(waiter);
}

void pair_leave(struct pair *pair)
{
	wake_those_who_can_go_on(pair);
	pass_polling_on(pair);
	pthread_mutex_unlock(&pair->lock);
}

static void hand_out(struct pair *pair, const struct nvu_cpl *cpls, int count)
{
	for (int i = 0; i < count; i++) {
		struct errand *errand = (struct errand *)(uintptr_t)cpls[i].user_data;

		errand->status = cpls[i].status;
		errand->answered = true;
		stir(errand->waiter);
	}
	wake_those_who_can_go_on(pair);
}

/* After a poll that has found nothing. Lock held, but not all the time. */
static void pause_polling(struct pair *pair, struct waiter *waiter)
{
	const bool crowded = __atomic_load_n(&pair->arriving, __ATOMIC_RELAXED);

	pthread_mutex_unlock(&pair->lock);
	if (crowded || waiter->has_spun)
		(void)sched_yield();
	else
		cpu_relax();
	pair_enter(pair);
}

/* Whether it is time to give way, because polls have found nothing for a while. */
static bool has_spun(const struct pair *pair, struct waiter *waiter)
{
	uint64_t now_ns;

	if (waiter->has_spun)
		return true;
	if (waiter->empty_polls++ % POLLS_A_LOOK)
		return false;
	now_ns = clock_kernel_ns();
	if (!waiter->spin_end_ns)
		waiter->spin_end_ns = now_ns + pair->spin_ns;
	waiter->has_spun = now_ns >= waiter->spin_end_ns;
	return waiter->has_spun;
}

static void lie_down(struct pair *pair, struct waiter *waiter)
{
	prepare_to_sleep(waiter);
	waiter->next = NULL;
	waiter->asleep = true;
	*pair->last = waiter;
	pair->last = &waiter->next;
}

static void get_up(struct pair *pair, struct waiter *waiter)
{
	struct waiter **place = &pair->first;

	while (*place != waiter)
		place = &(*place)->next;
	*place = waiter->next;
	if (pair->last == &waiter->next)
		pair->last = place;
	waiter->asleep = false;
}

static void sleep_until_woken(struct pair *pair, struct waiter *waiter)
{
	lie_down(pair, waiter);
	pthread_cond_wait(&waiter->wake, &pair->lock);
	get_up(pair, waiter);
}

/* True: the time is up. */
static bool sleep_for(struct pair *pair, struct waiter *waiter, uint64_t ns)
{
	const uint64_t end_ns = clock_kernel_ns() + ns;
	const struct timespec end = { .tv_sec = (time_t)(end_ns / 1000000000),
				      .tv_nsec = (long)(end_ns % 1000000000) };
	int ret;

	lie_down(pair, waiter);
	ret = pthread_cond_timedwait(&waiter->wake, &pair->lock, &end);
	get_up(pair, waiter);
	return ret != 0;
}

static bool has_interrupts(const struct pair *pair)
{
	return pair->sleep_fd >= 0;
}

/*
 * Until an interrupt, unless another thread sleeps on it: that one polls then for all. The poll before has returned what
 * it had taken, so that a completion since then has made an edge. Each command that a thread waits for makes one, but
 * for those that are late or cancelled: its sleep ends in time for them.
 */
static void sleep_on_interrupt(struct pair *pair, struct waiter *waiter)
{
	struct epoll_event edge;

	if (pair->sleeper) {
		sleep_until_woken(pair, waiter);
		return;
	}
	pair->sleeper = waiter;
	lie_down(pair, waiter);
	pthread_mutex_unlock(&pair->lock);
	(void)epoll_wait(pair->sleep_fd, &edge, 1, SLEEP_MS);
	pair_enter(pair);
	get_up(pair, waiter);
	pair->sleeper = NULL;
}

static void nap(struct pair *pair, struct waiter *waiter)
{
	waiter->naps = true;
	(void)sleep_for(pair, waiter, NAP_NS << waiter->naps_taken);
	waiter->naps = false;
	waiter->naps_taken += waiter->naps_taken < NAP_DOUBLINGS;
}

/* No thread polls while this one sleeps, unless another thread comes. */
static void give_way(struct pair *pair, struct waiter *waiter)
{
	if (!has_interrupts(pair) && clock_kernel_ns() < waiter->spin_end_ns + YIELD_NS) {
		pause_polling(pair, waiter);
		pair->poller = NULL;
		return;
	}
	pair->poller = NULL;
	if (has_interrupts(pair))
		sleep_on_interrupt(pair, waiter);
	else
		nap(pair, waiter);
}

static void poll_once(struct pair *pair, struct waiter *waiter)
{
	struct nvu_cpl cpls[BATCH];
	int count;

	pair->poller = waiter;
	count = nvu_poll(pair->qpair, cpls, BATCH);
	if (count > 0) {
		note_found(waiter);
		hand_out(pair, cpls, count);
		waiter->stirred |= waiter->wants != WANT_NOTHING;
	} else if (count < 0) {
		/* Every command has been answered: who wants to queue more finds out why it cannot. */
		pair_end(pair);
		waiter->stirred = true;
		wake_all(pair);
	} else if (has_spun(pair, waiter)) {
		give_way(pair, waiter);
		return; /* another one may poll by now */
	} else {
		pause_polling(pair, waiter);
	}
	pair->poller = NULL;
}

/*
 * It has nothing outstanding, so others have. But a queue pair that is about to end may refuse commands while none
 * is outstanding: then a poll ends it.
 */
static void wait_for_others(struct pair *pair, struct waiter *waiter)
{
	if (!sleep_for(pair, waiter, RETRY_NS))
		return;
	if (!pair->poller)
		poll_once(pair, waiter);
	waiter->stirred = true;
}

void pair_wait(struct pair *pair, struct waiter *waiter)
{
	wake_those_who_can_go_on(pair);
	if (!waiter->polls)
		pass_polling_on(pair);
	while (!waiter->stirred) {
		if (!waiter->polls)
			wait_for_others(pair, waiter);
		else if (pair->poller)
			sleep_until_woken(pair, waiter);
		else
			poll_once(pair, waiter);
	}
	waiter->stirred = false;
}

bool pair_take_slot(struct pair *pair, uint32_t *ret_slot)
{
	if (!pair->free_slots)
		return false;
	*ret_slot = pair->slots[--pair->free_slots];
	return true;
}

void pair_give_slot(struct pair *pair, uint32_t slot)
{
	pair->slots[pair->free_slots++] = slot;
}
