/* SPDX-License-Identifier: MIT */
/*
 * test_reset_events.c: a reset is reported by an event and counted, whatever caused the reset.
 */
#include "clock.h"
#include "harness.h"

enum { DEPTH = 16, TIMEOUT_MS = 100, SHORT_MS = 50 };

static void start(struct rig *rig)
{
	rig_start(rig, NULL,
		  NVU_CTRL_OPTS(.admin_timeout_ms = SHORT_MS, .ready_timeout_ms = 10 * SHORT_MS),
		  NVU_QPAIR_OPTS(.depth = DEPTH, .io_timeout_ms = TIMEOUT_MS));
}

/* The next event must be of one reset or more, with this reason for the latest. */
static void assert_told(struct rig *rig, uint32_t resets, enum nvu_reset_reason reason)
{
	struct nvu_event event = { 0 };

	assert_int_equal(nvu_ctrl_service(rig->ctrl, &event), 1);
	assert_int_equal(event.type, NVU_EVENT_RESET);
	assert_int_equal(event.info, reason);
	assert_int_equal(event.value, resets);
	assert_int_equal(event.log_page, 0);
	assert_int_equal(nvu_ctrl_service(rig->ctrl, &event), 0);
}

static void break_admin(struct rig *rig, uint32_t opcode, uint32_t count)
{
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .qid = NVU_MOCK_ADMIN_QUEUE,
				       .opcode = opcode, .count = count));
}

static void read_until_answered(struct rig *rig)
{
	(void)rig_read(rig, 0, 1, 0);
	rig_settle(rig);
}

/* Polls that have nothing to answer look at the controller. */
static void look(struct rig *rig)
{
	const uint64_t end_ms = clock_now_ms() + 4 * RIG_LOOK_MS;
	struct nvu_cpl cpl;

	while (clock_now_ms() < end_ms)
		assert_int_equal(rig_poll(rig, &cpl, 1), 0);
}

static void ask(struct rig *rig)
{
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
}

static void break_down(struct rig *rig)
{
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_CFS, .count = 1));
	read_until_answered(rig);
}

static void stop_by_itself(struct rig *rig)
{
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_CFS_NOW));
	look(rig);
}

/* Registers of ones, until the function is reset. */
static void fall_silent(struct rig *rig)
{
	rig_inject(rig,
		   NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_ALL_ONES, .value = NVU_MOCK_ONES_RESET));
	look(rig);
}

static void be_late(struct rig *rig)
{
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1));
	break_admin(rig, NVU_MOCK_OPCODE_ZERO, 1);
	read_until_answered(rig);
}

static void not_create(struct rig *rig)
{
	struct nvu_qpair *qpair;

	break_admin(rig, NVU_ADMIN_CREATE_SQ, 1);
	assert_int_equal(nvu_qpair_create(rig->ctrl, NULL, &qpair), -ETIMEDOUT);
	rig_settle(rig);
}

/* The queues of a late command are deleted, and the new ones not created. */
static void not_create_again(struct rig *rig)
{
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1));
	break_admin(rig, NVU_ADMIN_CREATE_CQ, 1);
	read_until_answered(rig);
}

static void not_delete(struct rig *rig)
{
	struct nvu_qpair *qpair;

	assert_int_equal(nvu_qpair_create(rig->ctrl, NULL, &qpair), 0);
	break_admin(rig, NVU_ADMIN_DELETE_CQ, 1);
	nvu_qpair_destroy(qpair);
	rig_settle(rig);
}

/* The first reset is asked for, and not followed by an answer to Identify. */
static void not_identify(struct rig *rig)
{
	break_admin(rig, NVU_ADMIN_IDENTIFY, 1);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
}

static const struct {
	const char *name;
	void (*cause)(struct rig *rig);
	enum nvu_reset_reason reason;
	uint32_t resets;
} causes[] = {
	{ "asked", ask, NVU_RESET_CALLER, 1 },
	{ "fatal status", break_down, NVU_RESET_FAILED, 1 },
	{ "fatal status, idle", stop_by_itself, NVU_RESET_FAILED, 1 },
	{ "registers of ones", fall_silent, NVU_RESET_SILENT, 1 },
	{ "late commands", be_late, NVU_RESET_LATE, 1 },
	{ "queue not created", not_create, NVU_RESET_CREATE, 1 },
	{ "queue not created again", not_create_again, NVU_RESET_CREATE, 1 },
	{ "queue not deleted", not_delete, NVU_RESET_DELETE, 1 },
	{ "not identified", not_identify, NVU_RESET_IDENTIFY, 2 },
};

/* Polls take its steps. */
static void poll_until(struct rig *rig, uint32_t resets)
{
	struct nvu_cpl cpl;

	for (int poll = 0; poll < 1000 && nvu_ctrl_info(rig->ctrl)->resets < resets; poll++) {
		clock_advance_ms(1);
		assert_int_equal(rig_poll(rig, &cpl, 1), 0);
	}
}

