// SPDX-License-Identifier: MIT
/*
 * test_open_steps.c: a controller is opened in steps that do not wait, however slow it is; test_open_undo.c: whatever
 * fails, and wherever the program closes it.
 */
#include "open_steps.h"

static void opened_by_steps_it_is_as_opened_at_once(void **state)
{
	struct rig *rig = *state;
	struct nvu_ctrl_info info;

	rig_open(rig, &mock_opts, NULL);
	info = *nvu_ctrl_info(rig->ctrl);
	rig_close(rig);
	open_and_use(rig);

	assert_memory_equal(nvu_ctrl_info(rig->ctrl), &info, sizeof(info));
	assert_int_equal(nvu_ctrl_info(rig->ctrl)->namespaces, NAMESPACES);
	assert_int_equal(nvu_ctrl_info(rig->ctrl)->shadow_doorbells, 1);
	assert_int_equal(step(rig->ctrl), 0); /* it stays open */
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	rig_settle(rig);
}

static void step_sends_one_command_at_most(void **state)
{
	struct rig *rig = *state;
	uint32_t commands, most = 0, steps = 0;

	create_and_begin(rig);
	do {
		commands = nvu_mock_step(rig->mock, 100);
		/* Event requests go together: nothing waits for their answers. */
		assert_in_range(commands, 0, 4);
		most += commands > 1;
		steps++;
		clock_advance_ms(1);
	} while (step(rig->ctrl) == -EAGAIN);

	assert_int_equal(most, 1);
	/* The controller, its limits, two lists or more, and two commands of each namespace. */
	assert_in_range(steps, 2 * (5 + 2 * NAMESPACES), PATIENCE_MS);
}

static void slow_controller_costs_steps_and_no_wait(void **state)
{
	static const uint32_t delays[] = { 1, 2, 15 };
	struct rig *rig = *state;

	for (size_t i = 0; i < COUNT(delays); i++) {
		rig_create(rig, &mock_opts);
		rig_inject(rig,
			   NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_SLOW_READY, .delay = delays[i]));
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .delay = delays[i],
					       .qid = NVU_MOCK_ADMIN_QUEUE));
		begin(rig);
		assert_int_equal(finish(rig), 0);
		rig_again(rig);
	}
}

/* As firmware leaves it: enabled, and not ready yet. */
static void controller_left_enabled_is_disabled_in_steps(void **state)
{
	struct rig *rig = *state;

	rig_create(rig, &mock_opts);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_ENABLED_NOW, .delay = 7));
	assert_int_equal(nvu_ctrl_open_start(rig_address(rig),
					     NVU_CTRL_OPTS(.flags = NVU_CTRL_NO_DEVICE_RESET),
					     &rig->ctrl),
			 0);
	assert_int_equal(finish(rig), 0);
}

static void drive_that_stops_slowly_is_not_waited_for(void **state)
{
	struct rig *rig = *state;
	uint64_t from_ms;

	rig_create(rig, &mock_opts);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_ENABLED_NOW));
	assert_int_equal(nvu_ctrl_open_start(rig_address(rig),
					     NVU_CTRL_OPTS(.flags = NVU_CTRL_NO_DEVICE_RESET,
							   .quirks = NVU_QUIRK_SLOW_STOP),
					     &rig->ctrl),
			 0);
	from_ms = clock_now_ms();
	assert_int_equal(finish(rig), 0);
	assert_in_range(clock_now_ms() - from_ms, 2300, PATIENCE_MS);
}

/* Registers that cannot be read for a while, as after a link was lost, are read again. */
static void registers_that_come_back_are_not_waited_for(void **state)
{
	static const uint32_t reads[] = { 1, 3, 10 };
	struct rig *rig = *state;

	for (size_t i = 0; i < COUNT(reads); i++) {
		for (uint32_t n = 0; n < 12; n++) {
			create_and_begin(rig);
			for (uint32_t turns = 0; turns < n; turns++)
				assert_int_equal(turn(rig), -EAGAIN);
			rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_ALL_ONES,
						       .count = reads[i]));
			assert_int_equal(finish(rig), 0);
			rig_again(rig);
		}
	}
}

static void reads_that_are_lost_now_and_then_do_not_add_up(void **state)
{
	struct rig *rig = *state;
	uint32_t turns = 0;
	int ret;

	create_and_begin(rig);
	while ((ret = turn(rig)) == -EAGAIN)
		if (++turns % 2)
			rig_inject(rig,
				   NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_ALL_ONES, .count = 1));
	assert_int_equal(ret, 0);
	assert_in_range(turns, 2 * TIMEOUT_MS, PATIENCE_MS);
}

static void function_is_reset_if_its_registers_do_not_answer(void **state)
{
	struct rig *rig = *state;

	create_and_begin(rig);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_ALL_ONES, .count = UINT32_MAX,
				       .value = NVU_MOCK_ONES_RESET));
	assert_int_equal(finish(rig), 0);
	assert_int_equal(rig_mock_stats(rig).resets, 2);
}

