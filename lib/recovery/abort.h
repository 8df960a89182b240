/* SPDX-License-Identifier: MIT */
/*
 * abort.h: commands that the program asks to abort, or that are late (qpair/abort.h): who sends the Aborts.
 */
#ifndef NVU_RECOVERY_ABORT_H
#define NVU_RECOVERY_ABORT_H

#include "ctrl/ctrl.h"

/*
 * Asks for the abort of all requests of a queue pair that carry this user data. Sends as many Aborts as the controller
 * takes now, if no other thread holds the controller's lock; the polls send the others. Returns how many requests they
 * are. The queue pair's thread, lock not held.
 */
uint32_t recovery_abort(struct nvu_qpair *qpair, uint64_t user_data);

/* Reaps answers to Aborts, and sends what is to be sent. Each poll of a queue pair with SLOW_ABORT. Never waits. */
void recovery_send_aborts(struct nvu_qpair *qpair);

/* The same for a thread that holds the lock, of a queue pair that has its queues. */
void recovery_send_aborts_locked(struct nvu_ctrl *ctrl, struct nvu_qpair *qpair);

#endif
