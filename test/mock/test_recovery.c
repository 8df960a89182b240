// SPDX-License-Identifier: MIT
/*
 * test_recovery.c: the recovery, step by step: abort, new queues, controller reset, function level
 * reset, dead. The test reaches each step by making those before it fail. Each command is answered
 * exactly once, the data is intact afterwards, and it ends in bounded time.
 */
#include "harness.h"

#include "clock.h"

#include <stdlib.h>

enum { POLLS_MAX = 100000, TIMEOUT_MS = 60, ADMIN_MS = 50, DATA = 64 * PAGE };

/* Known data on the medium, to be found again by assert_intact(). */
static void start(struct rig *rig, uint32_t depth, uint32_t flags)
{
	rig_start(rig, NULL,
		  NVU_CTRL_OPTS(.io_timeout_ms = TIMEOUT_MS, .admin_timeout_ms = ADMIN_MS,
				.ready_timeout_ms = 50),
		  NVU_QPAIR_OPTS(.depth = depth, .flags = flags));
	rig_fill(rig->data, DATA, 42);
	assert_int_equal(rig_write(rig, 0, DATA / 512, 0), 0);
}

static void assert_intact(struct rig *rig)
{
	struct nvu_cpl cpl;

	/* A queue pair without commands learns of a reset by polling. */
	for (int turn = 0; turn < 100; turn++)
		assert_int_equal(rig_poll(rig, &cpl, 1), 0);
	rig_settle(rig);
	memset(rig->data, 0, DATA);
	assert_int_equal(rig_read(rig, 0, DATA / 512, 0), 0);
	assert_true(rig_is_filled(rig->data, DATA, 42));
}

/* A fault of the admin queue's commands of this opcode. */
static void break_admin(struct rig *rig, uint32_t opcode, enum nvu_mock_fault_kind kind,
			uint32_t count)
{
	rig_inject(rig, NVU_MOCK_FAULT(.kind = kind, .qid = NVU_MOCK_ADMIN_QUEUE, .opcode = opcode,
				       .status = NVU_SC_INTERNAL, .count = count));
}

static void drop(struct rig *rig, uint32_t skip, uint32_t count)
{
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .skip = skip, .count = count));
}

static void late_command_is_aborted_and_the_queues_stay(void **state)
{
	struct rig *rig = *state;
	struct nvu_mock_stats before, after;
	struct batch batch;

	start(rig, 16, 0);
	before = rig_mock_stats(rig);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .delay = 1ull << 60,
				       .skip = 14, .count = 1));
	batch_start(&batch, rig, 15);
	batch_finish(&batch, rig);

	after = rig_mock_stats(rig);
	assert_int_equal(batch.status[14], -ETIMEDOUT);
	assert_int_equal(after.admin_commands, before.admin_commands + 1); /* one Abort */
	assert_int_equal(after.resets, before.resets);
	assert_intact(rig);
}

static void lost_command_costs_the_queues_and_no_reset(void **state)
{
	struct rig *rig = *state;
	struct nvu_mock_stats before, after;
	struct batch batch;

	start(rig, 16, 0);
	before = rig_mock_stats(rig);
	drop(rig, 3, 1);
	batch_start(&batch, rig, 15);
	batch_finish(&batch, rig);
	rig_settle(rig);

	after = rig_mock_stats(rig);
	assert_int_equal(batch.status[3], -ETIMEDOUT);
	assert_int_equal(batch_count(&batch, 0), 14);
	/* Abort, Delete SQ and CQ, Create CQ and SQ. */
	assert_int_equal(after.admin_commands, before.admin_commands + 5);
	assert_int_equal(after.resets, before.resets);
	assert_int_equal(nvu_qpair_id(rig->qpair), 1);
	assert_intact(rig);
}

