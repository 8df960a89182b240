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

static void send(struct nvu_ctrl *ctrl, uint32_t cdw10, uint32_t cdw11)
{
	const struct nvu_sqe cmd = command(cdw10, cdw11);

	assert_int_equal(features_prepare(ctrl, &cmd, NULL, 0), 0);
	ctrl->token_lent = ++ctrl->token;
	features_send(ctrl, ctrl->token);
}

static void command_is_kept_without_what_is_of_one_sending(void **state)
{
	struct nvu_ctrl ctrl = { .transport = &transport };
	const struct nvu_sqe *kept;

	(void)state;
	send(&ctrl, 1u << 31 | NVU_FEAT_VOLATILE_WRITE_CACHE, 1);
	features_answer(&ctrl, ctrl.token, 0);

	assert_non_null(ctrl.features);
	kept = &ctrl.features->cmd;
	assert_int_equal(nvu_le32_get(kept->cdw10), NVU_FEAT_VOLATILE_WRITE_CACHE); /* not saved */
	assert_int_equal(nvu_le32_get(kept->cdw11), 1);
	assert_int_equal(nvu_le16_get(kept->cid), 0);
	assert_true(!nvu_le64_get(kept->prp1) && !nvu_le64_get(kept->prp2) &&
		    !nvu_le64_get(kept->mptr));
	features_free(&ctrl);
}

/*
 * Another thread reaps the answer, and resets before the thread that waits for it runs again: the command
 * has been carried out, and its program will learn that it was.
 */
static void value_counts_once_its_answer_is_reaped(void **state)
{
	struct nvu_ctrl ctrl = { .transport = &transport };

	(void)state;
	send(&ctrl, NVU_FEAT_ARBITRATION, 3);
	assert_null(ctrl.features);
	features_answer(&ctrl, ctrl.token, 0);
	features_forget_sent(&ctrl); /* the reset */
	assert_non_null(ctrl.features);
	features_settle(&ctrl, 0);
	assert_non_null(ctrl.features);
	assert_null(ctrl.features->next);
	features_free(&ctrl);
}

/* -ECANCELED after a reset, -EAGAIN before it was sent, a status: nothing is left of it. */
static void value_that_has_failed_leaves_nothing(void **state)
{
	struct nvu_ctrl ctrl = { .transport = &transport };
	const struct nvu_sqe cmd = command(NVU_FEAT_ARBITRATION, 1);

	(void)state;
	send(&ctrl, NVU_FEAT_ARBITRATION, 3);
	features_forget_sent(&ctrl);
	features_settle(&ctrl, -ECANCELED);
	assert_int_equal(features_prepare(&ctrl, &cmd, NULL, 0), 0);
	features_settle(&ctrl, -ENOMEM);
	send(&ctrl, NVU_FEAT_ARBITRATION, 3);
	features_settle(&ctrl, -EAGAIN);
	send(&ctrl, NVU_FEAT_ARBITRATION, 3);
	features_answer(&ctrl, ctrl.token, NVU_SC_INVALID_FIELD);
	features_settle(&ctrl, NVU_SC_INVALID_FIELD);

	assert_null(ctrl.features);
	assert_null(ctrl.features_sent);
	assert_null(ctrl.feature_prepared);
}

/* Answers come in any order; a command that was given up stays until its own. */
static void values_count_in_the_order_of_their_answers(void **state)
{
	struct nvu_ctrl ctrl = { .transport = &transport };
	uint64_t first;

	(void)state;
	send(&ctrl, NVU_FEAT_ARBITRATION, 3);
	first = ctrl.token;
	features_settle(&ctrl, -ETIMEDOUT);
	send(&ctrl, NVU_FEAT_ARBITRATION, 4);
	features_answer(&ctrl, ctrl.token, 0);
	features_settle(&ctrl, 0);
	assert_int_equal(nvu_le32_get(ctrl.features->cmd.cdw11), 4);
	features_answer(&ctrl, first, 0);
	assert_int_equal(nvu_le32_get(ctrl.features->cmd.cdw11), 3);
	assert_null(ctrl.features->next);
	assert_null(ctrl.features_sent);
	features_free(&ctrl);
}

static void data_that_are_too_long_are_lost(void **state)
{
	static uint8_t data[FEATURES_DATA_MAX + 4];
	struct nvu_ctrl ctrl = { .transport = &transport };
	const struct nvu_sqe cmd = command(0xc7, 0);

	(void)state;
	assert_int_equal(features_prepare(&ctrl, &cmd, data, sizeof(data)), 0);
	assert_int_equal(ctrl.feature_prepared->fate, FEATURE_LOST);
	assert_int_equal(ctrl.feature_prepared->len, 0);
	features_settle(&ctrl, 0);
}

static void other_commands_are_not_remembered(void **state)
{
	struct nvu_ctrl ctrl = { .transport = &transport };
	struct nvu_sqe cmd = command(NVU_FEAT_NUM_QUEUES, 0x30003);

	(void)state;
	assert_int_equal(features_prepare(&ctrl, &cmd, NULL, 0), 0);
	assert_null(ctrl.feature_prepared);
	cmd.cdw10 = nvu_le32_put(NVU_FEAT_ARBITRATION);
	cmd.opcode = NVU_ADMIN_GET_FEATURES;
	assert_int_equal(features_prepare(&ctrl, &cmd, NULL, 0), 0);
	assert_null(ctrl.feature_prepared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(command_is_kept_without_what_is_of_one_sending),
		cmocka_unit_test(value_counts_once_its_answer_is_reaped),
		cmocka_unit_test(value_that_has_failed_leaves_nothing),
		cmocka_unit_test(values_count_in_the_order_of_their_answers),
		cmocka_unit_test(data_that_are_too_long_are_lost),
		cmocka_unit_test(other_commands_are_not_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
