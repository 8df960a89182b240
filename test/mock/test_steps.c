/* SPDX-License-Identifier: MIT */
/*
 * test_steps.c: what lasts, in steps: a poll identifies controller and namespaces again one command at a time, and waits
 * neither for an answer nor for another thread.
 */
#include "harness.h"

#include "clock.h"
#include "geometry.h"

#include <pthread.h>
#include <time.h>

enum {
	MANY = 8, /* namespaces */
	POLL_NS =
		200000, /* of virtual time: a poll that does not wait reads the clock a few times */
	PATIENCE_MS = 1000,
};

/* One poll, which must not wait. The controller does not work meanwhile. */
static void poll_once(struct rig *rig)
{
	uint64_t from_ns = clock_now_ns();
	struct nvu_cpl cpl;

	assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 0);
	assert_in_range(clock_now_ns() - from_ns, 0, POLL_NS);
}

/* Time passes, the controller does what it has got, then one poll. Returns the number of commands it has got. */
static uint32_t turn(struct rig *rig)
{
	uint32_t commands;

	clock_advance_ms(STEP_MS);
	commands = nvu_mock_step(rig->mock, 1000);
	poll_once(rig);
	return commands;
}

static bool is_stale(struct rig *rig)
{
	int ret = nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 0);

	if (ret == -ESTALE)
		return true;
	assert_int_equal(ret, 0);
	assert_int_equal(rig_status(rig), 0);
	return false;
}

/* Another host formats namespace 1, and a poll has learnt of it, and sent the first command. */
static void change_and_begin(struct rig *rig, uint32_t lba_bytes)
{
	uint64_t before = rig_mock_stats(rig).admin_commands;

	CHANGE(rig, .nsid = 1, .lba_bytes = lba_bytes);
	while (rig_mock_stats(rig).admin_commands == before)
		(void)turn(rig);
}

/* Namespace 1 has got blocks of 4096 bytes, and polls have gone `steps` steps of identifying it again. */
static void start_in_the_middle(struct rig *rig, uint32_t namespaces, uint32_t steps)
{
	start(rig, namespaces, 0);
	change_and_begin(rig, 4096);
	for (uint32_t i = 0; i < steps; i++)
		(void)turn(rig);
}

static void poll_takes_at_most_one_step(void **state)
{
	struct rig *rig = *state;
	uint64_t before;
	uint32_t turns = 0;

	start(rig, MANY, 0);
	before = rig_mock_stats(rig).admin_commands;
	CHANGE(rig, .nsid = 1, .lba_bytes = 4096);
	for (; turns < 500; turns++) /* the event request is sent again with one of the steps */
		assert_in_range(turn(rig), 0, 2);
	assert_true(is_stale(rig));
	/* Log page, controller, list; each namespace and its descriptors. */
	assert_true(rig_mock_stats(rig).admin_commands - before >= 3 + 2 * MANY);
	rig->ns = get(rig, 1);
	assert_int_equal(nvu_ns_info(rig->ns)->block_bytes, 4096);
}

static void steps_follow_each_other_soon(void **state)
{
	struct rig *rig = *state;
	uint64_t from;

	start(rig, 1, 0);
	change_and_begin(rig, 4096);
	from = clock_now_ms();
	while (!is_stale(rig))
		(void)turn(rig);
	assert_in_range(clock_now_ms() - from, 0, 40 * STEP_MS);
}

/* Each poll returns at once; in the end nvu trusts no handle. */
static void poll_does_not_wait_for_an_answer_that_never_comes(void **state)
{
	struct rig *rig = *state;
	uint64_t from;

	start(rig, 1, 0);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .qid = NVU_MOCK_ADMIN_QUEUE,
				       .opcode = NVU_ADMIN_IDENTIFY));
	from = clock_now_ms();
	change_and_begin(rig, 4096);
	while (!is_stale(rig) && clock_now_ms() - from < PATIENCE_MS)
		(void)turn(rig);
	assert_stale(rig, rig->ns, "did not identify it again");
	nvu_mock_clear_faults(rig->mock);
	rig->ns = get(rig, 1);
	assert_int_equal(nvu_ns_info(rig->ns)->block_bytes, 4096);
}

static void call_that_needs_the_result_finishes_the_steps(void **state)
{
	struct rig *rig = *state;

	for (uint32_t steps = 0; steps < 10; steps++) {
		start_in_the_middle(rig, 1, steps);
		assert_int_equal(nvu_ns_info(get(rig, 1))->block_bytes, 4096);
		assert_true(is_stale(rig));
		rig_again(rig);
	}
}