/* Deleting the queues is refused, or not answered: the controller is reset. */
static void failed_deletion_costs_a_controller_reset(void **state)
{
	struct rig *rig = *state;
	const uint32_t opcodes[] = { NVU_MOCK_OPCODE_ZERO, NVU_ADMIN_DELETE_CQ };
	const enum nvu_mock_fault_kind kinds[] = { NVU_MOCK_FAULT_STATUS, NVU_MOCK_FAULT_DROP };

	for (uint32_t row = 0; row < 4; row++) {
		struct batch batch;
		uint64_t resets;

		start(rig, 16, 0);
		resets = rig_mock_stats(rig).resets;
		break_admin(rig, opcodes[row / 2], kinds[row % 2], 1);
		drop(rig, 3, 1);
		batch_start(&batch, rig, 15);
		batch_finish(&batch, rig);

		assert_int_equal(batch.status[3], -ETIMEDOUT);
		assert_int_equal(batch_count(&batch, 0), 14);
		assert_int_equal(rig_mock_stats(rig).resets, resets + 1);
		assert_intact(rig);
		rig_again(rig);
	}
}

/* The queues are gone, and re-creating them fails once: a reset helps. */
static void failed_new_creation_costs_a_controller_reset(void **state)
{
	struct rig *rig = *state;
	const uint32_t opcodes[] = { NVU_ADMIN_CREATE_CQ, NVU_ADMIN_CREATE_SQ };
	const enum nvu_mock_fault_kind kinds[] = { NVU_MOCK_FAULT_STATUS, NVU_MOCK_FAULT_DROP };

	for (uint32_t row = 0; row < 4; row++) {
		struct batch batch;
		uint64_t resets;

		start(rig, 16, 0);
		resets = rig_mock_stats(rig).resets;
		break_admin(rig, opcodes[row / 2], kinds[row % 2], 1);
		drop(rig, 3, 1);
		batch_start(&batch, rig, 15);
		batch_finish(&batch, rig);

		assert_int_equal(batch.error, 0);
		rig_settle(rig);
		assert_int_equal(rig_mock_stats(rig).resets, resets + 1);
		assert_intact(rig);
		rig_again(rig);
	}
}

/* The admin queue has died altogether: neither abort nor deletion is answered. */
static void silent_admin_queue_costs_a_controller_reset(void **state)
{
	struct rig *rig = *state;
	uint64_t begin_ms = clock_now_ms();
	struct batch batch;
	uint64_t resets;

	start(rig, 16, 0);
	resets = rig_mock_stats(rig).resets;
	break_admin(rig, 0, NVU_MOCK_FAULT_DROP, 5); /* four Aborts, and a deletion */
	drop(rig, 0, 15);
	batch_start(&batch, rig, 15);
	batch_finish(&batch, rig);

	assert_int_equal(batch_count(&batch, -ETIMEDOUT), 15);
	assert_int_equal(rig_mock_stats(rig).resets, resets + 1);
	assert_in_range(clock_now_ms() - begin_ms, TIMEOUT_MS + TIMEOUT_MS / 2,
			TIMEOUT_MS + TIMEOUT_MS / 2 + 2 * RIG_LOOK_MS + 2 * ADMIN_MS);
	assert_intact(rig);
}

/* CSTS.RDY stays 1 when CC.EN is cleared: a function level reset is left. */
static void controller_that_does_not_stop_costs_a_function_reset(void **state)
{
	struct rig *rig = *state;
	struct batch batch;
	uint64_t resets;

	start(rig, 16, 0);
	resets = rig_mock_stats(rig).resets;
	break_admin(rig, NVU_MOCK_OPCODE_ZERO, NVU_MOCK_FAULT_STATUS, 1);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_NEVER_DISABLED, .count = 1));
	drop(rig, 3, 1);
	batch_start(&batch, rig, 15);
	batch_finish(&batch, rig);

	assert_int_equal(batch.status[3], -ETIMEDOUT);
	assert_int_equal(rig_mock_stats(rig).resets, resets + 2);
	assert_intact(rig);
}

