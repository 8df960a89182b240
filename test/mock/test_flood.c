// SPDX-License-Identifier: MIT
/*
 * test_flood.c: a controller that writes more completions than there were commands, whole rings that
 * seem to be empty, and several faults at once. Each command is answered exactly once all the same,
 * and a reset brings back a controller that has lost count of its queues.
 */
#include "harness.h"

#include "clock.h"

enum {
	TIMEOUT_MS = 60,
	LADDER_MS = TIMEOUT_MS + TIMEOUT_MS / 2 + 2 * RIG_LOOK_MS, /* to new queues */
	SHORT_MS = 20,
	TURNS = 50,
};

static void start(struct rig *rig, uint32_t depth)
{
	rig_start(rig, NULL, NVU_CTRL_OPTS(.io_timeout_ms = TIMEOUT_MS),
		  NVU_QPAIR_OPTS(.depth = depth));
}

/* Writes and reads through the whole ring: all is well again. */
static void assert_works(struct rig *rig)
{
	rig_settle(rig);
	for (uint32_t turn = 0; turn < 2 * nvu_qpair_depth(rig->qpair) + 2; turn++) {
		rig_fill(rig->data, 512, turn);
		assert_int_equal(rig_write(rig, turn % 16, 1, 0), 0);
		assert_int_equal(rig_read(rig, turn % 16, 1, PAGE), 0);
		assert_true(rig_is_filled(rig->data + PAGE, 512, turn));
	}
}

/* The controller forgets for a whole round of the ring to flip the phase: nothing seems to be there. */
static void phase_that_does_not_flip_for_a_round_loses_no_answer(void **state)
{
	struct rig *rig = *state;
	const uint32_t places[] = { 0, 3, 7, 8, 12, 15, 16, 23 };

	for (size_t row = 0; row < COUNT(places); row++) {
		struct batch batch;

		start(rig, 8);
		for (uint32_t turn = 0; turn < places[row]; turn++)
			assert_int_equal(rig_read(rig, 0, 1, 0), 0);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_WRONG_PHASE, .count = 8));
		batch_start(&batch, rig, 7);
		batch_finish(&batch, rig);
		assert_int_equal(batch_count(&batch, -ETIMEDOUT), 7);
		nvu_mock_clear_faults(rig->mock);
		assert_works(rig);
		rig_again(rig);
	}
}

/* It has lost count; a reset helps, of which the queue pair learns by polling. */
static void behave_again(struct rig *rig)
{
	struct nvu_cpl cpl;

	nvu_mock_clear_faults(rig->mock);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	for (int turn = 0; turn < 300; turn++)
		assert_int_equal(rig_poll(rig, &cpl, 1), 0);
}

/* Whole rings of them, over entries that the driver has not seen yet. */
static void flood_of_completions_answers_nothing_twice(void **state)
{
	struct rig *rig = *state;

	for (uint64_t more = 1; more < 3000; more = more * 3 + 1) {
		uint64_t begin_ms = clock_now_ms();
		struct batch batch;

		start(rig, 8);
		rig->inconsistent = true; /* it takes heads for wrong that the driver wrote */
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_FLOOD, .value = more,
					       .skip = 2, .count = 2));
		batch_start(&batch, rig, 7);
		batch_finish(&batch, rig);
		assert_true(clock_now_ms() - begin_ms <= LADDER_MS);
		assert_int_equal(batch.error, 0);
		behave_again(rig);
		assert_works(rig);
		rig_again(rig);
	}
}

/* Faults of all kinds, several at a time, on commands that lie close together. */
static void several_faults_at_once_lose_no_answer(void **state)
{
	struct rig *rig = *state;
	uint64_t random = 0x2545f4914f6cdd1d;

	for (int turn = 0; turn < 25; turn++) {
		struct batch batch;

		start(rig, 32);
		rig->inconsistent = true; /* floods make it misunderstand */
		for (int fault = 0; fault < 8; fault++) {
			enum nvu_mock_fault_kind kind;

			random = random * 6364136223846793005 + 1442695040888963407;
			kind = NVU_MOCK_FAULT_STATUS + random % 8;
			kind = random >> 20 & 7 ? kind : NVU_MOCK_FAULT_FLOOD;
			rig_inject(rig, NVU_MOCK_FAULT(.kind = kind, .skip = random >> 33 & 31,
						       .count = 1 + (random >> 40 & 7),
						       .delay = random >> 50, .status = 0x281,
						       .value = random >> 45 & 255));
		}
		batch_start(&batch, rig, 31);
		batch_finish(&batch, rig);
		assert_int_equal(batch.error, 0);
		behave_again(rig);
		assert_works(rig);
		rig_again(rig);
	}
}

