// SPDX-License-Identifier: MIT
/*
 * test_interrupt_threads.c: waits that sleep until an interrupt comes. The mock interrupts only for the first entry that
 * the driver has not returned, and a lost wake-up costs a wait the time until nvu looks at the controller: many of them
 * fail a test.
 */
#include "harness.h"

#include "interrupts.h"
#include "waiter.h"

#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { IDLE_MS = 400, ROUNDS = 200, ROUNDS_S = 5 };

/* A wait sleeps nearly at once, before the completion comes. */
static void start(struct rig *rig, uint32_t vectors, uint32_t io_timeout_ms)
{
	rig_start(rig, NVU_MOCK_OPTS(.ns_bytes = 1 << 20, .latency_us = 200, .vectors = vectors),
		  NULL, INTERRUPT(.spin_us = 1, .io_timeout_ms = io_timeout_ms));
}

/* One command at a time. */
static void *reader_main(void *arg)
{
	struct waiter *waiter = arg;
	struct nvu_sqe flush = { .opcode = NVU_CMD_FLUSH, .nsid = nvu_le32_put(1) };
	struct nvu_cpl cpl;

	for (uint64_t i = 0; i < ROUNDS && !waiter->ret; i++) {
		waiter->ret = nvu_io(waiter->qpair, &flush, NULL, 0, 0, i);
		while (!waiter->ret && (waiter->ret = nvu_wait(waiter->qpair, &cpl, 1, -1)) == 0)
			;
		waiter->ret = waiter->ret != 1 || cpl.status || cpl.user_data != i;
	}
	return NULL;
}

static void wait_loses_no_interrupt(void **state)
{
	struct rig *rig = *state;
	struct waiter waiter;
	double began;

	start(rig, 0, 0);
	began = rig_now();
	waiter = (struct waiter){ .qpair = rig->qpair };
	(void)reader_main(&waiter);
	assert_int_equal(waiter.ret, 0);
	assert_true(rig_now() - began < ROUNDS_S);
	assert_true(rig_mock_stats(rig).interrupts > ROUNDS / 2);
}

/* More threads than processors, and than vectors. */
static void threads_wait_each_for_its_own_at_shared_vectors(void **state)
{
	struct rig *rig = *state;
	struct waiter waiters[8] = { 0 };
	double began;

	start(rig, 3, 0);
	began = rig_now();
	for (size_t i = 0; i < COUNT(waiters); i++) {
		assert_int_equal(
			nvu_qpair_create(rig->ctrl, INTERRUPT(.spin_us = 1), &waiters[i].qpair), 0);
		assert_int_equal(pthread_create(&waiters[i].thread, NULL, reader_main, &waiters[i]),
				 0);
	}
	for (size_t i = 0; i < COUNT(waiters); i++) {
		waiter_join(&waiters[i]);
		assert_int_equal(waiters[i].ret, 0);
		nvu_qpair_destroy(waiters[i].qpair);
	}
	assert_true(rig_now() - began < 2 * ROUNDS_S);
}

/* The program's own loop, which sleeps without nvu. */
static void epoll_loses_no_interrupt(void **state)
{
	struct epoll_event every = { .events = EPOLLIN | EPOLLET }, got;
	struct rig *rig = *state;
	struct nvu_cpl cpl;
	int loop = epoll_create1(EPOLL_CLOEXEC);
	double began;

	start(rig, 0, 0);
	began = rig_now();
	assert_int_equal(epoll_ctl(loop, EPOLL_CTL_ADD, fd_of(rig->qpair), &every), 0);
	for (uint64_t i = 0; i < ROUNDS; i++) {
		int count = 0;

		submit_read(rig, rig->qpair, i);
		while (!count) {
			assert_true(epoll_wait(loop, &got, 1, 100) >= 0);
			count = nvu_poll(rig->qpair, &cpl, 1);
		}
		assert_int_equal(cpl.user_data, i);
		must_poll(rig->qpair, 0, 0);
	}
	assert_true(rig_now() - began < ROUNDS_S);
	(void)close(loop);
}

static void thread_wakes_another_that_sleeps(void **state)
{
	struct rig *rig = *state;
	struct waiter waiter;

	start(rig, 0, 0);
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

static void signal_ends_a_sleep(void **state)
{
	const struct sigaction action = { .sa_handler = ignore, .sa_flags = SA_RESTART };
	struct rig *rig = *state;
	struct sigaction before;
	struct waiter waiter;

	start(rig, 0, 0);
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

static void idle_wait_and_a_lost_command_cost_no_core(void **state)
{
	struct rig *rig = *state;
	struct waiter waiter;

	start(rig, 0, IDLE_MS);
	waiter = (struct waiter){ .qpair = rig->qpair };
	(void)reader_main(&waiter); /* its descriptor has been signalled */
	assert_int_equal(waiter.ret, 0);
	waiter_start(rig, &waiter, IDLE_MS);
	waiter_join(&waiter);
	assert_int_equal(waiter.ret, 0);
	assert_true(waiter.cpu_ns < IDLE_MS * 1000000ull / 20);

	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1));
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 7), 0);
	waiter_start(rig, &waiter, -1);
	waiter_join(&waiter);
	assert_int_equal(waiter.ret, 1);
	assert_int_equal(waiter.status, -ETIMEDOUT);
	assert_true(waiter.cpu_ns < IDLE_MS * 1000000ull / 20);
}

/* A wait without commands, too, follows it. */
static void reset_wakes_a_wait(void **state)
{
	struct rig *rig = *state;
	struct waiter waiter;

	start(rig, 0, 0);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1));
	submit_read(rig, rig->qpair, 7);
	waiter_start(rig, &waiter, -1);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	waiter_join(&waiter);
	assert_int_equal(waiter.ret, 1);
	assert_int_equal(waiter.status, -ECANCELED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(wait_loses_no_interrupt),
		RIG_TEST(threads_wait_each_for_its_own_at_shared_vectors),
		RIG_TEST(epoll_loses_no_interrupt),
		RIG_TEST(thread_wakes_another_that_sleeps),
		RIG_TEST(signal_ends_a_sleep),
		RIG_TEST(idle_wait_and_a_lost_command_cost_no_core),
		RIG_TEST(reset_wakes_a_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
