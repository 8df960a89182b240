/* SPDX-License-Identifier: MIT */
/*
 * test_features.c: features that the program has set are set again after every reset, in their order.
 */
#include "clock.h"
#include "covers.h"
#include "feature_rig.h"

COVERS(FEATURE, ARBITRATION);
COVERS(FEATURE, VOLATILE_WRITE_CACHE);
COVERS(FEATURE, AUTO_PST);
COVERS(FEATURE, HOST_BEHAVIOR);
COVERS(FEATURE, HOST_MEM_BUF);
COVERS(FEATURE, INTERRUPT_VECTOR);
COVERS(FEATURE, LBA_RANGE);
COVERS(FEATURE, TEMPERATURE);
COVERS(FEATURE, TIMESTAMP);

static void feature_is_set_again_after_every_reset(void **state)
{
	struct rig *rig = *state;

	start(rig);
	set(rig, WRITE_CACHE, 0);
	for (int turn = 0; turn < 3; turn++) {
		assert_int_equal(get(rig, WRITE_CACHE), 0);
		reset(rig);
	}
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_CFS, .count = 1));
	(void)rig_read(rig, 0, 1, 0);
	rig_settle(rig);
	assert_int_equal(nvu_ctrl_info(rig->ctrl)->resets, 4);
	assert_int_equal(get(rig, WRITE_CACHE), 0);
	set(rig, WRITE_CACHE, 1);
	reset(rig);
	assert_int_equal(get(rig, WRITE_CACHE), 1);
}

/* The first reset is followed by another one, because the controller cannot be identified. */
static void feature_is_set_again_after_the_second_reset_too(void **state)
{
	struct rig *rig = *state;

	start(rig);
	set(rig, WRITE_CACHE, 0);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .qid = NVU_MOCK_ADMIN_QUEUE,
				       .opcode = NVU_ADMIN_IDENTIFY, .count = 1));
	reset(rig);
	assert_int_equal(nvu_ctrl_info(rig->ctrl)->resets, 2);
	assert_int_equal(get(rig, WRITE_CACHE), 0);
	assert_no_event(rig);
}

/* A controller that is opened again is as it was left by its reset. */
static void features_are_those_of_one_open(void **state)
{
	struct rig *rig = *state;

	start(rig);
	set(rig, WRITE_CACHE, 0);
	rig_close(rig);
	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
	reset(rig);
	assert_int_equal(get(rig, WRITE_CACHE), 1);
}

/* One command for each setting, however often it was set: the last value. */
static void last_value_counts(void **state)
{
	struct rig *rig = *state;
	uint64_t usual;

	start(rig);
	usual = count_commands(rig);
	for (uint32_t value = 0; value < 5; value++)
		set(rig, NVU_FEAT_ARBITRATION, value);
	assert_int_equal(count_commands(rig), usual + 1);
	assert_int_equal(get(rig, NVU_FEAT_ARBITRATION), 4);
}

static void refused_value_does_not_count(void **state)
{
	struct rig *rig = *state;

	start(rig);
	set(rig, NVU_FEAT_ARBITRATION, 3);
	inject_into_sets(rig, NVU_MOCK_FAULT_STATUS, 0, 1);
	assert_int_equal(set_with(rig, 0, NVU_FEAT_ARBITRATION, 4, NULL, 0), NVU_SC_INVALID_FIELD);
	reset(rig);
	assert_int_equal(get(rig, NVU_FEAT_ARBITRATION), 3);
}

static void thresholds_are_settings_of_their_own(void **state)
{
	struct rig *rig = *state;

	start(rig);
	set(rig, NVU_FEAT_TEMPERATURE, SENSOR(0, 0) | 350);
	set(rig, NVU_FEAT_TEMPERATURE, SENSOR(1, 0) | 280);
	set(rig, NVU_FEAT_TEMPERATURE, SENSOR(0, 2) | 360);
	set(rig, NVU_FEAT_TEMPERATURE, SENSOR(0, 0) | 351);
	reset(rig);
	assert_int_equal(get_with(rig, 0, NVU_FEAT_TEMPERATURE, SENSOR(0, 0), NULL, 0), 351);
	assert_int_equal(get_with(rig, 0, NVU_FEAT_TEMPERATURE, SENSOR(1, 0), NULL, 0), 280);
	assert_int_equal(get_with(rig, 0, NVU_FEAT_TEMPERATURE, SENSOR(0, 2), NULL, 0), 360);
}

