// SPDX-License-Identifier: MIT
/*
 * test_pace.c: when a lost command is answered: never before its deadline, and within the deadline plus two
 * of the program's poll intervals plus 100 ms, however fast the program polls and whenever it changes.
 */
#include "clock.h"
#include "harness.h"

#include <stdlib.h>

enum {
	TIMEOUT_MS = 500,
	ALLOWANCE_MS = 100,
	LOST = 7,
	ROUNDS = 200,
	IDLE_POLLS = 126,
	SILENCE_MS = 1000
};

static const struct nvu_qpair_opts *with_timeout(uint32_t timeout_ms, uint32_t flags)
{
	static struct nvu_qpair_opts opts;

	opts = *NVU_QPAIR_OPTS(.depth = 16, .io_timeout_ms = timeout_ms, .flags = flags);
	return &opts;
}

static void lose_reads(struct rig *rig, uint32_t count)
{
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .opcode = NVU_CMD_READ,
				       .count = count));
}

static void read_one(struct rig *rig, uint64_t user_data)
{
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, user_data), 0);
}

/* Polls every interval_ms until the lost read is answered: how long that took. */
static uint64_t wait_for_lost(struct rig *rig, uint64_t begin_ms, uint64_t interval_ms)
{
	struct nvu_cpl cpls[16];

	for (;;) {
		int count;

		clock_advance_ms(interval_ms);
		count = rig_poll(rig, cpls, COUNT(cpls));
		assert_true(count >= 0);
		for (int i = 0; i < count; i++) {
			if (cpls[i].user_data != LOST)
				continue;
			assert_int_equal(cpls[i].status, -ETIMEDOUT);
			return clock_now_ms() - begin_ms;
		}
		assert_true(clock_now_ms() < begin_ms + 1000000);
	}
}

static void assert_in_time(struct rig *rig, uint64_t begin_ms, uint64_t timeout_ms,
			   uint64_t interval_ms)
{
	assert_in_range(wait_for_lost(rig, begin_ms, interval_ms), timeout_ms,
			timeout_ms + 2 * interval_ms + ALLOWANCE_MS);
}

static void poll_often(struct rig *rig, uint32_t polls)
{
	struct nvu_cpl cpl;

	while (polls--)
		assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 0);
}

static void busy_with_reads(struct rig *rig, uint32_t reads)
{
	while (reads--)
		assert_int_equal(rig_read(rig, 0, 1, 0), 0);
}

static void deadline_is_kept_by_a_program_that_polls_seldom_after_often(void **state)
{
	static const uint32_t intervals_ms[] = { 1, 3, 10, 30, 100, 400, 1000, 5000 };
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(intervals_ms) * 4; row++) {
		uint64_t begin_ms;

		rig_start(rig, NULL, NULL, with_timeout(TIMEOUT_MS, 0));
		if (row % 4 & 1)
			poll_often(rig, 10000 + (uint32_t)row);
		if (row % 4 & 2)
			busy_with_reads(rig, 100 + (uint32_t)row);
		lose_reads(rig, 1);
		begin_ms = clock_now_ms();
		read_one(rig, LOST);
		assert_int_equal(nvu_submit(rig->qpair), 0);

		assert_in_time(rig, begin_ms, TIMEOUT_MS, intervals_ms[row / 4]);
		rig_settle(rig);
		rig_again(rig);
	}
}

static void deadline_is_kept_behind_answers_that_come(void **state)
{
	struct rig *rig = *state;

	for (uint32_t others = 1; others < 8; others++) {
		uint64_t begin_ms;

		rig_start(rig, NULL, NULL, with_timeout(TIMEOUT_MS, 0));
		poll_often(rig, 10000);
		lose_reads(rig, 1);
		begin_ms = clock_now_ms();
		read_one(rig, LOST);
		for (uint32_t other = 0; other < others; other++)
			read_one(rig, 100 + other);
		assert_int_equal(nvu_submit(rig->qpair), 0);

		assert_in_time(rig, begin_ms, TIMEOUT_MS, 100);
		rig_settle(rig);
		rig_again(rig);
	}
}

static void deadline_of_one_command_is_kept(void **state)
{
	struct rig *rig = *state;
	uint64_t begin_ms;

	rig_start(rig, NULL, NULL, with_timeout(60000, 0));
	poll_often(rig, 10000);
	lose_reads(rig, 1);
	nvu_qpair_set_timeout(rig->qpair, TIMEOUT_MS);
	begin_ms = clock_now_ms();
	read_one(rig, LOST);
	nvu_qpair_set_timeout(rig->qpair, 0);
	/* As documented, for each of the commands that follow. */
	for (uint64_t turn = 0; turn < 3; turn++) {
		nvu_qpair_set_timeout(rig->qpair, 5 * TIMEOUT_MS);
		read_one(rig, 100 + turn);
		nvu_qpair_set_timeout(rig->qpair, 0);
	}

	assert_in_time(rig, begin_ms, TIMEOUT_MS, 100);
}

