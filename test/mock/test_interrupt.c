// SPDX-License-Identifier: MIT
/*
 * test_interrupt.c: queue pairs with NVU_QPAIR_INTERRUPT on a stepped mock: what signals their descriptor, at which
 * vector, and what is refused. Waits that sleep: test_interrupt_threads.c.
 */
#include "harness.h"

#include "clock.h"
#include "descriptors.h"
#include "interrupts.h"

#include <sys/epoll.h>
#include <unistd.h>

enum { DEADLINE_MS = 200, LATE_MS = 100 };

/* Signals since the last call: the test reads, as nvu does not. */
static uint64_t signals(int fd)
{
	uint64_t count = 0;

	return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

static void step(struct rig *rig)
{
	(void)nvu_mock_step(rig->mock, UINT32_MAX);
}

static void descriptor_is_signalled_when_the_mock_steps(void **state)
{
	struct rig *rig = *state;
	int fd;

	rig_start(rig, NULL, NULL, INTERRUPT());
	fd = fd_of(rig->qpair);
	assert_int_equal(nvu_qpair_fd(rig->qpair), fd);
	for (uint64_t i = 0; i < 300; i++) {
		submit_read(rig, rig->qpair, i);
		assert_int_equal(signals(fd), 0);
		step(rig);
		must_poll(rig->qpair, 1, i);
		must_poll(rig->qpair, 0, 0);
		assert_int_equal(signals(fd), 1);
	}
}

/* An edge for each, although no thread reads. */
static void descriptor_works_edge_triggered_without_being_read(void **state)
{
	struct epoll_event every = { .events = EPOLLIN | EPOLLET }, got;
	struct rig *rig = *state;
	int loop = epoll_create1(EPOLL_CLOEXEC);

	rig_start(rig, NULL, NULL, INTERRUPT());
	assert_int_equal(epoll_ctl(loop, EPOLL_CTL_ADD, fd_of(rig->qpair), &every), 0);
	for (uint64_t i = 0; i < 20; i++) {
		submit_read(rig, rig->qpair, i);
		assert_int_equal(epoll_wait(loop, &got, 1, 0), 0);
		step(rig);
		assert_int_equal(epoll_wait(loop, &got, 1, 0), 1);
		must_poll(rig->qpair, 1, i);
		must_poll(rig->qpair, 0, 0);
	}
	(void)close(loop);
}

/* A queue pair without one polls as ever; so does one with it, which owes until it sleeps. */
static void polls_return_what_they_take_once_there_is_a_descriptor(void **state)
{
	struct rig *rig = *state;

	rig_start(rig, NULL, NULL, INTERRUPT());
	for (uint64_t i = 0; i < 8; i++)
		assert_int_equal(rig_read(rig, 0, 1, 0), 0);
	assert_int_equal(rig_stats(rig).cq_doorbells, 0);
	(void)fd_of(rig->qpair);
	assert_int_equal(rig_stats(rig).cq_doorbells, 1);
	for (uint64_t i = 0; i < 8; i++)
		assert_int_equal(rig_read(rig, 0, 1, 0), 0);
	assert_int_equal(rig_stats(rig).cq_doorbells, 9);
	(void)fd_of(rig->qpair);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	rig_settle(rig);
	assert_int_equal(rig_read(rig, 0, 1, 0), 0);
	assert_true(rig_stats(rig).cq_doorbells >= 10);
}

static void queue_pair_without_the_flag_has_no_descriptor(void **state)
{
	struct rig *rig = *state;

	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(nvu_qpair_fd(rig->qpair), -ENOTSUP);
	rig_assert_sentence("create it with NVU_QPAIR_INTERRUPT");
}

static void device_without_vectors_refuses_the_flag(void **state)
{
	struct rig *rig = *state;
	struct nvu_qpair *none = NULL;

	rig_start(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .vectors = UINT32_MAX), NULL, NULL);
	assert_int_equal(nvu_qpair_create(rig->ctrl, INTERRUPT(), &none), -ENOTSUP);
	rig_assert_sentence("needs interrupt vectors (MSI-X)");
	assert_null(none);
	assert_int_equal(rig_read(rig, 0, 1, 0), 0);
}

static void options_of_waiting_are_checked(void **state)
{
	struct rig *rig = *state;
	struct nvu_qpair *none = NULL;

	rig_open(rig, NULL, NULL);
	assert_int_equal(nvu_qpair_create(rig->ctrl, INTERRUPT(.spin_us = 1000001), &none),
			 -EINVAL);
	rig_assert_sentence("spin_us is 1000001");
	assert_int_equal(nvu_qpair_create(rig->ctrl, NVU_QPAIR_OPTS(.flags = 1u << 31), &none),
			 -EINVAL);
	assert_null(none);
}

/* Each transport call of the creation in turn. */
static void creation_that_fails_leaves_nothing(void **state)
{
	struct rig *rig = *state;
	struct nvu_qpair *qpair = NULL;
	int ret = -EIO, open;

	rig_open(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .vectors = 2), NULL);
	for (uint64_t nth = 1; ret && nth < 3; nth++) {	      /* enabling, setting */
		nvu_mock_fail_call(rig->mock, nth + 2, -EIO); /* behind two mappings */
		ret = nvu_qpair_create(rig->ctrl, INTERRUPT(), &qpair);
		nvu_mock_fail_call(rig->mock, 0, 0);
	}
	if (!ret)
		nvu_qpair_destroy(qpair);
	open = count_descriptors();
	for (int round = 0; round < 3; round++) {
		assert_int_equal(nvu_qpair_create(rig->ctrl, INTERRUPT(), &qpair), 0);
		(void)fd_of(qpair);
		nvu_qpair_destroy(qpair);
		assert_int_equal(count_descriptors(), open);
	}
}

