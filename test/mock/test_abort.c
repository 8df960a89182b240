// SPDX-License-Identifier: MIT
/*
 * test_abort.c: nvu_abort(): what was not published is answered at once, what the controller knows by the controller; each
 * request has its one completion.
 */
#include "abort.h"

#include "clock.h"
#include "covers.h"

COVERS(ADMIN, ABORT);

static void command_is_aborted_by_the_controller(void **state)
{
	struct rig *rig = *state;
	uint64_t before;

	start(rig, NULL);
	delay_reads(rig, 1);
	queue_read(rig, 1);
	queue_read(rig, 2);
	publish(rig);
	before = rig_mock_stats(rig).admin_commands;
	assert_int_equal(nvu_abort(rig->qpair, 1), 1);
	assert_int_equal(outstanding(rig), 2);
	expect(rig, 2, 0);
	expect(rig, 1, NVU_SC_ABORT_REQUESTED);
	assert_int_equal(rig_mock_stats(rig).admin_commands - before, 1);
	assert_int_equal(rig_stats(rig).failed, 1);
	assert_int_equal(rig_stats(rig).timeouts, 0);
	expect_rest(rig);
}

/* As many as there are, no more at once than the mock takes: it reports violations. */
static void all_that_carry_it_are_aborted(void **state)
{
	static const uint32_t flags[] = { 0, NVU_QPAIR_LATENCY, NVU_QPAIR_RETRY };
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(flags); row++) {
		start(rig, NVU_QPAIR_OPTS(.depth = DEPTH, .flags = flags[row]));
		delay_reads(rig, 14);
		for (uint64_t i = 0; i < 14; i++)
			queue_read(rig, i == 5 ? 8 : 7);
		publish(rig);
		assert_int_equal(nvu_abort(rig->qpair, 7), 13);
		assert_int_equal(nvu_abort(rig->qpair, 9), 0);
		for (uint32_t i = 0; i < 13; i++)
			expect(rig, 7, NVU_SC_ABORT_REQUESTED);
		assert_int_equal(outstanding(rig), 1);
		assert_int_equal(nvu_abort(rig->qpair, 8), 1);
		expect(rig, 8, NVU_SC_ABORT_REQUESTED);
		expect_rest(rig);
		rig_again(rig);
	}
}

static void two_queue_pairs_share_what_the_controller_takes(void **state)
{
	struct rig *rig = *state;
	struct nvu_qpair *first;

	start(rig, NULL);
	first = rig->qpair;
	assert_int_equal(nvu_qpair_create(rig->ctrl, NULL, &rig->qpair), 0);
	delay_reads(rig, 12);
	for (uint64_t i = 0; i < 6; i++) {
		assert_int_equal(nvu_read(first, rig->ns, 0, 1, rig->buf, 0, 7), 0);
		queue_read(rig, 7);
	}
	assert_int_equal(nvu_submit(first), 0);
	publish(rig);
	assert_int_equal(nvu_abort(first, 7), 6);
	assert_int_equal(nvu_abort(rig->qpair, 7), 6);
	for (uint32_t seen = 0, turn = 0; seen < 6; turn++) {
		struct nvu_cpl cpls[12];

		assert_in_range(turn, 0, 100);
		(void)nvu_mock_step(rig->mock, UINT32_MAX);
		seen += (uint32_t)nvu_poll(first, cpls, COUNT(cpls));
	}
	for (uint32_t i = 0; i < 6; i++)
		expect(rig, 7, NVU_SC_ABORT_REQUESTED);
	expect_rest(rig);
	nvu_qpair_destroy(first);
}

/* Nothing of it is sent; the others are, in order, around the end of the ring. */
static void what_is_not_published_is_answered_by_the_next_poll(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpls[4];
	char text[256];

	start(rig, NVU_QPAIR_OPTS(.depth = 6));
	for (uint32_t turn = 0; turn < 20; turn++) {
		uint64_t before = rig_mock_stats(rig).io_commands;
		uint64_t admin = rig_mock_stats(rig).admin_commands;

		for (uint64_t i = 1; i <= 4; i++)
			queue_read(rig, i % 2 ? i : 7);
		assert_int_equal(nvu_abort(rig->qpair, 7), 2);
		assert_int_equal(nvu_abort(rig->qpair, 7), 2); /* they are outstanding still */
		assert_int_equal(outstanding(rig), 4);
		assert_int_equal(nvu_poll(rig->qpair, cpls, 4), 2);
		for (int i = 0; i < 2; i++) {
			assert_int_equal(cpls[i].user_data, 7);
			assert_int_equal(cpls[i].status, -ECANCELED);
		}
		assert_true(nvu_cpl_describe(rig->qpair, &cpls[0], text, sizeof(text)) > 0);
		assert_non_null(strstr(text, "Read of namespace 1, block 0"));
		expect(rig, 1, 0);
		expect(rig, 3, 0);
		assert_int_equal(rig_mock_stats(rig).io_commands - before, 2);
		assert_int_equal(rig_mock_stats(rig).admin_commands, admin); /* no Abort */
	}
	assert_int_equal(rig_stats(rig).failed, 40);
	assert_int_equal(rig_stats(rig).completed, 80);
	expect_rest(rig);
}

