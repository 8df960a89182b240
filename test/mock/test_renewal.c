/* SPDX-License-Identifier: MIT */
/*
 * test_renewal.c: controller and namespaces are identified again after a reset, and it may fail: what
 * shrank, what is kept to be sent again, what is refused or not answered, how changes are reported.
 */
#include "geometry.h"

/* --- a reset ---------------------------------------------------------------------------------------- */

static void reset_finds_a_change_without_a_notice(void **state)
{
	struct rig *rig = *state;

	start(rig, 1, 0);
	CHANGE(rig, .nsid = 1, .lba_bytes = 4096, .flags = NVU_MOCK_CHANGE_SILENT);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_stale(rig, rig->ns, "block size");
	rig->ns = get(rig, 1);
	only_poll(rig);
	assert_int_equal(rig_read(rig, 0, 1, 0), 0);
}

/* The same when the poll itself resets a controller that has failed. */
static void recovery_finds_a_change_without_a_notice(void **state)
{
	struct rig *rig = *state;

	start(rig, 1, 0);
	CHANGE(rig, .nsid = 1, .ns_bytes = NS_BYTES / 2, .flags = NVU_MOCK_CHANGE_SILENT);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_CFS_NOW));
	only_poll(rig);
	assert_stale(rig, rig->ns, "fewer blocks");
	assert_int_equal(read_one(rig, get(rig, 1)), 0);
}

static void identity_is_the_newest_of_snapshots_that_stay(void **state)
{
	const struct nvu_ctrl_info *before, *after;
	const struct nvu_id_ctrl *id;
	struct rig *rig = *state;

	start(rig, 1, 0);
	before = nvu_ctrl_info(rig->ctrl);
	id = nvu_ctrl_identify(rig->ctrl);
	CHANGE(rig, .firmware = "2.0", .mdts = 3);
	assert_ptr_equal(nvu_ctrl_info(rig->ctrl), before);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	after = nvu_ctrl_info(rig->ctrl);
	assert_string_equal(after->firmware, "2.0");
	assert_int_equal(after->max_transfer_bytes, 32768);
	assert_int_equal(nvu_ctrl_identify(rig->ctrl)->mdts, 3);
	assert_string_equal(before->firmware, "1.0");
	assert_int_equal(id->mdts, 8);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	id = nvu_ctrl_identify(rig->ctrl);
	assert_int_equal(nvu_ctrl_info(rig->ctrl)->resets, 2);
	assert_int_equal(after->resets, 1);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_ptr_equal(nvu_ctrl_identify(rig->ctrl), id); /* nothing but the count is another */
	only_poll(rig);
}

static void smaller_transfer_limit_makes_handles_stale_and_nothing_else(void **state)
{
	const struct nvu_sqe write = { .opcode = NVU_CMD_WRITE,
				       .nsid = nvu_le32_put(1),
				       .cdw12 = nvu_le32_put(127) };
	struct rig *rig = *state;

	start(rig, 1, 0);
	CHANGE(rig, .mdts = 3);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_stale(rig, rig->ns, "transfer limit");
	rig->ns = get(rig, 1);
	assert_int_equal(nvu_ns_info(rig->ns)->max_transfer_blocks, 64);
	only_poll(rig);
	assert_int_equal(rig_read(rig, 0, 64, 0), 0);
	assert_int_equal(nvu_io(rig->qpair, &write, rig->buf, 0, 65536, 0), -EINVAL);

	/* And larger than ever: no further than the queue pair has room for. */
	CHANGE(rig, .mdts = 10);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_int_equal(nvu_ctrl_info(rig->ctrl)->max_transfer_bytes, 1 << 20);
	rig->ns = get(rig, 1);
	only_poll(rig);
	assert_int_equal(rig_read(rig, 0, 2048, 0), 0);
}