/* Vector 0, the admin queue's, is taken last. */
static void queue_pairs_share_vectors_when_there_are_too_few(void **state)
{
	struct nvu_qpair *qpairs[5] = { NULL };
	struct rig *rig = *state;
	int fds[COUNT(qpairs)];

	rig_start(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .vectors = 3), NULL, NULL);
	for (size_t i = 0; i < COUNT(qpairs); i++) {
		assert_int_equal(nvu_qpair_create(rig->ctrl, INTERRUPT(), &qpairs[i]), 0);
		fds[i] = fd_of(qpairs[i]);
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(fds[i], fds[j]);
	}
	(void)signals(fds[2]); /* of the admin queue */

	/* 1, 2, 0, 1, 2: the first and the fourth. */
	for (size_t i = 0; i < COUNT(qpairs); i++) {
		submit_read(rig, qpairs[i], i);
		step(rig);
		must_poll(qpairs[i], 1, i);
		for (size_t j = 0; j < COUNT(qpairs); j++)
			assert_int_equal(signals(fds[j]), j == i % 3);
	}
	nvu_qpair_destroy(qpairs[0]);
	submit_read(rig, qpairs[3], 7);
	step(rig);
	must_poll(qpairs[3], 1, 7);
	assert_int_equal(signals(fds[3]), 1);
	/* The vector with the fewest: the first. */
	assert_int_equal(nvu_qpair_create(rig->ctrl, INTERRUPT(), &qpairs[0]), 0);
	submit_read(rig, qpairs[0], 8);
	step(rig);
	must_poll(qpairs[0], 1, 8);
	assert_int_equal(signals(fds[3]), 1);
	for (size_t i = 0; i < COUNT(qpairs); i++)
		nvu_qpair_destroy(qpairs[i]);
}

/* Their own descriptors stay until they are destroyed. rig_end() counts what is open. */
static void close_before_the_queue_pairs_ends_their_vectors(void **state)
{
	struct rig *rig = *state;
	struct nvu_qpair *other;
	int fd;

	rig_start(rig, NULL, NULL, INTERRUPT());
	assert_int_equal(nvu_qpair_create(rig->ctrl, INTERRUPT(), &other), 0);
	fd = fd_of(other);
	assert_int_equal(nvu_dma_free(rig->buf), 0);
	rig->buf = NULL;
	nvu_ctrl_close(rig->ctrl);
	rig->ctrl = NULL;
	(void)signals(fd);
	assert_int_equal(nvu_qpair_wake(other), 0);
	assert_int_equal(signals(fd), 1);
	nvu_qpair_destroy(other);
	nvu_qpair_destroy(rig->qpair);
	rig->qpair = NULL;
}

static void wake_and_reset_signal_the_descriptor(void **state)
{
	struct rig *rig = *state;
	int fd;

	rig_start(rig, NULL, NULL, INTERRUPT());
	fd = fd_of(rig->qpair);
	(void)signals(fd);
	assert_int_equal(nvu_qpair_wake(rig->qpair), 0);
	assert_int_equal(signals(fd), 1);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_true(signals(fd) >= 1);
}

static void queue_that_is_created_again_interrupts_at_its_vector(void **state)
{
	struct rig *rig = *state;
	struct nvu_qpair *other;
	int fd, other_fd;

	rig_start(rig, NULL, NULL, INTERRUPT());
	assert_int_equal(nvu_qpair_create(rig->ctrl, INTERRUPT(), &other), 0);
	fd = fd_of(rig->qpair);
	other_fd = fd_of(other);
	for (uint64_t round = 0; round < 3; round++) {
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		for (int polls = 0; polls < 3; polls++) {
			must_poll(other, 0, 0);
			must_poll(rig->qpair, 0, 0);
		}
		(void)signals(fd);
		(void)signals(other_fd);
		submit_read(rig, other, round);
		step(rig);
		assert_int_equal(signals(other_fd), 1);
		assert_int_equal(signals(fd), 0);
		must_poll(other, 1, round);
	}
	nvu_qpair_destroy(other);
}

static void wait_on_a_stepped_mock_steps_it(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;
	uint64_t began_ms;

	rig_start(rig, NULL, NULL, INTERRUPT(.io_timeout_ms = DEADLINE_MS));
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 7), 0);
	assert_int_equal(nvu_wait(rig->qpair, &cpl, 1, -1), 1);
	assert_int_equal(cpl.status, 0);

	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1));
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 8), 0);
	began_ms = clock_now_ms();
	assert_int_equal(nvu_wait(rig->qpair, &cpl, 1, -1), 1);
	assert_int_equal(cpl.status, -ETIMEDOUT);
	assert_in_range(clock_now_ms() - began_ms, DEADLINE_MS, DEADLINE_MS + LATE_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(descriptor_is_signalled_when_the_mock_steps),
		RIG_TEST(descriptor_works_edge_triggered_without_being_read),
		RIG_TEST(polls_return_what_they_take_once_there_is_a_descriptor),
		RIG_TEST(queue_pair_without_the_flag_has_no_descriptor),
		RIG_TEST(device_without_vectors_refuses_the_flag),
		RIG_TEST(options_of_waiting_are_checked),
		RIG_TEST(creation_that_fails_leaves_nothing),
		RIG_TEST(queue_pairs_share_vectors_when_there_are_too_few),
		RIG_TEST(close_before_the_queue_pairs_ends_their_vectors),
		RIG_TEST(wake_and_reset_signal_the_descriptor),
		RIG_TEST(queue_that_is_created_again_interrupts_at_its_vector),
		RIG_TEST(wait_on_a_stepped_mock_steps_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
