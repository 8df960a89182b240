/* SPDX-License-Identifier: MIT */
/*
 * test_deadlines.c: a command's time begins when it is queued, however long ago nvu has looked at
 * the clock. On a stepped mock nothing is answered by itself, so a look up finds it in flight.
 */
#include "clock.h"

#include <nvu/mock.h>
#include <nvu/nvu.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { TIMEOUT_MS = 300, IDLE_MS = 450, POLLS = 200 };

struct fixture {
	struct nvu_mock *mock;
	struct nvu_ctrl *ctrl;
	const struct nvu_ns *ns;
	struct nvu_qpair *qpair;
	struct nvu_dma *buf;
};

static int set_up(void **state)
{
	static struct fixture fixture;

	clock_start();
	*state = &fixture;
	if (nvu_mock_create(NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED), &fixture.mock) ||
	    nvu_ctrl_open(nvu_mock_address(fixture.mock), NULL, &fixture.ctrl) ||
	    nvu_ns_get(fixture.ctrl, 1, &fixture.ns) ||
	    nvu_qpair_create(fixture.ctrl, NVU_QPAIR_OPTS(.io_timeout_ms = TIMEOUT_MS),
			     &fixture.qpair) ||
	    nvu_dma_alloc(fixture.ctrl, 512, &fixture.buf))
		return -1;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	uint32_t violations;

	nvu_qpair_destroy(fixture->qpair);
	nvu_dma_free(fixture->buf);
	nvu_ctrl_close(fixture->ctrl);
	violations = nvu_mock_violations(fixture->mock);
	nvu_mock_destroy(fixture->mock);
	return violations ? -1 : 0;
}

static uint64_t admin_commands(const struct fixture *fixture)
{
	struct nvu_mock_stats stats;

	nvu_mock_stats(fixture->mock, &stats, sizeof(stats));
	return stats.admin_commands;
}

/* A command that is late gets an Abort, which the mock would see. */
static void assert_read_is_not_late(struct fixture *fixture)
{
	uint64_t before = admin_commands(fixture);
	struct nvu_cpl cpl;

	assert_int_equal(nvu_read(fixture->qpair, fixture->ns, 0, 1, fixture->buf, 0, 0), 0);
	assert_int_equal(nvu_poll(fixture->qpair, &cpl, 1), 0);
	assert_int_equal(admin_commands(fixture), before);
	nvu_mock_step(fixture->mock, 1);
	assert_int_equal(nvu_poll(fixture->qpair, &cpl, 1), 1);
	assert_int_equal(cpl.status, 0);
}

static void nvu_poll_first_of_all_finds_no_command_late(void **state)
{
	assert_read_is_not_late(*state);
}

static void nvu_poll_after_idling_finds_no_new_command_late(void **state)
{
	struct fixture *fixture = *state;
	struct nvu_cpl cpl;
	uint64_t before;

	for (int i = 0; i < POLLS; i++)
		assert_int_equal(nvu_poll(fixture->qpair, &cpl, 1), 0);
	clock_advance_ms(IDLE_MS); /* the application does something else for a while */
	before = admin_commands(fixture);
	assert_int_equal(nvu_read(fixture->qpair, fixture->ns, 0, 1, fixture->buf, 0, 0), 0);
	for (int i = 0; i < POLLS; i++)
		assert_int_equal(nvu_poll(fixture->qpair, &cpl, 1), 0);

	assert_int_equal(admin_commands(fixture), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nvu_poll_first_of_all_finds_no_command_late, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(nvu_poll_after_idling_finds_no_new_command_late,
						set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
