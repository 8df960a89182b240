/* SPDX-License-Identifier: MIT */
/*
 * events.h: events of the controller, the kernel and nvu itself, passed to the program one at a time.
 */
#ifndef NVU_ADMIN_EVENTS_H
#define NVU_ADMIN_EVENTS_H

#include "ctrl/ctrl.h"

/*
 * Checks the controller, returns the next event if ret_event is not NULL, and sends event requests. 1: there is an
 * event; 0: there is none; -errno with the sentence set. Caller holds the lock.
 */
int events_service(struct nvu_ctrl *ctrl, struct nvu_event *ret_event);

#endif
