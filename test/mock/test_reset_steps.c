// SPDX-License-Identifier: MIT
/*
 * test_reset_steps.c: a reset in steps that do not wait, however slow the controller is, and queue pairs that take
 * commands in the middle of it; test_reset_middle.c: what else may happen in the middle.
 */
#include "reset_steps.h"

static void steps_do_what_a_reset_does(void **state)
{
	struct rig *rig = *state;
	struct nvu_event event;
	struct nvu_ctrl_info info;

	start(rig, NVU_MOCK_SHADOW_DOORBELLS, 0);
	assert_int_equal(nvu_ctrl_reset_step(rig->ctrl), 0); /* none is under way */
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	info = *nvu_ctrl_info(rig->ctrl);
	info.resets++;
	begin(rig);
	assert_int_equal(finish(rig), 0);

	assert_memory_equal(nvu_ctrl_info(rig->ctrl), &info, sizeof(info));
	assert_int_equal(nvu_ctrl_reset_step(rig->ctrl), 0);
	assert_int_equal(nvu_ctrl_service(rig->ctrl, &event), 1);
	assert_int_equal(event.type, NVU_EVENT_RESET);
	assert_int_equal(event.info, NVU_RESET_CALLER);
	assert_all_works(rig);
}

static void step_sends_one_command_at_most(void **state)
{
	struct rig *rig = *state;
	uint32_t steps = 0;

	start(rig, 0, 0);
	begin(rig);
	do {
		/* Event requests go together: nothing waits for their answers. */
		assert_in_range(nvu_mock_step(rig->mock, 100), 0, 4);
		steps++;
		clock_advance_ms(1);
	} while (AT_ONCE(nvu_ctrl_reset_step(rig->ctrl)) == -EAGAIN);
	assert_in_range(steps, MIDDLES, PATIENCE_MS);
	assert_all_works(rig);
}

static void slow_controller_costs_steps_and_no_wait(void **state)
{
	static const uint32_t delays[] = { 1, 2, 15 };
	struct rig *rig = *state;

	for (size_t i = 0; i < COUNT(delays); i++) {
		start(rig, 0, 0);
		rig_inject(rig,
			   NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_SLOW_READY, .delay = delays[i]));
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .delay = delays[i],
					       .qid = NVU_MOCK_ADMIN_QUEUE));
		begin(rig);
		assert_int_equal(finish(rig), 0);
		assert_all_works(rig);
		rig_again(rig);
	}
}

static void registers_that_come_back_are_not_waited_for(void **state)
{
	struct rig *rig = *state;

	for (uint32_t middle = 0; middle < MIDDLES; middle++) {
		start(rig, 0, 0);
		begin_and_go(rig, middle);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_ALL_ONES, .count = 3));
		assert_int_equal(finish(rig), 0);
		assert_all_works(rig);
		rig_again(rig);
	}
}

static void function_is_reset_in_a_step(void **state)
{
	struct rig *rig = *state;
	uint64_t before;

	start(rig, 0, 0);
	before = rig_mock_stats(rig).resets;
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_NEVER_DISABLED, .count = 1));
	begin(rig);
	assert_int_equal(finish(rig), 0);
	assert_int_equal(rig_mock_stats(rig).resets, before + 2);
	assert_all_works(rig);
}

/* What was sent before is answered once the controller has stopped; what is queued in the middle waits. */
static void queue_pair_takes_commands_in_the_middle(void **state)
{
	static const uint32_t flags[] = { 0, NVU_MOCK_TRAP_DOORBELLS, NVU_MOCK_SHADOW_DOORBELLS };
	struct rig *rig = *state;

	for (uint32_t row = 0; row < MIDDLES * COUNT(flags); row++) {
		int16_t statuses[WAITS + 1] = { 1, 1, 1 };

		start(rig, flags[row % COUNT(flags)], 0);
		queue_read(rig, LOST);
		assert_int_equal(nvu_submit(rig->qpair), 0);
		begin(rig);
		/* The step that disables the controller: the read is lost. */
		assert_int_equal(AT_ONCE(nvu_ctrl_reset_step(rig->ctrl)), -EAGAIN);
		for (uint32_t step = 0; step < row / COUNT(flags); step++)
			assert_int_equal(turn(rig), -EAGAIN);
		queue_read(rig, WAITS);
		assert_int_equal(AT_ONCE(nvu_submit(rig->qpair)), 0);
		poll_until_both(rig, statuses);

		assert_int_equal(statuses[LOST], -ECANCELED);
		assert_int_equal(statuses[WAITS], 0);
		assert_resets(rig, 1);
		assert_int_equal(nvu_ctrl_reset_step(rig->ctrl), 0);
		rig_again(rig);
	}
}

static void kept_commands_are_sent_again(void **state)
{
	struct rig *rig = *state;
	int16_t statuses[WAITS + 1] = { 1, 1, 1 };

	start(rig, 0, NVU_QPAIR_RETRY);
	queue_read(rig, LOST);
	assert_int_equal(nvu_submit(rig->qpair), 0);
	begin(rig);
	assert_int_equal(AT_ONCE(nvu_ctrl_reset_step(rig->ctrl)), -EAGAIN);
	queue_read(rig, WAITS);
	poll_until_both(rig, statuses);
	assert_int_equal(statuses[LOST], 0);
	assert_int_equal(statuses[WAITS], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(steps_do_what_a_reset_does),
		RIG_TEST(step_sends_one_command_at_most),
		RIG_TEST(slow_controller_costs_steps_and_no_wait),
		RIG_TEST(registers_that_come_back_are_not_waited_for),
		RIG_TEST(function_is_reset_in_a_step),
		RIG_TEST(queue_pair_takes_commands_in_the_middle),
		RIG_TEST(kept_commands_are_sent_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
