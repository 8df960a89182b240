// SPDX-License-Identifier: MIT
/*
 * test_abort_faults.c: nvu_abort() when commands or Aborts are lost, the controller is reset, goes or is closed, queue pairs
 * are destroyed: each request is answered once, and none is sent again that the program does not want any more.
 */
#include "abort.h"

#include "clock.h"

enum { STORY = 400, SAME = 16, MARGIN_MS = 150, CONTROLLER_TAKES = 4 };

/* The controller does not have it any more, and says that it has aborted nothing. */
static void lost_command_keeps_its_deadline(void **state)
{
	struct rig *rig = *state;
	uint64_t began_ms;

	start(rig, NULL);
	rig_inject(rig,
		   NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1, .opcode = NVU_CMD_READ));
	queue_read(rig, 1);
	publish(rig);
	began_ms = clock_now_ms();
	assert_int_equal(nvu_abort(rig->qpair, 1), 1);
	expect(rig, 1, -ETIMEDOUT);
	assert_in_range(clock_now_ms() - began_ms, DEADLINE_MS, DEADLINE_MS + MARGIN_MS);
	rig_settle(rig);
	expect_rest(rig);
}

/* A command that was late and is to be aborted is late. */
static void late_command_that_is_aborted_is_late(void **state)
{
	struct rig *rig = *state;

	start(rig, NULL);
	delay_reads(rig, 6);
	for (uint64_t i = 0; i < 6; i++)
		queue_read(rig, 7);
	publish(rig);
	assert_int_equal(rig_poll(rig, &(struct nvu_cpl){ 0 }, 1), 0);
	clock_advance_ms(DEADLINE_MS + RIG_LOOK_MS);
	assert_int_equal(nvu_abort(rig->qpair, 7), 6);
	for (uint32_t i = 0; i < 6; i++) {
		struct nvu_cpl cpl;

		rig_reap(rig, &cpl, 1);
		assert_true(cpl.status == -ETIMEDOUT || cpl.status == NVU_SC_ABORT_REQUESTED);
	}
	rig_settle(rig);
	expect_rest(rig);
}

/* A controller that may have gone gets no command. */
static void late_command_has_no_abort_while_registers_are_silent(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;
	uint64_t before;

	start(rig, NULL);
	rig_inject(rig,
		   NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1, .opcode = NVU_CMD_READ));
	queue_read(rig, 5);
	publish(rig);
	assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 0);
	before = rig_mock_stats(rig).admin_commands;
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_ALL_ONES));
	clock_advance_ms(DEADLINE_MS + RIG_LOOK_MS);
	for (int turn = 0; turn < 5; turn++) {
		assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 0);
		(void)nvu_mock_step(rig->mock, UINT32_MAX);
	}
	assert_int_equal(rig_mock_stats(rig).admin_commands, before);

	nvu_mock_clear_faults(rig->mock);
	expect(rig, 5, -ETIMEDOUT);
	rig_settle(rig);
	expect_rest(rig);
}

/* nvu's own Abort is not answered yet, and the completion is kept for that, when the program wants it aborted, too. */
static void late_command_has_one_abort(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;
	uint64_t before;

	start(rig, NULL);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .count = 1, .delay = 1000,
				       .opcode = NVU_ADMIN_ABORT, .qid = NVU_MOCK_ADMIN_QUEUE));
	delay_reads(rig, 1);
	queue_read(rig, 5);
	publish(rig);
	assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 0);
	before = rig_mock_stats(rig).admin_commands;
	clock_advance_ms(DEADLINE_MS + RIG_LOOK_MS);
	for (int turn = 0; turn < 3; turn++)
		assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 0);
	assert_int_equal(rig_mock_stats(rig).admin_commands - before, 1);

	assert_int_equal(nvu_abort(rig->qpair, 5), 1);

	rig_reap(rig, &cpl, 1);
	assert_int_equal(cpl.user_data, 5);
	assert_int_equal(cpl.status, -ETIMEDOUT);
	rig_settle(rig);
	assert_int_equal(rig_mock_stats(rig).admin_commands - before, 1);
	expect_rest(rig);
}

