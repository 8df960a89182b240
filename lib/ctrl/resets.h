/* SPDX-License-Identifier: MIT */
/*
 * resets.h: counts resets in ctrl->info, and reports them by an event that takes no room among those of the
 * controller. Caller holds the lock.
 */
#ifndef NVU_CTRL_RESETS_H
#define NVU_CTRL_RESETS_H

#include "ctrl/ctrl.h"

/* The count stops here, because each reset costs a snapshot, 28 MiB in all. Events go on. */
enum { RESETS_MAX = 65535 };

/* Notes a reset. The controller has stopped, and is not enabled yet. */
void resets_note(struct nvu_ctrl *ctrl, enum nvu_reset_reason reason);

/* True with an NVU_EVENT_RESET if there has been a reset since the last one. */
bool resets_event(struct nvu_ctrl *ctrl, struct nvu_event *ret_event);

#endif
