/* SPDX-License-Identifier: MIT */
/*
 * nvu/group.h: many queue pairs, of any controllers, polled or waited for together.
 *
 *	number = nvu_group_add(group, qpair);
 *	n = nvu_group_wait(group, cpls, 32, -1);     cpls[i].member is such a number
 *
 * An idle member costs a group's poll less than a call of nvu_poll(): it looks at the next completion entry and whether
 * something is queued, and reads the clock once for all. Deadlines and recovery are those of nvu_poll().
 *
 * Thread rule: one thread at a time uses a group and all its members, but for nvu_group_wake().
 */
#ifndef NVU_GROUP_H
#define NVU_GROUP_H

#include <nvu/qpair.h>
#include <nvu/types.h>

NVU_BEGIN_DECLS

/**
 * nvu_group_create() - make a group without members
 * @ret_group: to be destroyed with nvu_group_destroy(); untouched on failure
 *
 * Return: 0; -ENOMEM; or the error of getting a descriptor: it has two. Any thread. Since 0.1.
 */
NVU_API int nvu_group_create(struct nvu_group **ret_group);

/**
 * nvu_group_destroy() - end a group
 * @group: may be NULL
 *
 * Its members go on by themselves. The group's thread. Since 0.1.
 */
NVU_API void nvu_group_destroy(struct nvu_group *group);

/**
 * nvu_group_add() - make a queue pair a member
 * @group: a group
 * @qpair: a queue pair that is in no group; remove it before you destroy it
 *
 * Queuing commands, nvu_submit() and nvu_poll() work as before.
 *
 * Return: the member's number, 0 and up: the lowest that no member has; -EBUSY it is in a group; -ENOTSUP it has no
 * interrupts, and nvu_group_fd() was called; -ENOMEM; or the error of watching its descriptor. The group's thread.
 * Since 0.1.
 */
NVU_API int nvu_group_add(struct nvu_group *group, struct nvu_qpair *qpair);

/**
 * nvu_group_remove() - end a membership
 * @group: a group
 * @qpair: a member
 *
 * Return: 0; -EINVAL it is no member. The group's thread. Since 0.1.
 */
NVU_API int nvu_group_remove(struct nvu_group *group, struct nvu_qpair *qpair);

/**
 * nvu_group_poll() - nvu_poll() of all members
 * @group: a group
 * @cpls: room for @max completions
 * @max: largest number of completions to return
 *
 * Publishes what is queued, then collects completions; the next call begins with the member at which this one had no
 * room for more. Members whose commands are late, or whose controller has been reset, are found when the coarse clock of
 * the kernel has moved, every 1 to 10 ms.
 *
 * A member that has ended (nvu_poll() returns an error for it) is no longer polled: all its commands have been answered,
 * and queuing to it fails. Other members go on.
 *
 * Return: completions written to @cpls, 0 for none yet; or, when every member has ended, the error of the last one.
 * The group's thread. Since 0.1.
 */
NVU_API int nvu_group_poll(struct nvu_group *group, struct nvu_cpl *cpls, uint32_t max)
	NVU_WRITES(2, 3);

/**
 * nvu_group_wait() - nvu_group_poll(), but sleep until there is a completion
 * @group: a group
 * @cpls: room for @max completions
 * @max: 1 and up: largest number of completions to return
 * @timeout_ms: longest time to wait; -1: no limit; 0: as nvu_group_poll()
 *
 * Polls for up to 20 us; then sleeps until a controller interrupts, a deadline of a member comes, nvu_group_wake() or
 * the nvu_qpair_wake() of a member is called, or a signal comes. Members without interrupts
 * (NVU_QPAIR_INTERRUPT) let it sleep for up to 10 ms at a time.
 *
 * Return: completions written to @cpls; 0: the time is up, the thread was woken, or a signal came; -EINVAL @max is 0; or
 * the error of nvu_group_poll(). The group's thread. Since 0.1.
 */
NVU_API int nvu_group_wait(struct nvu_group *group, struct nvu_cpl *cpls, uint32_t max,
			   int timeout_ms) NVU_WRITES(2, 3);

/**
 * nvu_group_fd() - a descriptor for the program's own loop
 * @group: a group whose members all have interrupts
 *
 * Readable when a member's controller has interrupted, or nvu_group_wake() was called, since the last nvu_group_poll():
 * level-triggered or edge-triggered. Then call nvu_group_poll() until it returns 0; and at least every 100 ms, for
 * deadlines. From the first call on, each poll of a member that finds completions writes its completion doorbell.
 *
 * Return: 0 and up: the same at each call, which nvu_group_destroy() closes; -ENOTSUP a member has no interrupts. The
 * group's thread. Since 0.1.
 */
NVU_API int nvu_group_fd(struct nvu_group *group);

/**
 * nvu_group_wake() - end the wait of a group's thread
 * @group: a group that is not being destroyed
 *
 * As nvu_qpair_wake(): a wait that begins later returns at once, once.
 *
 * Any thread, also a signal handler. Since 0.1.
 */
NVU_API void nvu_group_wake(struct nvu_group *group);

NVU_END_DECLS

#endif /* NVU_GROUP_H */