static void reset_is_reported_with_its_reason_and_counted(void **state)
{
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(causes); row++) {
		start(rig);
		assert_int_equal(nvu_ctrl_info(rig->ctrl)->resets, 0);
		print_message("%s\n", causes[row].name);
		causes[row].cause(rig);
		poll_until(rig, causes[row].resets);
		assert_int_equal(nvu_ctrl_info(rig->ctrl)->resets, causes[row].resets);
		assert_told(rig, causes[row].resets, causes[row].reason);
		assert_int_equal(rig_read(rig, 0, 1, 0), 0);
		rig_again(rig);
	}
}

/* Queues that are deleted and created again are no reset. */
static void late_command_without_a_reset_is_no_event(void **state)
{
	struct rig *rig = *state;
	struct nvu_event event;

	start(rig);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1));
	read_until_answered(rig);

	assert_int_equal(nvu_ctrl_service(rig->ctrl, &event), 0);
	assert_int_equal(nvu_ctrl_info(rig->ctrl)->resets, 0);
}

static void resets_not_yet_reported_are_one_event(void **state)
{
	struct rig *rig = *state;

	start(rig);
	break_down(rig);
	be_late(rig);
	ask(rig);
	assert_int_equal(nvu_ctrl_info(rig->ctrl)->resets, 3);
	assert_int_equal(nvu_ctrl_service(rig->ctrl, NULL), 0); /* takes none */
	assert_told(rig, 3, NVU_RESET_CALLER);
	break_down(rig);
	assert_told(rig, 1, NVU_RESET_FAILED);
	assert_int_equal(nvu_ctrl_info(rig->ctrl)->resets, 4);
}

/* The controller's events have filled their places, and are still there after the reset. */
static void reset_is_reported_when_the_events_are_full(void **state)
{
	struct rig *rig = *state;
	struct nvu_event event;
	uint32_t others = 0;

	start(rig);
	for (uint32_t i = 0; i < 40; i++) {
		const struct nvu_sqe read_log = {
			.opcode = NVU_ADMIN_GET_LOG_PAGE,
			.nsid = nvu_le32_put(UINT32_MAX),
			.cdw10 = nvu_le32_put(127u << 16 | NVU_LOG_SMART),
		};
		uint8_t smart[512];

		assert_int_equal(nvu_mock_event(rig->mock, 1, 0, NVU_LOG_SMART), 0);
		assert_int_equal(nvu_ctrl_service(rig->ctrl, NULL), 0);
		assert_int_equal(nvu_admin(rig->ctrl, &read_log, smart, sizeof(smart), 0, NULL), 0);
	}
	ask(rig);

	assert_int_equal(nvu_ctrl_service(rig->ctrl, &event), 1);
	assert_int_equal(event.type, NVU_EVENT_RESET);
	while (nvu_ctrl_service(rig->ctrl, &event) == 1) {
		assert_int_equal(event.type, 1);
		assert_int_equal(event.value, 0);
		others++;
	}
	assert_in_range(others, 30, 32);
}

/* Each count is a snapshot of its own, and takes no room from those of other changes. */
static void counts_are_snapshots_that_stay(void **state)
{
	enum { MANY = 5000 };
	static const struct nvu_ctrl_info *infos[MANY + 1];
	const struct nvu_id_ctrl *id;
	struct rig *rig = *state;

	rig_open(rig, NULL, NULL);
	id = nvu_ctrl_identify(rig->ctrl);
	for (uint32_t i = 0; i <= MANY; i++) {
		infos[i] = nvu_ctrl_info(rig->ctrl);
		ask(rig);
	}
	for (uint32_t i = 0; i <= MANY; i++)
		assert_int_equal(infos[i]->resets, i);
	assert_ptr_equal(nvu_ctrl_identify(rig->ctrl), id);
	assert_told(rig, MANY + 1, NVU_RESET_CALLER);

	assert_int_equal(nvu_mock_change(rig->mock, NVU_MOCK_CHANGE(.firmware = "2.0")), 0);
	ask(rig);
	assert_string_equal(nvu_ctrl_info(rig->ctrl)->firmware, "2.0");
	assert_int_equal(nvu_ctrl_info(rig->ctrl)->resets, MANY + 2);
	assert_memory_equal(nvu_ctrl_identify(rig->ctrl)->fr, "2.0", 3);
	assert_memory_not_equal(id->fr, "2.0", 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(reset_is_reported_with_its_reason_and_counted),
		RIG_TEST(late_command_without_a_reset_is_no_event),
		RIG_TEST(resets_not_yet_reported_are_one_event),
		RIG_TEST(reset_is_reported_when_the_events_are_full),
		RIG_TEST(counts_are_snapshots_that_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
