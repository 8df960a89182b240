// SPDX-License-Identifier: MIT
/*
 * test_reset_middle.c: in the middle of a reset in steps: others take the steps, reset too, send admin commands, make
 * and destroy queue pairs, close; commands fail, and the controller is lost. test_reset_threads.c has the same under threads.
 */
#include "reset_steps.h"

/* Each of these calls goes on with a reset whose thread takes no steps, and does not wait. */
static int step_by_poll(struct rig *rig)
{
	struct nvu_cpl cpl;

	return nvu_poll(rig->qpair, &cpl, 1);
}

static int step_by_service(struct rig *rig)
{
	struct nvu_event event;

	return nvu_ctrl_service(rig->ctrl, &event) < 0;
}

static int step_by_admin_poll(struct rig *rig)
{
	struct nvu_cpl cpl;

	return nvu_admin_poll(rig->ctrl, &cpl, 1);
}

static int step_by_admin_start(struct rig *rig)
{
	const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_GET_FEATURES,
				     .cdw10 = nvu_le32_put(NVU_FEAT_NUM_QUEUES) };
	int ret = nvu_admin_start(rig->ctrl, &cmd, NULL, 0, 0, 0);

	return ret == -EAGAIN ? 0 : ret;
}

static void reset_that_its_thread_leaves_goes_on(void **state)
{
	static int (*const calls[])(struct rig *) = { step_by_poll, step_by_service,
						      step_by_admin_poll, step_by_admin_start };
	struct rig *rig = *state;

	for (size_t i = 0; i < COUNT(calls) * 2; i++) {
		uint64_t from_ms;

		start(rig, 0, 0);
		if (i % 2)
			for (uint32_t poll = 0; poll < 10000; poll++)
				assert_int_equal(step_by_poll(rig), 0);
		begin(rig);
		from_ms = clock_now_ms();
		while (clock_now_ms() - from_ms < 200) {
			assert_int_equal(AT_ONCE(calls[i / 2](rig)), 0);
			work(rig);
		}
		assert_int_equal(nvu_ctrl_reset_step(rig->ctrl), 0);
		assert_resets(rig, 1);
		assert_all_works(rig);
		rig_again(rig);
	}
}

static void second_reset_joins(void **state)
{
	struct rig *rig = *state;

	for (uint32_t middle = 0; middle < MIDDLES; middle++) {
		start(rig, 0, 0);
		begin_and_go(rig, middle);
		begin(rig);
		assert_int_equal(middle % 2 ? finish(rig) : nvu_ctrl_reset(rig->ctrl), 0);
		assert_resets(rig, 1);
		assert_int_equal(nvu_ctrl_reset_step(rig->ctrl), 0);
		assert_all_works(rig);
		rig_again(rig);
	}
}

static int format_namespace(struct rig *rig)
{
	const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_FORMAT_NVM, .nsid = nvu_le32_put(1) };

	return nvu_admin(rig->ctrl, &cmd, NULL, 0, 0, NULL);
}

/* Calls that may wait find the controller up again. */
static void call_in_the_middle_takes_the_steps_that_are_left(void **state)
{
	const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_GET_FEATURES,
				     .cdw10 = nvu_le32_put(NVU_FEAT_NUM_QUEUES) };
	struct rig *rig = *state;

	for (uint32_t row = 0; row < MIDDLES * 4; row++) {
		struct nvu_qpair *qpair = NULL;

		start(rig, 0, 0);
		assert_int_equal(nvu_qpair_create(rig->ctrl, NULL, &qpair), 0);
		begin_and_go(rig, row / 4);
		if (row % 4 == 0)
			assert_int_equal(nvu_admin(rig->ctrl, &cmd, NULL, 0, 0, NULL), 0);
		if (row % 4 == 1)
			nvu_qpair_destroy(qpair);
		if (row % 4 == 2) {
			nvu_qpair_destroy(qpair);
			assert_int_equal(nvu_qpair_create(rig->ctrl, NULL, &qpair), 0);
		}
		if (row % 4 == 3)
			assert_int_equal(format_namespace(rig), 0);
		assert_int_equal(nvu_ctrl_reset_step(rig->ctrl), 0);
		if (row % 4 != 1)
			nvu_qpair_destroy(qpair);
		assert_resets(rig, 1);
		assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
		assert_all_works(rig);
		rig_again(rig);
	}
}

static void started_command_ends_with_the_reset(void **state)
{
	const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_GET_FEATURES,
				     .cdw10 = nvu_le32_put(NVU_FEAT_NUM_QUEUES) };
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	start(rig, 0, 0);
	assert_int_equal(nvu_admin_start(rig->ctrl, &cmd, NULL, 0, 0, 7), 0);
	begin(rig);
	assert_int_equal(AT_ONCE(nvu_ctrl_reset_step(rig->ctrl)), -EAGAIN);
	while (nvu_ctrl_reset_step(rig->ctrl) == -EAGAIN) {
		assert_int_equal(AT_ONCE(nvu_admin_poll(rig->ctrl, &cpl, 1)), 0);
		work(rig);
	}
	assert_int_equal(nvu_admin_poll(rig->ctrl, &cpl, 1), 1);
	assert_int_equal(cpl.status, -ECANCELED);
	assert_int_equal(cpl.user_data, 7);
}

