/* SPDX-License-Identifier: MIT */
/*
 * test_duty.c: what the driver owes a controller that is slow, stuck or gone. The mock notices what
 * is not done in order, see test/unit/test_mock_duty.c; each case ends without a violation.
 */
#include "harness.h"

enum { SHORT_MS = 20, STEPS = 50 };

static const uint32_t transports[] = { 0, NVU_MOCK_TRAP_DOORBELLS, NVU_MOCK_SHADOW_DOORBELLS };

static int open_patiently(struct rig *rig, uint32_t flags, uint32_t ready_ms)
{
	return nvu_ctrl_open(nvu_mock_address(rig->mock),
			     NVU_CTRL_OPTS(.flags = flags, .ready_timeout_ms = ready_ms,
					   .admin_timeout_ms = SHORT_MS, .io_timeout_ms = SHORT_MS,
					   .shutdown_timeout_ms = SHORT_MS),
			     &rig->ctrl);
}

static void create(struct rig *rig, uint32_t flags)
{
	rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | flags, .ns_bytes = 64 << 20));
}

static void equip(struct rig *rig)
{
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
	rig_equip(rig, NULL);
}

static void be_slow(struct rig *rig, uint64_t steps)
{
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_SLOW_READY, .delay = steps));
}

static void slow_controller_is_driven_in_order(void **state)
{
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(transports); row++) {
		struct nvu_cpl cpl;

		create(rig, transports[row]);
		be_slow(rig, STEPS);
		assert_int_equal(open_patiently(rig, 0, 0), 0);
		equip(rig);
		assert_int_equal(rig_write(rig, 0, 1, 0), 0);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		assert_int_equal(rig_poll(rig, &cpl, 1), 0);
		assert_int_equal(rig_read(rig, 0, 1, 0), 0);
		rig_again(rig);
	}
}

/* Firmware, or a driver that died, has enabled it, and it is starting still. */
static void controller_left_enabled_is_disabled_once_it_is_ready(void **state)
{
	struct rig *rig = *state;

	create(rig, 0);
	be_slow(rig, STEPS);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_ENABLED_NOW, .delay = STEPS));

	assert_int_equal(open_patiently(rig, NVU_CTRL_NO_DEVICE_RESET, 0), 0);

	equip(rig);
	assert_int_equal(rig_read(rig, 0, 1, 0), 0);
}

/* The caller's patience ends before it is ready: it is disabled after that all the same. */
static void controller_given_up_while_it_starts_is_disabled_once_it_is_ready(void **state)
{
	struct rig *rig = *state;

	create(rig, 0);
	be_slow(rig, 3000); /* a look at the clock and a step each take 10 us: 30 ms */

	assert_int_equal(open_patiently(rig, 0, SHORT_MS), -ETIMEDOUT);

	rig_assert_sentence("become ready");
}

/* Reads in flight; then the controller does not stop any more, or is not there any more. */
static void stick(struct rig *rig, enum nvu_mock_fault_kind kind)
{
	create(rig, 0);
	assert_int_equal(open_patiently(rig, 0, SHORT_MS), 0);
	equip(rig);
	rig_queue_reads(rig, 5, 0);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = kind));
}

static const enum nvu_mock_fault_kind ends[] = { NVU_MOCK_FAULT_NEVER_DISABLED,
						 NVU_MOCK_FAULT_GONE_NOW };

static void stuck_controller_is_cut_off_before_its_memory_is_freed(void **state)
{
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(ends); row++) {
		stick(rig, ends[row]);
		rig_again(rig); /* queue pair, buffer, controller */
		stick(rig, ends[row]);
		nvu_ctrl_close(rig->ctrl);
		rig->ctrl = NULL;
		rig_again(rig); /* then the queue pair */
	}
}

/* A reset that fails gives the controller up: from then on it reaches no memory. */
static void controller_given_up_is_cut_off(void **state)
{
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(ends); row++) {
		struct nvu_cpl cpls[8];
		int ret;

		stick(rig, ends[row]);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_NEVER_READY));
		ret = nvu_ctrl_reset(rig->ctrl);
		assert_true(ret == -ENODEV || ret == -ETIMEDOUT);
		for (int turn = 0; turn < 20; turn++)
			(void)rig_poll(rig, cpls, COUNT(cpls));
		nvu_qpair_destroy(rig->qpair);
		rig->qpair = NULL;
		rig_again(rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(slow_controller_is_driven_in_order),
		RIG_TEST(controller_left_enabled_is_disabled_once_it_is_ready),
		RIG_TEST(controller_given_up_while_it_starts_is_disabled_once_it_is_ready),
		RIG_TEST(stuck_controller_is_cut_off_before_its_memory_is_freed),
		RIG_TEST(controller_given_up_is_cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