static void controller_that_is_not_open_is_refused(void **state)
{
	static const struct nvu_id_ctrl no_id;
	static const struct nvu_ctrl_info no_info;
	const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_IDENTIFY };
	struct rig *rig = *state;
	struct nvu_qpair *qpair = NULL;
	struct nvu_dma *buf = NULL;
	const struct nvu_dma *found;
	const struct nvu_ns *ns;
	struct nvu_event event;
	struct nvu_cpl cpl;
	size_t offset;
	uint32_t refused = 0;
	int ret;

	create_and_begin(rig);
	while ((ret = turn(rig)) == -EAGAIN) {
		const int rets[] = {
			nvu_ctrl_reset(rig->ctrl),
			nvu_ctrl_service(rig->ctrl, &event),
			nvu_ctrl_release_fd(rig->ctrl),
			nvu_admin(rig->ctrl, &cmd, NULL, 0, 0, NULL),
			nvu_admin_start(rig->ctrl, &cmd, NULL, 0, 0, 0),
			nvu_admin_poll(rig->ctrl, &cpl, 1),
			nvu_ns_get(rig->ctrl, 1, &ns),
			nvu_qpair_create(rig->ctrl, NULL, &qpair),
			nvu_dma_alloc(rig->ctrl, PAGE, &buf),
			nvu_dma_register(rig->ctrl, &cpl, sizeof(cpl), &buf),
			nvu_dma_find(rig->ctrl, &cpl, 1, &found, &offset),
			nvu_reservation_set_host_id(rig->ctrl, "12345678", 8),
		};

		for (size_t i = 0; i < COUNT(rets); i++)
			assert_int_equal(rets[i], -EBUSY);
		rig_assert_sentence("nvu_ctrl_open_step()");
		assert_int_equal(nvu_ns_next(rig->ctrl, 0), 0);
		assert_memory_equal(nvu_ctrl_info(rig->ctrl), &no_info, sizeof(no_info));
		assert_memory_equal(nvu_ctrl_identify(rig->ctrl), &no_id, sizeof(no_id));
		refused++;
	}
	assert_int_equal(ret, 0);
	assert_in_range(refused, 10, UINT32_MAX);
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &ns), 0);
}

static void start_refuses_what_open_refuses(void **state)
{
	struct rig *rig = *state;
	struct nvu_ctrl *second = NULL;

	create_and_begin(rig);

	assert_int_equal(nvu_ctrl_open_start("mock:colour=red", NULL, &second), -EINVAL);
	assert_int_equal(nvu_ctrl_open_start("mock:#1", NULL, &second), -EINVAL);
	rig_assert_sentence("nvu_open()");
	assert_int_equal(nvu_ctrl_open_start(NULL, NULL, &second), -EINVAL);
	assert_int_equal(nvu_ctrl_open_start("mock:", NVU_CTRL_OPTS(.flags = 1u << 31), &second),
			 -EINVAL);
	assert_int_equal(nvu_ctrl_open_start(rig_address(rig), NULL, &second), -EBUSY);
	assert_null(second);
	assert_int_equal(finish(rig), 0);
}

/* One thread, eight slow controllers: the time of one is the time of all. */
static void controllers_are_opened_side_by_side(void **state)
{
	struct rig *rig = *state;
	struct rig rigs[MANY] = { 0 };
	uint64_t alone_ms, from_ms;
	uint32_t open = 0;

	rig_create(rig, &mock_opts);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_SLOW_READY, .delay = 15));
	begin(rig);
	from_ms = clock_now_ms();
	assert_int_equal(finish(rig), 0);
	alone_ms = clock_now_ms() - from_ms;
	for (int i = 0; i < MANY; i++) {
		rig_create(&rigs[i], &mock_opts);
		rig_inject(&rigs[i],
			   NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_SLOW_READY, .delay = 15));
		begin(&rigs[i]);
	}

	from_ms = clock_now_ms();
	while (open < MANY) {
		open = 0;
		for (int i = 0; i < MANY; i++) {
			int ret = step(rigs[i].ctrl);

			assert_true(!ret || ret == -EAGAIN);
			(void)nvu_mock_step(rigs[i].mock, 1);
			open += !ret;
		}
		clock_advance_ms(1);
	}

	assert_in_range(clock_now_ms() - from_ms, alone_ms, 2 * alone_ms);
	for (int i = 0; i < MANY; i++) {
		rig_close(&rigs[i]);
		assert_int_equal(nvu_mock_violations(rigs[i].mock), 0);
		nvu_mock_destroy(rigs[i].mock);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(opened_by_steps_it_is_as_opened_at_once),
		RIG_TEST(step_sends_one_command_at_most),
		RIG_TEST(slow_controller_costs_steps_and_no_wait),
		RIG_TEST(controller_left_enabled_is_disabled_in_steps),
		RIG_TEST(drive_that_stops_slowly_is_not_waited_for),
		RIG_TEST(registers_that_come_back_are_not_waited_for),
		RIG_TEST(reads_that_are_lost_now_and_then_do_not_add_up),
		RIG_TEST(function_is_reset_if_its_registers_do_not_answer),
		RIG_TEST(controller_that_is_not_open_is_refused),
		RIG_TEST(start_refuses_what_open_refuses),
		RIG_TEST(controllers_are_opened_side_by_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
