/* SPDX-License-Identifier: MIT */
/*
 * events.c: see events.h.
 */
#include "admin/events.h"

#include "ctrl/admin.h"
#include "ctrl/bringup.h"
#include "ctrl/features.h"
#include "ctrl/resets.h"
#include "ns/refresh.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>

/* The kernel repeats its request while it waits. The program gets one event, which delays no other event. */
static bool is_wanted_back(struct nvu_ctrl *ctrl)
{
	struct pollfd request = { .fd = ctrl->release_fd, .events = POLLIN };

	if (ctrl->release_told || ctrl->release_fd < 0 || poll(&request, 1, 0) != 1)
		return false;
	ctrl->release_told = true;
	return true;
}

int events_service(struct nvu_ctrl *ctrl, struct nvu_event *ret_event)
{
	int ret;

	assert(lock_is_held(&ctrl->lock));
	/* Also of a controller that has failed: a device that is pulled out does not answer for long, and the kernel waits. */
	if (ret_event && is_wanted_back(ctrl)) {
		*ret_event = (struct nvu_event){ .type = NVU_EVENT_RELEASE };
		return 1;
	}
	if (ctrl->dead)
		return admin_report_dead(ctrl);
	ret = steps_finish(ctrl, bringup_check_step);
	if (ret)
		return ret;
	if (ret_event && (resets_event(ctrl, ret_event) || features_event(ctrl, ret_event)))
		return 1;
	admin_reap(ctrl);
	/* nvu knows of the change that an event reports before the program gets the event. */
	ret = refresh_if_wanted(ctrl);
	if (ret == -EIO || ret == -ENODEV)
		return ret;
	ret = 0;
	if (ctrl->event_count && ret_event) {
		*ret_event = ctrl->events[ctrl->event_first];
		ctrl->event_first = (ctrl->event_first + 1) % CTRL_EVENTS;
		ctrl->event_count--;
		ret = 1;
	}
	(void)admin_arm_events(ctrl);
	return ret;
}
