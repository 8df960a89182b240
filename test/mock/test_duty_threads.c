// SPDX-License-Identifier: MIT
/*
 * test_duty_threads.c: what the driver owes a controller that does not stop, while another thread has commands in
 * flight; see test_duty.c.
 */
#include "harness.h"

#include <pthread.h>

/* Another thread's queue pair, whose commands are never answered. */
struct other {
	struct rig *rig;
	uint64_t resets; /* of the controller, when the first command was given up */
	int status;
};

static void *poll_until_given_up(void *arg)
{
	struct other *other = arg;
	double end = rig_now() + RIG_PATIENCE_S;
	struct nvu_cpl cpl = { 0 };

	while (nvu_poll(other->rig->qpair, &cpl, 1) == 0 && rig_now() < end)
		;
	other->resets = rig_mock_stats(other->rig).resets;
	other->status = cpl.status;
	return NULL;
}

/*
 * The caller may use the memory of a command that was given up: the controller must have stopped
 * before. This one does not when it is disabled, only when its function is reset.
 */
static void command_is_given_up_only_when_the_controller_has_stopped(void **state)
{
	struct rig *rig = *state;
	struct other other = { .rig = rig };
	uint64_t before;
	pthread_t thread;

	rig_start(rig, NVU_MOCK_OPTS(.ns_bytes = 64 << 20), NVU_CTRL_OPTS(.ready_timeout_ms = 300),
		  NULL);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP));
	rig_queue_reads(rig, 5, 0);
	before = rig_mock_stats(rig).resets;
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_NEVER_DISABLED, .count = 1));
	assert_int_equal(pthread_create(&thread, NULL, poll_until_given_up, &other), 0);

	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);

	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(other.status, -ECANCELED);
	assert_int_equal(other.resets, before + 2); /* by CC.EN, in vain, and of the function */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(command_is_given_up_only_when_the_controller_has_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
