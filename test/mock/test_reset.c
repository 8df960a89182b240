// SPDX-License-Identifier: MIT
/*
 * test_reset.c: what a program may do while the controller is reset and until its queues exist again: queue
 * commands, publish them, poll. And what the controller must not see meanwhile: a doorbell.
 */
#include "clock.h"
#include "harness.h"
#include "worker.h"

#include <pthread.h>

enum { DEPTH = 16, ROOM = DEPTH - 1, TIMEOUT_MS = 500, SLOW_STEPS = 1500 };

static const uint32_t doorbells[] = { 0, NVU_MOCK_TRAP_DOORBELLS, NVU_MOCK_SHADOW_DOORBELLS,
				      NVU_MOCK_TRAP_DOORBELLS | NVU_MOCK_SHADOW_DOORBELLS,
				      NVU_MOCK_SHADOW_DOORBELLS | NVU_MOCK_SHADOW_ADMIN };

static void start(struct rig *rig, uint32_t mock_flags, uint32_t qpair_flags)
{
	rig_start(
		rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | mock_flags, .ns_bytes = 64 << 20),
		NVU_CTRL_OPTS(.admin_timeout_ms = 200, .ready_timeout_ms = 200),
		NVU_QPAIR_OPTS(.depth = DEPTH, .io_timeout_ms = TIMEOUT_MS, .flags = qpair_flags));
}

static void queue_read(struct rig *rig, uint64_t user_data)
{
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, user_data), 0);
}

/* Polls until `count` commands are answered; their statuses by user data. */
static void reap(struct rig *rig, uint32_t count, int16_t statuses[ROOM])
{
	struct nvu_cpl cpls[ROOM];

	rig_reap(rig, cpls, count);
	for (uint32_t i = 0; i < count; i++) {
		assert_in_range(cpls[i].user_data, 0, ROOM - 1);
		statuses[cpls[i].user_data] = cpls[i].status;
	}
}

static void command_queued_after_a_reset_is_carried_out(void **state)
{
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(doorbells); row++) {
		start(rig, doorbells[row], 0);
		for (int turn = 0; turn < 40; turn++) {
			assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
			assert_int_equal(rig_read(rig, 0, 8, 0), 0);
			assert_int_equal(rig_write(rig, 0, 8, 0), 0);
		}
		assert_int_equal(rig_stats(rig).full, 0);
		rig_again(rig);
	}
}

static void queue_is_full_after_a_reset_only_with_its_own_commands(void **state)
{
	struct rig *rig = *state;
	int16_t statuses[ROOM];

	for (size_t row = 0; row < COUNT(doorbells); row++) {
		start(rig, doorbells[row], 0);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		for (uint64_t idx = 0; idx < ROOM; idx++)
			queue_read(rig, idx);
		assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 99), -EAGAIN);
		assert_int_equal(nvu_submit(rig->qpair), 0);

		reap(rig, ROOM, statuses);

		for (uint32_t idx = 0; idx < ROOM; idx++)
			assert_int_equal(statuses[idx], 0);
		rig_again(rig);
	}
}

/* The ring at any position, and resets that follow each other before anybody polls. */
static void reset_ends_what_was_queued_before_it_only(void **state)
{
	struct rig *rig = *state;
	int16_t statuses[ROOM];

	for (size_t row = 0; row < COUNT(doorbells); row++) {
		start(rig, doorbells[row], 0);
		for (uint32_t turn = 0; turn < 3 * DEPTH; turn++) {
			uint32_t sent = turn % 5, only_queued = turn % 3, after = 1 + turn % 7;
			uint64_t idx = 0;

			while (idx < sent)
				queue_read(rig, idx++);
			assert_int_equal(nvu_submit(rig->qpair), 0);
			while (idx < sent + only_queued)
				queue_read(rig, idx++);
			assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
			while (idx < sent + only_queued + after) {
				queue_read(rig, idx++);
				if (idx % 3 == 0)
					assert_int_equal(nvu_submit(rig->qpair), 0);
			}
			if (turn % 4 == 0)
				assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);

			reap(rig, (uint32_t)idx, statuses);

			for (uint32_t i = 0; i < idx; i++)
				assert_int_equal(statuses[i],
						 i < sent + only_queued ? -ECANCELED : 0);
		}
		rig_again(rig);
	}
}

