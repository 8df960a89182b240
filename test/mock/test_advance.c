// SPDX-License-Identifier: MIT
/*
 * test_advance.c: deadlines on a stepped mock whose time the test advances, with the kernel's clock: as a program
 * does that links the library as it is.
 */
#include "clock.h"
#include "harness.h"

#include <nvu/spec.h>

/* What all of a case may take, in seconds: a deadline is longer. */
/* Less than any time that passes virtually, and enough for a host whose processors have much else to do. */
enum { AT_ONCE_S = 50, TIMEOUT_MS = 60000 };

static void start(struct rig *rig)
{
	clock_stop();
	rig_start(rig, NULL,
		  NVU_CTRL_OPTS(.io_timeout_ms = TIMEOUT_MS, .admin_timeout_ms = TIMEOUT_MS), NULL);
	rig->stepped = false; /* the cases step it */
}

/* Advances the time until the only command in flight is answered. Its status. */
static int wait_in_virtual_time(struct rig *rig, uint32_t *ret_ms)
{
	struct nvu_cpl cpl;
	int ret;

	*ret_ms = 0;
	while (!(ret = nvu_poll(rig->qpair, &cpl, 1))) {
		(void)nvu_mock_step(rig->mock, 1);
		assert_int_equal(nvu_mock_advance(rig->mock, 1), 0);
		assert_true(++*ret_ms < 10 * TIMEOUT_MS);
	}
	assert_int_equal(ret, 1);
	return cpl.status;
}

static void lost_command_takes_no_real_time(void **state)
{
	struct rig *rig = *state;
	double begin;
	uint32_t ms;

	start(rig);
	begin = rig_now();
	rig_inject(rig,
		   NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .opcode = NVU_CMD_READ, .count = 1));
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 0), 0);

	assert_int_equal(wait_in_virtual_time(rig, &ms), -ETIMEDOUT);
	assert_in_range(ms, TIMEOUT_MS / 2, 2 * TIMEOUT_MS); /* real time passes as well */
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 0), 0);
	assert_int_equal(wait_in_virtual_time(rig, &ms), 0);
	assert_true(rig_now() - begin < AT_ONCE_S);
}

/* One leap over the deadline, as a test writes it first. */
static void leap_over_the_deadline_ends_a_lost_command(void **state)
{
	struct rig *rig = *state;
	uint32_t ms;

	start(rig);
	rig_inject(rig,
		   NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .opcode = NVU_CMD_READ, .count = 1));
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 0), 0);
	assert_int_equal(nvu_submit(rig->qpair), 0);
	assert_int_equal(nvu_mock_advance(rig->mock, TIMEOUT_MS), 0);

	assert_int_equal(wait_in_virtual_time(rig, &ms), -ETIMEDOUT);
	assert_true(ms < 2 * TIMEOUT_MS);
}

/* The wait is the library's own: each of its turns lets time pass. */
static void lost_admin_command_takes_no_real_time(void **state)
{
	struct rig *rig = *state;
	double begin;
	uint8_t page[PAGE];
	const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_IDENTIFY,
				     .cdw10 = nvu_le32_put(NVU_CNS_CTRL) };

	start(rig);
	begin = rig_now();
	assert_int_equal(nvu_mock_advance(rig->mock, 0), 0);
	rig_inject(rig,
		   NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .cns = NVU_CNS_CTRL, .count = 1));

	assert_int_equal(nvu_admin(rig->ctrl, &cmd, page, sizeof(page), 0, NULL), -ETIMEDOUT);
	assert_int_equal(nvu_admin(rig->ctrl, &cmd, page, sizeof(page), 0, NULL), 0);
	assert_true(rig_now() - begin < AT_ONCE_S);
}

static void controller_that_never_gets_ready_takes_no_real_time(void **state)
{
	struct rig *rig = *state;
	double begin;
	struct nvu_ctrl *ctrl;

	clock_stop();
	begin = rig_now();
	rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = 1 << 20,
				      .ready_timeout_ms = 127500));
	assert_int_equal(nvu_mock_advance(rig->mock, 0), 0);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_NEVER_READY));

	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &ctrl), -ETIMEDOUT);
	assert_true(rig_now() - begin < AT_ONCE_S);
}

static void mock_with_a_thread_is_refused_and_goes_on(void **state)
{
	struct rig *rig = *state;
	struct nvu_mock *stepped;

	rig_start(rig, NVU_MOCK_OPTS(.ns_bytes = 1 << 20, .latency_us = 100), NULL, NULL);
	assert_int_equal(nvu_mock_advance(rig->mock, 1), -EINVAL);
	rig_assert_sentence("stepped");
	assert_int_equal(nvu_mock_create(NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED), &stepped), 0);
	assert_int_equal(nvu_mock_advance(stepped, UINT32_MAX), 0);
	nvu_mock_destroy(stepped);

	assert_int_equal(rig_read(rig, 0, 1, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(lost_command_takes_no_real_time),
		RIG_TEST(leap_over_the_deadline_ends_a_lost_command),
		RIG_TEST(lost_admin_command_takes_no_real_time),
		RIG_TEST(controller_that_never_gets_ready_takes_no_real_time),
		RIG_TEST(mock_with_a_thread_is_refused_and_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
