/* SPDX-License-Identifier: MIT */
/*
 * test_compare_and_write.c: nvu_compare_and_write(): two commands with one completion, whatever happens to the halves.
 */
#include "harness.h"

enum { BLOCK = 512, PAIRS = 16 };

static int queue(struct rig *rig, uint64_t lba, uint32_t blocks, uint64_t user_data)
{
	return nvu_compare_and_write(rig->qpair, rig->ns, lba, blocks, rig->buf, 0, rig->buf, PAGE,
				     user_data);
}

static int run(struct rig *rig, uint64_t lba, uint32_t blocks)
{
	int ret = queue(rig, lba, blocks, 0);

	return ret ? ret : rig_status(rig);
}

/* Block 0 has what `expect`, the buffer's first page, says; the second page has something else. */
static void start(struct rig *rig, const struct nvu_qpair_opts *opts)
{
	rig_start(rig, NULL, NULL, opts);
	rig_fill(rig->data, PAGE, 5);
	rig_fill(rig->data + PAGE, PAGE, 6);
	assert_int_equal(rig_write(rig, 0, 8, 0), 0);
}

static bool is_written(struct rig *rig)
{
	assert_int_equal(rig_read(rig, 0, 1, 2ul * PAGE), 0);
	return !memcmp(rig->data + 2ul * PAGE, rig->data + PAGE, BLOCK);
}

static void blocks_that_are_as_expected_are_written(void **state)
{
	struct rig *rig = *state;

	start(rig, NULL);
	assert_true(nvu_ns_info(rig->ns)->commands & NVU_NS_COMPARE_AND_WRITE);
	assert_int_equal(run(rig, 0, 8), 0);
	assert_true(is_written(rig));
	assert_int_equal(run(rig, 0, 8), NVU_SC_COMPARE_FAILED);
	assert_int_equal(rig_stats(rig).failed, 2);
}

static void blocks_that_are_not_as_expected_stay(void **state)
{
	struct rig *rig = *state;

	start(rig, NULL);
	rig->data[0] ^= 1;
	assert_int_equal(run(rig, 0, 1), NVU_SC_COMPARE_FAILED);
	assert_false(is_written(rig));
}

/* What the completion says, and whether it is described as the half that has failed. */
static void status_is_that_of_the_half_that_failed(void **state)
{
	static const struct {
		uint32_t opcode;
		const char *name;
	} rows[] = { { NVU_CMD_COMPARE, "Compare" }, { NVU_CMD_WRITE, "Write" } };
	struct rig *rig = *state;
	struct nvu_cpl cpl;
	char text[256];

	for (size_t row = 0; row < COUNT(rows); row++) {
		start(rig, NULL);
		rig_inject(rig,
			   NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .count = 1,
					  .opcode = rows[row].opcode, .status = NVU_SC_INTERNAL));
		assert_int_equal(queue(rig, 0, 1, 7), 0);
		rig_reap(rig, &cpl, 1);
		assert_int_equal(cpl.status, NVU_SC_INTERNAL);
		assert_int_equal(cpl.user_data, 7);
		assert_true(nvu_cpl_describe(rig->qpair, &cpl, text, sizeof(text)) > 0);
		assert_non_null(strstr(text, rows[row].name));
		assert_false(is_written(rig));
		rig_again(rig);
	}
}

static void pair_needs_room_for_both(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpls[3];

	start(rig, NVU_QPAIR_OPTS(.commands = 3));
	assert_int_equal(queue(rig, 0, 1, 1), 0);
	assert_int_equal(nvu_qpair_room(rig->qpair), 1);
	assert_int_equal(queue(rig, 0, 1, 2), -EAGAIN);
	assert_int_equal(nvu_qpair_room(rig->qpair), 1);
	rig_queue_reads(rig, 1, 3);
	rig_reap(rig, cpls, 2);
	assert_int_equal(rig_stats(rig).completed, 4);
	assert_int_equal(rig_stats(rig).submitted, 4);
	assert_int_equal(nvu_qpair_room(rig->qpair), 3);
	rig_again(rig);

	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.depth = 2));
	assert_int_equal(run(rig, 0, 1), -EINVAL);
	rig_assert_sentence("holds one command");
}

static void sixteen_pairs_are_outstanding_at_most(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpls[PAIRS];

	start(rig, NULL);
	for (uint64_t i = 0; i < PAIRS; i++)
		assert_int_equal(queue(rig, 0, 1, i), 0);
	assert_int_equal(queue(rig, 0, 1, PAIRS), -EAGAIN);
	rig_reap(rig, cpls, PAIRS);
	for (uint64_t i = 0; i < PAIRS; i++) {
		assert_int_equal(cpls[i].user_data, i);
		assert_int_equal(cpls[i].status, i ? NVU_SC_COMPARE_FAILED : 0);
	}
	assert_int_equal(run(rig, 0, 1), NVU_SC_COMPARE_FAILED);
}

static void halves_are_adjacent_around_the_end_of_the_ring(void **state)
{
	struct rig *rig = *state;

	start(rig, NVU_QPAIR_OPTS(.depth = 5));
	for (uint32_t i = 0; i < 20; i++) {
		assert_int_equal(run(rig, 0, 1), i ? NVU_SC_COMPARE_FAILED : 0);
		if (i % 3 == 0)
			assert_int_equal(rig_read(rig, 0, 1, 2ul * PAGE), 0);
	}
}