/* The controller is answering for what it has lost while new commands come. */
static void commands_are_taken_while_a_queue_pair_is_being_answered(void **state)
{
	const uint32_t flags[] = { 0, NVU_QPAIR_LATENCY, NVU_QPAIR_RETRY };
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(flags); row++) {
		uint32_t canceled = 0, done = 0, queued;
		struct nvu_cpl cpl;

		start(rig, 0, flags[row]);
		for (queued = 0; queued < ROOM; queued++)
			queue_read(rig, queued);
		assert_int_equal(nvu_submit(rig->qpair), 0);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		while (canceled + done < 2 * ROOM) {
			int ret = rig_poll(rig, &cpl, 1);

			assert_true(ret >= 0);
			if (!ret)
				continue;
			canceled += cpl.status == -ECANCELED;
			done += cpl.status == 0;
			/* Each answer has made room for one. */
			if (queued < 2 * ROOM)
				queue_read(rig, queued++);
		}
		assert_int_equal(canceled, flags[row] == NVU_QPAIR_RETRY ? 0 : ROOM);
		rig_again(rig);
	}
}

static void command_queued_for_a_controller_that_does_not_come_back_gets_its_error(void **state)
{
	struct rig *rig = *state;
	const uint32_t flags[] = { 0, NVU_QPAIR_RETRY };

	for (size_t row = 0; row < COUNT(flags); row++) {
		int16_t statuses[ROOM];

		start(rig, 0, flags[row]);
		queue_read(rig, 0);
		assert_int_equal(nvu_submit(rig->qpair), 0);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_NEVER_READY));
		assert_int_not_equal(nvu_ctrl_reset(rig->ctrl), 0);
		for (uint64_t idx = 1; idx < 5; idx++)
			queue_read(rig, idx);
		assert_int_equal(nvu_submit(rig->qpair), 0);

		reap(rig, 5, statuses);

		assert_int_equal(statuses[0], -ECANCELED);
		for (uint32_t idx = 1; idx < 5; idx++)
			assert_int_equal(statuses[idx], -EIO);
		assert_int_equal(rig_poll(rig, &(struct nvu_cpl){ 0 }, 1), -EIO);
		assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 0), -EIO);
		nvu_mock_clear_faults(rig->mock);
		rig_again(rig);
	}
}

static void deadline_of_a_command_that_waits_for_its_queue_is_kept(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	start(rig, 0, 0);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	queue_read(rig, 0);
	queue_read(rig, 1);
	clock_advance_ms(1);
	assert_int_equal(nvu_poll(rig->qpair, &cpl, 0), 0); /* no room: nothing can be answered */
	clock_advance_ms(TIMEOUT_MS + 100);
	assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 1);
	assert_int_equal(cpl.status, -ETIMEDOUT);
	assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 1);
	assert_int_equal(cpl.status, -ETIMEDOUT);
	assert_int_equal(rig_read(rig, 0, 1, 0), 0);
}

/*
 * A controller that guesses the identifier of a command that waits has answered it: its entry in the ring
 * is neither answered again at its deadline, nor published.
 */
static void waiting_command_that_a_guess_answers_is_answered_once(void **state)
{
	struct rig *rig = *state;
	const uint64_t late_ms[] = { 0, TIMEOUT_MS + 100 };

	for (size_t row = 0; row < COUNT(late_ms); row++) {
		struct nvu_cpl cpls[2] = { 0 };

		start(rig, 0, 0);
		queue_read(rig, 1);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_UNKNOWN_CID, .count = 1,
					       .value = 1));
		assert_int_equal(nvu_submit(rig->qpair), 0);
		assert_int_equal(nvu_mock_step(rig->mock, 1), 1);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		queue_read(rig, 2); /* in the table's second slot: identifier 1 */
		assert_int_equal(nvu_poll(rig->qpair, cpls, 1), 1);
		assert_int_equal(cpls[0].user_data, 2);
		clock_advance_ms(late_ms[row]);
		assert_int_equal(nvu_poll(rig->qpair, cpls, 1), 1);
		assert_int_equal(cpls[0].user_data, 1);
		for (int turn = 0; turn < 4; turn++) {
			assert_int_equal(nvu_poll(rig->qpair, cpls, 2), 0);
			(void)nvu_mock_step(rig->mock, 4);
		}
		assert_int_equal(rig_stats(rig).bad_completions, 0);
		assert_int_equal(rig_read(rig, 0, 1, 0), 0);
		rig_again(rig);
	}
}

/* Threads that read and write while another resets: each command is answered, and no doorbell is rung. */
/* Looks at the clock are as far apart as they get. */
static void poll_idly(struct rig *rig)
{
	struct nvu_cpl cpl;

	for (uint32_t poll = 0; poll < 10000; poll++)
		assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 0);
}