/* What makes a controller dead, and the error that every call returns from then on. */
static const struct {
	const char *name;
	enum nvu_mock_fault_kind kind; /* injected when the command is lost */
	uint32_t opcode;
	int error;
} deaths[] = {
	{ "not ready after the reset", NVU_MOCK_FAULT_NEVER_READY, 0, -EIO },
	{ "fatal in bring-up", NVU_MOCK_FAULT_CFS, NVU_ADMIN_SET_FEATURES, -EIO },
	{ "gone in bring-up", NVU_MOCK_FAULT_GONE, NVU_ADMIN_SET_FEATURES, -ENODEV },
	{ "gone at the abort", NVU_MOCK_FAULT_GONE, NVU_ADMIN_ABORT, -ENODEV },
	{ "refuses the queues", NVU_MOCK_FAULT_STATUS, NVU_ADMIN_SET_FEATURES, -EIO },
	{ "says nothing", NVU_MOCK_FAULT_DROP, NVU_ADMIN_SET_FEATURES, -EIO },
};

static void assert_dead(struct rig *rig, const char *name, int error)
{
	const struct nvu_sqe identify = { .opcode = NVU_ADMIN_IDENTIFY,
					  .cdw10 = nvu_le32_put(NVU_CNS_CTRL) };
	struct nvu_qpair *qpair = NULL;
	struct nvu_cpl cpl;
	uint8_t page[PAGE];
	int ret, polls = 0;

	do
		ret = rig_poll(rig, &cpl, 1);
	while (!ret && ++polls < POLLS_MAX); /* the end is reached in steps */
	if (ret != error)
		fail_msg("%s: poll returns %d: %s", name, ret, nvu_last_error());
	assert_string_not_equal(nvu_last_error(), "");
	assert_int_equal(nvu_submit(rig->qpair), error);
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 0), error);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), error);
	assert_int_equal(nvu_qpair_create(rig->ctrl, NULL, &qpair), error);
	assert_int_equal(nvu_admin(rig->ctrl, &identify, page, sizeof(page), 0, NULL), error);
	rig_assert_sentence("close it and open it again");
}

static void controller_that_does_not_come_back_is_dead(void **state)
{
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(deaths); row++) {
		uint64_t begin_ms = clock_now_ms();
		struct batch batch;

		start(rig, 16, 0);
		break_admin(rig, NVU_MOCK_OPCODE_ZERO, NVU_MOCK_FAULT_STATUS, 0);
		break_admin(rig, deaths[row].opcode, deaths[row].kind, 0);
		drop(rig, 3, 1);
		batch_start(&batch, rig, 15);
		batch_finish(&batch, rig);

		assert_int_equal(batch_count(&batch, 0), 14);
		assert_true(batch.status[3] == -ETIMEDOUT || batch.status[3] == -ECANCELED);
		assert_dead(rig, deaths[row].name, deaths[row].error);
		assert_in_range(clock_now_ms() - begin_ms, TIMEOUT_MS,
				TIMEOUT_MS + TIMEOUT_MS / 2 + 2 * RIG_LOOK_MS + 2 * ADMIN_MS);
		rig_again(rig);
	}
}

static void dead_controller_works_when_opened_again(void **state)
{
	struct rig *rig = *state;
	struct batch batch;

	start(rig, 16, 0);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE, .count = 1));
	batch_start(&batch, rig, 15);
	batch_finish(&batch, rig);
	rig_close(rig);
	nvu_mock_clear_faults(rig->mock);

	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);

	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
	rig_equip(rig, NULL);
	assert_intact(rig);
}

static void vanished_mock_is_a_dead_controller(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpls[16];
	int ret = 0, answers = 0;

	start(rig, 16, 0);
	rig_queue_reads(rig, 15, 0);
	nvu_mock_destroy(rig->mock);
	rig->mock = NULL;
	rig->stepped = false;
	while (ret >= 0) {
		ret = rig_poll(rig, cpls, 16);
		answers += ret > 0 ? ret : 0;
	}

	assert_int_equal(ret, -ENODEV);
	assert_int_equal(answers, 15);
}

