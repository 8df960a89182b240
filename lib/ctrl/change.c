/* SPDX-License-Identifier: MIT */
/*
 * change.c: see change.h.
 */
#include "ctrl/change.h"

#include "spec/command.h"
#include "spec/feature.h"

#include <assert.h>

enum { VENDOR_SPECIFIC = 0xc0 }; /* opcodes from there on */

void change_note(struct nvu_ctrl *ctrl)
{
	assert(lock_is_held(&ctrl->lock));
	ctrl->refresh_failures = 0;
	__atomic_store_n(&ctrl->outdated, true, __ATOMIC_RELAXED);
}

void change_note_event(struct nvu_ctrl *ctrl, const struct nvu_event *event)
{
	if (!event_changes(event->type, event->info))
		return;
	if (event->type == EVENT_NOTICE && event->log_page < 32)
		ctrl->unread_logs |= 1u << event->log_page;
	change_note(ctrl);
}

bool change_is_by(const struct nvu_sqe *cmd)
{
	const struct spec_command *row = command_of_admin(cmd->opcode);

	if (row && row->effects)
		return true;
	if (cmd->opcode == NVU_ADMIN_SET_FEATURES) /* which formats there are is a part of it */
		return (nvu_le32_get(cmd->cdw10) & 0xff) == NVU_FEAT_HOST_BEHAVIOR;
	/* A vendor's command may change anything, unless it only transfers data to the host. */
	return cmd->opcode >= VENDOR_SPECIFIC && (cmd->opcode & 3) != NVU_XFER_FROM_CTRL;
}
