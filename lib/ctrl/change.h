/* SPDX-License-Identifier: MIT */
/*
 * change.h: notes that the controller or its namespaces may have changed, as an event or an admin command
 * of the program reports. The next thread that calls refresh_if_wanted() identifies them again (ns/refresh.h).
 */
#ifndef NVU_CTRL_CHANGE_H
#define NVU_CTRL_CHANGE_H

#include "ctrl/ctrl.h"

/* Notes a change, or a possible one. Caller holds the lock. */
void change_note(struct nvu_ctrl *ctrl);

/* The same, if the event reports a change. Remembers the log page that a notice names. */
void change_note_event(struct nvu_ctrl *ctrl, const struct nvu_event *event);

/* Whether a successful command may change namespaces or the controller. Pure. */
bool change_is_by(const struct nvu_sqe *cmd);

#endif
