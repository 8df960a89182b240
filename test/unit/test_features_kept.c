/* SPDX-License-Identifier: MIT */
/*
 * test_features_kept.c: what is remembered of a Set Features command, and from when on it counts.
 */
#include "ctrl/features.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct transport transport = { .name = "test" };

static struct nvu_sqe command(uint32_t cdw10, uint32_t cdw11)
{
	return (struct nvu_sqe){ .opcode = NVU_ADMIN_SET_FEATURES,
				 .cid = nvu_le16_put(7),
				 .prp1 = nvu_le64_put(0x1000),
				 .prp2 = nvu_le64_put(0x2000),
				 .mptr = nvu_le64_put(0x3000),
				 .cdw10 = nvu_le32_put(cdw10),
				 .cdw11 = nvu_le32_put(cdw11) };
}

static struct feature *prepare(struct nvu_ctrl *ctrl, uint32_t cdw10, uint32_t cdw11)
{
	const struct nvu_sqe cmd = command(cdw10, cdw11);
	struct feature *feature;

	assert_int_equal(features_prepare(ctrl, &cmd, NULL, 0, &feature), 0);
	assert_non_null(feature);
	return feature;
}

static void command_is_kept_without_what_is_of_one_sending(void **state)
{
	struct nvu_ctrl ctrl = { .transport = &transport, .lock.owner = lock_self() };
	const struct nvu_sqe *kept;

	(void)state;
	features_keep(&ctrl, prepare(&ctrl, 1u << 31 | NVU_FEAT_VOLATILE_WRITE_CACHE, 1));

	assert_non_null(ctrl.features);
	kept = &ctrl.features->cmd;
	assert_int_equal(nvu_le32_get(kept->cdw10), NVU_FEAT_VOLATILE_WRITE_CACHE); /* not saved */
	assert_int_equal(nvu_le32_get(kept->cdw11), 1);
	assert_int_equal(nvu_le16_get(kept->cid), 0);
	assert_true(!nvu_le64_get(kept->prp1) && !nvu_le64_get(kept->prp2) &&
		    !nvu_le64_get(kept->mptr));
	features_free(&ctrl);
}

static void value_that_has_failed_leaves_nothing(void **state)
{
	struct nvu_ctrl ctrl = { .transport = &transport, .lock.owner = lock_self() };

	(void)state;
	features_drop(&ctrl, prepare(&ctrl, NVU_FEAT_ARBITRATION, 3));
	features_drop(&ctrl, NULL); /* a command that sets nothing */
	assert_null(ctrl.features);
	assert_int_equal(ctrl.features_pending, 0);
}

/* Answers come in any order, of commands that wait and of those that were given up. */
static void values_count_in_the_order_of_their_answers(void **state)
{
	struct nvu_ctrl ctrl = { .transport = &transport, .lock.owner = lock_self() };
	struct feature *first, *second, *third;

	(void)state;
	first = prepare(&ctrl, NVU_FEAT_ARBITRATION, 3);
	second = prepare(&ctrl, NVU_FEAT_ARBITRATION, 4);
	third = prepare(&ctrl, NVU_FEAT_ARBITRATION, 5);
	assert_null(ctrl.features);
	features_keep(&ctrl, second);
	assert_int_equal(nvu_le32_get(ctrl.features->cmd.cdw11), 4);
	features_drop(&ctrl, third);
	assert_int_equal(nvu_le32_get(ctrl.features->cmd.cdw11), 4);
	features_keep(&ctrl, first);
	assert_int_equal(nvu_le32_get(ctrl.features->cmd.cdw11), 3);
	assert_null(ctrl.features->next);
	features_free(&ctrl);
}

/* Those that are outstanding take room before they are answered. */
static void room_is_for_what_is_outstanding_too(void **state)
{
	static struct feature *prepared[FEATURES_MAX];
	struct nvu_ctrl ctrl = { .transport = &transport, .lock.owner = lock_self() };
	struct nvu_sqe cmd = command(NVU_FEAT_ARBITRATION, 0);
	struct feature *feature;

	(void)state;
	for (uint32_t i = 0; i < FEATURES_MAX; i++) {
		cmd.nsid = nvu_le32_put(i + 1);
		assert_int_equal(features_prepare(&ctrl, &cmd, NULL, 0, &prepared[i]), 0);
	}
	cmd.nsid = nvu_le32_put(FEATURES_MAX + 1);
	assert_int_equal(features_prepare(&ctrl, &cmd, NULL, 0, &feature), -ENOSPC);
	assert_null(feature);
	features_drop(&ctrl, prepared[0]);
	assert_int_equal(features_prepare(&ctrl, &cmd, NULL, 0, &prepared[0]), 0);
	for (uint32_t i = 0; i < FEATURES_MAX; i++)
		features_drop(&ctrl, prepared[i]);
}

static void data_that_are_too_long_are_lost(void **state)
{
	static uint8_t data[FEATURES_DATA_MAX + 4];
	struct nvu_ctrl ctrl = { .transport = &transport, .lock.owner = lock_self() };
	const struct nvu_sqe cmd = command(0xc7, 0);
	struct feature *feature;

	(void)state;
	assert_int_equal(features_prepare(&ctrl, &cmd, data, sizeof(data), &feature), 0);
	assert_int_equal(feature->fate, FEATURE_LOST);
	assert_int_equal(feature->len, 0);
	features_drop(&ctrl, feature);
}

static void other_commands_are_not_remembered(void **state)
{
	struct nvu_ctrl ctrl = { .transport = &transport, .lock.owner = lock_self() };
	struct nvu_sqe cmd = command(NVU_FEAT_NUM_QUEUES, 0x30003);
	struct feature *feature;

	(void)state;
	assert_int_equal(features_prepare(&ctrl, &cmd, NULL, 0, &feature), 0);
	assert_null(feature);
	cmd.cdw10 = nvu_le32_put(NVU_FEAT_ARBITRATION);
	cmd.opcode = NVU_ADMIN_GET_FEATURES;
	assert_int_equal(features_prepare(&ctrl, &cmd, NULL, 0, &feature), 0);
	assert_null(feature);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(command_is_kept_without_what_is_of_one_sending),
		cmocka_unit_test(value_that_has_failed_leaves_nothing),
		cmocka_unit_test(values_count_in_the_order_of_their_answers),
		cmocka_unit_test(room_is_for_what_is_outstanding_too),
		cmocka_unit_test(data_that_are_too_long_are_lost),
		cmocka_unit_test(other_commands_are_not_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