/* The event of the second change comes while the first is identified, before or after what it changes is read. */
static void change_in_the_middle_is_not_missed(void **state)
{
	struct rig *rig = *state;

	for (uint32_t steps = 0; steps < 10; steps++) {
		start_in_the_middle(rig, 1, steps);
		CHANGE(rig, .nsid = 1, .lba_bytes = 1024);
		only_poll(rig);
		only_poll(rig);
		assert_int_equal(nvu_ns_info(get(rig, 1))->block_bytes, 1024);
		rig_again(rig);
	}
}

/* The program's own format, while polls identify what an event has reported. */
static void command_in_the_middle_is_followed_up(void **state)
{
	struct rig *rig = *state;

	for (uint32_t steps = 0; steps < 10; steps++) {
		const struct nvu_ns *ns;

		rig_start(rig,
			  NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = NS_BYTES,
					.namespaces = 2),
			  NULL, NVU_QPAIR_OPTS(.depth = 16));
		CHANGE(rig, .nsid = 2, .lba_bytes = 4096);
		for (uint32_t i = 0; i < 26 + steps; i++)
			(void)turn(rig);
		assert_int_equal(format(rig, 1, FORMAT_4096), 0);
		assert_true(is_stale(rig));
		ns = get(rig, 1);
		assert_int_equal(nvu_ns_info(ns)->block_bytes, 4096);
		rig_again(rig);
	}
}

static void reset_in_the_middle_begins_again(void **state)
{
	struct rig *rig = *state;

	for (uint32_t steps = 0; steps < 10; steps++) {
		start_in_the_middle(rig, 2, steps);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		assert_stale(rig, rig->ns, "its block size has changed");
		rig->ns = get(rig, 1);
		rig_settle(rig);
		rig_again(rig);
	}
}

/* rig_again() asserts that nothing stays mapped, the sanitizers that nothing is lost. */
static void close_in_the_middle_leaves_nothing(void **state)
{
	struct rig *rig = *state;

	for (uint32_t steps = 0; steps < 10; steps++) {
		start_in_the_middle(rig, 2, steps);
		rig_again(rig);
	}
}

static void controller_that_fails_in_the_middle_is_reset(void **state)
{
	struct rig *rig = *state;

	for (uint32_t steps = 0; steps < 10; steps++) {
		start_in_the_middle(rig, 2, steps);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_CFS_NOW));
		only_poll(rig);
		rig->ns = get(rig, 1);
		assert_int_equal(nvu_ns_info(rig->ns)->block_bytes, 4096);
		rig_settle(rig);
		assert_int_equal(nvu_ctrl_info(rig->ctrl)->resets, 1);
		rig_again(rig);
	}
}

/* A thread that polls while this one, in a line of the log, has the controller's lock. */
struct poller {
	struct rig *rig;
	uint32_t polls;
};

static void *poll_as_another(void *arg)
{
	struct poller *poller = arg;
	struct nvu_cpl cpl;

	for (int i = 0; i < 3; i++)
		poller->polls += nvu_poll(poller->rig->qpair, &cpl, 1) == 0;
	return NULL;
}

static void poll_in_the_middle(void *arg, int level, const char *line)
{
	struct timespec until;
	pthread_t thread;

	(void)level;
	if (!strstr(line, "left out"))
		return;
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += RIG_PATIENCE_S / 4;
	assert_int_equal(pthread_create(&thread, NULL, poll_as_another, arg), 0);
	assert_int_equal(pthread_timedjoin_np(thread, NULL, &until), 0);
}

/* The reset has taken the queues away, and still has the lock: the poll leaves its part to a later one. */
static void poll_does_not_wait_for_a_reset_of_another_thread(void **state)
{
	struct rig *rig = *state;
	struct poller poller = { .rig = rig };

	start(rig, 2, 0);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .cns = NVU_CNS_NS, .nsid = 2,
				       .qid = NVU_MOCK_ADMIN_QUEUE, .opcode = NVU_ADMIN_IDENTIFY,
				       .status = NVU_SC_INVALID_FIELD | NVU_MOCK_DNR));
	nvu_set_log(1, poll_in_the_middle, &poller);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	nvu_set_log(0, NULL, NULL);
	assert_in_range(poller.polls, 3, UINT32_MAX);
	rig_settle(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(poll_takes_at_most_one_step),
		RIG_TEST(steps_follow_each_other_soon),
		RIG_TEST(poll_does_not_wait_for_an_answer_that_never_comes),
		RIG_TEST(call_that_needs_the_result_finishes_the_steps),
		RIG_TEST(change_in_the_middle_is_not_missed),
		RIG_TEST(command_in_the_middle_is_followed_up),
		RIG_TEST(reset_in_the_middle_begins_again),
		RIG_TEST(close_in_the_middle_leaves_nothing),
		RIG_TEST(controller_that_fails_in_the_middle_is_reset),
		RIG_TEST(poll_does_not_wait_for_a_reset_of_another_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
