/* SPDX-License-Identifier: MIT */
/*
 * snapshot.c: see snapshot.h.
 */
#include "ctrl/snapshot.h"

#include "base/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SNAPSHOTS_MAX = 4096 }; /* 20 MiB: a controller that changes more often is broken */

static bool is_newest(const struct nvu_ctrl *ctrl)
{
	const struct ctrl_snapshot *newest = ctrl->snapshot;

	return newest && !memcmp(&newest->info, &ctrl->info, sizeof(ctrl->info)) &&
	       !memcmp(&newest->id, &ctrl->id, sizeof(ctrl->id));
}

int snapshot_publish(struct nvu_ctrl *ctrl)
{
	struct ctrl_snapshot *snapshot;

	if (is_newest(ctrl))
		return 0;
	if (ctrl->snapshots == SNAPSHOTS_MAX)
		return error_set(-EPROTO,
				 "%s: the controller's identity has changed %d times: close it and "
				 "open it again",
				 ctrl_name(ctrl), SNAPSHOTS_MAX);
	snapshot = malloc(sizeof(*snapshot));
	if (!snapshot)
		return error_set(-ENOMEM, "no memory for the identity of a controller");
	snapshot->info = ctrl->info;
	snapshot->id = ctrl->id;
	snapshot->older = ctrl->snapshot;
	ctrl->snapshots++;
	__atomic_store_n(&ctrl->snapshot, snapshot, __ATOMIC_RELEASE);
	return 0;
}

void snapshot_free(struct nvu_ctrl *ctrl)
{
	while (ctrl->snapshot) {
		struct ctrl_snapshot *snapshot = ctrl->snapshot;

		ctrl->snapshot = snapshot->older;
		free(snapshot);
	}
}
