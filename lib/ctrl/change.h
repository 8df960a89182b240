/* SPDX-License-Identifier: MIT */
/*
 * change.h: what tells that the controller's namespaces, or the controller itself, may have changed:
 * events, and the program's own admin commands. Whoever holds the lock next identifies them again, see
 * ns/refresh.h.
 */
#ifndef NVU_CTRL_CHANGE_H
#define NVU_CTRL_CHANGE_H

#include "ctrl/ctrl.h"

/* Something has changed, or may have. Caller holds the lock. */
void change_note(struct nvu_ctrl *ctrl);

/* The same if the event tells of a change; remembers the log page that a notice names. */
void change_note_event(struct nvu_ctrl *ctrl, const struct nvu_event *event);

/* Whether a successful command may change namespaces or the controller. Pure. */
bool change_is_by(const struct nvu_sqe *cmd);

#endif
