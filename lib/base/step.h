/* SPDX-License-Identifier: MIT */
/*
 * step.h: what a function returns that takes one step of something that lasts, and does not wait. It keeps what it has
 * reached where its next call finds it. No caller of the library gets this value.
 */
#ifndef NVU_BASE_STEP_H
#define NVU_BASE_STEP_H

#include <errno.h>

/* Not finished: call again, now or later. */
#define STEP_AGAIN (-EINPROGRESS)

#endif