/* The completion has come, and is kept: it is delivered with its own status when the deadline has passed. */
static void completion_outlives_a_lost_abort(void **state)
{
	struct rig *rig = *state;
	uint64_t began_ms, before;

	start(rig, NULL);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1,
				       .opcode = NVU_ADMIN_ABORT, .qid = NVU_MOCK_ADMIN_QUEUE));
	queue_read(rig, 1);
	publish(rig);
	began_ms = clock_now_ms();
	assert_int_equal(nvu_abort(rig->qpair, 1), 1);
	expect(rig, 1, 0);
	assert_in_range(clock_now_ms() - began_ms, DEADLINE_MS, DEADLINE_MS + MARGIN_MS);
	assert_int_equal(rig_stats(rig).timeouts, 0);
	rig_settle(rig);
	assert_int_equal(outstanding(rig), 0);
	/* The controller takes one fewer until it answers that, or is reset. */
	delay_reads(rig, 5);
	for (uint64_t i = 0; i < 5; i++)
		queue_read(rig, 7);
	publish(rig);
	assert_int_equal(nvu_abort(rig->qpair, 7), 5);
	for (uint32_t i = 0; i < 5; i++)
		expect(rig, 7, NVU_SC_ABORT_REQUESTED);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	rig_settle(rig);
	expect_rest(rig);
	/* As many as at first. */
	delay_reads(rig, 6);
	for (uint64_t i = 0; i < 6; i++)
		queue_read(rig, 8);
	publish(rig);
	before = rig_mock_stats(rig).admin_commands;
	assert_int_equal(nvu_abort(rig->qpair, 8), 6);
	(void)nvu_mock_step(rig->mock, UINT32_MAX);
	assert_int_equal(rig_mock_stats(rig).admin_commands - before, CONTROLLER_TAKES);
	for (uint32_t i = 0; i < 6; i++)
		expect(rig, 8, NVU_SC_ABORT_REQUESTED);
	expect_rest(rig);
}

static void reset_ends_what_is_not_wanted(void **state)
{
	static const uint32_t flags[] = { 0, NVU_QPAIR_RETRY };
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(flags); row++) {
		uint64_t before;

		start(rig, NVU_QPAIR_OPTS(.depth = DEPTH, .flags = flags[row]));
		delay_reads(rig, 2);
		queue_read(rig, 1);
		queue_read(rig, 2);
		publish(rig);
		assert_int_equal(nvu_abort(rig->qpair, 1), 1);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		queue_read(rig, 3);
		queue_read(rig, 4);
		assert_int_equal(nvu_abort(rig->qpair, 3), 1); /* waits for new queues */
		before = rig_mock_stats(rig).io_commands;
		for (uint32_t i = 0; i < 4; i++) {
			struct nvu_cpl cpl;
			bool is_sent;

			rig_reap(rig, &cpl, 1);
			is_sent = cpl.user_data == 4 || (cpl.user_data == 2 && row);
			assert_int_equal(cpl.status, is_sent ? 0 : -ECANCELED);
		}
		assert_int_equal(rig_mock_stats(rig).io_commands - before, row ? 2 : 1);
		expect_rest(rig);
		rig_again(rig);
	}
}

/* What is kept to be sent again is not, once it is not wanted: the reset is over, the queue pair has not followed yet. */
static void what_would_be_sent_again_can_be_aborted(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	start(rig, NVU_QPAIR_OPTS(.depth = DEPTH, .flags = NVU_QPAIR_RETRY));
	delay_reads(rig, 3);
	for (uint64_t i = 1; i <= 3; i++)
		queue_read(rig, i);
	publish(rig);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_int_equal(nvu_abort(rig->qpair, 2), 1);
	rig_reap(rig, &cpl, 1);
	assert_int_equal(cpl.user_data, 2);
	assert_int_equal(cpl.status, -ECANCELED);
	expect(rig, 1, 0);
	expect(rig, 3, 0);
	assert_int_equal(rig_stats(rig).retried, 2);
	expect_rest(rig);
}

/* The answer to its Abort comes when its memory is free. */
static void queue_pair_is_destroyed_before_its_aborts_are_answered(void **state)
{
	struct rig *rig = *state;

	start(rig, NULL);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .count = 2,
				       .opcode = NVU_ADMIN_ABORT, .qid = NVU_MOCK_ADMIN_QUEUE,
				       .delay = 20));
	delay_reads(rig, 2);
	queue_read(rig, 1);
	queue_read(rig, 1);
	publish(rig);
	assert_int_equal(nvu_abort(rig->qpair, 1), 2);
	assert_int_equal(rig_poll(rig, &(struct nvu_cpl){ 0 }, 1), 0);
	nvu_qpair_destroy(rig->qpair);
	(void)nvu_mock_step(rig->mock, 100);
	assert_int_equal(nvu_qpair_create(rig->ctrl, NULL, &rig->qpair), 0);
	expect_rest(rig);
}

/* All are answered once; then the poll says why. */
static void check_end(struct rig *rig, uint32_t want)
{
	struct nvu_cpl cpls[3];
	uint32_t count = 0;
	int ret = 0;

	for (uint32_t turn = 0; ret >= 0 && turn < 10000; turn++) {
		ret = nvu_poll(rig->qpair, cpls, COUNT(cpls));
		count += ret > 0 ? (uint32_t)ret : 0;
		(void)nvu_mock_step(rig->mock, 1);
		clock_advance_ms(1);
	}
	assert_int_equal(ret, -ENODEV);
	assert_int_equal(count, want);
}

