/* SPDX-License-Identifier: MIT */
/*
 * wait.c: polling that sleeps. A wait polls for a moment, then sleeps until an interrupt comes; without interrupts it
 * yields the processor, then naps, twice as long each time. Where completions come later than it polls, it polls half as long the next time: on a processor that
 * others want, polling keeps away what is waited for.
 *
 * A sleep ends before the queue pair's next look at its commands and its controller is due, and the poll behind it
 * looks. A stepped device works only when it is asked to: a turn of the wait asks it, in place of yielding.
 */
#include "base/clock.h"
#include "base/error.h"
#include "base/mmio.h"
#include "ctrl/ctrl.h"
#include "qpair/deadline.h"
#include "qpair/misuse.h"
#include "qpair/wake.h"

#include <errno.h>
#include <nvu/wait.h>
#include <sched.h>

enum {
	SPIN_MIN_NS = 1000,
	SPIN_POLLS = 16, /* between two looks at the clock */
	YIELD_NS = 200000,
	NAP_MIN_NS = 20000,
	NAP_MAX_NS = 10000000,
	SLEEP_MAX_NS = 500000000, /* beyond any time between two looks */
	NAP_STEPPED_MAX_NS = 1000000,
	NS_PER_MS = 1000000,
};

/* One call of nvu_wait(), from its first poll that found nothing on. */
struct wait {
	struct nvu_qpair *qpair;
	uint64_t began_ns;
	uint64_t now_ns;
	uint64_t until_ns; /* UINT64_MAX: no limit */
	uint64_t nap_ns;   /* the last one; 0: has not napped yet */
	uint32_t polls;
	bool interrupted; /* by a signal */
};

static bool is_stepped(const struct nvu_qpair *qpair)
{
	return qpair->ctrl && qpair->ctrl->transport->is_stepped;
}

/* Where the last wait was, if that found nothing and nothing has been queued since. */
static struct wait begin(struct nvu_qpair *qpair, int timeout_ms)
{
	const uint64_t now_ns = clock_ns();

	return (struct wait){
		.qpair = qpair,
		.began_ns = now_ns,
		.now_ns = now_ns,
		.until_ns = timeout_ms < 0 ? UINT64_MAX : now_ns + (uint64_t)timeout_ms * NS_PER_MS,
		.nap_ns = qpair->wait.slot == qpair->sq.slot ? qpair->wait.nap_ns : 0,
	};
}

/* found: it ends with a completion. */
static void end(const struct wait *wait, bool found)
{
	struct qpair_wait *kept = &wait->qpair->wait;
	const bool was_quick = wait->now_ns - wait->began_ns < kept->spin_ns;

	kept->nap_ns = found ? 0 : wait->nap_ns;
	kept->slot = wait->qpair->sq.slot;
	if (found && was_quick)
		kept->spin_ns = kept->spin_max_ns;
	else if (found && kept->spin_ns > SPIN_MIN_NS)
		kept->spin_ns /= 2;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* How long to nap now: not beyond the next look at what is late, but a little where another thread puts it off. */
static uint64_t choose_nap(struct wait *wait, uint64_t max_ns)
{
	const uint64_t due_ns = wake_next_look_ns(wait->qpair);
	uint64_t ns = wait->nap_ns ? least(wait->nap_ns * 2, max_ns) : NAP_MIN_NS;

	wait->nap_ns = ns;
	if (wait->now_ns + ns > due_ns)
		ns = due_ns > wait->now_ns + NAP_MIN_NS ? due_ns - wait->now_ns : NAP_MIN_NS;
	return least(ns, wait->until_ns - wait->now_ns);
}

/* Without an interrupt to wait for, not for long at once. */
static void nap(struct wait *wait)
{
	wait->interrupted = !wake_sleep(wait->qpair, choose_nap(wait, NAP_MAX_NS));
	deadline_look_next(wait->qpair);
}

/* Until the next look is due, unless an interrupt comes. What is owed is returned first: then another poll looks. */
static void sleep_armed(struct wait *wait)
{
	if (wake_arm(wait->qpair))
		return;
	wait->nap_ns = SLEEP_MAX_NS;
	wait->interrupted = !wake_sleep(wait->qpair, choose_nap(wait, SLEEP_MAX_NS));
	deadline_look_next(wait->qpair);
}

/* The device works now, or never. Where its own turns do not let time pass, a nap does. */
static void step_device(struct wait *wait)
{
	struct transport *transport = wait->qpair->ctrl->transport;
	const uint64_t ahead_ns = clock_ahead();

	transport->ops->relax(transport);
	if (clock_ahead() == ahead_ns) {
		const struct timespec pause = {
			.tv_nsec = (long)choose_nap(wait, NAP_STEPPED_MAX_NS),
		};

		wait->interrupted = nanosleep(&pause, NULL) && errno == EINTR;
	}
	deadline_read_next(wait->qpair);
}

/* Parts of a request of several commands have been answered: what is waited for comes closer. */
static void begin_again(struct wait *wait)
{
	wait->began_ns = wait->now_ns;
	wait->nap_ns = 0;
}

/* Between two polls that found nothing. */
static void take_turn(struct wait *wait)
{
	const uint64_t spin_ns = wait->qpair->wait.spin_ns;
	const uint64_t waited_ns = wait->now_ns - wait->began_ns;

	if (is_stepped(wait->qpair)) {
		step_device(wait);
	} else if (wait->qpair->wait.fd >= 0 && (wait->nap_ns || waited_ns >= spin_ns)) {
		sleep_armed(wait);
	} else if (wait->nap_ns || waited_ns >= spin_ns + YIELD_NS) {
		nap(wait);
	} else if (waited_ns >= spin_ns) {
		(void)sched_yield();
	} else {
		cpu_relax();
		if (++wait->polls % SPIN_POLLS)
			return;
	}
	wait->now_ns = clock_ns();
}

/* The first poll has found nothing. */
static int wait_longer(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max, int timeout_ms)
{
	struct wait wait = begin(qpair, timeout_ms);
	int ret = 0;

	while (!ret && !wait.interrupted && wait.now_ns < wait.until_ns) {
		const uint64_t completed = qpair->completed;

		if (wake_take(qpair) & WAKE_ASKED)
			break;
		take_turn(&wait);
		ret = nvu_poll(qpair, cpls, max);
		if (!ret && qpair->completed != completed)
			begin_again(&wait);
	}
	end(&wait, ret > 0);
	return ret;
}

int nvu_wait(struct nvu_qpair *qpair, struct nvu_cpl *cpls, uint32_t max, int timeout_ms)
{
	int ret = misuse_enter(qpair, __func__);

	if (ret)
		return ret;
	if (!max)
		ret = error_set(-EINVAL, "max is 0: expected room for at least one completion");
	else
		ret = nvu_poll(qpair, cpls, max);
	if (!ret && timeout_ms)
		ret = wait_longer(qpair, cpls, max, timeout_ms);
	misuse_leave(qpair);
	return ret;
}

int nvu_qpair_fd(struct nvu_qpair *qpair)
{
	if (misuse_is_closed(qpair, __func__))
		return -EINVAL;
	if (qpair->wait.fd < 0)
		return error_set(-ENOTSUP,
				 "queue pair %u has no interrupts: create it with "
				 "NVU_QPAIR_INTERRUPT",
				 qpair->id);
	wake_be_eager(qpair);
	return qpair->wait.fd;
}

int nvu_qpair_wake(struct nvu_qpair *qpair)
{
	if (misuse_is_closed(qpair, __func__))
		return -EINVAL;
	wake_up(qpair, WAKE_ASKED);
	return 0;
}