static void time_set_at_each_poll_does_not_hide_a_deadline(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl = { 0 };
	uint64_t begin_ms;

	rig_start(rig, NULL, NULL, with_timeout(TIMEOUT_MS, 0));
	poll_often(rig, 10000);
	lose_reads(rig, 1);
	begin_ms = clock_now_ms();
	read_one(rig, LOST);
	while (rig_poll(rig, &cpl, 1) == 0) {
		nvu_qpair_set_timeout(rig->qpair, 4 * TIMEOUT_MS);
		clock_advance_ms(50);
		nvu_qpair_set_timeout(rig->qpair, 0);
		clock_advance_ms(50);
	}

	assert_int_equal(cpl.status, -ETIMEDOUT);
	assert_in_range(clock_now_ms() - begin_ms, TIMEOUT_MS, TIMEOUT_MS + 2 * 100 + ALLOWANCE_MS);
}

/* Whatever the intervals are, and with histograms and copies too. */
static void deadline_is_kept_at_any_pace(void **state)
{
	static const uint32_t intervals_ms[] = { 0, 0, 0, 1, 4, 15, 17, 40, 100, 300, 1000 };
	struct rig *rig = *state;

	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint64_t begin_ms, longest_ms = 0, took_ms;
		struct nvu_cpl cpl = { 0 };
		uint32_t quick;
		int count = 0;

		srand(round);
		rig_start(rig, NULL, NULL,
			  with_timeout(TIMEOUT_MS, round % 8 == 0 ? NVU_QPAIR_LATENCY : 0));
		poll_often(rig, (uint32_t)rand() % 1000);
		lose_reads(rig, 1);
		begin_ms = clock_now_ms();
		read_one(rig, LOST);
		do {
			uint32_t interval_ms = intervals_ms[(size_t)rand() % COUNT(intervals_ms)];

			longest_ms = interval_ms > longest_ms ? interval_ms : longest_ms;
			quick = rand() % 4 == 0 ? (uint32_t)rand() % 64 : 0;
			while (quick-- && !count)
				count = rig_poll(rig, &cpl, 1);
			clock_advance_ms(count ? 0 : interval_ms);
			count = count ? count : rig_poll(rig, &cpl, 1);
		} while (!count);

		took_ms = clock_now_ms() - begin_ms;
		assert_int_equal(cpl.status, -ETIMEDOUT);
		assert_in_range(took_ms, TIMEOUT_MS, TIMEOUT_MS + 2 * longest_ms + ALLOWANCE_MS);
		rig_settle(rig);
		rig_again(rig);
	}
}

/* Its time begins when it is queued, however long ago nvu has looked at the clock. */
static void command_queued_long_after_the_last_poll_has_all_its_time(void **state)
{
	struct rig *rig = *state;

	for (uint32_t gap_ms = 1; gap_ms < 4000; gap_ms *= 2) {
		uint64_t begin_ms;

		rig_start(rig, NULL, NULL, with_timeout(TIMEOUT_MS, 0));
		poll_often(rig, 1000);
		lose_reads(rig, 1);
		clock_advance_ms(gap_ms);
		begin_ms = clock_now_ms();
		read_one(rig, LOST);
		assert_in_time(rig, begin_ms, TIMEOUT_MS, 1);
		rig_settle(rig);
		rig_again(rig);
	}
}

/* How many polls it takes an idle queue pair to learn that its controller has gone; another is alive. */
static uint32_t polls_until_gone(struct rig *rig, uint64_t interval_ms)
{
	struct nvu_cpl cpl;
	uint32_t polls = 0;
	int ret;

	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE_NOW));
	do {
		clock_advance_ms(interval_ms);
		ret = nvu_poll(rig->qpair, &cpl, 1);
		assert_true(++polls < 1000);
	} while (ret == 0);
	assert_int_equal(ret, -ENODEV);
	return polls;
}

/* Only the first look after a program has become slow may take long: it is counted in polls. */
static void idle_program_that_polls_slowly_looks_with_each_poll(void **state)
{
	static const uint32_t intervals_ms[] = { 3, 20, 60, 100, 1000 };
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	for (size_t row = 0; row < COUNT(intervals_ms) * 2; row++) {
		uint32_t interval_ms = intervals_ms[row / 2], slow = row % 2 ? IDLE_POLLS + 1 : 0;

		rig_start(rig, NULL, NULL, NULL);
		poll_often(rig, 10000);
		for (uint32_t poll = 0; poll < slow; poll++) {
			clock_advance_ms(interval_ms);
			assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 0);
		}
		/* The controller is looked at every 50 ms; it has gone once its registers are silent for a second. */
		assert_in_range(polls_until_gone(rig, interval_ms), 1,
				(slow ? 1 : IDLE_POLLS + 1) + 50 / interval_ms + 1 +
					SILENCE_MS / interval_ms + 2);
		rig_again(rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(deadline_is_kept_by_a_program_that_polls_seldom_after_often),
		RIG_TEST(deadline_is_kept_behind_answers_that_come),
		RIG_TEST(deadline_of_one_command_is_kept),
		RIG_TEST(time_set_at_each_poll_does_not_hide_a_deadline),
		RIG_TEST(deadline_is_kept_at_any_pace),
		RIG_TEST(command_queued_long_after_the_last_poll_has_all_its_time),
		RIG_TEST(idle_program_that_polls_slowly_looks_with_each_poll),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