static void controller_that_goes_ends_each_once(void **state)
{
	struct rig *rig = *state;

	for (int row = 0; row < 4; row++) {
		start(rig, NVU_QPAIR_OPTS(.commands = 24));
		delay_reads(rig, 3);
		for (uint64_t i = 0; i < 6; i++)
			queue_read(rig, 7);
		queue_large(rig, NVU_CMD_WRITE, 4, 7);
		assert_int_equal(nvu_flush_after(rig->qpair, rig->ns, 7), 0);
		if (row & 1)
			publish(rig);
		assert_int_equal(nvu_abort(rig->qpair, 7), 8);
		if (row & 2) {
			nvu_ctrl_close(rig->ctrl);
			rig->ctrl = NULL;
		} else {
			rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE_NOW));
		}
		check_end(rig, 8);
		rig_again(rig);
	}
}

/* Requests of any kind, `user_data` % SAME shared by many: how many of each are outstanding. */
struct story {
	uint64_t random;
	uint32_t accepted, answered;
	uint32_t left[SAME];
};

static uint32_t choose(struct story *story)
{
	story->random = story->random * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(story->random >> 33);
}

static int queue_any(struct rig *rig, uint32_t dice, uint64_t user_data)
{
	switch (dice % 5) {
	case 0:
		return nvu_flush_after(rig->qpair, rig->ns, user_data);
	case 1:
		return nvu_compare_and_write(rig->qpair, rig->ns, 0, 1, rig->buf, 0, rig->buf, 0,
					     user_data);
	case 2:
		return nvu_rw(rig->qpair,
			      NVU_RW_ARGS(.ns = rig->ns, .opcode = NVU_CMD_WRITE, .buf = rig->buf,
					  .blocks = 5ul * PART, .user_data = user_data));
	default:
		return nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, user_data);
	}
}

static void turn(struct rig *rig, struct story *story, uint32_t dice)
{
	uint64_t user_data = dice >> 8 & (SAME - 1);
	struct nvu_cpl cpls[4];
	int ret;

	if (dice % 61 == 0)
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	if (dice % 7 == 0)
		assert_int_equal(nvu_abort(rig->qpair, user_data), story->left[user_data]);
	if (dice % 2 && story->accepted < STORY) {
		ret = queue_any(rig, dice >> 16, user_data);
		assert_true(ret == 0 || ret == -EAGAIN);
		story->accepted += !ret;
		story->left[user_data] += !ret;
	}
	if (dice % 3 == 0)
		return;
	(void)nvu_mock_step(rig->mock, dice % 5);
	ret = nvu_poll(rig->qpair, cpls, 1 + dice % 4);
	assert_true(ret >= 0);
	for (int i = 0; i < ret; i++) {
		assert_true(story->left[cpls[i].user_data]--);
		story->answered++;
	}
}

/* A read takes a while, so that there is something to abort. Resets come at any time. */
static void each_is_answered_once_whatever_is_aborted(void **state)
{
	static const uint32_t flags[] = { 0, NVU_QPAIR_RETRY, NVU_QPAIR_LATENCY };
	struct rig *rig = *state;

	for (uint64_t seed = 1; seed <= 9; seed++) {
		struct story story = { .random = seed * 0x9e3779b97f4a7c15ull };

		start(rig, NVU_QPAIR_OPTS(.commands = 4 + (uint32_t)seed, .io_timeout_ms = 500,
					  .flags = flags[seed % COUNT(flags)]));
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .opcode = NVU_CMD_READ,
					       .delay = 40));
		while (story.accepted < STORY || story.answered < story.accepted)
			turn(rig, &story, choose(&story));
		assert_int_equal(outstanding(rig), 0);
		assert_int_equal(rig_stats(rig).bad_completions, 0);
		rig_again(rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(lost_command_keeps_its_deadline),
		RIG_TEST(late_command_that_is_aborted_is_late),
		RIG_TEST(late_command_has_no_abort_while_registers_are_silent),
		RIG_TEST(late_command_has_one_abort),
		RIG_TEST(completion_outlives_a_lost_abort),
		RIG_TEST(reset_ends_what_is_not_wanted),
		RIG_TEST(what_would_be_sent_again_can_be_aborted),
		RIG_TEST(queue_pair_is_destroyed_before_its_aborts_are_answered),
		RIG_TEST(controller_that_goes_ends_each_once),
		RIG_TEST(each_is_answered_once_whatever_is_aborted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
