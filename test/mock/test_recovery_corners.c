// SPDX-License-Identifier: MIT
/*
 * test_recovery_corners.c: corners of recovery that the model in test/model found: what lies in the completion
 * queue behind an entry that belongs to no command, and what may be sent once more.
 */
#include "harness.h"

static const struct nvu_ctrl_opts *patient(uint32_t timeout_ms)
{
	static struct nvu_ctrl_opts opts;

	opts = *NVU_CTRL_OPTS(.io_timeout_ms = timeout_ms);
	return &opts;
}

/* One completion a poll; the first that is in the queue repeats an answer. */
static void reset_behind_a_repeated_answer_gives_the_true_answer(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	rig_start(rig, NULL, patient(60000), NVU_QPAIR_OPTS(.depth = 4));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DUPLICATE_CID, .count = 1));
	rig_queue_reads(rig, 1, 0);
	(void)nvu_mock_step(rig->mock, 1);
	while (nvu_poll(rig->qpair, &cpl, 1) == 0)
		;
	assert_int_equal(cpl.user_data, 0);
	rig_queue_reads(rig, 1, 1);
	(void)nvu_mock_step(rig->mock, 1);

	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	while (nvu_poll(rig->qpair, &cpl, 1) == 0)
		;

	assert_int_equal(cpl.user_data, 1);
	assert_int_equal(cpl.status, 0);
}

/* Its deadline has passed when the queues are re-created: it has all its time again. */
static void lost_command_sent_again_is_not_aborted_at_once(void **state)
{
	struct rig *rig = *state;
	uint64_t before;

	rig_start(rig, NULL, patient(100), NVU_QPAIR_OPTS(.depth = 4, .flags = NVU_QPAIR_RETRY));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .delay = 50, .skip = 1,
				       .count = 1));
	before = rig_mock_stats(rig).admin_commands;
	rig_queue_reads(rig, 1, 0);

	assert_int_equal(rig_status(rig), 0);

	assert_int_equal(rig_stats(rig).retried, 1);
	/* Of the lost one: Abort, Delete SQ and CQ, Create CQ and SQ. */
	assert_int_equal(rig_mock_stats(rig).admin_commands, before + 5);
}

/* What the controller has not seen yet is sent then: for the first time, so it may be any command. */
static void reset_with_retry_sends_what_was_only_queued(void **state)
{
	const struct nvu_sqe unknown = { .opcode = 0x99 };
	struct rig *rig = *state;
	struct batch batch;

	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.depth = 16, .flags = NVU_QPAIR_RETRY));
	batch_start(&batch, rig, 5);
	(void)nvu_mock_step(rig->mock, 5);
	for (uint64_t idx = 5; idx < 9; idx++)
		assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, idx), 0);
	assert_int_equal(nvu_io(rig->qpair, &unknown, NULL, 0, 0, 9), 0);
	batch.ledger.accepted = 10;

	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	batch_finish(&batch, rig);

	assert_int_equal(batch_count(&batch, 0), 9);
	assert_int_equal(batch_count(&batch, NVU_SC_INVALID_OPCODE), 1);
	assert_int_equal(rig_stats(rig).retried, 0);
}

/* With 65,536 entries every command in a slot has the same identifier: what is sent is its own copy. */
static void unpublished_command_is_never_mistaken_for_one_before_it(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.depth = 65536, .flags = NVU_QPAIR_RETRY));
	assert_int_equal(rig_write(rig, 0, 8, 0), 0);
	rig_fill(rig->data, PAGE, 7);
	assert_int_equal(nvu_write(rig->qpair, rig->ns, 8, 8, rig->buf, 0, 1), 0);

	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);

	while (rig_poll(rig, &cpl, 1) == 0)
		;
	assert_int_equal(cpl.user_data, 1);
	assert_int_equal(cpl.status, 0);
	assert_int_equal(rig_stats(rig).retried, 0);
	memset(rig->data, 0, PAGE);
	assert_int_equal(rig_read(rig, 8, 8, 0), 0);
	assert_true(rig_is_filled(rig->data, PAGE, 7));
}

