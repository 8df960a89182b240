/* SPDX-License-Identifier: MIT */
/*
 * group.c: queue pairs polled together. An idle member costs two looks, at what is queued and at its next completion
 * entry, and no call. The clock is read once for all: when the coarse one has moved, each member is polled by itself,
 * and looks at what is late.
 */
#include "io/group.h"

#include "base/clock.h"
#include "base/error.h"
#include "qpair/deadline.h"
#include "qpair/wake.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
	EDGES = 16, /* taken at once */
};

/* --- members ----------------------------------------------------------------------------------- */

int nvu_group_create(struct nvu_group **ret_group)
{
	struct epoll_event every = { .events = EPOLLIN | EPOLLET };
	struct nvu_group *group = calloc(1, sizeof(*group));
	int err;

	if (!group)
		return error_set(-ENOMEM, "no memory for a group");
	group->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	group->sleep_fd = epoll_create1(EPOLL_CLOEXEC);
	if (group->wake_fd >= 0 && group->sleep_fd >= 0 &&
	    !epoll_ctl(group->sleep_fd, EPOLL_CTL_ADD, group->wake_fd, &every)) {
		*ret_group = group;
		return 0;
	}
	err = errno;
	nvu_group_destroy(group);
	return error_set(-err, "no descriptors for a group: %s", error_errno_words(err));
}

static void let_go(struct nvu_group *group, struct nvu_qpair *qpair)
{
	qpair->wait.group = NULL;
	if (qpair->wait.fd < 0)
		return;
	(void)epoll_ctl(group->sleep_fd, EPOLL_CTL_DEL, qpair->wait.fd, NULL);
	group->interrupts--;
}

void nvu_group_destroy(struct nvu_group *group)
{
	if (!group)
		return;
	for (uint32_t i = 0; i < group->count; i++)
		let_go(group, group->members[i].qpair);
	if (group->wake_fd >= 0)
		(void)close(group->wake_fd);
	if (group->sleep_fd >= 0)
		(void)close(group->sleep_fd);
	free(group->members);
	free(group);
}

static int make_room(struct nvu_group *group)
{
	uint32_t room = group->room ? group->room * 2 : 16;
	struct member *members;

	if (group->count < group->room)
		return 0;
	members = realloc(group->members, room * sizeof(*members));
	if (!members)
		return error_set(-ENOMEM, "no memory for %u members of a group", room);
	group->members = members;
	group->room = room;
	return 0;
}

static bool has_number(const struct nvu_group *group, uint32_t number)
{
	for (uint32_t i = 0; i < group->count; i++)
		if (group->members[i].number == number)
			return true;
	return false;
}

static int watch(struct nvu_group *group, struct nvu_qpair *qpair)
{
	struct epoll_event every = { .events = EPOLLIN | EPOLLET };

	if (qpair->wait.fd < 0)
		return 0;
	if (epoll_ctl(group->sleep_fd, EPOLL_CTL_ADD, qpair->wait.fd, &every))
		return error_set(-errno, "queue pair %u: its interrupts cannot be watched: %s",
				 qpair->id, error_errno_words(errno));
	group->interrupts++;
	if (group->is_eager)
		wake_be_eager(qpair);
	return 0;
}

static int refuse_silent(const struct nvu_qpair *qpair)
{
	return error_set(
		-ENOTSUP,
		"queue pair %u has no interrupts, so that nothing would signal the group's "
		"descriptor: create it with NVU_QPAIR_INTERRUPT",
		qpair->id);
}

int nvu_group_add(struct nvu_group *group, struct nvu_qpair *qpair)
{
	uint32_t number = 0;
	int ret;

	if (qpair->wait.group)
		return error_set(-EBUSY, "queue pair %u is in a group: remove it there first",
				 qpair->id);
	if (group->is_eager && qpair->wait.fd < 0)
		return refuse_silent(qpair);
	ret = make_room(group);
	if (!ret)
		ret = watch(group, qpair);
	if (ret)
		return ret;
	while (has_number(group, number))
		number++;
	/* In front of those that have ended. */
	group->members[group->count++] = group->members[group->live];
	group->members[group->live++] = (struct member){ .qpair = qpair, .number = number };
	qpair->wait.group = group;
	group->coarse = 0;
	return (int)number;
}

