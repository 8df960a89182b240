/* SPDX-License-Identifier: MIT */
/*
 * steps.c: see steps.h.
 */
#include "ctrl/steps.h"

#include "base/step.h"
#include "ctrl/ctrl.h"

#include <assert.h>

int steps_run(struct nvu_ctrl *ctrl, const ctrl_step *stages, size_t count)
{
	int ret = 0;

	assert(lock_is_held(&ctrl->lock) && ctrl->steps.stage < count);
	while (!ret && ctrl->steps.stage < count) {
		ret = stages[ctrl->steps.stage](ctrl);
		ctrl->steps.stage += !ret;
	}
	if (ret != STEP_AGAIN)
		steps_drop(ctrl);
	return ret;
}

void steps_drop(struct nvu_ctrl *ctrl)
{
	ctrl->steps = (struct ctrl_steps){ .stage = 0 };
}

bool steps_pause(struct nvu_ctrl *ctrl, int ret)
{
	if (ret == STEP_AGAIN)
		ctrl->transport->ops->relax(ctrl->transport);
	return ret == STEP_AGAIN;
}

int steps_finish(struct nvu_ctrl *ctrl, ctrl_step step)
{
	int ret;

	do
		ret = step(ctrl);
	while (steps_pause(ctrl, ret));
	return ret;
}
