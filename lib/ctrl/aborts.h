/* SPDX-License-Identifier: MIT */
/*
 * aborts.h: the Abort commands that nvu sends, for commands that are late and for those that the program asks to abort. No
 * thread waits for them. All together are no more than the controller takes at once (ACL). Caller holds the lock.
 */
#ifndef NVU_CTRL_ABORTS_H
#define NVU_CTRL_ABORTS_H

#include "ctrl/ctrl.h"

/* The controller takes one more now. Reaps what has been answered. */
bool aborts_have_room(struct nvu_ctrl *ctrl);

/*
 * Sends one. *answer becomes another one than ABORT_UNANSWERED, atomically, once it is answered, or a reset has ended
 * it. That of a late command takes the room of the library's own commands, too. False, and nothing has changed: there is
 * no room, or the controller has failed.
 */
bool aborts_send(struct nvu_ctrl *ctrl, uint32_t qid, uint32_t cid, bool is_late, uint32_t *answer);

/* The memory from here on is about to be freed: no answer is noted there. */
void aborts_forget(struct nvu_ctrl *ctrl, const void *memory, size_t len);

#endif
