/* SPDX-License-Identifier: MIT */
/*
 * test_features_lost.c: features that a reset cannot set again are events; and what is not remembered.
 */
#include "clock.h"
#include "covers.h"
#include "feature_rig.h"

COVERS(FEATURE, WRITE_ATOMICITY);

/* --- what cannot be set again ----------------------------------------------------------------------- */

/* Set Features of a reset before the program's: Number of Queues, Host Behavior Support. */
enum { OWN_COMMANDS = 2 };

static void refused_feature_is_an_event_and_tried_again(void **state)
{
	struct rig *rig = *state;

	start(rig);
	set(rig, NVU_FEAT_ARBITRATION, 3);
	set(rig, WRITE_CACHE, 0);
	set(rig, NVU_FEAT_WRITE_ATOMICITY, 1);
	inject_into_sets(rig, NVU_MOCK_FAULT_STATUS, OWN_COMMANDS + 1, 1);
	reset(rig);
	assert_lost(rig, WRITE_CACHE, NVU_SC_INVALID_FIELD);
	assert_no_event(rig);
	assert_int_equal(get(rig, NVU_FEAT_ARBITRATION), 3);
	assert_int_equal(get(rig, WRITE_CACHE), 1);
	assert_int_equal(get(rig, NVU_FEAT_WRITE_ATOMICITY), 1);
	assert_int_equal(rig_read(rig, 0, 1, 0), 0);
	reset(rig);
	assert_no_event(rig);
	assert_int_equal(get(rig, WRITE_CACHE), 0);
}

static void unanswered_feature_is_an_event_and_no_second_reset(void **state)
{
	struct rig *rig = *state;

	start(rig);
	set(rig, NVU_FEAT_ARBITRATION, 3);
	set(rig, WRITE_CACHE, 0);
	inject_into_sets(rig, NVU_MOCK_FAULT_DROP, OWN_COMMANDS, 1);
	reset(rig);
	assert_int_equal(nvu_ctrl_info(rig->ctrl)->resets, 1);
	assert_lost(rig, NVU_FEAT_ARBITRATION, -ETIMEDOUT);
	assert_no_event(rig);
	assert_int_equal(get(rig, WRITE_CACHE), 0);
	assert_int_equal(rig_read(rig, 0, 1, 0), 0);
}

/* Each costs an admin time-out: not more than two. */
static void unanswered_features_have_their_time_together(void **state)
{
	struct rig *rig = *state;
	uint64_t begin_ms;

	start(rig);
	for (uint32_t sensor = 0; sensor < 8; sensor++)
		set(rig, NVU_FEAT_TEMPERATURE, SENSOR(0, sensor) | 300);
	inject_into_sets(rig, NVU_MOCK_FAULT_DROP, OWN_COMMANDS, 8); /* and nvu's own notices */
	begin_ms = clock_now_ms();
	reset(rig);
	assert_in_range(clock_now_ms() - begin_ms, 3 * SHORT_MS, 3 * SHORT_MS + 10);
	for (uint32_t sensor = 0; sensor < 8; sensor++)
		assert_lost(rig, NVU_FEAT_TEMPERATURE, -ETIMEDOUT);
	assert_no_event(rig);
	assert_int_equal(rig_read(rig, 0, 1, 0), 0);
}

/* Data that a late answer may still use are not those of the next command. */
static void unanswered_data_are_not_used_again(void **state)
{
	static uint8_t transitions[256];
	struct rig *rig = *state;

	start(rig);
	assert_int_equal(set_with(rig, 0, NVU_FEAT_AUTO_PST, 1, transitions, 256), 0);
	inject_into_sets(rig, NVU_MOCK_FAULT_DROP, OWN_COMMANDS, 1);
	reset(rig);
	assert_lost(rig, NVU_FEAT_AUTO_PST, -ETIMEDOUT);
	reset(rig);
	assert_no_event(rig);
}

/* The controller fetches the data of a command that was given up after nvu has sent others with data. */
static void late_feature_is_set_with_its_own_data(void **state)
{
	static uint8_t transitions[256], data[256];
	uint8_t timestamp[8] = { 1 };
	struct rig *rig = *state;

	start(rig);
	memset(transitions, 0x18, sizeof(transitions));
	assert_int_equal(set_with(rig, 0, NVU_FEAT_AUTO_PST, 1, transitions, 256), 0);
	assert_int_equal(set_with(rig, 0, NVU_FEAT_TIMESTAMP, 0, timestamp, 8), 0);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .qid = NVU_MOCK_ADMIN_QUEUE,
				       .opcode = NVU_ADMIN_SET_FEATURES, .skip = OWN_COMMANDS,
				       .delay = 20000, .count = 1));
	reset(rig);
	assert_lost(rig, NVU_FEAT_AUTO_PST, -ETIMEDOUT);
	for (int turn = 0; turn < 20000; turn++)
		(void)nvu_mock_step(rig->mock, 1);
	assert_int_equal(get_with(rig, 0, NVU_FEAT_AUTO_PST, 0, data, 256), 1);
	assert_memory_equal(data, transitions, sizeof(data));
}