static void reset_answers_what_was_in_flight(void **state)
{
	struct rig *rig = *state;
	struct batch batch;

	start(rig, 64, 0);
	for (uint32_t done = 0; done <= 63; done += 9) {
		batch_start(&batch, rig, 63);
		(void)nvu_mock_step(rig->mock, done);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		batch_finish(&batch, rig);
		/* What the controller had answered is the truth. */
		assert_int_equal(batch_count(&batch, 0), done);
		assert_int_equal(batch_count(&batch, -ECANCELED), 63 - done);
		assert_intact(rig);
	}
	assert_int_equal(rig_stats(rig).timeouts, 0);
}

static void reset_keeps_idle_queue_pairs_and_their_identifiers(void **state)
{
	struct rig *rig = *state;
	struct nvu_qpair *qpairs[8];

	start(rig, 16, 0);
	for (int idx = 0; idx < 8; idx++)
		assert_int_equal(nvu_qpair_create(rig->ctrl, NULL, &qpairs[idx]), 0);
	for (int turn = 0; turn < 20; turn++)
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	nvu_qpair_destroy(qpairs[0]); /* before it has noticed */

	assert_intact(rig);
	nvu_qpair_destroy(rig->qpair);
	for (int idx = 1; idx < 8; idx++) {
		rig->qpair = qpairs[idx];
		assert_int_equal(nvu_qpair_id(rig->qpair), idx + 2);
		assert_intact(rig);
		nvu_qpair_destroy(rig->qpair);
	}
	rig->qpair = NULL;
}

static void reset_with_unpublished_commands_answers_them_too(void **state)
{
	struct rig *rig = *state;
	struct batch batch;

	start(rig, 16, 0);
	batch_start(&batch, rig, 5);
	for (uint64_t idx = 5; idx < 10; idx++)
		assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, idx), 0);
	batch.ledger.accepted = 10;

	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	batch_finish(&batch, rig);

	assert_int_equal(batch_count(&batch, -ECANCELED), 10);
	assert_intact(rig);
}

/* With NVU_QPAIR_RETRY the reset is not seen: the commands are sent again. */
static void reset_with_retry_sends_the_commands_again(void **state)
{
	struct rig *rig = *state;
	struct batch batch;

	start(rig, 64, NVU_QPAIR_RETRY);
	for (uint32_t done = 0; done <= 63; done += 7) {
		batch_start(&batch, rig, 63);
		(void)nvu_mock_step(rig->mock, done);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		batch_finish(&batch, rig);
		assert_int_equal(batch_count(&batch, 0), 63);
		assert_intact(rig);
	}
	assert_true(rig_stats(rig).retried > 0);
}

static void retry_ends_when_the_controller_is_dead(void **state)
{
	struct rig *rig = *state;
	struct batch batch;

	start(rig, 64, NVU_QPAIR_RETRY);
	batch_start(&batch, rig, 63);
	(void)nvu_mock_step(rig->mock, 20);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE_NOW));
	batch_finish(&batch, rig);

	assert_int_equal(batch_count(&batch, 0), 20);
	assert_int_equal(batch_count(&batch, -ECANCELED) + batch_count(&batch, -ETIMEDOUT), 43);
	assert_dead(rig, "gone", -ENODEV);
}

/* Ways to answer commands that the controller still has, and means to carry out later. */
enum giving_up { BY_NEW_QUEUES, BY_LADDER_RESET, BY_RESET, BY_DESTROYING, GIVING_UPS };

static void give_up(struct rig *rig, enum giving_up way)
{
	struct nvu_cpl cpls[2];
	int answers = 0;

	if (way <= BY_LADDER_RESET)
		break_admin(rig, NVU_ADMIN_ABORT, NVU_MOCK_FAULT_STATUS, 0);
	if (way == BY_LADDER_RESET)
		break_admin(rig, NVU_MOCK_OPCODE_ZERO, NVU_MOCK_FAULT_STATUS, 1);
	if (way == BY_RESET)
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	if (way == BY_DESTROYING) {
		nvu_qpair_destroy(rig->qpair);
		rig->qpair = NULL;
		return;
	}
	/* Not rig_poll(): the mock's time stands still but for the recovery's admin commands. */
	for (double end = rig_now() + RIG_PATIENCE_S; answers < 2 && rig_now() < end;) {
		int ret = nvu_poll(rig->qpair, cpls, 2);

		assert_true(ret >= 0);
		answers += ret;
	}
	assert_int_equal(answers, 2);
}

