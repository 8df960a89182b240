// SPDX-License-Identifier: MIT
/*
 * vm_group.c: vm_tool's "group": queue pairs of two controllers polled, and waited for, together: none of their
 * interrupts is lost, an idle wait costs next to nothing, a reset of one controller is reported, the other one goes on.
 */
#include "vm_tool.h"

#include <poll.h>
#include <stdio.h>

enum {
	CTRLS = 2,
	EACH = 3,
	MEMBERS = CTRLS * EACH,
	ROUNDS = 100,
	IDLE_MS = 2000,
	LOST_MS = 50,
	TRIES = 4
};

struct member {
	struct nvu_qpair *qpair;
	const struct nvu_ns *ns;
	struct nvu_dma *buf;
	uint64_t answers;
};

static struct nvu_ctrl *ctrls[CTRLS];
static struct member members[MEMBERS];

static void start(char **addresses, struct nvu_group *group)
{
	for (int i = 0; i < CTRLS; i++)
		must(nvu_ctrl_open(addresses[i], NULL, &ctrls[i]), addresses[i]);
	for (int i = 0; i < MEMBERS; i++) {
		struct nvu_ctrl *ctrl = ctrls[i % CTRLS];
		struct member *member = &members[i];

		must(nvu_ns_get(ctrl, 1, &member->ns), "namespace");
		must(nvu_qpair_create(ctrl, NVU_QPAIR_OPTS(.flags = NVU_QPAIR_INTERRUPT),
				      &member->qpair),
		     "creating a queue pair with interrupts");
		must(nvu_dma_alloc(ctrl, 4096, &member->buf), "memory");
		if (nvu_group_add(group, member->qpair) != i)
			die("a member has another number: %s", nvu_last_error());
	}
}

static void end(struct nvu_group *group)
{
	for (int i = 0; i < MEMBERS; i++) {
		must(nvu_group_remove(group, members[i].qpair), "removing a member");
		nvu_qpair_destroy(members[i].qpair);
		must(nvu_dma_free(members[i].buf), "freeing memory");
	}
	nvu_group_destroy(group);
	for (int i = 0; i < CTRLS; i++)
		nvu_ctrl_close(ctrls[i]);
}

static void queue_read(int at)
{
	struct member *member = &members[at];

	must(nvu_read(member->qpair, member->ns, 0, 1, member->buf, 0, (uint64_t)at),
	     "queueing a read");
}

/* Waits for this number of answers; each is of the member that it says. */
static void await(struct nvu_group *group, int answers, int status)
{
	struct nvu_cpl cpls[MEMBERS];

	while (answers > 0) {
		int count = nvu_group_wait(group, cpls, MEMBERS, -1);

		if (count < 0)
			must(count, "waiting");
		for (int i = 0; i < count; i++) {
			if (cpls[i].member != cpls[i].user_data || cpls[i].member >= MEMBERS)
				die("a completion is of another member");
			if (cpls[i].status != status)
				die("a read: %d instead of %d", cpls[i].status, status);
			members[cpls[i].member].answers++;
		}
		answers -= count;
	}
}

static void lose_none(struct nvu_group *group)
{
	const uint64_t began_ms = now_ms();
	uint64_t took_ms;

	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < MEMBERS; i++)
			queue_read(i);
		await(group, MEMBERS, 0);
	}
	took_ms = now_ms() - began_ms;
	printf("# %d rounds of %d reads: %llu us each round\n", ROUNDS, MEMBERS,
	       (unsigned long long)(took_ms * 1000 / ROUNDS));
	if (took_ms > (uint64_t)ROUNDS * LOST_MS / 2)
		die("interrupts are lost");
}

static int wait_for_nothing(void *group)
{
	struct nvu_cpl cpl;

	return nvu_group_wait(group, &cpl, 1, IDLE_MS);
}

/* Commands that are outstanding when their controller is reset are answered; those of the other one are carried out. */
static void reset_one(struct nvu_group *group)
{
	uint64_t before[MEMBERS];

	must(nvu_ctrl_reset(ctrls[0]), "resetting");
	for (int i = 0; i < MEMBERS; i++)
		before[i] = members[i].answers;
	lose_none(group);
	for (int i = 0; i < MEMBERS; i++)
		if (members[i].answers != before[i] + ROUNDS)
			die("member %d has %llu answers of %d", i,
			    (unsigned long long)(members[i].answers - before[i]), ROUNDS);
}

/* A program that sleeps by itself on the group's descriptor. */
static void use_poll(struct nvu_group *group)
{
	struct pollfd one = { .fd = nvu_group_fd(group), .events = POLLIN };
	const uint64_t began_ms = now_ms();
	struct nvu_cpl cpl;

	if (one.fd < 0)
		die("no descriptor: %s", nvu_last_error());
	while (nvu_group_poll(group, &cpl, 1) > 0)
		;
	for (int i = 0; i < ROUNDS; i++) {
		int ret = 0;

		queue_read(i % MEMBERS);
		must(nvu_submit(members[i % MEMBERS].qpair), "submitting");
		while (!ret) {
			(void)poll(&one, 1, LOST_MS);
			ret = nvu_group_poll(group, &cpl, 1);
		}
		if (ret < 0)
			must(ret, "polling");
		must(cpl.status, "a read");
	}
	if (now_ms() - began_ms > (uint64_t)ROUNDS * LOST_MS / 2)
		die("the descriptor is not signalled for each");
}

int cmd_group(int argc, char **argv)
{
	struct nvu_group *group;

	(void)argc;
	must(nvu_group_create(&group), "a group");
	start(argv, group);
	lose_none(group);
	must_be_idle(wait_for_nothing, group, IDLE_MS, MEMBERS);
	reset_one(group);
	use_poll(group);
	end(group);
	return 0;
}