/* Fused, a compare that has been followed by its write fails when it is carried out again. */
static void fused_commands_are_not_sent_again(void **state)
{
	struct rig *rig = *state;
	const struct nvu_sqe halves[] = {
		{ .opcode = NVU_CMD_COMPARE, .flags = 1, .nsid = nvu_le32_put(1) },
		{ .opcode = NVU_CMD_WRITE, .flags = 2, .nsid = nvu_le32_put(1) },
	};
	struct nvu_cpl cpls[2];

	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.depth = 4, .flags = NVU_QPAIR_RETRY));
	for (uint64_t half = 0; half < 2; half++)
		assert_int_equal(
			nvu_io(rig->qpair, &halves[half], rig->buf, half * PAGE, 512, half), 0);
	assert_int_equal(nvu_submit(rig->qpair), 0);

	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);

	rig_reap(rig, cpls, 2);
	assert_int_equal(cpls[0].status, -ECANCELED);
	assert_int_equal(cpls[1].status, -ECANCELED);

	/* Nor is one sent for the first time: the other may have been. */
	rig_settle(rig);
	assert_int_equal(nvu_io(rig->qpair, &halves[1], rig->buf, 0, 512, 0), 0);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	while (rig_poll(rig, cpls, 1) == 0)
		;
	assert_int_equal(cpls[0].status, -ECANCELED);
}

static uint64_t commands_fetched(struct rig *rig)
{
	return rig_mock_stats(rig).io_commands;
}

/* The library does not know what carrying it out twice would do. */
static void unknown_command_is_not_sent_again(void **state)
{
	const struct nvu_sqe unknown = { .opcode = 0x99 };
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.depth = 4, .flags = NVU_QPAIR_RETRY));
	assert_int_equal(nvu_io(rig->qpair, &unknown, NULL, 0, 0, 7), 0);
	assert_int_equal(nvu_submit(rig->qpair), 0);

	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);

	while (rig_poll(rig, &cpl, 1) == 0)
		;
	assert_int_equal(cpl.user_data, 7);
	assert_int_equal(cpl.status, -ECANCELED);
	assert_int_equal(rig_stats(rig).retried, 0);
	assert_int_equal(commands_fetched(rig), 0);
}

/* What the controller has seen twice is answered with the second reset's error. */
static void command_is_sent_again_only_once(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl = { 0 };

	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.depth = 4, .flags = NVU_QPAIR_RETRY));
	rig_queue_reads(rig, 1, 0);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	for (int turn = 0; turn < 4; turn++)
		assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 0);
	assert_int_equal(rig_stats(rig).retried, 1);

	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);

	for (int turn = 0; turn < 1000 && nvu_poll(rig->qpair, &cpl, 1) == 0; turn++)
		;
	assert_int_equal(cpl.status, -ECANCELED);
	assert_int_equal(rig_stats(rig).retried, 1);
}

/* The controller sees each command that was in flight once, and no other. */
static void commands_sent_again_are_sent_once(void **state)
{
	struct rig *rig = *state;
	struct batch batch;

	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.depth = 16, .flags = NVU_QPAIR_RETRY));
	batch_start(&batch, rig, 6);

	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	batch_finish(&batch, rig);
	(void)nvu_mock_step(rig->mock, UINT32_MAX);

	assert_int_equal(batch_count(&batch, 0), 6);
	assert_int_equal(commands_fetched(rig), 6);
	assert_int_equal(rig_stats(rig).retried, 6);
	assert_int_equal(rig_stats(rig).bad_completions, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(reset_behind_a_repeated_answer_gives_the_true_answer),
		RIG_TEST(lost_command_sent_again_is_not_aborted_at_once),
		RIG_TEST(reset_with_retry_sends_what_was_only_queued),
		RIG_TEST(unpublished_command_is_never_mistaken_for_one_before_it),
		RIG_TEST(fused_commands_are_not_sent_again),
		RIG_TEST(unknown_command_is_not_sent_again),
		RIG_TEST(command_is_sent_again_only_once),
		RIG_TEST(commands_sent_again_are_sent_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
