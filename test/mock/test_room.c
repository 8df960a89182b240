// SPDX-License-Identifier: MIT
/*
 * test_room.c: how many commands a queue pair holds, takes now, and still owes: the option commands,
 * nvu_qpair_room(), nvu_qpair_drain().
 */
#include "harness.h"

#include "clock.h"

enum { COMMANDS = 7 };

static void create_for_commands_holds_as_many(void **state)
{
	struct rig *rig = *state;
	static const uint32_t counts[] = { 1, 2, 3, 64, 127, 128, 1023 };

	rig_open(rig, NULL, NULL);
	for (size_t row = 0; row < COUNT(counts); row++) {
		uint32_t queued = 0;

		rig_equip(rig, NVU_QPAIR_OPTS(.commands = counts[row]));
		assert_int_equal(nvu_qpair_depth(rig->qpair), counts[row]);
		assert_int_equal(nvu_qpair_room(rig->qpair), counts[row]);
		while (!nvu_flush(rig->qpair, rig->ns, 0))
			queued++;
		assert_int_equal(queued, counts[row]);
		nvu_qpair_destroy(rig->qpair);
		rig->qpair = NULL;
		assert_int_equal(nvu_dma_free(rig->buf), 0);
		rig->buf = NULL;
	}
}

static int create(struct rig *rig, uint32_t depth, uint32_t commands)
{
	struct nvu_qpair *qpair;
	int ret = nvu_qpair_create(rig->ctrl, NVU_QPAIR_OPTS(.depth = depth, .commands = commands),
				   &qpair);

	if (!ret)
		nvu_qpair_destroy(qpair);
	return ret;
}

static void create_refuses_commands_that_contradict_the_depth(void **state)
{
	struct rig *rig = *state;

	rig_open(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .max_entries = 64), NULL);
	assert_int_equal(create(rig, 65, 64), -EINVAL);
	rig_assert_sentence("hold up to 63");
	assert_int_equal(create(rig, 32, 32), -EINVAL);
	rig_assert_sentence("needs a depth of 33");
	assert_int_equal(create(rig, 0, UINT32_MAX), -EINVAL);
	rig_assert_sentence("hold up to 63");
	assert_int_equal(create(rig, 33, 32), 0);
	assert_int_equal(create(rig, 0, 63), 0);
}

static void room_follows_every_command_and_completion(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpls[COMMANDS];

	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.commands = COMMANDS));
	for (uint32_t turn = 0; turn < 40; turn++) { /* round the rings, at every place */
		uint32_t count = turn % COMMANDS + 1;

		for (uint32_t idx = 0; idx < count; idx++) {
			assert_int_equal(nvu_qpair_room(rig->qpair), COMMANDS - idx);
			assert_int_equal(nvu_flush(rig->qpair, rig->ns, idx), 0);
		}
		for (uint32_t idx = 0; idx < count; idx++) {
			assert_int_equal(nvu_qpair_room(rig->qpair), COMMANDS - count + idx);
			rig_reap(rig, cpls, 1);
		}
		assert_int_equal(nvu_qpair_room(rig->qpair), COMMANDS);
	}
}

/* A completion that is repeated moves the ring, and answers no command. */
static void room_is_right_after_a_stray_completion(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpls[COMMANDS];

	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.commands = COMMANDS));
	rig->inconsistent = true;
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DUPLICATE_CID, .count = 1));
	rig_queue_reads(rig, 3, 0);
	rig_reap(rig, cpls, 3);
	(void)rig_poll(rig, cpls, 1);
	assert_int_equal(rig_stats(rig).bad_completions, 1);
	assert_int_equal(nvu_qpair_room(rig->qpair), COMMANDS);
	rig_queue_reads(rig, 2, 0);
	assert_int_equal(nvu_qpair_room(rig->qpair), COMMANDS - 2);
	rig_reap(rig, cpls, 2);
}

