/* SPDX-License-Identifier: MIT */
/*
 * reset_steps.h: what the tests of resets in steps share: each call that must not wait is timed in virtual time.
 */
#ifndef NVU_TEST_RESET_STEPS_H
#define NVU_TEST_RESET_STEPS_H

#include "steps.h"

enum {
	PATIENCE_MS = 20000,
	MIDDLES = 18, /* a reset has more steps: places in its middle */
	LOST = 1,
	WAITS = 2,
};

static inline void start(struct rig *rig, uint32_t mock_flags, uint32_t qpair_flags)
{
	rig_start(rig,
		  NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | mock_flags, .ns_bytes = 1 << 20,
				.namespaces = 2),
		  NVU_CTRL_OPTS(.ready_timeout_ms = TIMEOUT_MS, .admin_timeout_ms = TIMEOUT_MS),
		  NVU_QPAIR_OPTS(.depth = 8, .io_timeout_ms = 1000, .flags = qpair_flags));
}

/* A step; then the controller works, and time passes. */
static inline int turn(struct rig *rig)
{
	int ret = AT_ONCE(nvu_ctrl_reset_step(rig->ctrl));

	work(rig);
	return ret;
}

static inline int finish(struct rig *rig)
{
	return finish_steps(rig, turn, PATIENCE_MS);
}

static inline void begin(struct rig *rig)
{
	assert_int_equal(AT_ONCE(nvu_ctrl_reset_start(rig->ctrl)), 0);
}

/* A reset that is under way since `steps` steps. */
static inline void begin_and_go(struct rig *rig, uint32_t steps)
{
	begin(rig);
	while (steps--)
		assert_int_equal(turn(rig), -EAGAIN);
}

static inline void assert_resets(struct rig *rig, uint32_t resets)
{
	assert_int_equal(nvu_ctrl_info(rig->ctrl)->resets, resets);
}

static inline void queue_read(struct rig *rig, uint64_t user_data)
{
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, user_data), 0);
}

/* A poll that does not wait: its completions by user data. */
static inline int poll_once(struct rig *rig, int16_t statuses[WAITS + 1])
{
	struct nvu_cpl cpl;
	int ret = AT_ONCE(nvu_poll(rig->qpair, &cpl, 1));

	if (ret > 0) {
		assert_in_range(cpl.user_data, LOST, WAITS);
		assert_int_equal(statuses[cpl.user_data], 1);
		statuses[cpl.user_data] = cpl.status;
	}
	return ret;
}

static inline void poll_until_both(struct rig *rig, int16_t statuses[WAITS + 1])
{
	uint64_t from_ms = clock_now_ms();

	while (statuses[LOST] == 1 || statuses[WAITS] == 1) {
		(void)poll_once(rig, statuses);
		work(rig);
		assert_true(clock_now_ms() - from_ms < PATIENCE_MS);
	}
}

static inline void assert_all_works(struct rig *rig)
{
	rig_settle(rig);
	assert_int_equal(rig_write(rig, 0, 8, 0), 0);
	assert_int_equal(rig_read(rig, 0, 8, 0), 0);
}

#endif
