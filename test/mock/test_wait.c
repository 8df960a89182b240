// SPDX-License-Identifier: MIT
/*
 * test_wait.c: nvu_wait() and nvu_qpair_wake(): what ends a wait, and when. On a stepped mock the wait itself lets the
 * mock work, and its naps let virtual time pass.
 */
#include "harness.h"

#include "clock.h"
#include "waiter.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>

enum { DEADLINE_MS = 200, LATE_MS = 100, NAP_MS = 10, IDLE_MS = 400 };

static int wait_for(struct rig *rig, int timeout_ms, struct nvu_cpl *ret_cpl)
{
	return nvu_wait(rig->qpair, ret_cpl, 1, timeout_ms);
}

static void wait_publishes_steps_a_stepped_mock_and_returns_completions(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpls[3];
	int count = 0;

	rig_start(rig, NULL, NULL, NULL);
	for (uint64_t i = 0; i < COUNT(cpls); i++)
		assert_int_equal(nvu_read(rig->qpair, rig->ns, i, 1, rig->buf, 0, i), 0);
	while (count < (int)COUNT(cpls)) {
		int ret = nvu_wait(rig->qpair, cpls + count, COUNT(cpls) - (uint32_t)count, -1);

		assert_true(ret > 0);
		count += ret;
	}
	for (uint64_t i = 0; i < COUNT(cpls); i++) {
		assert_int_equal(cpls[i].user_data, i);
		assert_int_equal(cpls[i].status, 0);
	}
}

static void wait_returns_0_when_the_time_is_up(void **state)
{
	struct rig *rig = *state;
	static const int times_ms[] = { 1, 7, 30, 1000 };
	struct nvu_cpl cpl;

	rig_start(rig, NULL, NULL, NULL);
	for (size_t row = 0; row < COUNT(times_ms); row++) {
		const uint64_t began_ns = clock_now_ns();
		const uint64_t want_ns = (uint64_t)times_ms[row] * 1000000;

		assert_int_equal(wait_for(rig, times_ms[row], &cpl), 0);
		/* The looks at the clock before and behind the wait. */
		assert_in_range(clock_now_ns() - began_ns, want_ns, want_ns + 100 * CLOCK_LOOK_NS);
	}
}

static void wait_of_0_ms_is_a_poll(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 7), 0);
	assert_int_equal(wait_for(rig, 0, &cpl), 0);
	assert_int_equal(rig_mock_stats(rig).io_commands, 0); /* the mock has not been stepped */
	(void)nvu_mock_step(rig->mock, 1);
	assert_int_equal(wait_for(rig, 0, &cpl), 1);
	assert_int_equal(cpl.user_data, 7);
}

static void wait_without_room_is_refused(void **state)
{
	struct rig *rig = *state;

	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(nvu_wait(rig->qpair, NULL, 0, -1), -EINVAL);
	rig_assert_sentence("max is 0");
}

/* Neither sooner nor later than a poll would. */
static void wait_ends_a_lost_command_at_its_deadline(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;
	uint64_t began_ms;

	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.io_timeout_ms = DEADLINE_MS));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1));
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 7), 0);
	began_ms = clock_now_ms();
	assert_int_equal(wait_for(rig, -1, &cpl), 1);
	assert_int_equal(cpl.user_data, 7);
	assert_int_equal(cpl.status, -ETIMEDOUT);
	assert_in_range(clock_now_ms() - began_ms, DEADLINE_MS, DEADLINE_MS + 2 * NAP_MS + LATE_MS);
}

/* The time of a mock that its user advances: turns of the wait advance it. */
static void wait_for_a_lost_command_takes_no_real_time(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;
	double began;

	clock_stop();
	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.io_timeout_ms = 60000));
	began = rig_now();
	assert_int_equal(nvu_mock_advance(rig->mock, 0), 0);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1));
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 7), 0);
	assert_int_equal(wait_for(rig, -1, &cpl), 1);
	assert_int_equal(cpl.status, -ETIMEDOUT);
	assert_true(rig_now() - began < 20);
}

static void wait_returns_commands_that_a_reset_ends(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 7), 0);
	assert_int_equal(nvu_submit(rig->qpair), 0);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_int_equal(wait_for(rig, -1, &cpl), 1);
	assert_int_equal(cpl.status, -ECANCELED);
	assert_int_equal(rig_read(rig, 0, 1, 0), 0);
}

static void wait_of_an_idle_queue_pair_ends_when_the_controller_is_gone(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;
	uint64_t began_ms;

	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(wait_for(rig, 100, &cpl), 0);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE_NOW));
	began_ms = clock_now_ms();
	assert_int_equal(wait_for(rig, -1, &cpl), -ENODEV);
	/* Then nvu tries to get it back. */
	assert_in_range(clock_now_ms() - began_ms, 0, RIG_LOOK_MS + 1000);
}

static void wake_ends_the_next_wait_once(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;
	uint64_t began_ms;

	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(nvu_qpair_wake(rig->qpair), 0);
	assert_int_equal(nvu_qpair_wake(rig->qpair), 0);
	began_ms = clock_now_ms();
	assert_int_equal(wait_for(rig, -1, &cpl), 0);
	assert_in_range(clock_now_ms() - began_ms, 0, 1);
	assert_int_equal(wait_for(rig, 50, &cpl), 0);
	assert_in_range(clock_now_ms() - began_ms, 50, 53);
}

static void wake_does_not_keep_completions_away(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 7), 0);
	assert_int_equal(nvu_submit(rig->qpair), 0);
	(void)nvu_mock_step(rig->mock, 1);
	assert_int_equal(nvu_qpair_wake(rig->qpair), 0);
	assert_int_equal(wait_for(rig, -1, &cpl), 1);
	assert_int_equal(wait_for(rig, -1, &cpl), 0);
}