/* It lies in the completion queue, and is kept until its Abort is answered. */
static void command_that_was_carried_out_has_its_own_status(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	start(rig, NULL);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .count = 1,
				       .opcode = NVU_ADMIN_ABORT, .delay = 3,
				       .qid = NVU_MOCK_ADMIN_QUEUE));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .count = 1, .skip = 1,
				       .opcode = NVU_CMD_READ, .status = NVU_SC_INTERNAL));
	queue_read(rig, 1);
	queue_read(rig, 2);
	publish(rig);
	assert_int_equal(nvu_abort(rig->qpair, 1), 1);
	assert_int_equal(nvu_abort(rig->qpair, 2), 1);
	assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 0);
	assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 0);
	assert_int_equal(outstanding(rig), 2);
	rig_reap(rig, &cpl, 1);
	assert_int_equal(outstanding(rig), 1);
	rig_reap(rig, &cpl, 1);
	assert_int_equal(rig_stats(rig).failed, 1);
	assert_int_equal(rig_stats(rig).completed, 2);
	assert_int_equal(rig_stats(rig).bad_completions, 0);
	expect_rest(rig);
}

/* The first 8 parts to 10 are sent, the others are not queued yet. */
static void split_request_ends_where_it_is(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;
	uint64_t before;

	start(rig, NVU_QPAIR_OPTS(.commands = 8));
	before = rig_mock_stats(rig).io_commands;
	queue_large(rig, NVU_CMD_WRITE, 30, 7);
	assert_int_equal(nvu_submit(rig->qpair), 0);
	(void)nvu_mock_step(rig->mock, 2);
	for (int i = 0; i < 2; i++) /* each lets another part follow */
		assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 0);
	assert_int_equal(nvu_abort(rig->qpair, 7), 1);
	cpl = expect(rig, 7, -ECANCELED);
	assert_in_range(cpl.result, 8 * PART, 10 * PART);
	assert_int_equal(rig_mock_stats(rig).io_commands - before, cpl.result / PART);
	expect_rest(rig);
	rig_again(rig);

	/* Nothing is sent yet: there is no part left to wait for. */
	start(rig, NVU_QPAIR_OPTS(.commands = 8));
	queue_large(rig, NVU_CMD_WRITE, 30, 7);
	assert_int_equal(nvu_abort(rig->qpair, 7), 1);
	cpl = expect(rig, 7, -ECANCELED);
	assert_int_equal(cpl.result, 0);
	expect_rest(rig);
}

static void parts_that_the_controller_has_are_aborted(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	start(rig, NVU_QPAIR_OPTS(.commands = 8));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .count = 2, .skip = 1,
				       .opcode = NVU_CMD_READ, .delay = LONG));
	queue_large(rig, NVU_CMD_READ, 3, 7);
	publish(rig);
	assert_int_equal(nvu_abort(rig->qpair, 7), 1);
	cpl = expect(rig, 7, NVU_SC_ABORT_REQUESTED);
	assert_int_equal(cpl.result, PART);
	expect_rest(rig);
}

static void pair_counts_as_one(void **state)
{
	struct rig *rig = *state;

	start(rig, NULL);
	for (int published = 0; published < 2; published++) {
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .count = 1,
					       .opcode = NVU_CMD_COMPARE, .delay = LONG));
		assert_int_equal(nvu_compare_and_write(rig->qpair, rig->ns, 0, 1, rig->buf, 0,
						       rig->buf, 0, 7),
				 0);
		if (published)
			publish(rig);
		assert_int_equal(nvu_abort(rig->qpair, 7), 1);
		expect(rig, 7, published ? NVU_SC_ABORT_REQUESTED : -ECANCELED);
		expect_rest(rig);
	}
}

/* What it has waited for is waited for by the next one; without a next one, by none. */
static void flush_that_is_held_hands_its_waiting_on(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	start(rig, NVU_QPAIR_OPTS(.depth = DEPTH));
	for (int turn = 0; turn < 2; turn++) {
		delay_reads(rig, 1);
		queue_read(rig, 1);
		queue_large(rig, NVU_CMD_WRITE, 2, 2);
		assert_int_equal(nvu_flush_after(rig->qpair, rig->ns, 7), 0);
		if (!turn)
			assert_int_equal(nvu_flush_after(rig->qpair, rig->ns, 8), 0);
		assert_int_equal(nvu_abort(rig->qpair, 7), 1);
		assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 1);
		assert_int_equal(cpl.user_data, 7);
		assert_int_equal(cpl.status, -ECANCELED);
		expect(rig, 2, 0);
		assert_int_equal(outstanding(rig), turn ? 1 : 2);
		assert_int_equal(rig_poll(rig, &cpl, 1), 0);
		assert_int_equal(nvu_abort(rig->qpair, 1), 1);
		expect(rig, 1, NVU_SC_ABORT_REQUESTED);
		if (!turn)
			expect(rig, 8, 0);
		expect_rest(rig);
	}
}

static void queue_pair_that_has_ended_refuses(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	start(rig, NULL);
	queue_read(rig, 1);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE_NOW));
	for (int turn = 0; turn < 1000 && nvu_poll(rig->qpair, &cpl, 1) >= 0; turn++)
		clock_advance_ms(RIG_LOOK_MS);
	assert_int_equal(nvu_abort(rig->qpair, 1), -ENODEV);
	rig_assert_sentence("has ended");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(command_is_aborted_by_the_controller),
		RIG_TEST(all_that_carry_it_are_aborted),
		RIG_TEST(two_queue_pairs_share_what_the_controller_takes),
		RIG_TEST(what_is_not_published_is_answered_by_the_next_poll),
		RIG_TEST(command_that_was_carried_out_has_its_own_status),
		RIG_TEST(split_request_ends_where_it_is),
		RIG_TEST(parts_that_the_controller_has_are_aborted),
		RIG_TEST(pair_counts_as_one),
		RIG_TEST(flush_that_is_held_hands_its_waiting_on),
		RIG_TEST(queue_pair_that_has_ended_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
