/* SPDX-License-Identifier: MIT */
/*
 * refresh.h: namespaces, and the controller, identified again: after a reset, after a command or an
 * event that may have changed them.
 *
 * A handle is a snapshot. When a namespace has changed so that a command encoded from its handle would
 * be wrong, the handle is marked stale: its owner id becomes one that no queue pair has, so the comparison
 * that each command goes through anyway refuses it. At the same time the controller gets another owner id,
 * and all handles that are still good get it too. A queue pair keeps its old one until its own thread
 * follows: at its next look, or when it meets a handle with the new owner id. So each queue pair has one
 * place in the sequence of its commands at which the change happened, which separates the commands that it
 * keeps for resending.
 */
#ifndef NVU_NS_REFRESH_H
#define NVU_NS_REFRESH_H

#include "ns/ns.h"

/* The first time, at the open: identifies the namespaces. */
int refresh_begin(struct nvu_ctrl *ctrl);

/*
 * If an event or a command reported a change, or if it has failed before: identifies the controller and its
 * namespaces again, and publishes what has changed. 0. A failure, -errno or an NVMe status > 0, leaves no handle
 * that is trusted: all are stale. It is tried again only so often, because each time may take long. The sentence
 * is set then. Caller holds the lock.
 */
int refresh_if_wanted(struct nvu_ctrl *ctrl);

/* After a reset: anything may have changed, and failures before it do not count. Caller holds the lock. */
void refresh_forget(struct nvu_ctrl *ctrl);

/*
 * Before the caller reads the namespaces: takes the events of the controller. Blocks only if there is
 * something to identify. 0, or why the namespaces are not known. Any thread, lock not held.
 */
int refresh_glance(struct nvu_ctrl *ctrl);

/*
 * A command of the program has returned ret: identifies again what it may have changed. The last
 * sentence stays as it is. Caller holds the lock.
 */
void refresh_after(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, int ret);

/* The newest handle of a namespace; NULL: it is not there. It counts as seen. Any thread. */
const struct nvu_ns *refresh_get(struct nvu_ctrl *ctrl, uint32_t nsid);

#endif