static void start(struct rig *rig, uint32_t io_timeout_ms)
{
	rig_start(rig, NVU_MOCK_OPTS(.ns_bytes = 1 << 20), NULL,
		  NVU_QPAIR_OPTS(.io_timeout_ms = io_timeout_ms));
}

static void thread_wakes_another_that_waits(void **state)
{
	struct rig *rig = *state;
	struct waiter waiter;

	start(rig, 0);
	for (int round = 0; round < 200; round++) {
		waiter_start(rig, &waiter, -1);
		if (round % 2)
			(void)sched_yield();
		assert_int_equal(nvu_qpair_wake(rig->qpair), 0);
		waiter_join(&waiter);
		assert_int_equal(waiter.ret, 0);
	}
}

static void ignore(int number)
{
	(void)number;
}

/* Sent until the thread has ended: those that come while it does not nap end nothing. */
static void signal_ends_a_wait(void **state)
{
	const struct sigaction action = { .sa_handler = ignore, .sa_flags = SA_RESTART };
	struct rig *rig = *state;
	struct sigaction before;
	struct waiter waiter;

	start(rig, 0);
	assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
	waiter_start(rig, &waiter, -1);
	while (!waiter_is_done(&waiter)) {
		(void)pthread_kill(waiter.thread, SIGUSR1);
		(void)sched_yield();
	}
	waiter_join(&waiter);
	assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
	assert_int_equal(waiter.ret, 0);
}

static struct nvu_qpair *to_wake;

static void wake_it(int number)
{
	(void)number;
	errno = 99;
	(void)nvu_qpair_wake(to_wake);
	if (errno != 99)
		abort();
}

static void signal_handler_wakes_once_and_for_all(void **state)
{
	const struct sigaction action = { .sa_handler = wake_it, .sa_flags = SA_RESTART };
	struct rig *rig = *state;
	struct sigaction before;
	struct waiter waiter;

	start(rig, 0);
	to_wake = rig->qpair;
	assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
	for (int round = 0; round < 100; round++) {
		waiter_start(rig, &waiter, -1);
		assert_int_equal(pthread_kill(waiter.thread, SIGUSR1), 0);
		waiter_join(&waiter);
		assert_int_equal(waiter.ret, 0);
	}
	assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
}

static void idle_wait_and_a_lost_command_cost_no_core(void **state)
{
	struct rig *rig = *state;
	struct waiter waiter;

	start(rig, IDLE_MS);
	waiter_start(rig, &waiter, IDLE_MS);
	waiter_join(&waiter);
	assert_int_equal(waiter.ret, 0);
	assert_true(waiter.cpu_ns < IDLE_MS * 1000000ull / 10);

	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1));
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 7), 0);
	waiter_start(rig, &waiter, -1);
	waiter_join(&waiter);
	assert_int_equal(waiter.ret, 1);
	assert_int_equal(waiter.status, -ETIMEDOUT);
	assert_true(waiter.cpu_ns < IDLE_MS * 1000000ull / 10);
}

/* Each thread waits for its own command, more threads than processors. */
static void *reader_main(void *arg)
{
	struct waiter *waiter = arg;
	struct nvu_cpl cpl;
	struct nvu_sqe flush = { .opcode = NVU_CMD_FLUSH, .nsid = nvu_le32_put(1) };

	for (uint64_t i = 0; i < 2000 && !waiter->ret; i++) {
		waiter->ret = nvu_io(waiter->qpair, &flush, NULL, 0, 0, i);
		if (!waiter->ret)
			waiter->ret = nvu_wait(waiter->qpair, &cpl, 1, -1) != 1 || cpl.status ||
				      cpl.user_data != i;
	}
	return NULL;
}

static void threads_wait_each_for_its_own(void **state)
{
	struct rig *rig = *state;
	struct waiter waiters[8] = { 0 };

	start(rig, 0);
	for (size_t i = 0; i < COUNT(waiters); i++) {
		assert_int_equal(nvu_qpair_create(rig->ctrl, NULL, &waiters[i].qpair), 0);
		assert_int_equal(pthread_create(&waiters[i].thread, NULL, reader_main, &waiters[i]),
				 0);
	}
	for (size_t i = 0; i < COUNT(waiters); i++) {
		waiter_join(&waiters[i]);
		assert_int_equal(waiters[i].ret, 0);
		nvu_qpair_destroy(waiters[i].qpair);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(wait_publishes_steps_a_stepped_mock_and_returns_completions),
		RIG_TEST(wait_returns_0_when_the_time_is_up),
		RIG_TEST(wait_of_0_ms_is_a_poll),
		RIG_TEST(wait_without_room_is_refused),
		RIG_TEST(wait_ends_a_lost_command_at_its_deadline),
		RIG_TEST(wait_for_a_lost_command_takes_no_real_time),
		RIG_TEST(wait_returns_commands_that_a_reset_ends),
		RIG_TEST(wait_of_an_idle_queue_pair_ends_when_the_controller_is_gone),
		RIG_TEST(wake_ends_the_next_wait_once),
		RIG_TEST(wake_does_not_keep_completions_away),
		RIG_TEST(thread_wakes_another_that_waits),
		RIG_TEST(signal_ends_a_wait),
		RIG_TEST(signal_handler_wakes_once_and_for_all),
		RIG_TEST(idle_wait_and_a_lost_command_cost_no_core),
		RIG_TEST(threads_wait_each_for_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
