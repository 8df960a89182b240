/* SPDX-License-Identifier: MIT */
/*
 * events.h: events of the controller, the kernel and nvu itself, passed to the program one at a time.
 */
#ifndef NVU_ADMIN_EVENTS_H
#define NVU_ADMIN_EVENTS_H

#include "ctrl/ctrl.h"

/*
 * Is the controller alive; the next event, if ret_event is given; asks for more. 1: there is one; 0: none;
 * -errno with the sentence set. Caller holds the lock.
 */
int events_service(struct nvu_ctrl *ctrl, struct nvu_event *ret_event);

#endif
