// SPDX-License-Identifier: MIT
/*
 * test_sweep.c: the n-th call into the transport fails, for n = 1, 2, 3 ... until a whole life of a
 * controller passes undisturbed: open, queue pair, buffers, I/O, admin command, reset, close.
 * Whichever call fails: one call of the library says so, with an error and a sentence; every command
 * is answered; no descriptor, no mapping and (LeakSanitizer looks) no byte is left behind.
 *
 * The one exception is an unmap that fails inside the library: memory that the device may still
 * reach is never used again, which is a leak on purpose.
 */
#include "scenario.h"

#include <stdlib.h>

struct sweep {
	struct scenario scenario;
	uint32_t opcode;   /* of the admin command that fails besides; 0: nothing else does */
	bool recovery;	   /* the calls of the recovery are counted */
	uint64_t armed_at; /* the n-th call after these fails */
	bool reached;	   /* there was such a call */
};

static void arm(struct sweep *sweep)
{
	sweep->armed_at = rig_mock_stats(sweep->scenario.rig).transport_calls;
	nvu_mock_fail_call(sweep->scenario.rig->mock, sweep->scenario.n, sweep->scenario.error);
}

/* A lost command, and what it costs: an abort, the queues, a reset when they cannot be deleted. */
static void escalate(struct sweep *sweep)
{
	struct rig *rig = sweep->scenario.rig;
	int ret;

	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1));
	if (sweep->opcode)
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .count = 1,
					       .qid = NVU_MOCK_ADMIN_QUEUE, .opcode = sweep->opcode,
					       .status = NVU_SC_INTERNAL));
	arm(sweep);
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 0), 0);
	ret = scenario_finish(&sweep->scenario, 1);
	assert_true(ret == -ETIMEDOUT || ret == -ECANCELED);
	scenario_settle(&sweep->scenario);
}

static void disarm(struct sweep *sweep)
{
	sweep->reached = rig_mock_stats(sweep->scenario.rig).transport_calls - sweep->armed_at >=
			 sweep->scenario.n;
	nvu_mock_fail_call(sweep->scenario.rig->mock, 0, 0);
}

static void live(struct sweep *sweep)
{
	arm(sweep);
	scenario_run(&sweep->scenario, NULL);
	disarm(sweep);
}

/* Open and close are not counted again. */
static void live_with_loss(struct sweep *sweep)
{
	assert_true(scenario_begin(&sweep->scenario, NULL));
	escalate(sweep);
	(void)scenario_write_and_read(&sweep->scenario, sweep->scenario.rig->buf);
	disarm(sweep);
	scenario_end(&sweep->scenario);
}

/* One life with the n-th call failing. False when it made fewer calls. */
static bool live_with_failure(struct sweep *sweep, uint32_t flags)
{
	struct rig *rig = sweep->scenario.rig;

	rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | flags, .ns_bytes = 1 << 20));
	/* The last sentence must not be that of the life before. */
	(void)nvu_ctrl_open("", NULL, &rig->ctrl);
	sweep->scenario.complaints = 0;
	sweep->scenario.unmap = false;
	sweep->scenario.step = "no call";
	if (sweep->recovery)
		live_with_loss(sweep);
	else
		live(sweep);
	if (sweep->scenario.unmap)
		rig->mappings = rig_mock_stats(rig).dma_mappings;
	if (nvu_mock_violations(rig->mock) || rig_mock_stats(rig).dma_mappings != rig->mappings)
		print_error("call %llu fails with %d; %s complains\n",
			    (unsigned long long)sweep->scenario.n, sweep->scenario.error,
			    sweep->scenario.step);
	assert_true(sweep->reached || sweep->scenario.complaints == 0);
	rig_again(rig);
	return sweep->reached;
}

static void sweep_over(struct rig *rig, uint32_t flags, struct sweep sweep)
{
	uint32_t kept = 0;
	bool reached = true;

	sweep.scenario.rig = rig;
	sweep.scenario.memory = aligned_alloc(PAGE, 4 * PAGE);
	assert_non_null(sweep.scenario.memory);
	sweep.scenario.n = UINT64_MAX;
	assert_false(live_with_failure(&sweep, flags)); /* all that is allocated but once */
	for (sweep.scenario.n = 1; reached; sweep.scenario.n++) {
		reached = live_with_failure(&sweep, flags);
		kept += sweep.scenario.unmap;
	}
	print_message("%llu calls, %u of them leave a mapping on purpose\n",
		      (unsigned long long)sweep.scenario.n - 2, kept);
	assert_in_range(sweep.scenario.n, 15, 1000);
	free(sweep.scenario.memory);
}

static void call_failing_with_eio_is_survived(void **state)
{
	sweep_over(*state, 0, (struct sweep){ .scenario.error = -EIO });
}

static void call_failing_with_enomem_is_survived(void **state)
{
	sweep_over(*state, 0, (struct sweep){ .scenario.error = -ENOMEM });
}

static void doorbell_failing_is_survived(void **state)
{
	sweep_over(*state, NVU_MOCK_TRAP_DOORBELLS, (struct sweep){ .scenario.error = -EIO });
}

static void call_failing_with_shadow_doorbells_is_survived(void **state)
{
	sweep_over(*state, NVU_MOCK_SHADOW_DOORBELLS, (struct sweep){ .scenario.error = -EIO });
}

static void call_failing_while_queues_are_re_created_is_survived(void **state)
{
	sweep_over(*state, NVU_MOCK_TRAP_DOORBELLS,
		   (struct sweep){ .scenario.error = -EIO, .recovery = true });
}

static void call_failing_while_the_controller_is_reset_is_survived(void **state)
{
	sweep_over(*state, NVU_MOCK_TRAP_DOORBELLS,
		   (struct sweep){ .scenario.error = -EIO,
				   .recovery = true,
				   .opcode = NVU_ADMIN_DELETE_CQ });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(call_failing_with_eio_is_survived),
		RIG_TEST(call_failing_with_enomem_is_survived),
		RIG_TEST(doorbell_failing_is_survived),
		RIG_TEST(call_failing_with_shadow_doorbells_is_survived),
		RIG_TEST(call_failing_while_queues_are_re_created_is_survived),
		RIG_TEST(call_failing_while_the_controller_is_reset_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
