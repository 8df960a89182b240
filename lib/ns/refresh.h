/* SPDX-License-Identifier: MIT */
/*
 * refresh.h: namespaces, and the controller, identified again: after a reset, after a command or an
 * event that may have changed them.
 *
 * A handle is a snapshot. When a namespace has changed so that a command encoded from its handle would
 * be wrong, the handle is marked stale: its owner id becomes one that no queue pair has, so the comparison
 * that each command goes through anyway refuses it. At the same time the controller gets another owner id,
 * and all handles that are still valid get it too. A queue pair keeps its old one until its own thread
 * follows: at its next upkeep, or when it meets a handle with the new owner id. So each queue pair has one
 * place in the sequence of its commands at which the change happened, which separates the commands that it
 * keeps for resending.
 */
#ifndef NVU_NS_REFRESH_H
#define NVU_NS_REFRESH_H

#include "ns/ns.h"

/* At the open: identifies the namespaces for the first time, in steps. As ns_scan_step(). Caller holds the lock. */
int refresh_first_step(struct nvu_ctrl *ctrl);

/*
 * If an event or a command reported a change, or if it has failed before: identifies the controller and its
 * namespaces again, and publishes what has changed. 0. After a failure, -errno or an NVMe status > 0 with the
 * sentence set, all handles are stale. nvu tries again only a few times, because each may take long. Caller holds
 * the lock.
 */
int refresh_if_wanted(struct nvu_ctrl *ctrl);

/*
 * One step of the same: sends one command or looks for its answer, and does not wait. STEP_AGAIN: call it again. Any
 * thread may take the next step. Caller holds the lock.
 */
int refresh_step(struct nvu_ctrl *ctrl);

/* Ends without a result what refresh_step() or refresh_first_step() has begun: a reset comes, or the close. Caller holds the lock. */
void refresh_drop(struct nvu_ctrl *ctrl);

/* After a reset: notes that anything may have changed, and forgets failures before it. Caller holds the lock. */
void refresh_forget(struct nvu_ctrl *ctrl);

/*
 * Call it before reading the table of namespaces: it reaps the controller's events, and identifies again what they
 * report, which is the only case in which it blocks. 0, or the error of that. Any thread, lock not held.
 */
int refresh_glance(struct nvu_ctrl *ctrl);

/*
 * A command of the program has returned ret: identifies again what it may have changed. The last
 * sentence stays as it is. Caller holds the lock.
 */
void refresh_after(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, int ret);

/*
 * A command of nvu_admin_start() has ended with ret: refuses the handles that it may have changed until the
 * namespaces are identified again, which the next thread does that calls refresh_if_wanted(). Caller holds the lock.
 */
void refresh_note(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, int ret);

/* Returns the newest handle of a namespace, and notes that a caller has got it. NULL: not active. Any thread. */
const struct nvu_ns *refresh_get(struct nvu_ctrl *ctrl, uint32_t nsid);

#endif