static void queue_pair_deeper_than_the_controller_takes_ends_alone(void **state)
{
	struct nvu_qpair *small = NULL;
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	start(rig, 1, NVU_QPAIR_RETRY);
	assert_int_equal(nvu_qpair_create(rig->ctrl, NVU_QPAIR_OPTS(.depth = 4), &small), 0);
	rig_queue_reads(rig, 1, 7);
	CHANGE(rig, .max_entries = 8);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_int_equal(nvu_ctrl_info(rig->ctrl)->max_queue_entries, 8);
	rig_reap(rig, &cpl, 1);
	assert_int_equal(cpl.status, -ECANCELED);
	assert_int_equal(rig_poll(rig, &cpl, 1), -ENOSPC);
	rig_assert_sentence("takes queues of 8 entries, and it has 16");
	nvu_qpair_destroy(rig->qpair);
	rig->qpair = small;
	only_poll(rig);
	assert_int_equal(rig_read(rig, 0, 1, 0), 0);
	assert_int_equal(nvu_qpair_create(rig->ctrl, NVU_QPAIR_OPTS(.depth = 16), &small), -EINVAL);
}

/* Of two commands that wait for a reset, one is for a namespace that has changed. */
static void kept_command_for_a_changed_namespace_is_estale(void **state)
{
	struct nvu_cpl cpls[2];
	struct rig *rig = *state;

	start(rig, 2, NVU_QPAIR_RETRY);
	assert_int_equal(nvu_read(rig->qpair, get(rig, 1), 0, 1, rig->buf, 0, 1), 0);
	assert_int_equal(nvu_read(rig->qpair, get(rig, 2), 0, 1, rig->buf, PAGE, 2), 0);
	assert_int_equal(nvu_submit(rig->qpair), 0);
	CHANGE(rig, .nsid = 1, .lba_bytes = 4096, .flags = NVU_MOCK_CHANGE_SILENT);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	rig_reap(rig, cpls, 2);
	for (int idx = 0; idx < 2; idx++)
		assert_int_equal(cpls[idx].status, cpls[idx].user_data == 1 ? -ESTALE : 0);
	assert_int_equal(rig_stats(rig).retried, 1);
	assert_int_equal(read_one(rig, get(rig, 1)), 0);
}

/* A command that waits for its queue, when the next one comes with the new handle before any poll. */
static void waiting_command_for_a_changed_namespace_is_estale(void **state)
{
	struct nvu_cpl cpls[2];
	struct rig *rig = *state;

	start(rig, 1, 0);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 1), 0);
	CHANGE(rig, .nsid = 1, .lba_bytes = 4096, .flags = NVU_MOCK_CHANGE_SILENT);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	rig->ns = get(rig, 1);
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, PAGE, 2), 0);
	rig_reap(rig, cpls, 2);
	for (uint64_t idx = 0; idx < 2; idx++) {
		assert_int_equal(cpls[idx].user_data, idx + 1);
		assert_int_equal(cpls[idx].status, idx ? 0 : -ESTALE);
	}
}

/* A program that queues the next command at each answer gets this error a bounded number of times. */
static void command_queued_with_the_new_handle_is_carried_out(void **state)
{
	struct rig *rig = *state;

	start(rig, 1, 0);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 1), 0);
	CHANGE(rig, .nsid = 1, .lba_bytes = 4096, .flags = NVU_MOCK_CHANGE_SILENT);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_int_equal(rig_status(rig), -ESTALE);
	assert_int_equal(read_one(rig, get(rig, 1)), 0);
}

/* One that was queued for what the namespace has become is sent. */
static void command_queued_after_the_change_is_sent_again(void **state)
{
	struct nvu_cpl cpl;
	struct rig *rig = *state;

	start(rig, 1, NVU_QPAIR_RETRY);
	assert_int_equal(format(rig, 1, FORMAT_4096), 0);
	assert_int_equal(nvu_read(rig->qpair, get(rig, 1), 0, 1, rig->buf, 0, 1), 0);
	assert_int_equal(nvu_submit(rig->qpair), 0);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	rig_reap(rig, &cpl, 1);
	assert_int_equal(cpl.status, 0);
	assert_int_equal(rig_stats(rig).retried, 1);
}