/* All sensors at once, then one of them; and the other way round. */
static void order_is_that_in_which_values_were_set(void **state)
{
	struct rig *rig = *state;

	start(rig);
	set(rig, NVU_FEAT_TEMPERATURE, SENSOR(0, 1) | 310);
	set(rig, NVU_FEAT_TEMPERATURE, SENSOR(0, 15) | 320);
	set(rig, NVU_FEAT_TEMPERATURE, SENSOR(0, 2) | 330);
	reset(rig);
	assert_int_equal(get_with(rig, 0, NVU_FEAT_TEMPERATURE, SENSOR(0, 1), NULL, 0), 320);
	assert_int_equal(get_with(rig, 0, NVU_FEAT_TEMPERATURE, SENSOR(0, 2), NULL, 0), 330);
	set(rig, NVU_FEAT_TEMPERATURE, SENSOR(0, 15) | 340);
	reset(rig);
	assert_int_equal(get_with(rig, 0, NVU_FEAT_TEMPERATURE, SENSOR(0, 1), NULL, 0), 340);
	assert_int_equal(get_with(rig, 0, NVU_FEAT_TEMPERATURE, SENSOR(0, 2), NULL, 0), 340);
}

static void each_namespace_has_its_value(void **state)
{
	struct rig *rig = *state;

	rig_open(rig,
		 NVU_MOCK_OPTS(.namespaces = 3, .ns_bytes = 1 << 20, .flags = NVU_MOCK_STEPPED),
		 NULL);
	assert_int_equal(set_with(rig, UINT32_MAX, RECOVERY, 1, NULL, 0), 0);
	assert_int_equal(set_with(rig, 2, RECOVERY, 2, NULL, 0), 0);
	assert_int_equal(set_with(rig, 3, RECOVERY, 3, NULL, 0), 0);
	reset(rig);
	for (uint32_t nsid = 1; nsid <= 3; nsid++)
		assert_int_equal(get_with(rig, nsid, RECOVERY, 0, NULL, 0), nsid);
}

static void data_are_those_that_were_sent(void **state)
{
	static uint8_t ranges[PAGE], transitions[256], now[PAGE];
	struct rig *rig = *state;

	rig_open(rig,
		 NVU_MOCK_OPTS(.namespaces = 2, .ns_bytes = 1 << 20, .flags = NVU_MOCK_STEPPED),
		 NULL);
	rig_fill(ranges, sizeof(ranges), 1);
	rig_fill(transitions, sizeof(transitions), 2);
	assert_int_equal(set_with(rig, 2, NVU_FEAT_LBA_RANGE, 0, ranges, PAGE), 0);
	assert_int_equal(set_with(rig, 0, NVU_FEAT_AUTO_PST, 1, transitions, 256), 0);
	memset(ranges, 0, sizeof(ranges)); /* the program's memory is its own again */
	reset(rig);
	(void)get_with(rig, 2, NVU_FEAT_LBA_RANGE, 0, now, PAGE);
	assert_true(rig_is_filled(now, 64, 1));
	assert_int_equal(get_with(rig, 0, NVU_FEAT_AUTO_PST, 0, now, 256), 1);
	assert_true(rig_is_filled(now, 256, 2));
	(void)get_with(rig, 1, NVU_FEAT_LBA_RANGE, 0, now, PAGE);
	for (int i = 0; i < 64; i++)
		assert_int_equal(now[i], 0);
}

/* nvu asks for formats above 16. What the program has said after that is what counts. */
static void host_behavior_is_the_programs(void **state)
{
	static uint8_t behavior[512], now[512];
	struct rig *rig = *state;

	rig_open(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | NVU_MOCK_EXTENDED_FORMATS), NULL);
	(void)get_with(rig, 0, NVU_FEAT_HOST_BEHAVIOR, 0, now, 512);
	assert_int_equal(now[2], 1);
	assert_int_equal(now[0], 1); /* and for retry delays */
	assert_int_equal(set_with(rig, 0, NVU_FEAT_HOST_BEHAVIOR, 0, behavior, 512), 0);
	reset(rig);
	(void)get_with(rig, 0, NVU_FEAT_HOST_BEHAVIOR, 0, now, 512);
	assert_int_equal(now[2], 0);
}

static uint64_t timestamp(struct rig *rig)
{
	uint8_t data[8];
	uint64_t ms = 0;

	(void)get_with(rig, 0, NVU_FEAT_TIMESTAMP, 0, data, sizeof(data));
	for (int i = 5; i >= 0; i--)
		ms = ms << 8 | data[i];
	return ms;
}

/* The time goes on from when it was set, however many resets there are. */
static void timestamp_goes_on(void **state)
{
	const uint64_t began = 0xfffffff0ull; /* a carry comes soon */
	uint8_t data[8] = { 0xf0, 0xff, 0xff, 0xff };
	struct rig *rig = *state;
	uint64_t begin_ms;

	start(rig);
	begin_ms = clock_now_ms();
	assert_int_equal(set_with(rig, 0, NVU_FEAT_TIMESTAMP, 0, data, sizeof(data)), 0);
	for (int turn = 0; turn < 3; turn++) {
		uint64_t passed;

		clock_advance_ms(5000);
		reset(rig);
		passed = clock_now_ms() - begin_ms;
		assert_in_range(timestamp(rig), began + passed - 5, began + passed + 1);
	}
}

