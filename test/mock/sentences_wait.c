// SPDX-License-Identifier: MIT
/*
 * sentences_wait.c: calls of nvu/wait.h that fail, and that work.
 */
#include "sentences.h"

static int wait_works(struct rig *rig)
{
	struct nvu_cpl cpl;

	return nvu_wait(rig->qpair, &cpl, 1, 1) || nvu_qpair_wake(rig->qpair);
}

static int wait_without_room(struct rig *rig)
{
	return nvu_wait(rig->qpair, NULL, 0, 1);
}

static int fd_without_interrupts(struct rig *rig)
{
	return nvu_qpair_fd(rig->qpair);
}

static int fd_works(struct rig *rig)
{
	struct nvu_qpair *qpair;
	int ret = nvu_qpair_create(rig->ctrl, NVU_QPAIR_OPTS(.flags = NVU_QPAIR_INTERRUPT), &qpair);

	if (ret)
		return ret;
	ret = nvu_qpair_fd(qpair) < 0;
	nvu_qpair_destroy(qpair);
	return ret;
}

/* A group with the rig's queue pair as its member, for one call. */
static int with_group(struct rig *rig, int (*call)(struct nvu_group *group, struct rig *rig))
{
	struct nvu_group *group;
	int ret = nvu_group_create(&group);

	if (ret)
		return ret;
	ret = nvu_group_add(group, rig->qpair) < 0;
	if (!ret)
		ret = call(group, rig);
	nvu_group_destroy(group);
	return ret;
}

#define GROUP_CALL(name, call)                                         \
	static int name##_of(struct nvu_group *group, struct rig *rig) \
	{                                                              \
		struct nvu_cpl cpl;                                    \
                                                                       \
		(void)rig;                                             \
		(void)cpl;                                             \
		return call;                                           \
	}                                                              \
	static int name(struct rig *rig)                               \
	{                                                              \
		return with_group(rig, name##_of);                     \
	}

GROUP_CALL(group_works, nvu_group_poll(group, &cpl, 1))
GROUP_CALL(group_waits, nvu_group_wait(group, &cpl, 1, 1))
GROUP_CALL(group_wakes, (nvu_group_wake(group), 0))
GROUP_CALL(group_without_room, nvu_group_wait(group, NULL, 0, 1))
GROUP_CALL(group_takes_twice, nvu_group_add(group, rig->qpair))
GROUP_CALL(group_removes, nvu_group_remove(group, rig->qpair))
GROUP_CALL(group_removes_twice,
	   nvu_group_remove(group, rig->qpair) ? 0 : nvu_group_remove(group, rig->qpair))
GROUP_CALL(group_fd_without_interrupts, nvu_group_fd(group))
GROUP_CALL(group_fd_works, nvu_group_remove(group, rig->qpair) || nvu_group_fd(group) < 0)

const struct sentence_row sentence_wait_rows[] = {
	{ "nvu_wait", wait_without_room, wait_works },
	{ "nvu_qpair_wake", NULL, wait_works },
	{ "nvu_qpair_fd", fd_without_interrupts, fd_works },
	{ "nvu_group_create", NULL, group_works },
	{ "nvu_group_destroy", NULL, group_works },
	{ "nvu_group_add", group_takes_twice, group_works },
	{ "nvu_group_remove", group_removes_twice, group_removes },
	{ "nvu_group_poll", NULL, group_works },
	{ "nvu_group_wait", group_without_room, group_waits },
	{ "nvu_group_wake", NULL, group_wakes },
	{ "nvu_group_fd", group_fd_without_interrupts, group_fd_works },
	{ NULL, NULL, NULL },
};