static void what_no_pair_may_be_is_refused(void **state)
{
	struct rig *rig = *state;

	start(rig, NULL);
	assert_int_equal(nvu_ns_info(rig->ns)->atomic_compare_and_write_blocks, 128);
	assert_int_equal(run(rig, 0, 129), -EINVAL);
	rig_assert_sentence("at most 128 of namespace 1 as one (ACWU)");
	assert_int_equal(run(rig, 0, 0), -EINVAL);
	assert_int_equal(run(rig, (64 << 20) / BLOCK, 1), -EINVAL);
	assert_int_equal(nvu_compare_and_write(rig->qpair, rig->ns, 0, 1, NULL, 0, rig->buf, 0, 0),
			 -EINVAL);
	assert_int_equal(
		nvu_compare_and_write(rig->qpair, rig->ns, 0, 1, rig->buf, 0, rig->buf, 2, 0),
		-EINVAL);
	assert_int_equal(nvu_qpair_room(rig->qpair), nvu_qpair_depth(rig->qpair));
	rig_again(rig);

	rig_create(rig, NULL);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_PATCH, .cns = NVU_CNS_CTRL,
				       .offset = 522, .len = 1, .bytes = { 0 })); /* FUSES */
	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
	rig_equip(rig, NULL);
	assert_int_equal(run(rig, 0, 1), -ENOTSUP);
	rig_assert_sentence("FUSES");
}

/* One completion, late, whichever half is not answered. */
static void lost_half_makes_the_pair_late(void **state)
{
	static const uint32_t opcodes[] = { NVU_CMD_COMPARE, NVU_CMD_WRITE };
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	for (size_t row = 0; row < COUNT(opcodes); row++) {
		start(rig, NVU_QPAIR_OPTS(.io_timeout_ms = 100, .flags = NVU_QPAIR_RETRY));
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1,
					       .opcode = opcodes[row]));
		assert_int_equal(queue(rig, 0, 1, 9), 0);
		rig_reap(rig, &cpl, 1);
		assert_int_equal(cpl.status, -ETIMEDOUT);
		assert_int_equal(cpl.user_data, 9);
		rig_settle(rig);
		assert_int_equal(nvu_qpair_room(rig->qpair), nvu_qpair_depth(rig->qpair));
		assert_int_equal(rig_stats(rig).retried, 0);
		for (uint64_t i = 0; i < PAIRS; i++)
			assert_int_equal(queue(rig, 0, 1, i), 0);
		for (uint64_t i = 0; i < PAIRS; i++)
			rig_reap(rig, &cpl, 1);
		rig_again(rig);
	}
}

/* Published before a reset, and never after it; queued behind it, and published with the new queues. */
static void reset_ends_a_pair_and_publishes_the_next(void **state)
{
	static const uint32_t flags[] = { 0, NVU_QPAIR_RETRY };
	struct rig *rig = *state;
	struct nvu_cpl cpls[2];

	for (size_t row = 0; row < COUNT(flags); row++) {
		start(rig, NVU_QPAIR_OPTS(.flags = flags[row]));
		assert_int_equal(queue(rig, 0, 1, 1), 0);
		assert_int_equal(nvu_submit(rig->qpair), 0);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		assert_int_equal(queue(rig, 0, 1, 2), 0);

		rig_reap(rig, cpls, 2);

		assert_int_equal(cpls[0].user_data, 1);
		assert_int_equal(cpls[0].status, -ECANCELED);
		assert_int_equal(cpls[1].user_data, 2);
		assert_int_equal(cpls[1].status, 0);
		assert_true(is_written(rig));
		assert_int_equal(rig_poll(rig, cpls, 2), 0); /* each pair once */
		rig_again(rig);
	}
}

/* The last completion of a poll that has room for one is not that of half a pair. */
static void controller_that_goes_ends_each_pair_once(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;
	uint32_t seen = 0;

	start(rig, NULL);
	for (uint64_t i = 0; i < 8; i++)
		assert_int_equal(queue(rig, 0, 1, i), 0);
	assert_int_equal(nvu_submit(rig->qpair), 0);
	for (uint64_t i = 8; i < 12; i++)
		assert_int_equal(queue(rig, 0, 1, i), 0);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE_NOW));
	for (;;) {
		int ret = nvu_poll(rig->qpair, &cpl, 1);

		if (ret < 0)
			break;
		if (ret) {
			assert_false(seen & 1u << cpl.user_data);
			seen |= 1u << cpl.user_data;
			assert_true(cpl.status < 0);
		}
		(void)nvu_mock_step(rig->mock, 1);
	}
	assert_int_equal(seen, (1u << 12) - 1);
}

static void delayed_pair_is_carried_out_as_one(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpls[2];

	start(rig, NULL);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .opcode = NVU_CMD_COMPARE,
				       .count = 1, .delay = 20));
	assert_int_equal(queue(rig, 0, 1, 1), 0);
	assert_int_equal(queue(rig, 0, 1, 2), 0);
	rig_reap(rig, cpls, 2);
	assert_int_equal(cpls[0].user_data, 2);
	assert_int_equal(cpls[0].status, 0);
	assert_int_equal(cpls[1].status, NVU_SC_COMPARE_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(blocks_that_are_as_expected_are_written),
		RIG_TEST(blocks_that_are_not_as_expected_stay),
		RIG_TEST(status_is_that_of_the_half_that_failed),
		RIG_TEST(pair_needs_room_for_both),
		RIG_TEST(sixteen_pairs_are_outstanding_at_most),
		RIG_TEST(halves_are_adjacent_around_the_end_of_the_ring),
		RIG_TEST(what_no_pair_may_be_is_refused),
		RIG_TEST(lost_half_makes_the_pair_late),
		RIG_TEST(reset_ends_a_pair_and_publishes_the_next),
		RIG_TEST(controller_that_goes_ends_each_pair_once),
		RIG_TEST(delayed_pair_is_carried_out_as_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