/* The controller has it: it is set again all the same, and not saved again. */
static void saved_value_is_set_again_without_being_saved(void **state)
{
	struct rig *rig = *state;
	const uint32_t saved = 2u << 8 | WRITE_CACHE;

	start(rig);
	set(rig, (uint32_t)SAVE << 31 | WRITE_CACHE, 0);
	reset(rig);
	assert_int_equal(get(rig, WRITE_CACHE), 0);
	set(rig, WRITE_CACHE, 1);
	reset(rig);
	assert_int_equal(get(rig, WRITE_CACHE), 1);
	assert_int_equal(get(rig, saved), 0);
	/* Another host saves another value: this host's saves nothing, and is what counts here. */
	set(rig, (uint32_t)SAVE << 31 | WRITE_CACHE, 1);
	reset(rig);
	assert_int_equal(get(rig, saved), 1);
	assert_int_equal(get(rig, WRITE_CACHE), 1);
}

static void notices_of_the_program_and_of_the_library_are_on(void **state)
{
	struct rig *rig = *state;

	start(rig);
	set(rig, NVU_FEAT_ASYNC_EVENT_CONFIG, 0x1f);
	reset(rig);
	assert_int_equal(get(rig, NVU_FEAT_ASYNC_EVENT_CONFIG), 0x11f);
	set(rig, NVU_FEAT_ASYNC_EVENT_CONFIG, 0);
	reset(rig);
	assert_int_equal(get(rig, NVU_FEAT_ASYNC_EVENT_CONFIG), 0x100);
}

/* What survives a reset, is nvu's own, or must not be carried out twice. */
static void feature_that_is_not_the_programs_is_left_alone(void **state)
{
	const uint8_t fids[] = { NVU_FEAT_INTERRUPT_VECTOR };
	struct rig *rig = *state;
	uint64_t usual;

	start(rig);
	usual = count_commands(rig);
	for (size_t i = 0; i < COUNT(fids); i++)
		set(rig, fids[i], 1);
	assert_int_equal(count_commands(rig), usual);
	assert_no_event(rig);
}

/* Memory that the program has lent to the controller may be another buffer's by then. */
static void host_memory_is_not_lent_again(void **state)
{
	struct rig *rig = *state;
	uint64_t usual;

	start(rig);
	usual = count_commands(rig);
	set(rig, NVU_FEAT_HOST_MEM_BUF, 1);
	for (int turn = 0; turn < 2; turn++) {
		assert_int_equal(count_commands(rig), usual);
		assert_lost(rig, NVU_FEAT_HOST_MEM_BUF, -ENOTSUP);
		assert_no_event(rig);
	}
}

/* The value may be in CDW11, or select what is set: all are sent, the oldest of too many not. */
static void vendors_feature_is_set_again_in_order(void **state)
{
	struct rig *rig = *state;
	uint64_t usual;

	start(rig);
	usual = count_commands(rig);
	set(rig, VENDOR, 7);
	set(rig, VENDOR, 5);
	set(rig, VENDOR, 7);
	assert_int_equal(count_commands(rig), usual + 2);
	assert_int_equal(get(rig, VENDOR), 7);
	for (uint32_t value = 100; value < 120; value++)
		set(rig, VENDOR, value);
	assert_int_equal(count_commands(rig), usual + 8);
	assert_int_equal(get(rig, VENDOR), 119);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(feature_is_set_again_after_every_reset),
		RIG_TEST(feature_is_set_again_after_the_second_reset_too),
		RIG_TEST(features_are_those_of_one_open),
		RIG_TEST(last_value_counts),
		RIG_TEST(refused_value_does_not_count),
		RIG_TEST(thresholds_are_settings_of_their_own),
		RIG_TEST(order_is_that_in_which_values_were_set),
		RIG_TEST(each_namespace_has_its_value),
		RIG_TEST(data_are_those_that_were_sent),
		RIG_TEST(host_behavior_is_the_programs),
		RIG_TEST(timestamp_goes_on),
		RIG_TEST(saved_value_is_set_again_without_being_saved),
		RIG_TEST(notices_of_the_program_and_of_the_library_are_on),
		RIG_TEST(feature_that_is_not_the_programs_is_left_alone),
		RIG_TEST(host_memory_is_not_lent_again),
		RIG_TEST(vendors_feature_is_set_again_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