static void next_poll_of_an_idle_queue_pair_sees_a_reset(void **state)
{
	struct rig *rig = *state;

	for (size_t row = 0; row < 2 * COUNT(doorbells); row++) {
		struct nvu_cpl cpl = { .status = 1 };

		start(rig, doorbells[row / 2], row % 2 ? NVU_QPAIR_LATENCY : 0);
		poll_idly(rig);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 0);

		/* The queues exist again: a command is carried out before there is another poll. */
		queue_read(rig, 7);
		assert_int_equal(nvu_submit(rig->qpair), 0);
		(void)nvu_mock_step(rig->mock, UINT32_MAX);
		assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 1);
		assert_int_equal(cpl.status, 0);
		rig_again(rig);
	}
}

static void slow_program_gets_its_answer_two_polls_after_a_reset(void **state)
{
	enum { INTERVAL_MS = 100 };
	struct rig *rig = *state;

	for (size_t row = 0; row < 2 * COUNT(doorbells); row++) {
		struct nvu_cpl cpl = { .status = 1 };

		start(rig, doorbells[row / 2], 0);
		poll_idly(rig);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		queue_read(rig, 7);
		if (row % 2)
			assert_int_equal(nvu_submit(rig->qpair), 0);
		clock_advance_ms(INTERVAL_MS);
		assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 0);
		(void)nvu_mock_step(rig->mock, UINT32_MAX);
		clock_advance_ms(INTERVAL_MS);
		assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 1);

		assert_int_equal(cpl.user_data, 7);
		assert_int_equal(cpl.status, 0);
		rig_again(rig);
	}
}

/* Late or not when the reset ends it, and however long it takes to make the queues. */
static void command_sent_again_has_all_its_time(void **state)
{
	struct rig *rig = *state;

	for (uint32_t before_ms = 0; before_ms < 2 * TIMEOUT_MS; before_ms += 50) {
		struct nvu_cpl cpl = { .status = 1 };
		uint64_t begin_ms;

		start(rig, 0, NVU_QPAIR_RETRY);
		poll_idly(rig);
		queue_read(rig, 7);
		assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 0);
		clock_advance_ms(before_ms);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		if (before_ms % 100)
			rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY,
						       .qid = NVU_MOCK_ADMIN_QUEUE,
						       .opcode = NVU_ADMIN_CREATE_SQ,
						       .delay = SLOW_STEPS, .count = 1));
		begin_ms = clock_now_ms();
		do {
			clock_advance_ms(1);
			assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 0);
		} while (!rig_stats(rig).retried);
		begin_ms = clock_now_ms();
		while (clock_now_ms() < begin_ms + TIMEOUT_MS - 10) {
			clock_advance_ms(1);
			assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 0);
		}
		(void)nvu_mock_step(rig->mock, UINT32_MAX);
		assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 1);
		assert_int_equal(cpl.status, 0);
		assert_int_equal(rig_stats(rig).retried, 1);
		rig_again(rig);
	}
}

static void reset_beside_threads_that_submit_rings_no_doorbell(void **state)
{
	struct rig *rig = *state;

	clock_stop();
	for (size_t row = 0; row < COUNT(doorbells); row++) {
		struct worker workers[4];

		rig_open(rig, NVU_MOCK_OPTS(.flags = doorbells[row]), NULL);
		for (uint32_t idx = 0; idx < COUNT(workers); idx++)
			worker_start(&workers[idx], rig, idx, 32);
		for (int turn = 0; turn < 30; turn++) {
			uint64_t before = __atomic_load_n(&workers[0].successes, __ATOMIC_RELAXED);
			double end = rig_now() + RIG_PATIENCE_S;

			while (__atomic_load_n(&workers[0].successes, __ATOMIC_RELAXED) <
			       before + 50)
				assert_true(rig_now() < end);
			assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		}
		for (uint32_t idx = 0; idx < COUNT(workers); idx++)
			worker_stop(&workers[idx]);
		assert_int_equal(nvu_mock_violations(rig->mock), 0);
		rig_again(rig);
		clock_stop();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(command_queued_after_a_reset_is_carried_out),
		RIG_TEST(queue_is_full_after_a_reset_only_with_its_own_commands),
		RIG_TEST(reset_ends_what_was_queued_before_it_only),
		RIG_TEST(commands_are_taken_while_a_queue_pair_is_being_answered),
		RIG_TEST(command_queued_for_a_controller_that_does_not_come_back_gets_its_error),
		RIG_TEST(deadline_of_a_command_that_waits_for_its_queue_is_kept),
		RIG_TEST(next_poll_of_an_idle_queue_pair_sees_a_reset),
		RIG_TEST(slow_program_gets_its_answer_two_polls_after_a_reset),
		RIG_TEST(command_sent_again_has_all_its_time),
		RIG_TEST(waiting_command_that_a_guess_answers_is_answered_once),
		RIG_TEST(reset_beside_threads_that_submit_rings_no_doorbell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
