/* SPDX-License-Identifier: MIT */
/*
 * change.c: see change.h.
 */
#include "ctrl/change.h"

enum { NOTICE = 2, IO_COMMAND_SET = 6 };				   /* event types */
enum { NS_CHANGED = 0, FIRMWARE_ACTIVATES = 1, ALLOCATED_NS_CHANGED = 9 }; /* of a notice */
enum { SANITIZED = 1, SANITIZED_WITH_DEALLOCATION = 2 };     /* of an I/O command set's */
enum { CAPACITY_MANAGEMENT = 0x20, VENDOR_SPECIFIC = 0xc0 }; /* opcodes */
enum { HOST_BEHAVIOR = 0x16 };				     /* a feature */

void change_note(struct nvu_ctrl *ctrl)
{
	ctrl->refresh_failures = 0;
	__atomic_store_n(&ctrl->outdated, true, __ATOMIC_RELAXED);
}

static bool tells_of_change(const struct nvu_event *event)
{
	if (event->type == NOTICE)
		return event->info == NS_CHANGED || event->info == FIRMWARE_ACTIVATES ||
		       event->info == ALLOCATED_NS_CHANGED;
	return event->type == IO_COMMAND_SET &&
	       (event->info == SANITIZED || event->info == SANITIZED_WITH_DEALLOCATION);
}

void change_note_event(struct nvu_ctrl *ctrl, const struct nvu_event *event)
{
	if (!tells_of_change(event))
		return;
	if (event->type == NOTICE && event->log_page < 32)
		ctrl->unread_logs |= 1u << event->log_page;
	change_note(ctrl);
}

bool change_is_by(const struct nvu_sqe *cmd)
{
	switch (cmd->opcode) {
	case NVU_ADMIN_FORMAT_NVM:
	case NVU_ADMIN_NS_MANAGEMENT:
	case NVU_ADMIN_NS_ATTACHMENT:
	case NVU_ADMIN_SANITIZE:
	case NVU_ADMIN_FW_COMMIT:
	case CAPACITY_MANAGEMENT:
		return true;
	case NVU_ADMIN_SET_FEATURES: /* which formats there are is a part of it */
		return (nvu_le32_get(cmd->cdw10) & 0xff) == HOST_BEHAVIOR;
	default: /* what a vendor's command does, nobody knows; one that only reads does nothing */
		return cmd->opcode >= VENDOR_SPECIFIC && (cmd->opcode & 3) != NVU_XFER_FROM_CTRL;
	}
}
