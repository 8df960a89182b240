/* SPDX-License-Identifier: MIT */
/*
 * resets.c: see resets.h.
 */
#include "ctrl/resets.h"

#include "base/log.h"

#include <assert.h>

void resets_note(struct nvu_ctrl *ctrl, enum nvu_reset_reason reason)
{
	assert(lock_is_held(&ctrl->lock));
	if (ctrl->info.resets < RESETS_MAX && ++ctrl->info.resets == RESETS_MAX)
		log_line(LOG_INFO, "%s: %d resets: events report later ones, no counter does",
			 ctrl_name(ctrl), RESETS_MAX);
	if (ctrl->resets_untold < INT32_MAX)
		ctrl->resets_untold++;
	ctrl->reset_reason = reason;
}

bool resets_event(struct nvu_ctrl *ctrl, struct nvu_event *ret_event)
{
	assert(lock_is_held(&ctrl->lock));
	if (!ctrl->resets_untold)
		return false;
	*ret_event = (struct nvu_event){
		.type = NVU_EVENT_RESET,
		.info = (uint8_t)ctrl->reset_reason,
		.value = (int32_t)ctrl->resets_untold,
	};
	ctrl->resets_untold = 0;
	return true;
}
