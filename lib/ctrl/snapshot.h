/* SPDX-License-Identifier: MIT */
/*
 * snapshot.h: what nvu_ctrl_info() and nvu_ctrl_identify() return: copies of ctrl->info and ctrl->id
 * that never change. Each stays valid until the controller closes; a thread finds the newest without the lock.
 * A snapshot that differs only in the count of resets shares its Identify data with the one before: it
 * takes 400 bytes, and resets.h bounds how many there are.
 */
#ifndef NVU_CTRL_SNAPSHOT_H
#define NVU_CTRL_SNAPSHOT_H

#include "ctrl/ctrl.h"

struct ctrl_snapshot {
	struct nvu_ctrl_info info;
	struct ctrl_limits limits;    /* as in struct nvu_ctrl */
	const struct nvu_id_ctrl *id; /* freed with the oldest snapshot that has it */
	struct ctrl_snapshot *older;
};

/* Of an open controller; any thread. */
static inline const struct ctrl_snapshot *snapshot_get(const struct nvu_ctrl *ctrl)
{
	return __atomic_load_n(&ctrl->snapshot, __ATOMIC_ACQUIRE);
}

/*
 * Publishes ctrl->info and ctrl->id if they differ from the newest snapshot. 0; -ENOMEM, or -EPROTO
 * if the controller has changed them too often: then the newest one stays. Sets the sentence.
 * Caller holds the lock.
 */
int snapshot_publish(struct nvu_ctrl *ctrl);

void snapshot_free(struct nvu_ctrl *ctrl);

#endif
