// SPDX-License-Identifier: MIT
/*
 * test_fault.c: a controller that answers wrongly, late or never. Whatever it does, each command is
 * answered exactly once, and the queue pair goes on afterwards.
 */
#include "harness.h"

#include "clock.h"

#include <time.h>
#include <unistd.h>

enum { TIMEOUT_MS = 60 };

static void start(struct rig *rig, uint32_t depth)
{
	rig_start(rig, NULL, NVU_CTRL_OPTS(.io_timeout_ms = TIMEOUT_MS),
		  NVU_QPAIR_OPTS(.depth = depth));
}

/* Writes and reads through the whole ring: all is well again. */
static void assert_works(struct rig *rig)
{
	rig_settle(rig);
	for (uint32_t turn = 0; turn < 2 * nvu_qpair_depth(rig->qpair) + 2; turn++) {
		rig_fill(rig->data, 512, turn);
		assert_int_equal(rig_write(rig, turn % 16, 1, 0), 0);
		assert_int_equal(rig_read(rig, turn % 16, 1, PAGE), 0);
		assert_true(rig_is_filled(rig->data + PAGE, 512, turn));
	}
}

static void status_of_every_value_reaches_the_caller(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	rig_start(rig, NULL, NULL, NULL);
	for (uint16_t status = 1; status <= 0x7ff; status++)
		for (uint16_t dnr = 0; dnr <= 1; dnr++) {
			rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .count = 1,
						       .status = (uint16_t)(status | dnr << 14)));
			rig_queue_reads(rig, 1, status);
			rig_reap(rig, &cpl, 1);
			assert_int_equal(cpl.user_data, status);
			assert_int_equal(cpl.status, status);
			assert_int_equal(cpl.flags, dnr ? NVU_CPL_DNR : 0);
			assert_string_not_equal(nvu_strerror(cpl.status), "");
		}
	assert_int_equal(rig_stats(rig).failed, 2 * 0x7ff);
	assert_works(rig);
}

static void dropped_command_is_etimedout_and_the_others_succeed(void **state)
{
	struct rig *rig = *state;
	uint64_t begin_ms = clock_now_ms();
	struct batch batch;

	start(rig, 32);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .skip = 7, .count = 1));
	batch_start(&batch, rig, 31);

	batch_finish(&batch, rig);

	assert_int_equal(batch.status[7], -ETIMEDOUT);
	assert_int_equal(batch_count(&batch, 0), 30);
	assert_int_equal(rig_stats(rig).timeouts, 1);
	/* Late, which is noticed RIG_LOOK_MS later at most; the mock says that it has aborted nothing. */
	assert_in_range(clock_now_ms() - begin_ms, TIMEOUT_MS, TIMEOUT_MS + RIG_LOOK_MS);
	assert_works(rig);
}

static void dropped_queue_full_of_commands_is_answered(void **state)
{
	struct rig *rig = *state;
	struct batch batch;

	start(rig, 1024);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1023));
	batch_start(&batch, rig, 1023);

	batch_finish(&batch, rig);

	assert_int_equal(batch_count(&batch, -ETIMEDOUT), 1023);
	assert_works(rig);
}

/* Aborting works: the mock gives up what waits. */
static void delayed_command_is_aborted(void **state)
{
	struct rig *rig = *state;
	uint64_t resets;
	struct batch batch;

	start(rig, 16);
	resets = rig_mock_stats(rig).resets;
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .delay = 1ull << 60, .skip = 3,
				       .count = 2));
	batch_start(&batch, rig, 15);

	batch_finish(&batch, rig);

	assert_int_equal(batch.status[3], -ETIMEDOUT);
	assert_int_equal(batch.status[4], -ETIMEDOUT);
	assert_int_equal(batch_count(&batch, 0), 13);
	assert_int_equal(rig_mock_stats(rig).resets, resets);
	assert_works(rig);
}

static void delay_within_the_deadline_is_no_fault(void **state)
{
	struct rig *rig = *state;
	struct batch batch;

	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.depth = 16));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .delay = 50, .count = 5));
	batch_start(&batch, rig, 15);

	batch_finish(&batch, rig);

	assert_int_equal(batch_count(&batch, 0), 15);
	assert_int_equal(rig_stats(rig).timeouts, 0);
}

/* What identifies a completion, and is wrong: it answers nothing, the command times out. */
static const struct {
	const char *name;
	enum nvu_mock_fault_kind kind;
	uint64_t value;
} misleading[] = {
	{ "CID beyond the queue", NVU_MOCK_FAULT_UNKNOWN_CID, 0x7fff },
	{ "CID of the error log", NVU_MOCK_FAULT_UNKNOWN_CID, 0xffff },
	{ "SQ identifier 0", NVU_MOCK_FAULT_WRONG_SQID, 0 },
	{ "SQ identifier 2", NVU_MOCK_FAULT_WRONG_SQID, 2 },
	{ "SQ identifier FFFFh", NVU_MOCK_FAULT_WRONG_SQID, 0xffff },
	{ "phase", NVU_MOCK_FAULT_WRONG_PHASE, 0 },
};

