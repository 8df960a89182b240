/* SPDX-License-Identifier: MIT */
/*
 * group_wait.c: queue pairs waited for together.
 *
 * A wait sleeps on an epoll descriptor that has the members' interrupts and the group's own eventfd, all edge-triggered:
 * what comes between the last look and the sleep stays an edge. Before the sleep each member returns what it owes
 * (wake_arm()), and if one had something to return, all are polled once more.
 */
#include "io/group.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mmio.h"
#include "qpair/deadline.h"
#include "qpair/wake.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

enum {
	SPIN_NS = 20000,
	SPIN_POLLS = 4, /* between two looks at the clock */
	NAP_MIN_NS = 20000,
	NAP_MAX_NS = 10000000,
	STEPPED_NAP_NS = 1000000,
	SLEEP_MAX_NS = 500000000,
	NS_PER_S = 1000000000,
	NS_PER_MS = 1000000,
};

struct group_wait {
	struct nvu_group *group;
	uint64_t began_ns, now_ns, until_ns;
	uint64_t nap_ns; /* the last one; 0: none */
	uint32_t polls;
	bool interrupted; /* by a signal */
};

static struct transport *stepped_transport(const struct nvu_qpair *qpair)
{
	return qpair->ctrl && qpair->ctrl->transport->is_stepped ? qpair->ctrl->transport : NULL;
}

/* Stepped devices work when they are asked to. False: there is none. */
static bool step_devices(const struct nvu_group *group)
{
	const struct timespec pause = { .tv_nsec = STEPPED_NAP_NS };
	const uint64_t ahead_ns = clock_ahead();
	bool any = false;

	for (uint32_t i = 0; i < group->live; i++) {
		struct transport *transport = stepped_transport(group->members[i].qpair);

		if (!transport)
			continue;
		transport->ops->relax(transport);
		deadline_read_next(group->members[i].qpair);
		any = true;
	}
	/* Where their turns do not let time pass, a nap does. */
	if (any && clock_ahead() == ahead_ns)
		(void)nanosleep(&pause, NULL);
	return any;
}

static bool take_wake(struct nvu_group *group)
{
	bool woken = __atomic_exchange_n(&group->woken, false, __ATOMIC_ACQUIRE);

	for (uint32_t i = 0; i < group->live; i++)
		woken |= (wake_take(group->members[i].qpair) & WAKE_ASKED) != 0;
	return woken;
}

/* True: one had something to return, and all have to be looked at once more. */
static bool arm(struct nvu_group *group)
{
	bool any = false;

	for (uint32_t i = 0; i < group->live; i++)
		any |= wake_arm(group->members[i].qpair);
	return any;
}

static uint64_t choose_sleep(struct group_wait *wait)
{
	const struct nvu_group *group = wait->group;
	bool naps = group->interrupts < group->live;
	uint64_t due_ns = wait->now_ns + SLEEP_MAX_NS, ns;

	for (uint32_t i = 0; i < group->live; i++) {
		uint64_t look_ns = wake_next_look_ns(group->members[i].qpair);

		due_ns = look_ns < due_ns ? look_ns : due_ns;
	}
	ns = due_ns > wait->now_ns + NAP_MIN_NS ? due_ns - wait->now_ns : NAP_MIN_NS;
	wait->nap_ns = wait->nap_ns ? wait->nap_ns * 2 : NAP_MIN_NS;
	if (wait->nap_ns > NAP_MAX_NS)
		wait->nap_ns = NAP_MAX_NS;
	if (naps && ns > wait->nap_ns)
		ns = wait->nap_ns;
	return ns < wait->until_ns - wait->now_ns ? ns : wait->until_ns - wait->now_ns;
}

static void sleep_armed(struct group_wait *wait)
{
	struct pollfd one = { .fd = wait->group->sleep_fd, .events = POLLIN };
	struct timespec timeout;
	uint64_t ns;
	int ret;

	if (arm(wait->group))
		return;
	ns = choose_sleep(wait);
	timeout = (struct timespec){ (time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S) };
	ret = ppoll(&one, 1, &timeout, NULL);
	if (ret > 0)
		group_take_edges(wait->group);
	wait->interrupted = ret < 0 && errno == EINTR;
	wait->group->coarse = 0;
}

/* Between two polls that found nothing. */
static void take_turn(struct group_wait *wait)
{
	if (step_devices(wait->group)) {
		wait->group->coarse = 0;
	} else if (wait->nap_ns || wait->now_ns - wait->began_ns >= SPIN_NS) {
		sleep_armed(wait);
	} else {
		cpu_relax();
		if (++wait->polls % SPIN_POLLS)
			return;
	}
	wait->now_ns = clock_ns();
}

static int wait_longer(struct nvu_group *group, struct nvu_cpl *cpls, uint32_t max, int timeout_ms)
{
	const uint64_t now_ns = clock_ns();
	struct group_wait wait = {
		.group = group,
		.began_ns = now_ns,
		.now_ns = now_ns,
		.until_ns = timeout_ms < 0 ? UINT64_MAX : now_ns + (uint64_t)timeout_ms * NS_PER_MS,
	};
	int ret = 0;

	while (!ret && !wait.interrupted && wait.now_ns < wait.until_ns && !take_wake(group)) {
		take_turn(&wait);
		ret = nvu_group_poll(group, cpls, max);
	}
	return ret;
}

int nvu_group_wait(struct nvu_group *group, struct nvu_cpl *cpls, uint32_t max, int timeout_ms)
{
	int ret;

	if (!max)
		return error_set(-EINVAL, "max is 0: expected room for at least one completion");
	ret = nvu_group_poll(group, cpls, max);
	return ret || !timeout_ms ? ret : wait_longer(group, cpls, max, timeout_ms);
}

void nvu_group_wake(struct nvu_group *group)
{
	const uint64_t once = 1;
	int kept = errno;
	ssize_t ignored;

	__atomic_store_n(&group->woken, true, __ATOMIC_RELEASE);
	ignored = write(group->wake_fd, &once, sizeof(once));
	(void)ignored;
	errno = kept;
}
