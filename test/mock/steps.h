/* SPDX-License-Identifier: MIT */
/*
 * steps.h: what the tests of opening and of resetting in steps share: each call that must not wait is timed in virtual
 * time.
 */
#ifndef NVU_TEST_STEPS_H
#define NVU_TEST_STEPS_H

#include "harness.h"

#include "clock.h"

enum {
	STEP_NS = 200000, /* a call that does not wait reads the clock a few times */
	TIMEOUT_MS = 20,
};

static uint64_t began_ns;

static inline int took_no_time(int ret)
{
	assert_in_range(clock_now_ns() - began_ns, 0, STEP_NS);
	return ret;
}

/* Any call that must not wait. */
#define AT_ONCE(call) (began_ns = clock_now_ns(), took_no_time(call))

static inline void work(struct rig *rig)
{
	(void)nvu_mock_step(rig->mock, 1);
	clock_advance_ms(1);
}

/* turn() takes a step, and lets time pass while there are more: -EAGAIN. */
static inline int finish_steps(struct rig *rig, int (*turn)(struct rig *rig), uint64_t patience_ms)
{
	uint64_t from_ms = clock_now_ms();
	int ret;

	while ((ret = turn(rig)) == -EAGAIN)
		if (clock_now_ms() - from_ms > patience_ms)
			fail_msg("the steps do not end");
	return ret;
}

#endif
