// SPDX-License-Identifier: MIT
/*
 * test_open_undo.c: opening in steps, when something fails, or the program closes the controller in the middle: all is
 * undone, without a wait in a step, and the controller can be opened again.
 */
#include "open_steps.h"

static void failure_comes_once_all_is_undone_and_stays(void **state)
{
	static const struct {
		struct nvu_mock_fault fault;
		int error;
		const char *word;
	} rows[] = {
		{ { .kind = NVU_MOCK_FAULT_NEVER_READY }, -ETIMEDOUT, "become ready" },
		{ { .kind = NVU_MOCK_FAULT_GONE_NOW }, -ENODEV, "has gone" },
		{ { .kind = NVU_MOCK_FAULT_GONE,
		    .qid = NVU_MOCK_ADMIN_QUEUE,
		    .opcode = NVU_ADMIN_IDENTIFY },
		  -ENODEV,
		  "has gone" },
		{ { .kind = NVU_MOCK_FAULT_CFS,
		    .qid = NVU_MOCK_ADMIN_QUEUE,
		    .opcode = NVU_ADMIN_IDENTIFY },
		  -EIO,
		  "CSTS.CFS" },
		{ { .kind = NVU_MOCK_FAULT_DROP,
		    .qid = NVU_MOCK_ADMIN_QUEUE,
		    .opcode = NVU_ADMIN_IDENTIFY },
		  -ETIMEDOUT,
		  "was not answered" },
		{ { .kind = NVU_MOCK_FAULT_STATUS,
		    .qid = NVU_MOCK_ADMIN_QUEUE,
		    .opcode = NVU_ADMIN_IDENTIFY,
		    .status = NVU_SC_INTERNAL },
		  NVU_SC_INTERNAL,
		  "Identify" },
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct nvu_mock_fault fault = rows[i].fault;

		fault.size = sizeof(fault);
		create_and_begin(rig);
		rig_inject(rig, &fault);
		for (int again = 0; again < 3; again++) {
			int ret = finish(rig);

			if (ret != rows[i].error || !strstr(nvu_last_error(), rows[i].word))
				fail_msg("row %zu: %d: %s", i, ret, nvu_last_error());
			assert_int_not_equal(nvu_ctrl_open("", NULL, &rig->ctrl), 0);
		}
		close_at_once(rig);
		open_and_use(rig);
		rig_again(rig);
	}
}

/* What was opened with a fault has failed with a sentence, and then opens, or is open. */
static void end_injured(struct rig *rig, int ret)
{
	if (ret) {
		assert_true(nvu_last_error()[0]);
		close_at_once(rig);
		open_and_use(rig);
	}
	rig_again(rig);
}

/* The n-th admin command has this fault. False: there was none. */
static bool fail_command(struct rig *rig, struct nvu_mock_fault fault, uint32_t n)
{
	int ret;

	rig_create(rig, &mock_opts);
	fault.size = sizeof(fault);
	fault.qid = NVU_MOCK_ADMIN_QUEUE;
	fault.skip = n;
	fault.count = 1;
	rig_inject(rig, &fault);
	begin(rig);
	ret = finish(rig);
	if (!rig_mock_stats(rig).faults_injected) {
		assert_int_equal(ret, 0);
		return false;
	}
	end_injured(rig, ret);
	return true;
}

static void any_command_may_fail(void **state)
{
	static const struct nvu_mock_fault faults[] = {
		{ .kind = NVU_MOCK_FAULT_STATUS, .status = NVU_SC_INTERNAL },
		{ .kind = NVU_MOCK_FAULT_DROP },
		{ .kind = NVU_MOCK_FAULT_CFS },
		{ .kind = NVU_MOCK_FAULT_GONE },
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < COUNT(faults); i++) {
		uint32_t n = 0;

		while (fail_command(rig, faults[i], n))
			assert_in_range(++n, 1, SWEEP_MAX);
		assert_in_range(n, 5 + 2 * NAMESPACES, SWEEP_MAX);
		rig_again(rig);
	}
}