/* The controller fails each time that it gets this one: it is left out, and the rest is set. */
static void feature_that_kills_the_controller_is_left_out_once(void **state)
{
	struct rig *rig = *state;

	start(rig);
	set(rig, NVU_FEAT_ARBITRATION, 3);
	set(rig, WRITE_CACHE, 0);
	inject_into_sets(rig, NVU_MOCK_FAULT_CFS, OWN_COMMANDS, 1);
	reset(rig);
	assert_int_equal(nvu_ctrl_info(rig->ctrl)->resets, 2);
	assert_lost(rig, NVU_FEAT_ARBITRATION, -EIO);
	assert_no_event(rig);
	assert_int_equal(get(rig, NVU_FEAT_ARBITRATION), 7);
	assert_int_equal(get(rig, WRITE_CACHE), 0);
	assert_int_equal(rig_read(rig, 0, 1, 0), 0);
	reset(rig);
	assert_no_event(rig);
	assert_int_equal(get(rig, NVU_FEAT_ARBITRATION), 3);
}

/* A program that has set it itself again has no use for the event. */
static void value_that_the_program_sets_again_is_no_event(void **state)
{
	struct rig *rig = *state;

	start(rig);
	set(rig, WRITE_CACHE, 0);
	inject_into_sets(rig, NVU_MOCK_FAULT_STATUS, OWN_COMMANDS, 1);
	reset(rig);
	set(rig, WRITE_CACHE, 0);
	assert_no_event(rig);
}

/* --- commands that are given up --------------------------------------------------------------------- */

/* Answered after all, in the same life: the controller has the value, and gets it again. */
static void late_answer_counts(void **state)
{
	struct rig *rig = *state;

	start(rig);
	set(rig, WRITE_CACHE, 1);
	rig_inject(rig,
		   NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .qid = NVU_MOCK_ADMIN_QUEUE,
				  .opcode = NVU_ADMIN_SET_FEATURES, .delay = 20000, .count = 1));
	assert_int_equal(set_with(rig, 0, WRITE_CACHE, 0, NULL, 0), -ETIMEDOUT);
	for (int turn = 0; turn < 20000; turn++)
		(void)nvu_mock_step(rig->mock, 1);
	assert_int_equal(get(rig, WRITE_CACHE), 0);
	reset(rig);
	assert_int_equal(get(rig, WRITE_CACHE), 0);
}

/* Never answered: the library does not know its effect; the value before is the last that the controller accepted. */
static void value_that_was_never_answered_does_not_count(void **state)
{
	struct rig *rig = *state;

	start(rig);
	set(rig, NVU_FEAT_ARBITRATION, 3);
	inject_into_sets(rig, NVU_MOCK_FAULT_DROP, 0, 1);
	assert_int_equal(set_with(rig, 0, NVU_FEAT_ARBITRATION, 4, NULL, 0), -ETIMEDOUT);
	reset(rig);
	assert_int_equal(get(rig, NVU_FEAT_ARBITRATION), 3);
}

/* --- the namespaces --------------------------------------------------------------------------------- */

enum { IDENTIFY_NS = 2 }; /* commands for one namespace */

static int delete_namespace(struct rig *rig, uint32_t nsid)
{
	const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_NS_MANAGEMENT,
				     .nsid = nvu_le32_put(nsid),
				     .cdw10 = nvu_le32_put(1) };

	return nvu_admin(rig->ctrl, &cmd, NULL, 0, 0, NULL);
}

static void feature_goes_with_its_namespace(void **state)
{
	struct rig *rig = *state;
	uint64_t with, without;

	rig_open(rig,
		 NVU_MOCK_OPTS(.namespaces = 3, .ns_bytes = 1 << 20, .flags = NVU_MOCK_STEPPED),
		 NULL);
	assert_int_equal(set_with(rig, 1, RECOVERY, 1, NULL, 0), 0);
	assert_int_equal(set_with(rig, 2, RECOVERY, 2, NULL, 0), 0);
	assert_int_equal(set_with(rig, UINT32_MAX, WRITE_CACHE, 0, NULL, 0),
			 0); /* not of a namespace */
	assert_int_equal(delete_namespace(rig, 3), 0);
	with = count_commands(rig);
	assert_nothing_lost(rig);
	assert_int_equal(delete_namespace(rig, 2), 0);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_nothing_lost(rig);
	without = count_commands(rig);
	/* A feature less, and what identifies a namespace: Identify, its descriptors. */
	assert_int_equal(with - without, 1 + IDENTIFY_NS);
	assert_int_equal(get_with(rig, 1, RECOVERY, 0, NULL, 0), 1);
	assert_int_equal(get(rig, WRITE_CACHE), 0);
}

