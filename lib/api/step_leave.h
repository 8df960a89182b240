/* SPDX-License-Identifier: MIT */
/*
 * step_leave.h: the end of a public call that takes one step of something that lasts.
 */
#ifndef NVU_API_STEP_LEAVE_H
#define NVU_API_STEP_LEAVE_H

#include "base/error.h"
#include "base/step.h"

/* As error_leave(); a step that is to be taken again is no failure, and has no sentence: -EAGAIN. */
static inline int step_leave(int ret)
{
	if (ret != STEP_AGAIN)
		return error_leave(ret);
	(void)error_leave(0);
	return -EAGAIN;
}

#endif
