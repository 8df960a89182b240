/* SPDX-License-Identifier: MIT */
/*
 * snapshot.c: see snapshot.h.
 */
#include "ctrl/snapshot.h"

#include "base/error.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SNAPSHOTS_MAX = 4096 }; /* 20 MiB: a controller that changes more often is broken */

static bool has_newest_id(const struct nvu_ctrl *ctrl)
{
	return ctrl->snapshot && !memcmp(ctrl->snapshot->id, &ctrl->id, sizeof(ctrl->id));
}

/* But for the count of resets. There is a newest one. */
static bool has_newest_info(const struct nvu_ctrl *ctrl)
{
	struct nvu_ctrl_info info;

	memcpy(&info, &ctrl->info, sizeof(info)); /* padding too: it is compared */
	info.resets = ctrl->snapshot->info.resets;
	return !memcmp(&ctrl->snapshot->info, &info, sizeof(info)) &&
	       !memcmp(&ctrl->snapshot->limits, &ctrl->limits, sizeof(ctrl->limits));
}

/* With Identify data of its own, or with those of the newest one. */
static struct ctrl_snapshot *make(const struct nvu_ctrl *ctrl, bool own_id)
{
	struct ctrl_snapshot *snapshot = malloc(sizeof(*snapshot));
	struct nvu_id_ctrl *id = NULL;

	if (snapshot && own_id)
		id = malloc(sizeof(*id));
	if (!snapshot || (own_id && !id)) {
		free(snapshot);
		return NULL;
	}
	if (id)
		*id = ctrl->id;
	memcpy(&snapshot->info, &ctrl->info, sizeof(snapshot->info));
	snapshot->limits = ctrl->limits;
	snapshot->id = id ? id : ctrl->snapshot->id;
	snapshot->older = ctrl->snapshot;
	return snapshot;
}

int snapshot_publish(struct nvu_ctrl *ctrl)
{
	bool same_id = has_newest_id(ctrl), only_reset = same_id && has_newest_info(ctrl);
	struct ctrl_snapshot *snapshot;

	assert(lock_is_held(&ctrl->lock));
	if (only_reset && ctrl->snapshot->info.resets == ctrl->info.resets)
		return 0;
	if (!only_reset && ctrl->snapshots >= SNAPSHOTS_MAX)
		return error_set(-EPROTO,
				 "%s: the controller's identity has changed %d times: close it and "
				 "open it again",
				 ctrl_name(ctrl), SNAPSHOTS_MAX);
	snapshot = make(ctrl, !same_id);
	if (!snapshot)
		return error_set(-ENOMEM, "no memory for the identity of a controller");
	ctrl->snapshots += !only_reset;
	__atomic_store_n(&ctrl->snapshot, snapshot, __ATOMIC_RELEASE);
	return 0;
}

void snapshot_free(struct nvu_ctrl *ctrl)
{
	while (ctrl->snapshot) {
		struct ctrl_snapshot *snapshot = ctrl->snapshot;

		ctrl->snapshot = snapshot->older;
		if (!ctrl->snapshot || ctrl->snapshot->id != snapshot->id)
			free((void *)(uintptr_t)snapshot->id);
		free(snapshot);
	}
}