/* False: there were fewer calls. */
static bool fail_call(struct rig *rig, uint64_t n)
{
	uint64_t calls;
	int ret;

	create_and_begin(rig);
	calls = rig_mock_stats(rig).transport_calls;
	nvu_mock_fail_call(rig->mock, n, -EIO);
	ret = finish(rig);
	nvu_mock_fail_call(rig->mock, 0, 0);
	if (rig_mock_stats(rig).transport_calls - calls < n) {
		assert_int_equal(ret, 0);
		return false;
	}
	end_injured(rig, ret);
	return true;
}

static void any_call_into_the_transport_may_fail(void **state)
{
	struct rig *rig = *state;
	uint64_t n = 1;

	while (fail_call(rig, n))
		assert_in_range(++n, 1, SWEEP_MAX);
	assert_in_range(n, 10, SWEEP_MAX);
}

/* Each stays in the table of requests. To a caller in steps -EAGAIN would say that nothing is wrong. */
static void queue_of_lost_commands_is_a_failure_and_not_a_step(void **state)
{
	struct rig *rig = *state;

	rig_create(rig,
		   NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = 1 << 20, .namespaces = 40));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .cns = NVU_CNS_NS_DESC_LIST,
				       .qid = NVU_MOCK_ADMIN_QUEUE, .opcode = NVU_ADMIN_IDENTIFY));
	begin(rig);
	assert_int_equal(finish(rig), -ETIMEDOUT);
	rig_assert_sentence("never answered");
	close_at_once(rig);
}

/* rig_again() asserts that nothing stays mapped and no rule is broken, the sanitizers that nothing is lost. */
static void close_at_any_step_leaves_nothing(void **state)
{
	struct rig *rig = *state;
	int ret = -EAGAIN;

	for (uint32_t steps = 0; ret == -EAGAIN; steps++) {
		create_and_begin(rig);
		for (uint32_t i = 0; i < steps && ret == -EAGAIN; i++)
			ret = turn(rig);
		rig_close(rig);
		open_and_use(rig);
		rig_again(rig);
		assert_in_range(steps, 0, SWEEP_MAX);
	}
	assert_int_equal(ret, 0);
}

/* Steps that open a slow controller with this fault, then a close. Returns what the last step has returned. */
static int close_after(struct rig *rig, struct nvu_mock_fault fault, uint32_t steps)
{
	int ret = -EAGAIN;

	create_and_begin(rig);
	fault.size = sizeof(fault);
	rig_inject(rig, &fault);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_SLOW_READY, .delay = 5));
	for (uint32_t i = 0; i < steps && ret == -EAGAIN; i++)
		ret = turn(rig);
	rig_close(rig);
	open_and_use(rig);
	rig_again(rig);
	return ret;
}

/* When the namespaces are read, a shutdown in order belongs to that. */
static void close_while_a_failure_is_undone_leaves_nothing(void **state)
{
	static const struct {
		struct nvu_mock_fault fault;
		int error;
	} rows[] = {
		{ { .kind = NVU_MOCK_FAULT_PATCH,
		    .cns = NVU_CNS_ACTIVE_NS_LIST,
		    .len = 5,
		    .bytes = { 3, 0, 0, 0, 2 } },
		  -EPROTO },
		{ { .kind = NVU_MOCK_FAULT_CFS,
		    .qid = NVU_MOCK_ADMIN_QUEUE,
		    .opcode = NVU_ADMIN_IDENTIFY,
		    .skip = 4 },
		  -EIO },
		{ { .kind = NVU_MOCK_FAULT_DROP,
		    .qid = NVU_MOCK_ADMIN_QUEUE,
		    .opcode = NVU_ADMIN_IDENTIFY },
		  -ETIMEDOUT },
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		int ret = -EAGAIN;

		for (uint32_t steps = 0; ret == -EAGAIN; steps++) {
			ret = close_after(rig, rows[i].fault, steps);
			assert_in_range(steps, 0, SWEEP_MAX);
		}
		assert_int_equal(ret, rows[i].error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(failure_comes_once_all_is_undone_and_stays),
		RIG_TEST(any_command_may_fail),
		RIG_TEST(any_call_into_the_transport_may_fail),
		RIG_TEST(queue_of_lost_commands_is_a_failure_and_not_a_step),
		RIG_TEST(close_at_any_step_leaves_nothing),
		RIG_TEST(close_while_a_failure_is_undone_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