/* rig_again() asserts that nothing stays mapped, and that no rule was broken. */
static void close_in_the_middle_leaves_nothing(void **state)
{
	struct rig *rig = *state;

	for (uint32_t row = 0; row < 2 * MIDDLES; row++) {
		uint32_t middle = row / 2;

		start(rig, 0, 0);
		queue_read(rig, LOST);
		assert_int_equal(nvu_submit(rig->qpair), 0);
		if (row % 2) /* it is disabled, and still reports that it is ready */
			rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_NEVER_DISABLED));
		begin_and_go(rig, middle);
		if (middle % 2) {
			uint64_t from_ms = clock_now_ms();
			struct nvu_cpl cpl;

			nvu_ctrl_close(rig->ctrl);
			assert_in_range(clock_now_ms() - from_ms, 0, 5 * TIMEOUT_MS);
			rig->ctrl = NULL;
			(void)nvu_poll(rig->qpair, &cpl, 1);
			assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), -ENODEV);
			nvu_qpair_destroy(rig->qpair);
			rig->qpair = NULL;
		}
		rig_again(rig);
	}
}

/* The controller is lost: everybody gets the error, and the reason stays that of the reset. */
static void failure_is_that_of_a_reset(void **state)
{
	static const struct {
		struct nvu_mock_fault fault;
		int error, dead;
		const char *word;
	} rows[] = {
		{ { .kind = NVU_MOCK_FAULT_NEVER_READY }, -ETIMEDOUT, -EIO, "become ready" },
		{ { .kind = NVU_MOCK_FAULT_GONE_NOW }, -ENODEV, -ENODEV, "has gone" },
		{ { .kind = NVU_MOCK_FAULT_STATUS,
		    .qid = NVU_MOCK_ADMIN_QUEUE,
		    .opcode = NVU_ADMIN_SET_FEATURES,
		    .status = NVU_SC_INTERNAL | NVU_MOCK_DNR },
		  NVU_SC_INTERNAL,
		  -EIO,
		  "Set Features" },
	};
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(rows) * 2; row++) {
		struct nvu_mock_fault fault = rows[row / 2].fault;
		struct nvu_cpl cpl;

		fault.size = sizeof(fault);
		start(rig, 0, 0);
		rig_inject(rig, &fault);
		begin(rig);
		if (row % 2) /* polls take the steps */
			while (AT_ONCE(nvu_poll(rig->qpair, &cpl, 1)) == 0)
				work(rig);
		for (int again = 0; again < 3; again++) {
			int ret = finish(rig);

			if (ret != rows[row / 2].error ||
			    !strstr(nvu_last_error(), rows[row / 2].word))
				fail_msg("row %zu: %d: %s", row, ret, nvu_last_error());
			assert_int_not_equal(nvu_ctrl_open("", NULL, &rig->ctrl), 0);
		}
		assert_int_equal(nvu_ctrl_reset_start(rig->ctrl), rows[row / 2].dead);
		while (nvu_poll(rig->qpair, &cpl, 1) >= 0)
			work(rig);
		assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), rows[row / 2].dead);
		nvu_mock_clear_faults(rig->mock);
		rig_again(rig);
	}
}

/* Any of its commands is lost or fails: the end is that of nvu_ctrl_reset(). */
static int reset_with_fault(struct rig *rig, uint32_t kind, uint32_t n, bool in_steps)
{
	int ret;

	start(rig, 0, 0);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = kind, .qid = NVU_MOCK_ADMIN_QUEUE, .skip = n,
				       .count = 1, .status = NVU_SC_INTERNAL));
	if (in_steps)
		begin(rig);
	ret = in_steps ? finish(rig) : nvu_ctrl_reset(rig->ctrl);
	nvu_mock_clear_faults(rig->mock);
	if (!ret) {
		assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
		assert_all_works(rig);
	}
	rig_again(rig);
	return ret;
}

static void any_command_may_fail(void **state)
{
	static const uint32_t kinds[] = { NVU_MOCK_FAULT_STATUS, NVU_MOCK_FAULT_DROP,
					  NVU_MOCK_FAULT_CFS, NVU_MOCK_FAULT_GONE };
	struct rig *rig = *state;

	for (size_t kind = 0; kind < COUNT(kinds); kind++)
		for (uint32_t n = 0; n < 16; n++)
			assert_int_equal(reset_with_fault(rig, kinds[kind], n, true),
					 reset_with_fault(rig, kinds[kind], n, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(reset_that_its_thread_leaves_goes_on),
		RIG_TEST(second_reset_joins),
		RIG_TEST(call_in_the_middle_takes_the_steps_that_are_left),
		RIG_TEST(started_command_ends_with_the_reset),
		RIG_TEST(close_in_the_middle_leaves_nothing),
		RIG_TEST(failure_is_that_of_a_reset),
		RIG_TEST(any_command_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