static int ask(struct rig *rig)
{
	const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_GET_FEATURES,
				     .cdw10 = nvu_le32_put(NVU_FEAT_ARBITRATION) };

	return nvu_admin(rig->ctrl, &cmd, NULL, 0, 0, NULL);
}

/* A stepped mock takes the requests and answers them when it works. */
static int service(struct rig *rig, struct nvu_event *event)
{
	(void)nvu_mock_step(rig->mock, 100);
	return nvu_ctrl_service(rig->ctrl, event);
}

/* Each request is answered once and again: what was not asked for is no event. */
static void event_completions_without_a_request_are_dropped(void **state)
{
	struct rig *rig = *state;
	const struct nvu_sqe read_log = {
		.opcode = NVU_ADMIN_GET_LOG_PAGE,
		.nsid = nvu_le32_put(UINT32_MAX),
		.cdw10 = nvu_le32_put(127u << 16 | NVU_LOG_SMART),
	};
	struct nvu_event event;
	uint8_t data[512];

	rig_create(rig, NULL);
	rig->inconsistent = true;
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_FLOOD, .qid = NVU_MOCK_ADMIN_QUEUE,
				       .opcode = NVU_ADMIN_ASYNC_EVENT, .value = 5));
	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
	for (uint8_t info = 0; info < 30; info++) {
		int events = 0;

		assert_int_equal(nvu_mock_event(rig->mock, 1, info, NVU_LOG_SMART), 0);
		for (int turn = 0; turn < 8; turn++) {
			int ret = service(rig, &event);

			assert_in_range(ret, 0, 1);
			events += ret;
		}
		assert_int_equal(events, 1);
		assert_int_equal(event.info, info);
		assert_int_equal(ask(rig), 0);
		assert_int_equal(nvu_admin(rig->ctrl, &read_log, data, sizeof(data), 0, NULL), 0);
	}
}

/* More than the admin queue holds: what overran it may be lost, but the queue recovers. */
static void event_flood_that_overruns_the_queue_is_reset_away(void **state)
{
	struct rig *rig = *state;
	struct nvu_event event;

	for (uint64_t more = 20; more < 5000; more = more * 2 + 7) {
		uint64_t begin_ms = clock_now_ms();
		int events = 0;

		rig_create(rig, NULL);
		rig->inconsistent = true;
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_FLOOD, .value = more,
					       .qid = NVU_MOCK_ADMIN_QUEUE,
					       .opcode = NVU_ADMIN_ASYNC_EVENT));
		assert_int_equal(nvu_ctrl_open(rig_address(rig),
					       NVU_CTRL_OPTS(.admin_timeout_ms = SHORT_MS),
					       &rig->ctrl),
				 0);
		for (uint8_t type = 0; type < 4; type++)
			assert_int_equal(nvu_mock_event(rig->mock, type, 0, NVU_LOG_SMART), 0);
		for (int turn = 0; turn < TURNS; turn++) {
			int ret = service(rig, &event);

			assert_in_range(ret, 0, 1);
			events += ret;
			(void)ask(rig);
		}
		assert_in_range(events, 0, 4);
		assert_true(clock_now_ms() - begin_ms <= TURNS * SHORT_MS);
		nvu_mock_clear_faults(rig->mock);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		assert_int_equal(ask(rig), 0);
		rig_again(rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(phase_that_does_not_flip_for_a_round_loses_no_answer),
		RIG_TEST(flood_of_completions_answers_nothing_twice),
		RIG_TEST(several_faults_at_once_lose_no_answer),
		RIG_TEST(event_completions_without_a_request_are_dropped),
		RIG_TEST(event_flood_that_overruns_the_queue_is_reset_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
