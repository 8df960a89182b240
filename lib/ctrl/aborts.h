/* SPDX-License-Identifier: MIT */
/*
 * aborts.h: the Abort commands that nvu sends: for commands that are late, whose sender waits for the answer, and for those that
 * the program asks to abort, for which no thread waits. Both together are no more than the controller takes at once (ACL).
 * Caller holds the lock.
 */
#ifndef NVU_CTRL_ABORTS_H
#define NVU_CTRL_ABORTS_H

#include "ctrl/ctrl.h"

/* The controller takes one more now. Reaps what has been answered. */
bool aborts_have_room(struct nvu_ctrl *ctrl);

/* Sends one and waits for its answer. 0, whether it was aborted in *ret_aborted; else as admin_command(). There is room. */
int aborts_run(struct nvu_ctrl *ctrl, uint32_t qid, uint32_t cid, uint32_t timeout_ms,
	       bool *ret_aborted);

/*
 * Sends one. *answered becomes true, atomically, once it is answered, or a reset has ended it. False, and nothing has
 * changed: there is no room, or the controller has failed.
 */
bool aborts_send(struct nvu_ctrl *ctrl, uint32_t qid, uint32_t cid, bool *answered);

/* The memory from here on is about to be freed: no answer is noted there. */
void aborts_forget(struct nvu_ctrl *ctrl, const void *memory, size_t len);

#endif
