// SPDX-License-Identifier: MIT
/*
 * test_reset_threads.c: resets in steps beside threads that read and write, send admin commands, and take steps too.
 */
#include "clock.h"
#include "harness.h"
#include "worker.h"

#include <pthread.h>

/* Threads that read and write, and two that take the steps. */
struct stepper {
	pthread_t thread;
	struct nvu_ctrl *ctrl;
	unsigned *stop;
	int failures;
};

static void *take_steps(void *arg)
{
	struct stepper *stepper = arg;

	while (!__atomic_load_n(stepper->stop, __ATOMIC_RELAXED)) {
		int ret = nvu_ctrl_reset_step(stepper->ctrl);

		stepper->failures += ret && ret != -EAGAIN;
	}
	return NULL;
}

static void *send_commands(void *arg)
{
	const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_GET_FEATURES,
				     .cdw10 = nvu_le32_put(NVU_FEAT_NUM_QUEUES) };
	struct stepper *stepper = arg;

	while (!__atomic_load_n(stepper->stop, __ATOMIC_RELAXED)) {
		int ret = nvu_admin(stepper->ctrl, &cmd, NULL, 0, 0, NULL);

		stepper->failures += ret && ret != -ECANCELED;
	}
	return NULL;
}

static void wait_for_successes(struct worker *worker, uint64_t count)
{
	uint64_t before = __atomic_load_n(&worker->successes, __ATOMIC_RELAXED);
	double end = rig_now() + RIG_PATIENCE_S;

	while (__atomic_load_n(&worker->successes, __ATOMIC_RELAXED) < before + count)
		assert_true(rig_now() < end);
}

/* steppers: 0: the workers' polls take the steps. */
static void reset_beside_threads(struct rig *rig, uint32_t steppers, uint32_t flags)
{
	struct worker workers[2];
	struct stepper others[3];
	unsigned stop = 0;

	rig_open(rig, NVU_MOCK_OPTS(.flags = flags), NULL);
	for (uint32_t i = 0; i < COUNT(workers); i++)
		worker_start(&workers[i], rig, i, 32);
	for (uint32_t i = 0; i < steppers; i++) {
		others[i] = (struct stepper){ .ctrl = rig->ctrl, .stop = &stop };
		assert_int_equal(pthread_create(&others[i].thread, NULL,
						i == 2 ? send_commands : take_steps, &others[i]),
				 0);
	}
	for (int again = 0; again < 15; again++) {
		int ret;

		wait_for_successes(&workers[again % 2], 50);
		while ((ret = nvu_ctrl_reset_start(rig->ctrl)) == -EAGAIN)
			;
		assert_int_equal(ret, 0);
	}
	wait_for_successes(&workers[0], 50);
	wait_for_successes(&workers[1], 50);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (uint32_t i = 0; i < steppers; i++) {
		pthread_join(others[i].thread, NULL);
		assert_int_equal(others[i].failures, 0);
	}
	for (uint32_t i = 0; i < COUNT(workers); i++)
		worker_stop(&workers[i]);
	assert_int_equal(nvu_mock_violations(rig->mock), 0);
	assert_in_range(nvu_ctrl_info(rig->ctrl)->resets, 1, 15);
	rig_again(rig);
	clock_stop();
}

static void threads_step_and_poll_side_by_side(void **state)
{
	clock_stop();
	for (uint32_t row = 0; row < 4; row++)
		reset_beside_threads(*state, row,
				     row % 2 ? NVU_MOCK_SHADOW_DOORBELLS : NVU_MOCK_TRAP_DOORBELLS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(threads_step_and_poll_side_by_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
