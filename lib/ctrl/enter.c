/* SPDX-License-Identifier: MIT */
/*
 * enter.c: see enter.h.
 */
#include "ctrl/enter.h"

#include "base/step.h"

#include <assert.h>

void ctrl_settle(struct nvu_ctrl *ctrl)
{
	assert(lock_is_held(&ctrl->lock));
	while (ctrl->under_reset) {
		if (ctrl->reset_step(ctrl) != STEP_AGAIN)
			continue;
		lock_give(&ctrl->lock);
		ctrl->transport->ops->relax(ctrl->transport);
		lock_take(&ctrl->lock);
	}
}

void ctrl_enter(struct nvu_ctrl *ctrl)
{
	lock_take(&ctrl->lock);
	ctrl_settle(ctrl);
}

bool ctrl_try_enter(struct nvu_ctrl *ctrl)
{
	if (!lock_try(&ctrl->lock))
		return false;
	if (!ctrl->under_reset)
		return true;
	(void)ctrl->reset_step(ctrl);
	lock_give(&ctrl->lock);
	return false;
}
