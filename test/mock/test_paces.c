// SPDX-License-Identifier: MIT
/*
 * test_paces.c: as test_pace.c, but with every pattern of polls up to a length: each poll comes at once or after
 * INTERVAL_MS, and finds an answer, finds none, publishes a command, or follows a change of the timeout.
 * Whatever the pattern, a lost command is answered after its deadline, and within two intervals and the
 * allowance.
 */
#include "clock.h"
#include "harness.h"

#include <inttypes.h>

enum {
	INTERVAL_MS = 300,
	ALLOWANCE_MS = 100,
	LONG_MS = 600000, /* the deadline of the commands that are not lost */
	LOST = 7,
	POOL = 16, /* commands that a poll may find the answer of: more than polls of a run do */
	STEPS = 4,
};

enum kind { EMPTY, FIND, PUBLISH, CHANGE, KINDS };

/* A run: quick polls, the lost command, quick polls until just before its deadline, the pattern. */
struct run {
	uint32_t timeout_ms;
	uint32_t before;  /* quick polls that find an answer, before the command is queued */
	bool until_late;  /* the pattern begins at the deadline, not with the command */
	bool own;	  /* the lost command has a timeout of its own */
	uint32_t pattern; /* STEPS digits: kind * 2 + slow */
};

/* What the command of a run is answered, and when. */
struct outcome {
	bool answered;
	int status;
	uint64_t took_ms;
};

static void poll_once(struct rig *rig, uint64_t begin_ms, struct outcome *outcome)
{
	struct nvu_cpl cpls[2 * POOL];
	int count = nvu_poll(rig->qpair, cpls, COUNT(cpls));

	assert_true(count >= 0);
	for (int i = 0; i < count; i++) {
		if (cpls[i].user_data != LOST)
			continue;
		*outcome = (struct outcome){
			.answered = true,
			.status = cpls[i].status,
			.took_ms = clock_now_ms() - begin_ms,
		};
	}
}

static void queue_other(struct rig *rig)
{
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 100), 0);
}

static void step(struct rig *rig, enum kind kind, uint64_t begin_ms, struct outcome *outcome)
{
	switch (kind) {
	case FIND:
		(void)nvu_mock_step(rig->mock, 1);
		break;
	case PUBLISH:
		queue_other(rig);
		(void)nvu_mock_step(rig->mock, 1);
		break;
	case CHANGE:
		nvu_qpair_set_timeout(rig->qpair, LONG_MS);
		nvu_qpair_set_timeout(rig->qpair, 0);
		break;
	default:
		break;
	}
	poll_once(rig, begin_ms, outcome);
}

/* A millisecond passes now and then; most looks at the clock find that none has. */
static void poll_quickly(struct rig *rig, uint64_t until_ms, uint64_t begin_ms,
			 struct outcome *outcome)
{
	while (clock_now_ms() < until_ms) {
		clock_advance_ms(2);
		for (uint32_t poll = 0; poll < 5; poll++)
			poll_once(rig, begin_ms, outcome);
	}
}

static void fill_pool(struct rig *rig, const struct run *run)
{
	if (!run->own)
		nvu_qpair_set_timeout(rig->qpair, LONG_MS);
	for (uint32_t i = 0; i < POOL; i++)
		queue_other(rig);
	nvu_qpair_set_timeout(rig->qpair, 0);
	assert_int_equal(nvu_submit(rig->qpair), 0);
}

static void queue_lost(struct rig *rig, const struct run *run)
{
	nvu_mock_clear_faults(rig->mock);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .opcode = NVU_CMD_WRITE,
				       .count = 1));
	if (run->own)
		nvu_qpair_set_timeout(rig->qpair, run->timeout_ms);
	assert_int_equal(nvu_write(rig->qpair, rig->ns, 0, 1, rig->buf, 0, LOST), 0);
	if (run->own)
		nvu_qpair_set_timeout(rig->qpair, 0);
}

static struct outcome play(struct rig *rig, const struct run *run)
{
	struct outcome outcome = { 0 };
	uint32_t pattern = run->pattern;
	uint64_t begin_ms;

	fill_pool(rig, run);
	poll_quickly(rig, clock_now_ms() + 10, 0, &outcome);
	for (uint32_t i = 0; i < run->before; i++)
		step(rig, FIND, 0, &outcome);
	begin_ms = clock_now_ms();
	queue_lost(rig, run);
	if (run->until_late)
		poll_quickly(rig, begin_ms + run->timeout_ms - 4, begin_ms, &outcome);
	for (uint32_t i = 0; i < STEPS && !outcome.answered; i++, pattern /= 2 * KINDS) {
		clock_advance_ms(pattern % 2 ? INTERVAL_MS : 0);
		step(rig, pattern / 2 % KINDS, begin_ms, &outcome);
	}
	while (!outcome.answered && clock_now_ms() < begin_ms + LONG_MS / 2) {
		clock_advance_ms(INTERVAL_MS);
		step(rig, run->pattern % 3 ? EMPTY : CHANGE, begin_ms, &outcome);
	}
	return outcome;
}

/* Until nothing is in flight. */
static void drain(struct rig *rig)
{
	struct outcome outcome;
	uint32_t polls = 0;

	do {
		(void)nvu_mock_step(rig->mock, UINT32_MAX);
		poll_once(rig, 0, &outcome);
		assert_true(++polls < 1000);
	} while (rig_stats(rig).completed != rig_stats(rig).submitted);
}

