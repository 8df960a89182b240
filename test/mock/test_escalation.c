// SPDX-License-Identifier: MIT
/*
 * test_escalation.c: commands are late, and the controller takes many polls to abort them, to delete their queues and to
 * create these again. Whatever the program does at whichever of these polls, each command is answered once, and the queue
 * pair goes on.
 */
#include "harness.h"

#include "clock.h"

enum { LATE = 4, TIMEOUT_MS = 15, ADMIN_MS = 500, TURNS = 80, PATIENCE = 20000 };

/* Each command of the escalation takes some turns. */
static void start(struct rig *rig, uint32_t flags)
{
	static const uint32_t opcodes[] = { NVU_ADMIN_ABORT, NVU_MOCK_OPCODE_ZERO,
					    NVU_ADMIN_DELETE_CQ, NVU_ADMIN_CREATE_CQ,
					    NVU_ADMIN_CREATE_SQ };

	rig_start(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = 1 << 20),
		  NVU_CTRL_OPTS(.ready_timeout_ms = ADMIN_MS, .admin_timeout_ms = ADMIN_MS),
		  NVU_QPAIR_OPTS(.depth = 16, .flags = flags, .io_timeout_ms = TIMEOUT_MS));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .opcode = NVU_CMD_READ,
				       .count = LATE));
	for (size_t i = 0; i < COUNT(opcodes); i++)
		rig_inject(rig,
			   NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .qid = NVU_MOCK_ADMIN_QUEUE,
					  .opcode = opcodes[i], .delay = 12));
	rig_queue_reads(rig, LATE, 0);
}

/* A poll, and then the controller works. Returns how many commands are answered. */
static uint32_t turn(struct rig *rig)
{
	struct nvu_cpl cpls[8];
	int count = nvu_poll(rig->qpair, cpls, COUNT(cpls));

	assert_true(count >= 0);
	(void)nvu_mock_step(rig->mock, 1);
	clock_advance_ms(1);
	return (uint32_t)count;
}

static uint32_t take_turns(struct rig *rig, uint32_t turns)
{
	uint32_t answered = 0;

	while (turns--)
		answered += turn(rig);
	return answered;
}

/* Exactly as many are still to be answered; then it works. */
static void finish(struct rig *rig, uint32_t outstanding)
{
	uint32_t answered = 0;

	for (uint32_t i = 0; i < PATIENCE && answered < outstanding; i++)
		answered += turn(rig);
	assert_int_equal(answered, outstanding);
	nvu_mock_clear_faults(rig->mock);
	rig_settle(rig);
	assert_int_equal(take_turns(rig, 10), 0);
	assert_int_equal(rig_write(rig, 0, 8, 0), 0);
	rig_again(rig);
}

static void queues_are_made_again(void **state)
{
	static const uint32_t flags[] = { 0, NVU_QPAIR_RETRY, NVU_QPAIR_LATENCY };
	struct rig *rig = *state;

	for (size_t i = 0; i < COUNT(flags); i++) {
		uint64_t resets;

		start(rig, flags[i]);
		resets = rig_mock_stats(rig).resets;
		assert_int_equal(take_turns(rig, 4 * TURNS), LATE);
		assert_int_equal(rig_mock_stats(rig).resets, resets);
		finish(rig, 0);
	}
}

static void command_is_taken_at_any_poll(void **state)
{
	struct rig *rig = *state;

	for (uint32_t turns = 0; turns < 2 * TURNS; turns++) {
		uint32_t answered;

		start(rig, 0);
		answered = take_turns(rig, turns);
		assert_int_equal(nvu_write(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 9), 0);
		finish(rig, LATE + 1 - answered);
	}
}

static void queue_pair_is_destroyed_at_any_poll(void **state)
{
	struct rig *rig = *state;

	for (uint32_t turns = 0; turns < 2 * TURNS; turns++) {
		uint64_t resets;

		start(rig, 0);
		resets = rig_mock_stats(rig).resets;
		(void)take_turns(rig, turns);
		nvu_qpair_destroy(rig->qpair);
		rig->qpair = NULL;
		assert_int_equal(rig_mock_stats(rig).resets, resets);
		nvu_mock_clear_faults(rig->mock);
		assert_int_equal(nvu_qpair_create(rig->ctrl, NULL, &rig->qpair), 0);
		assert_int_equal(rig_write(rig, 0, 8, 0), 0);
		rig_again(rig);
	}
}

static void controller_is_reset_at_any_poll(void **state)
{
	struct rig *rig = *state;

	for (uint32_t turns = 0; turns < 2 * TURNS; turns++) {
		uint32_t answered;

		start(rig, turns % 2 ? NVU_QPAIR_RETRY : 0);
		answered = take_turns(rig, turns);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		finish(rig, LATE - answered);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(queues_are_made_again),
		RIG_TEST(command_is_taken_at_any_poll),
		RIG_TEST(queue_pair_is_destroyed_at_any_poll),
		RIG_TEST(controller_is_reset_at_any_poll),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