/* The last of those that are polled takes the place, and leaves its own behind them. */
static void end_member(struct nvu_group *group, uint32_t at)
{
	struct member ended = group->members[at];

	assert(at < group->live);
	group->members[at] = group->members[--group->live];
	group->members[group->live] = ended;
}

int nvu_group_remove(struct nvu_group *group, struct nvu_qpair *qpair)
{
	uint32_t at = 0;

	while (at < group->count && group->members[at].qpair != qpair)
		at++;
	if (at == group->count)
		return error_set(-EINVAL, "queue pair %u is not a member of this group", qpair->id);
	let_go(group, qpair);
	if (at < group->live) {
		end_member(group, at);
		at = group->live;
	}
	group->members[at] = group->members[--group->count];
	return 0;
}

/* --- polling ----------------------------------------------------------------------------------- */

/* Nothing is queued or has come, and no other thread has news. */
static inline bool is_idle(const struct nvu_qpair *qpair)
{
	return sq_ring_is_quiet(&qpair->sq) && !cq_ring_pending(&qpair->cq);
}

/* Of the member at this place: how many completions. */
static __attribute__((noinline)) uint32_t poll_member(struct nvu_group *group, uint32_t at,
						      bool look, struct nvu_cpl *cpls, uint32_t max)
{
	struct member *member = &group->members[at];
	int ret;

	if (look)
		deadline_look_next(member->qpair);
	ret = nvu_poll(member->qpair, cpls, max);
	for (int i = 0; i < ret; i++)
		cpls[i].member = member->number;
	if (ret >= 0)
		return (uint32_t)ret;
	member->error = ret;
	end_member(group, at);
	return 0;
}

/* The first member from this place on that is not idle; or the end. */
static uint32_t next_busy(const struct member *members, uint32_t at, uint32_t end)
{
	while (at < end && is_idle(members[at].qpair))
		at++;
	return at;
}

/* The members from this place to the end. Returns where it had no more room, or the end. */
static uint32_t poll_from(struct nvu_group *group, uint32_t at, uint32_t end, bool look,
			  struct nvu_cpl *cpls, uint32_t max, uint32_t *done)
{
	while (*done < max) {
		uint32_t live = group->live;

		end = end < live ? end : live;
		if (!look)
			at = next_busy(group->members, at, end);
		if (at >= end)
			break;
		*done += poll_member(group, at, look, cpls + *done, max - *done);
		at += group->live == live; /* else another one is there now */
	}
	return at;
}

static int report_end(const struct nvu_group *group)
{
	return error_set(group->members[0].error,
			 "each of the %u members of the group has ended: remove them, close their "
			 "controllers and open them again",
			 group->count);
}

void group_take_edges(const struct nvu_group *group)
{
	struct epoll_event edges[EDGES];

	while (epoll_wait(group->sleep_fd, edges, EDGES, 0) == EDGES)
		;
}

int nvu_group_poll(struct nvu_group *group, struct nvu_cpl *cpls, uint32_t max)
{
	uint64_t coarse = clock_coarse(&group->scratch);
	uint32_t first = group->first < group->live ? group->first : 0, done = 0, at;
	bool look = coarse != group->coarse;

	if (!group->live && group->count)
		return report_end(group);
	/* Before the looks: an edge that comes later stays. */
	if (group->is_eager)
		group_take_edges(group);
	at = poll_from(group, first, group->live, look, cpls, max, &done);
	if (first && done < max)
		at = poll_from(group, 0, first, look, cpls, max, &done);
	/* Those without a turn look next time. */
	group->coarse = done < max ? coarse : 0;
	group->first = done < max ? 0 : at;
	if (!done && !group->live && group->count)
		return report_end(group);
	return (int)done;
}

int nvu_group_fd(struct nvu_group *group)
{
	for (uint32_t i = 0; i < group->count; i++)
		if (group->members[i].qpair->wait.fd < 0)
			return refuse_silent(group->members[i].qpair);
	for (uint32_t i = 0; i < group->count; i++)
		wake_be_eager(group->members[i].qpair);
	group->is_eager = true;
	return group->sleep_fd;
}