/* Another one of the same identifier, made by another host while the controller was open. */
static void feature_is_not_for_another_namespace_of_the_identifier(void **state)
{
	struct rig *rig = *state;

	rig_open(rig,
		 NVU_MOCK_OPTS(.namespaces = 2, .ns_bytes = 1 << 20, .flags = NVU_MOCK_STEPPED),
		 NULL);
	assert_int_equal(set_with(rig, 2, RECOVERY, 2, NULL, 0), 0);
	assert_int_equal(
		nvu_mock_change(rig->mock,
				NVU_MOCK_CHANGE(.nsid = 2, .flags = NVU_MOCK_CHANGE_DELETE)),
		0);
	assert_int_equal(
		nvu_mock_change(rig->mock, NVU_MOCK_CHANGE(.nsid = 2, .ns_bytes = 1 << 20,
							   .flags = NVU_MOCK_CHANGE_ATTACH)),
		0);
	(void)nvu_mock_step(rig->mock, 10);
	(void)nvu_ns_next(rig->ctrl, 0);
	reset(rig);
	assert_int_equal(get_with(rig, 2, RECOVERY, 0, NULL, 0), 0);
}

static void formatted_namespace_keeps_its_features(void **state)
{
	const struct nvu_sqe format = { .opcode = NVU_ADMIN_FORMAT_NVM,
					.nsid = nvu_le32_put(1),
					.cdw10 = nvu_le32_put(0) };
	struct rig *rig = *state;

	start(rig);
	assert_int_equal(set_with(rig, 1, RECOVERY, 5, NULL, 0), 0);
	assert_int_equal(nvu_admin(rig->ctrl, &format, NULL, 0, 0, NULL), 0);
	reset(rig);
	assert_int_equal(get_with(rig, 1, RECOVERY, 0, NULL, 0), 5);
}

static void set_of_vendor(struct rig *rig, uint32_t uuid, uint32_t value)
{
	const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_SET_FEATURES,
				     .cdw10 = nvu_le32_put(VENDOR),
				     .cdw11 = nvu_le32_put(value),
				     .cdw14 = nvu_le32_put(uuid) };

	assert_int_equal(nvu_admin(rig->ctrl, &cmd, NULL, 0, 0, NULL), 0);
}

/* What cannot be remembered is refused before it is sent. */
static void setting_beyond_the_bound_is_refused_before_it_is_sent(void **state)
{
	struct rig *rig = *state;
	uint64_t sent;

	start(rig);
	for (uint32_t uuid = 0; uuid < 128; uuid++)
		for (uint32_t value = 0; value < 8; value++)
			set_of_vendor(rig, uuid, value);
	sent = rig_mock_stats(rig).admin_commands;
	assert_int_equal(set_with(rig, 0, WRITE_CACHE, 0, NULL, 0), -ENOSPC);
	rig_assert_sentence("was not set");
	assert_int_equal(rig_mock_stats(rig).admin_commands, sent);
	assert_int_equal(get(rig, WRITE_CACHE), 1);
	set_of_vendor(rig, 5, 9); /* in the place of its oldest */
	reset(rig);
	assert_no_event(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(refused_feature_is_an_event_and_tried_again),
		RIG_TEST(unanswered_feature_is_an_event_and_no_second_reset),
		RIG_TEST(unanswered_features_have_their_time_together),
		RIG_TEST(unanswered_data_are_not_used_again),
		RIG_TEST(late_feature_is_set_with_its_own_data),
		RIG_TEST(feature_that_kills_the_controller_is_left_out_once),
		RIG_TEST(value_that_the_program_sets_again_is_no_event),
		RIG_TEST(late_answer_counts),
		RIG_TEST(value_that_was_never_answered_does_not_count),
		RIG_TEST(feature_goes_with_its_namespace),
		RIG_TEST(feature_is_not_for_another_namespace_of_the_identifier),
		RIG_TEST(formatted_namespace_keeps_its_features),
		RIG_TEST(setting_beyond_the_bound_is_refused_before_it_is_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
