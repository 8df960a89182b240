/* SPDX-License-Identifier: MIT */
/*
 * tombstone.c: see tombstone.h.
 */
#include "ctrl/tombstone.h"

#include "base/check.h"
#include "base/error.h"

#include <errno.h>
#include <pthread.h>

bool ctrl_keep_tombstone(struct nvu_ctrl *ctrl)
{
	static struct nvu_ctrl *tombstones;
	static pthread_mutex_t tombstones_lock = PTHREAD_MUTEX_INITIALIZER;

	if (!check_wanted())
		return true;
	ctrl->closed = true;
	pthread_mutex_lock(&tombstones_lock);
	ctrl->next = tombstones;
	tombstones = ctrl;
	pthread_mutex_unlock(&tombstones_lock);
	return false;
}

int ctrl_is_kept(const struct nvu_ctrl *ctrl, const char *function)
{
	return ctrl->closed
		       ? check_report(-EINVAL, "%s: the controller was closed before", function)
		       : 0;
}

int ctrl_is_open(const struct nvu_ctrl *ctrl, const char *function)
{
	int ret = ctrl_is_kept(ctrl, function);

	if (ret || !ctrl->opening)
		return ret;
	return error_set(-EBUSY,
			 "%s: %s: the controller is not open yet: call nvu_ctrl_open_step() until "
			 "it returns 0",
			 ctrl_name(ctrl), function);
}