static void check_run(struct rig *rig, const struct run *run)
{
	struct outcome outcome = play(rig, run);
	uint64_t most_ms = run->timeout_ms + 2 * INTERVAL_MS + ALLOWANCE_MS;

	if (outcome.status != -ETIMEDOUT || outcome.took_ms < run->timeout_ms ||
	    outcome.took_ms > most_ms)
		fail_msg("timeout %u, before %u, until late %d, own %d, pattern %#o: status %d "
			 "after %" PRIu64 " ms of at most %" PRIu64,
			 run->timeout_ms, run->before, run->until_late, run->own, run->pattern,
			 outcome.status, outcome.took_ms, most_ms);
	drain(rig);
}

static void check_all(struct rig *rig, uint32_t timeout_ms, bool own, uint32_t flags)
{
	uint32_t patterns = 1;

	for (uint32_t i = 0; i < STEPS; i++)
		patterns *= 2 * KINDS;
	rig_start(rig, NULL, NULL,
		  NVU_QPAIR_OPTS(.depth = 64, .flags = flags,
				 .io_timeout_ms = own ? LONG_MS : timeout_ms));
	for (uint32_t pattern = 0; pattern < patterns; pattern++)
		for (uint32_t before = 0; before < 2; before++)
			for (uint32_t late = 0; late < 2; late++)
				check_run(rig, &(struct run){
						       .timeout_ms = timeout_ms,
						       .before = before,
						       .until_late = late,
						       .own = own,
						       .pattern = pattern,
					       });
}

/* A multiple of the interval: whatever is added to the deadline costs one more. */
static void deadline_is_kept_in_every_pattern(void **state)
{
	check_all(*state, 2 * INTERVAL_MS, false, 0);
}

static void short_deadline_is_kept_in_every_pattern(void **state)
{
	check_all(*state, 40, false, 0);
}

static void deadline_of_one_command_is_kept_in_every_pattern(void **state)
{
	check_all(*state, 2 * INTERVAL_MS, true, 0);
}

/* It passes before the first poll, which may be the one that publishes the command. */
static void short_deadline_of_one_command_is_kept_in_every_pattern(void **state)
{
	check_all(*state, 40, true, 0);
}

/* What is queued long after a look has all its time, even if the ring has been once around since then. */
static void command_in_the_slot_of_the_last_look_has_all_its_time(void **state)
{
	enum { DEPTH = 4, TIMEOUT_MS = 500 };
	struct rig *rig = *state;

	for (uint32_t around = 0; around < 2 * DEPTH; around++) {
		struct outcome outcome = { 0 };
		uint64_t begin_ms;

		rig_start(rig, NULL, NULL,
			  NVU_QPAIR_OPTS(.depth = DEPTH, .io_timeout_ms = TIMEOUT_MS));
		poll_quickly(rig, clock_now_ms() + 10, 0, &outcome);
		for (uint32_t i = 0; i < around; i++) {
			queue_other(rig);
			assert_int_equal(nvu_submit(rig->qpair), 0);
			assert_int_equal(rig_poll(rig, (struct nvu_cpl[1]){ 0 }, 1), 1);
		}
		clock_advance_ms(4 * TIMEOUT_MS);
		begin_ms = clock_now_ms();
		queue_lost(rig, &(struct run){ 0 });
		queue_other(rig);
		queue_other(rig);
		while (!outcome.answered) {
			clock_advance_ms(1);
			step(rig, FIND, begin_ms, &outcome);
		}

		assert_int_equal(outcome.status, -ETIMEDOUT);
		assert_in_range(outcome.took_ms, TIMEOUT_MS, TIMEOUT_MS + ALLOWANCE_MS);
		drain(rig);
		rig_again(rig);
	}
}

/* A timeout that is shorter than the time until the program polls: the controller may answer all the same. */
static void command_late_before_it_is_published_is_given_a_poll(void **state)
{
	struct rig *rig = *state;
	struct outcome outcome = { 0 };
	uint64_t begin_ms;

	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.depth = 4, .io_timeout_ms = LONG_MS));
	poll_quickly(rig, clock_now_ms() + 10, 0, &outcome);
	begin_ms = clock_now_ms();
	nvu_qpair_set_timeout(rig->qpair, 10);
	assert_int_equal(nvu_write(rig->qpair, rig->ns, 0, 1, rig->buf, 0, LOST), 0);
	nvu_qpair_set_timeout(rig->qpair, 0);
	clock_advance_ms(INTERVAL_MS);
	poll_once(rig, begin_ms, &outcome);
	assert_false(outcome.answered);
	clock_advance_ms(INTERVAL_MS);
	(void)nvu_mock_step(rig->mock, 1);
	poll_once(rig, begin_ms, &outcome);

	assert_true(outcome.answered);
	assert_int_equal(outcome.status, 0);
}

/* Such a queue pair polls beside the path. */
static void deadline_is_kept_beside_the_path(void **state)
{
	check_all(*state, 40, false, NVU_QPAIR_LATENCY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(deadline_is_kept_in_every_pattern),
		RIG_TEST(deadline_is_kept_beside_the_path),
		RIG_TEST(short_deadline_is_kept_in_every_pattern),
		RIG_TEST(deadline_of_one_command_is_kept_in_every_pattern),
		RIG_TEST(short_deadline_of_one_command_is_kept_in_every_pattern),
		RIG_TEST(command_in_the_slot_of_the_last_look_has_all_its_time),
		RIG_TEST(command_late_before_it_is_published_is_given_a_poll),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