static void room_of_commands_that_wait_for_new_queues_is_taken(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpls[COMMANDS];

	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.commands = COMMANDS));
	rig_queue_reads(rig, 3, 0);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_int_equal(nvu_flush(rig->qpair, rig->ns, 9), 0);
	assert_int_equal(nvu_qpair_room(rig->qpair), COMMANDS - 4);
	rig_reap(rig, cpls, 4);
	assert_int_equal(nvu_qpair_room(rig->qpair), COMMANDS);
}

static void room_of_a_dead_queue_pair_is_none(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	rig_start(rig, NULL, NULL, NULL);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE_NOW));
	while (rig_poll(rig, &cpl, 1) >= 0)
		;
	assert_int_equal(nvu_qpair_room(rig->qpair), 0);
	assert_int_equal(nvu_qpair_drain(rig->qpair, &cpl, 1, -1), 0);
}

static void drain_returns_every_completion_and_then_nothing(void **state)
{
	struct rig *rig = *state;
	struct ledger ledger;
	struct nvu_cpl cpls[5];
	int count;

	rig_start(rig, NVU_MOCK_OPTS(.ns_bytes = 1 << 20), NULL, NULL);
	ledger_init(&ledger, 100);
	for (; ledger.accepted < 100; ledger.accepted++)
		assert_int_equal(nvu_flush(rig->qpair, rig->ns, ledger.accepted), 0);

	while ((count = nvu_qpair_drain(rig->qpair, cpls, COUNT(cpls), -1)) > 0) {
		assert_int_equal(count, COUNT(cpls));
		for (int idx = 0; idx < count; idx++)
			assert_true(ledger_note(&ledger, cpls[idx].user_data));
	}
	assert_int_equal(count, 0);
	assert_true(ledger_is_even(&ledger));
	ledger_free(&ledger);
}

static void drain_stops_when_its_time_is_up(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpls[2];
	uint64_t began_ms;

	rig_start(rig, NULL, NULL, NULL);
	rig_queue_reads(rig, 3, 0);
	began_ms = clock_now_ms();
	assert_int_equal(nvu_qpair_drain(rig->qpair, cpls, 2, 30), -ETIMEDOUT);
	assert_in_range(clock_now_ms() - began_ms, 30, 31);
	rig_assert_sentence("3 commands are still outstanding after 30 ms");
	assert_int_equal(nvu_qpair_drain(rig->qpair, cpls, 2, 0), -ETIMEDOUT);

	(void)nvu_mock_step(rig->mock, 1);
	assert_int_equal(nvu_qpair_drain(rig->qpair, cpls, 2, 30), 1);
	(void)nvu_mock_step(rig->mock, 2);
	assert_int_equal(nvu_qpair_drain(rig->qpair, cpls, 2, 30), 2);
	assert_int_equal(nvu_qpair_drain(rig->qpair, cpls, 2, 30), 0);
}

/* No command outlives its deadline, so a drain without a limit ends. */
static void drain_of_a_lost_command_returns_its_timeout(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.io_timeout_ms = 100));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1));
	rig_queue_reads(rig, 1, 5);
	(void)nvu_mock_step(rig->mock, 1);
	assert_int_equal(nvu_qpair_drain(rig->qpair, &cpl, 1, -1), 1);
	assert_int_equal(cpl.status, -ETIMEDOUT);
	assert_int_equal(nvu_qpair_drain(rig->qpair, &cpl, 1, -1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(create_for_commands_holds_as_many),
		RIG_TEST(create_refuses_commands_that_contradict_the_depth),
		RIG_TEST(room_follows_every_command_and_completion),
		RIG_TEST(room_is_right_after_a_stray_completion),
		RIG_TEST(room_of_commands_that_wait_for_new_queues_is_taken),
		RIG_TEST(room_of_a_dead_queue_pair_is_none),
		RIG_TEST(drain_returns_every_completion_and_then_nothing),
		RIG_TEST(drain_stops_when_its_time_is_up),
		RIG_TEST(drain_of_a_lost_command_returns_its_timeout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