static void misleading_completion_answers_nothing(void **state)
{
	struct rig *rig = *state;
	struct batch batch;

	for (size_t row = 0; row < COUNT(misleading); row++) {
		start(rig, 16);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = misleading[row].kind, .skip = 9, .count = 2,
					       .value = misleading[row].value));
		batch_start(&batch, rig, 15);
		batch_finish(&batch, rig);

		if (batch.status[9] != -ETIMEDOUT || batch.status[10] != -ETIMEDOUT)
			fail_msg("%s: %d and %d", misleading[row].name, batch.status[9],
				 batch.status[10]);
		if (misleading[row].kind != NVU_MOCK_FAULT_WRONG_PHASE) {
			assert_int_equal(batch_count(&batch, 0), 13);
			assert_int_equal(rig_stats(rig).bad_completions, 2);
		}
		assert_works(rig);
		rig_again(rig);
	}
}

static void sqhd_is_ignored(void **state)
{
	struct rig *rig = *state;

	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.depth = 8));
	for (uint64_t head = 0; head < 65536; head += 97) {
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_WRONG_SQHD, .value = head,
					       .count = 1));
		assert_int_equal(rig_read(rig, 0, 1, 0), 0);
	}
	assert_works(rig);
}

static void repeated_completion_is_dropped(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpls[64];
	struct batch batch;

	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.depth = 64));
	for (uint32_t turn = 1; turn <= 50; turn++) {
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DUPLICATE_CID, .count = 31));
		batch_start(&batch, rig, 31);
		batch_finish(&batch, rig);
		assert_int_equal(batch_count(&batch, 0), 31);
		for (int idle = 0; idle < 3; idle++)
			assert_int_equal(rig_poll(rig, cpls, 64), 0);
		assert_int_equal(rig_stats(rig).bad_completions, 31 * turn);
	}
	assert_works(rig);
}

/* The slot is in use again when its old identifier comes once more. */
static void stale_completion_does_not_answer_the_slots_next_command(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	start(rig, 2);
	for (uint64_t turn = 1; turn <= 3; turn++) {
		struct batch batch;

		/* One slot: its identifiers are 0, 2, 4, ... */
		rig_settle(rig);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_UNKNOWN_CID, .count = 1,
					       .value = 4 * (turn - 1)));
		batch_start(&batch, rig, 1);
		assert_int_equal(rig_poll(rig, &cpl, 1), 0);
		assert_int_equal(rig_stats(rig).bad_completions, turn);
		batch_finish(&batch, rig);
		assert_int_equal(batch.status[0], -ETIMEDOUT);
	}
	assert_works(rig);
}

/*
 * A batch whose completions carry the next identifiers of a walk through all of them; what is left
 * is reset away.
 */
static uint32_t answer_with_identifiers(struct rig *rig, uint32_t first, uint32_t count)
{
	struct batch batch;

	for (uint32_t idx = 0; idx < count; idx++)
		rig_inject(rig,
			   NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_UNKNOWN_CID, .skip = idx,
					  .count = 1, .value = (first + idx) * 40503 & 0xffff));
	batch_start(&batch, rig, count);
	(void)nvu_mock_step(rig->mock, count);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	batch_finish(&batch, rig);
	assert_int_equal(batch_count(&batch, 0) + batch_count(&batch, -ECANCELED), count);
	return batch_count(&batch, 0);
}

static void identifier_of_any_value_answers_no_command_but_its_own(void **state)
{
	struct rig *rig = *state;
	uint32_t answered = 0;

	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.depth = 64));
	for (uint32_t first = 0; first < 65536; first += 63) {
		answered += answer_with_identifiers(rig, first, 63);
		rig_settle(rig);
	}
	/* All but those that were in flight just then are dropped and counted. */
	assert_int_equal(rig_stats(rig).bad_completions + answered, 1041 * 63);
	assert_true(answered <= 4096);
	assert_works(rig);
}

static void corrupt_data_is_what_the_caller_gets(void **state)
{
	struct rig *rig = *state;

	rig_start(rig, NULL, NULL, NULL);
	rig_fill(rig->data, PAGE, 1);
	assert_int_equal(rig_write(rig, 0, 8, 0), 0);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_CORRUPT, .opcode = NVU_CMD_READ,
				       .offset = 4095, .count = 1));

	assert_int_equal(rig_read(rig, 0, 8, 0), 0);

	assert_true(rig_is_filled(rig->data, PAGE - 1, 1));
	assert_false(rig_is_filled(rig->data, PAGE, 1));
	assert_int_equal(rig_read(rig, 0, 8, 0), 0);
	assert_true(rig_is_filled(rig->data, PAGE, 1));
}

static void fatal_controller_is_reset_and_goes_on(void **state)
{
	struct rig *rig = *state;
	struct batch batch;

	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.depth = 32));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_CFS, .skip = 10, .count = 1));
	batch_start(&batch, rig, 31);

	batch_finish(&batch, rig);

	assert_int_equal(batch.error, 0);
	assert_int_equal(batch_count(&batch, 0), 10);
	assert_int_equal(batch_count(&batch, -ECANCELED), 21);
	assert_works(rig);
}