static void answered_command_is_not_carried_out_later(void **state)
{
	struct rig *rig = *state;
	uint8_t stored[512];

	for (enum giving_up way = 0; way < GIVING_UPS; way++) {
		start(rig, 16, 0);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .delay = 100000));
		rig_fill(rig->data + PAGE, 512, 7);
		assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 0), 0);
		assert_int_equal(nvu_write(rig->qpair, rig->ns, 0, 1, rig->buf, PAGE, 1), 0);
		assert_int_equal(nvu_submit(rig->qpair), 0);
		assert_int_equal(nvu_mock_step(rig->mock, 2), 2);
		give_up(rig, way);
		memset(rig->data, 0x5a, 512);

		for (int turn = 0; turn < 120000; turn++)
			(void)nvu_mock_step(rig->mock, 1);

		for (int at = 0; at < 512; at++)
			assert_int_equal(rig->data[at], 0x5a);
		assert_int_equal(nvu_mock_data(rig->mock, 1, 0, stored, 512, 0), 0);
		assert_true(rig_is_filled(stored, 512, 42));
		rig_again(rig);
	}
}

static void shadow_doorbells_are_set_up_again_after_a_reset(void **state)
{
	struct rig *rig = *state;

	rig_start(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | NVU_MOCK_SHADOW_DOORBELLS), NULL,
		  NULL);
	rig_fill(rig->data, DATA, 42);
	assert_int_equal(rig_write(rig, 0, DATA / 512, 0), 0);
	for (int turn = 0; turn < 10; turn++) {
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		assert_intact(rig);
		assert_int_equal(nvu_ctrl_info(rig->ctrl)->shadow_doorbells, 1);
	}
}

static void events_are_asked_for_again_after_a_reset(void **state)
{
	struct rig *rig = *state;
	struct nvu_event event;

	start(rig, 16, 0);
	for (int turn = 0; turn < 10; turn++) {
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		assert_int_equal(nvu_ctrl_service(rig->ctrl, &event), 1);
		assert_int_equal(event.type, NVU_EVENT_RESET);
		assert_int_equal(nvu_mock_event(rig->mock, 1, 0, NVU_LOG_SMART), 0);
		(void)nvu_mock_step(rig->mock, 100);
		assert_int_equal(nvu_ctrl_service(rig->ctrl, &event), 1);
		assert_int_equal(event.type, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(late_command_is_aborted_and_the_queues_stay),
		RIG_TEST(lost_command_costs_the_queues_and_no_reset),
		RIG_TEST(failed_deletion_costs_a_controller_reset),
		RIG_TEST(failed_new_creation_costs_a_controller_reset),
		RIG_TEST(silent_admin_queue_costs_a_controller_reset),
		RIG_TEST(controller_that_does_not_stop_costs_a_function_reset),
		RIG_TEST(controller_that_does_not_come_back_is_dead),
		RIG_TEST(dead_controller_works_when_opened_again),
		RIG_TEST(vanished_mock_is_a_dead_controller),
		RIG_TEST(reset_answers_what_was_in_flight),
		RIG_TEST(reset_keeps_idle_queue_pairs_and_their_identifiers),
		RIG_TEST(reset_with_unpublished_commands_answers_them_too),
		RIG_TEST(reset_with_retry_sends_the_commands_again),
		RIG_TEST(retry_ends_when_the_controller_is_dead),
		RIG_TEST(answered_command_is_not_carried_out_later),
		RIG_TEST(shadow_doorbells_are_set_up_again_after_a_reset),
		RIG_TEST(events_are_asked_for_again_after_a_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
