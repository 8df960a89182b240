/* SPDX-License-Identifier: MIT */
/*
 * open_steps.h: what the tests of opening in steps share: each step is timed in virtual time.
 */
#ifndef NVU_TEST_OPEN_STEPS_H
#define NVU_TEST_OPEN_STEPS_H

#include "steps.h"

enum {
	PATIENCE_MS = 5000,
	SWEEP_MAX = 400,
	MANY = 8,
	NAMESPACES = 3,
};

static const struct nvu_mock_opts mock_opts = {
	.size = sizeof(mock_opts),
	.flags = NVU_MOCK_STEPPED | NVU_MOCK_SHADOW_DOORBELLS,
	.ns_bytes = 1 << 20,
	.namespaces = NAMESPACES,
};

static inline void begin(struct rig *rig)
{
	assert_int_equal(nvu_ctrl_open_start(rig_address(rig),
					     NVU_CTRL_OPTS(.ready_timeout_ms = TIMEOUT_MS,
							   .admin_timeout_ms = TIMEOUT_MS),
					     &rig->ctrl),
			 0);
}

static inline void create_and_begin(struct rig *rig)
{
	rig_create(rig, &mock_opts);
	begin(rig);
}

/* The controller does not work meanwhile. */
static inline int step(struct nvu_ctrl *ctrl)
{
	return AT_ONCE(nvu_ctrl_open_step(ctrl));
}

/* A step, then the controller works, and time passes. */
static inline int turn(struct rig *rig)
{
	int ret = step(rig->ctrl);

	if (ret == -EAGAIN)
		work(rig);
	return ret;
}

static inline int finish(struct rig *rig)
{
	return finish_steps(rig, turn, PATIENCE_MS);
}

static inline void close_at_once(struct rig *rig)
{
	uint64_t from_ns = clock_now_ns();

	nvu_ctrl_close(rig->ctrl);
	rig->ctrl = NULL;
	assert_in_range(clock_now_ns() - from_ns, 0, STEP_NS);
}

/* The controller works again, and so does a queue pair. */
static inline void open_and_use(struct rig *rig)
{
	nvu_mock_clear_faults(rig->mock);
	begin(rig);
	assert_int_equal(finish(rig), 0);
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
	rig_equip(rig, NULL);
	assert_int_equal(rig_write(rig, 0, 8, 0), 0);
}

#endif