/* --- when it fails ---------------------------------------------------------------------------------- */

static void namespace_that_is_not_identified_again_is_not_trusted(void **state)
{
	static const struct {
		enum nvu_mock_fault_kind kind;
		uint32_t cns;
		int ret;
	} rows[] = {
		{ NVU_MOCK_FAULT_STATUS, NVU_CNS_CTRL, NVU_SC_INTERNAL },
		{ NVU_MOCK_FAULT_DROP, NVU_CNS_CTRL, -ETIMEDOUT },
		{ NVU_MOCK_FAULT_DROP, NVU_MOCK_CNS_ZERO, -ETIMEDOUT },
	};
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(rows); row++) {
		const struct nvu_ns *now = NULL;

		start(rig, 1, 0);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = rows[row].kind, .cns = rows[row].cns,
					       .status = NVU_SC_INTERNAL));
		(void)nvu_ns_get(rig->ctrl, 99, &now); /* a sentence that stays */
		assert_int_equal(format(rig, 1, FORMAT_4096), 0);
		rig_assert_sentence("namespace 99");
		assert_stale(rig, rig->ns, "did not identify it again");
		assert_int_equal(nvu_ns_get(rig->ctrl, 1, &now), rows[row].ret);
		rig_assert_sentence("Identify");
		nvu_mock_clear_faults(rig->mock);
		assert_stale(rig, rig->ns, "did not identify it again");
		now = get(rig, 1);
		assert_int_equal(nvu_ns_info(now)->block_bytes, 4096);
		assert_int_equal(read_one(rig, now), 0);
		rig_again(rig);
	}
}

/* Refused for one namespace: that one is left out, the others go on. */
static void namespace_that_is_refused_is_left_out(void **state)
{
	struct rig *rig = *state;
	const struct nvu_ns *none;

	start(rig, 2, 0);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .cns = NVU_MOCK_CNS_ZERO,
				       .nsid = 1, .status = NVU_SC_INTERNAL));
	assert_int_equal(format(rig, 1, FORMAT_4096), 0);
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 0), -ESTALE);
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &none), -ENODEV);
	assert_int_equal(read_one(rig, get(rig, 2)), 0);
}

static void one_lost_command_makes_no_handle_stale(void **state)
{
	struct rig *rig = *state;

	start(rig, 1, 0);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .cns = NVU_MOCK_CNS_ZERO,
				       .count = 1));
	assert_int_equal(format(rig, 1, FORMAT_512), 0);
	assert_int_equal(rig_read(rig, 0, 1, 0), 0);
}

/* A format for which no thread waits any more takes place all the same. */
static void format_that_was_given_up_is_noticed_when_it_ends(void **state)
{
	struct rig *rig = *state;

	start(rig, 1, 0);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .qid = NVU_MOCK_ADMIN_QUEUE,
				       .opcode = NVU_ADMIN_FORMAT_NVM, .delay = 20000));
	assert_int_equal(format(rig, 1, FORMAT_4096), -ETIMEDOUT);
	rig_assert_sentence("Format NVM");
	assert_int_equal(rig_read(rig, 0, 1, 0), 0);
	for (int turn = 0; turn < 20000; turn++)
		(void)nvu_mock_step(rig->mock, 1);
	only_poll(rig);
	assert_stale(rig, rig->ns, "block size");
}

/* What is kept for the handles that a program may still have is bounded. */
static void namespace_that_changes_without_end_is_given_up(void **state)
{
	const struct nvu_ns *ns = NULL;
	struct rig *rig = *state;
	uint32_t turn = 0;
	int ret = 0;

	start(rig, 1, 0);
	while (!ret && turn++ < 17000) {
		CHANGE(rig, .nsid = 1, .lba_bytes = turn % 2 ? 4096 : 512);
		(void)nvu_mock_step(rig->mock, 10);
		ret = nvu_ns_get(rig->ctrl, 1, &ns);
	}
	assert_int_equal(ret, -EPROTO);
	rig_assert_sentence("changed its namespaces so often");
	assert_in_range(turn, 16000, 16999);
	assert_int_equal(nvu_read(rig->qpair, ns, 0, 1, rig->buf, 0, 0), -ESTALE);
}