static void fatal_controller_between_commands_is_noticed(void **state)
{
	struct rig *rig = *state;
	uint64_t resets;

	rig_start(rig, NULL, NULL, NULL);
	resets = rig_mock_stats(rig).resets;
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_CFS_NOW));
	rig_queue_reads(rig, 1, 0);

	assert_int_equal(rig_status(rig), -ECANCELED);

	assert_int_equal(rig_mock_stats(rig).resets, resets + 1);
	assert_works(rig);
}

static void vanished_controller_ends_the_queue_pair(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;
	struct batch batch;

	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.depth = 32));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE, .skip = 10, .count = 1));
	batch_start(&batch, rig, 31);

	batch_finish(&batch, rig);

	assert_int_equal(batch_count(&batch, 0), 10);
	assert_int_equal(batch_count(&batch, -ECANCELED), 21);
	for (int turn = 0; turn < 100; turn++) {
		assert_int_equal(rig_poll(rig, &cpl, 1), -ENODEV);
		assert_string_not_equal(nvu_last_error(), "");
		assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 0), -ENODEV);
		assert_int_equal(nvu_flush(rig->qpair, rig->ns, 0), -ENODEV);
		assert_int_equal(nvu_submit(rig->qpair), -ENODEV);
	}
	assert_int_equal(nvu_ctrl_service(rig->ctrl, NULL), -ENODEV);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), -ENODEV);
}

/* A program that sleeps between its polls, for shorter or longer than a deadline, gets its answer. */
static void dropped_command_is_noticed_by_a_program_that_polls_seldom(void **state)
{
	struct rig *rig = *state;
	const uint32_t pauses_ms[] = { 2, 20, 80 };
	struct nvu_cpl cpl;

	start(rig, 4);
	for (size_t row = 0; row < COUNT(pauses_ms); row++) {
		/* When it is late, and when the Abort is: each noticed a look or a pause later. */
		uint64_t end_ms = clock_now_ms() + 2 * (TIMEOUT_MS + RIG_LOOK_MS + pauses_ms[row]);
		int ret = 0;

		rig_settle(rig);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1));
		rig_queue_reads(rig, 1, 0);
		while (!ret && clock_now_ms() < end_ms) {
			clock_advance_ms(pauses_ms[row]);
			ret = rig_poll(rig, &cpl, 1);
		}
		assert_int_equal(ret, 1);
		assert_int_equal(cpl.status, -ETIMEDOUT);
	}
	assert_works(rig);
}

/* The time of a command begins when it is queued, not when the queue pair was last looked at. */
static void command_after_a_long_pause_has_its_whole_time(void **state)
{
	struct rig *rig = *state;
	uint64_t aborts;

	start(rig, 4);
	assert_int_equal(rig_read(rig, 0, 1, 0), 0);
	for (int turn = 0; turn < 3; turn++) {
		struct nvu_cpl cpl;

		aborts = rig_mock_stats(rig).admin_commands;
		clock_advance_ms(3 * TIMEOUT_MS);
		rig_queue_reads(rig, 1, 0);
		(void)nvu_poll(rig->qpair, &cpl, 1);
		assert_int_equal(rig_mock_stats(rig).admin_commands, aborts);
		assert_int_equal(rig_status(rig), 0);
	}
	assert_int_equal(rig_stats(rig).timeouts, 0);
}

static void timeout_of_one_command_may_differ(void **state)
{
	struct rig *rig = *state;
	struct batch batch;

	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.depth = 8));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1));
	nvu_qpair_set_timeout(rig->qpair, TIMEOUT_MS);
	batch_start(&batch, rig, 1);
	nvu_qpair_set_timeout(rig->qpair, 0);

	batch_finish(&batch, rig);

	assert_int_equal(batch.status[0], -ETIMEDOUT);
	assert_works(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(status_of_every_value_reaches_the_caller),
		RIG_TEST(dropped_command_is_etimedout_and_the_others_succeed),
		RIG_TEST(dropped_queue_full_of_commands_is_answered),
		RIG_TEST(delayed_command_is_aborted),
		RIG_TEST(delay_within_the_deadline_is_no_fault),
		RIG_TEST(misleading_completion_answers_nothing),
		RIG_TEST(sqhd_is_ignored),
		RIG_TEST(repeated_completion_is_dropped),
		RIG_TEST(stale_completion_does_not_answer_the_slots_next_command),
		RIG_TEST(identifier_of_any_value_answers_no_command_but_its_own),
		RIG_TEST(corrupt_data_is_what_the_caller_gets),
		RIG_TEST(fatal_controller_is_reset_and_goes_on),
		RIG_TEST(fatal_controller_between_commands_is_noticed),
		RIG_TEST(vanished_controller_ends_the_queue_pair),
		RIG_TEST(dropped_command_is_noticed_by_a_program_that_polls_seldom),
		RIG_TEST(command_after_a_long_pause_has_its_whole_time),
		RIG_TEST(timeout_of_one_command_may_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