/* --- notices ---------------------------------------------------------------------------------------- */

static uint64_t notices(struct rig *rig)
{
	const struct nvu_sqe get_config = { .opcode = NVU_ADMIN_GET_FEATURES,
					    .cdw10 = nvu_le32_put(NVU_FEAT_ASYNC_EVENT_CONFIG) };
	uint64_t value = 0;

	assert_int_equal(nvu_admin(rig->ctrl, &get_config, NULL, 0, 0, &value), 0);
	return value;
}

static void notices_are_on_and_stay_on(void **state)
{
	struct nvu_sqe set = { .opcode = NVU_ADMIN_SET_FEATURES,
			       .cdw10 = nvu_le32_put(NVU_FEAT_ASYNC_EVENT_CONFIG),
			       .cdw11 = nvu_le32_put(0x1f) };
	struct rig *rig = *state;

	start(rig, 1, 0);
	assert_int_equal(notices(rig), 0x100);
	assert_int_equal(nvu_admin(rig->ctrl, &set, NULL, 0, 0, NULL), 0);
	assert_int_equal(notices(rig), 0x11f);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_true(notices(rig) & 0x100);
	only_poll(rig);
}

static void drive_that_refuses_notices_is_not_lost(void **state)
{
	const enum nvu_mock_fault_kind kinds[] = { NVU_MOCK_FAULT_STATUS, NVU_MOCK_FAULT_DROP };
	const uint32_t opcodes[] = { NVU_ADMIN_SET_FEATURES, NVU_ADMIN_GET_FEATURES };
	struct rig *rig = *state;

	for (uint32_t row = 0; row < 4; row++) {
		rig_create(rig, NULL);
		/* The first Set Features is Number of Queues. */
		rig_inject(rig, NVU_MOCK_FAULT(.kind = kinds[row % 2], .qid = NVU_MOCK_ADMIN_QUEUE,
					       .opcode = opcodes[row / 2], .skip = row / 2 ? 0 : 1,
					       .status = NVU_SC_INVALID_FIELD, .count = 1));
		assert_int_equal(nvu_ctrl_open(rig_address(rig),
					       NVU_CTRL_OPTS(.admin_timeout_ms = 50), &rig->ctrl),
				 0);
		rig->ns = get(rig, 1);
		rig_equip(rig, NULL);
		assert_int_equal(rig_read(rig, 0, 1, 0), 0);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		only_poll(rig);
		assert_int_equal(rig_read(rig, 0, 1, 0), 0);
		rig_again(rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(reset_finds_a_change_without_a_notice),
		RIG_TEST(recovery_finds_a_change_without_a_notice),
		RIG_TEST(identity_is_the_newest_of_snapshots_that_stay),
		RIG_TEST(smaller_transfer_limit_makes_handles_stale_and_nothing_else),
		RIG_TEST(queue_pair_deeper_than_the_controller_takes_ends_alone),
		RIG_TEST(kept_command_for_a_changed_namespace_is_estale),
		RIG_TEST(waiting_command_for_a_changed_namespace_is_estale),
		RIG_TEST(command_queued_with_the_new_handle_is_carried_out),
		RIG_TEST(command_queued_after_the_change_is_sent_again),
		RIG_TEST(namespace_that_is_not_identified_again_is_not_trusted),
		RIG_TEST(namespace_that_is_refused_is_left_out),
		RIG_TEST(one_lost_command_makes_no_handle_stale),
		RIG_TEST(format_that_was_given_up_is_noticed_when_it_ends),
		RIG_TEST(namespace_that_changes_without_end_is_given_up),
		RIG_TEST(notices_are_on_and_stay_on),
		RIG_TEST(drive_that_refuses_notices_is_not_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
