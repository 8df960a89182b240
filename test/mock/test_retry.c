// SPDX-License-Identifier: MIT
/*
 * test_retry.c: NVU_QPAIR_RETRY_STATUS: commands that are answered with an error and without DNR are sent again, after the
 * delay that the controller asks for, a bounded number of times; each request has one completion.
 */
#include "small_commands.h"

#include "clock.h"

#include <nvu/wait.h>

enum { RETRIES = 5, STORY = 80, LONG = 1000000 };
enum { DELAY_1_MS = 100, DELAY_2_MS = 300, DELAY_3_MS = 1000, MARGIN_MS = 20 };

#define TRYING_AGAIN NVU_QPAIR_OPTS(.depth = DEPTH, .flags = NVU_QPAIR_RETRY_STATUS)

/* The next `count` commands of this opcode fail. */
static void fail_next(struct rig *rig, uint32_t opcode, uint32_t count, uint32_t status)
{
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .count = count,
				       .opcode = opcode, .status = (uint16_t)status));
}

/* Nothing is outstanding, nothing follows. */
static void expect_rest(struct rig *rig)
{
	struct nvu_cpl cpl;

	for (int i = 0; i < 3; i++)
		assert_int_equal(rig_poll(rig, &cpl, 1), 0);
	assert_int_equal(outstanding(rig), 0);
	assert_int_equal(rig_stats(rig).bad_completions, 0);
}

static void command_is_sent_again_until_it_succeeds(void **state)
{
	struct rig *rig = *state;
	uint64_t before;

	start(rig, TRYING_AGAIN);
	for (uint32_t failures = 0; failures <= RETRIES; failures++) {
		struct nvu_qpair_stats stats = rig_stats(rig);

		fail_next(rig, NVU_CMD_READ, failures ? failures : 1,
			  failures ? NVU_SC_INTERNAL : NVU_SC_INTERNAL | NVU_MOCK_DNR);
		before = rig_mock_stats(rig).io_commands;
		queue_read(rig, failures);
		expect(rig, failures, failures ? 0 : NVU_SC_INTERNAL);
		assert_int_equal(rig_mock_stats(rig).io_commands - before, failures + 1);
		assert_int_equal(rig_stats(rig).status_retries - stats.status_retries, failures);
		assert_int_equal(rig_stats(rig).completed - stats.completed, 1);
		assert_int_equal(rig_stats(rig).failed - stats.failed, !failures);
		assert_int_equal(rig_stats(rig).submitted, rig_stats(rig).completed);
		expect_rest(rig);
	}
}

static void last_status_is_delivered(void **state)
{
	static const uint32_t most[] = { 0, 1, 255 };
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(most); row++) {
		uint32_t times = most[row] ? most[row] : RETRIES;
		uint64_t before;

		start(rig, NVU_QPAIR_OPTS(.depth = DEPTH, .flags = NVU_QPAIR_RETRY_STATUS,
					  .status_retries = most[row]));
		for (int turn = 0; turn < 2; turn++) {
			fail_next(rig, NVU_CMD_READ, times, NVU_SC_INTERNAL);
			rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .count = 1,
						       .opcode = NVU_CMD_READ, .skip = times,
						       .status = NVU_SC_NS_NOT_READY));
			before = rig_mock_stats(rig).io_commands;
			queue_read(rig, 1);
			expect(rig, 1, NVU_SC_NS_NOT_READY);
			assert_int_equal(rig_mock_stats(rig).io_commands - before, times + 1);
			expect_rest(rig);
		}
		rig_again(rig);
	}
}

static void nothing_is_sent_again_without_the_flag(void **state)
{
	static const uint32_t flags[] = { 0, NVU_QPAIR_RETRY, NVU_QPAIR_LATENCY };
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(flags); row++) {
		start(rig, NVU_QPAIR_OPTS(.depth = DEPTH, .flags = flags[row]));
		fail_next(rig, NVU_CMD_READ, 1, NVU_SC_INTERNAL);
		queue_read(rig, 1);
		expect(rig, 1, NVU_SC_INTERNAL);
		assert_int_equal(rig_stats(rig).status_retries, 0);
		rig_again(rig);
	}
}

/* The delays of the mock: 100 ms, 300 ms, 1 s. */
static void delay_of_the_controller_is_kept(void **state)
{
	static const uint32_t delays[] = { 0, DELAY_1_MS, DELAY_2_MS, DELAY_3_MS };
	struct rig *rig = *state;

	start(rig, TRYING_AGAIN);
	for (uint32_t crd = 0; crd < COUNT(delays); crd++) {
		uint64_t began_ms = clock_now_ms();
		uint32_t least = 2 * delays[crd];

		fail_next(rig, NVU_CMD_READ, 2, NVU_SC_NS_NOT_READY | NVU_MOCK_CRD(crd));
		queue_read(rig, crd);
		assert_int_equal(nvu_flush(rig->qpair, rig->ns, 9), 0);
		expect(rig, 9, 0); /* is not held up */
		assert_in_range(clock_now_ms() - began_ms, 0, MARGIN_MS);
		expect(rig, crd, 0);
		assert_in_range(clock_now_ms() - began_ms, least, least + 2 * MARGIN_MS);
		expect_rest(rig);
	}
}

/* No deadline runs meanwhile, no time is lost, and a wait sleeps until then. */
static void waits_and_deadlines_know_the_delay(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;
	uint64_t began_ms;

	start(rig, NVU_QPAIR_OPTS(.depth = DEPTH, .flags = NVU_QPAIR_RETRY_STATUS,
				  .io_timeout_ms = DELAY_2_MS));
	fail_next(rig, NVU_CMD_READ, 3, NVU_SC_NS_NOT_READY | NVU_MOCK_CRD(2));
	began_ms = clock_now_ms();
	queue_read(rig, 1);
	assert_int_equal(nvu_wait(rig->qpair, &cpl, 1, 10000), 1);
	assert_int_equal(cpl.status, 0);
	assert_in_range(clock_now_ms() - began_ms, 3 * DELAY_2_MS, 3 * (DELAY_2_MS + MARGIN_MS));
	assert_int_equal(rig_stats(rig).timeouts, 0);
	/* Longer than the timeout. */
	fail_next(rig, NVU_CMD_READ, 1, NVU_SC_NS_NOT_READY | NVU_MOCK_CRD(3));
	queue_read(rig, 2);
	cpl = expect(rig, 2, NVU_SC_NS_NOT_READY);
	assert_int_equal(cpl.flags & NVU_CPL_CRD, 3);
	/* Lost when it is sent again: late then. */
	fail_next(rig, NVU_CMD_READ, 1, NVU_SC_NS_NOT_READY | NVU_MOCK_CRD(1));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1, .skip = 1,
				       .opcode = NVU_CMD_READ));
	began_ms = clock_now_ms();
	queue_read(rig, 3);
	expect(rig, 3, -ETIMEDOUT);
	assert_in_range(clock_now_ms() - began_ms, DELAY_1_MS + DELAY_2_MS,
			DELAY_1_MS + DELAY_2_MS + 100);
}

/* ACRE is off: the controller reports no CRD, and nothing is waited for. */
static void delay_that_is_not_enabled_is_not_waited_for(void **state)
{
	struct rig *rig = *state;
	uint64_t began_ms;

	rig_create(rig, NULL);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_PATCH, .cns = NVU_CNS_CTRL,
				       .offset = 128, .len = 6)); /* CRDT1 to 3 */
	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
	rig_equip(rig, NVU_QPAIR_OPTS(.flags = NVU_QPAIR_RETRY_STATUS));
	fail_next(rig, NVU_CMD_READ, 1, NVU_SC_NS_NOT_READY | NVU_MOCK_CRD(3));
	began_ms = clock_now_ms();
	queue_read(rig, 1);
	expect(rig, 1, 0);
	assert_in_range(clock_now_ms() - began_ms, 0, MARGIN_MS);
	assert_int_equal(rig_stats(rig).status_retries, 1);
}

static void what_may_not_be_repeated_is_not(void **state)
{
	const struct nvu_sqe cmd = { .opcode = 0xc0, .nsid = nvu_le32_put(1) };
	struct rig *rig = *state;

	start(rig, TRYING_AGAIN);
	/* A vendor's command, a copy, halves of a pair, statuses that are answers. */
	fail_next(rig, 0xc0, 1, NVU_SC_INTERNAL);
	assert_int_equal(nvu_io(rig->qpair, &cmd, NULL, 0, 0, 1), 0);
	expect(rig, 1, NVU_SC_INTERNAL);
	fail_next(rig, NVU_CMD_WRITE, 1, NVU_SC_INTERNAL);
	assert_int_equal(
		nvu_compare_and_write(rig->qpair, rig->ns, 0, 1, rig->buf, 0, rig->buf, 0, 2), 0);
	expect(rig, 2, NVU_SC_INTERNAL);
	fail_next(rig, NVU_CMD_COMPARE, 1, NVU_SC_COMPARE_FAILED);
	assert_int_equal(nvu_compare(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 0, 3), 0);
	expect(rig, 3, NVU_SC_COMPARE_FAILED);
	fail_next(rig, NVU_CMD_READ, 1, NVU_SC_RESERVATION_CONFLICT);
	queue_read(rig, 4);
	expect(rig, 4, NVU_SC_RESERVATION_CONFLICT);
	assert_int_equal(rig_stats(rig).status_retries, 0);
	expect_rest(rig);
}

/* Each part for itself; the pages of a deallocation stay its own. */
static void parts_and_ranges_are_sent_again(void **state)
{
	const struct nvu_range ranges[] = { { 0, 8, 0 }, { 64, 8, 0 } };
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	start(rig, NVU_QPAIR_OPTS(.commands = 8, .flags = NVU_QPAIR_RETRY_STATUS));
	rig_fill(rig->data, 20ul * PART * 512, 3);
	fail_next(rig, NVU_CMD_WRITE, 7, NVU_SC_NS_NOT_READY | NVU_MOCK_CRD(1));
	assert_int_equal(nvu_rw(rig->qpair, NVU_RW_ARGS(.ns = rig->ns, .opcode = NVU_CMD_WRITE,
							.blocks = 20ul * PART, .buf = rig->buf,
							.user_data = 1)),
			 0);
	cpl = expect(rig, 1, 0);
	assert_int_equal(cpl.result, 20 * PART);
	assert_int_equal(nvu_rw(rig->qpair, NVU_RW_ARGS(.ns = rig->ns, .opcode = NVU_CMD_READ,
							.blocks = 20ul * PART, .buf = rig->buf,
							.offset = 1 << 20, .user_data = 2)),
			 0);
	expect(rig, 2, 0);
	assert_memory_equal(rig->data, rig->data + (1 << 20), 20ul * PART * 512);
	fail_next(rig, NVU_CMD_DSM, 3, NVU_SC_NS_NOT_READY | NVU_MOCK_CRD(1));
	for (uint64_t i = 0; i < 4; i++)
		assert_int_equal(nvu_deallocate(rig->qpair, rig->ns, ranges, 2, 3), 0);
	assert_int_equal(nvu_deallocate(rig->qpair, rig->ns, ranges, 2, 4), -EAGAIN);
	expect(rig, 3, 0); /* the one that did not fail; the others wait, with their pages */
	assert_int_equal(outstanding(rig), 3);
	assert_int_equal(nvu_deallocate(rig->qpair, rig->ns, ranges, 1, 4), 0);
	assert_int_equal(nvu_deallocate(rig->qpair, rig->ns, ranges, 1, 5), -EAGAIN);
	expect(rig, 4, 0);
	for (uint64_t i = 0; i < 3; i++)
		expect(rig, 3, 0);
	expect_rest(rig);
}

/* One part waits for its time when a later one fails for good: what it was answered with is the status of the request. */
static void part_that_waits_when_another_fails_is_not_sent_again(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;
	uint64_t before;

	start(rig, NVU_QPAIR_OPTS(.commands = 4, .flags = NVU_QPAIR_RETRY_STATUS));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .count = 1, .skip = 1,
				       .opcode = NVU_CMD_WRITE,
				       .status = NVU_SC_NS_NOT_READY | NVU_MOCK_CRD(1)));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .count = 1, .skip = 3,
				       .opcode = NVU_CMD_WRITE,
				       .status = NVU_SC_INTERNAL | NVU_MOCK_DNR));
	before = rig_mock_stats(rig).io_commands;
	assert_int_equal(nvu_rw(rig->qpair,
				NVU_RW_ARGS(.ns = rig->ns, .opcode = NVU_CMD_WRITE,
					    .blocks = 4ul * PART, .buf = rig->buf, .user_data = 1)),
			 0);
	cpl = expect(rig, 1, NVU_SC_NS_NOT_READY);
	assert_int_equal(cpl.result, PART);
	assert_int_equal(rig_mock_stats(rig).io_commands - before, 4);
	expect_rest(rig);
}

/* The controller repeats the completion of the first time: while the command waits, or is in the ring again. */
static void repeated_completion_answers_nothing(void **state)
{
	static const uint32_t delays[] = { NVU_MOCK_CRD(1), 0 };
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(delays); row++) {
		start(rig, TRYING_AGAIN);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DUPLICATE_CID, .count = 1,
					       .opcode = NVU_CMD_READ));
		fail_next(rig, NVU_CMD_READ, 1, NVU_SC_NS_NOT_READY | delays[row]);
		queue_read(rig, 1);
		expect(rig, 1, 0);
		assert_int_equal(rig_stats(rig).bad_completions, 1);
		assert_int_equal(rig_stats(rig).status_retries, 1);
		assert_int_equal(outstanding(rig), 0);
		rig_again(rig);
	}
}

static void what_waits_for_its_time_can_be_aborted(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	start(rig, TRYING_AGAIN);
	fail_next(rig, NVU_CMD_READ, 2, NVU_SC_NS_NOT_READY | NVU_MOCK_CRD(3));
	queue_read(rig, 7);
	queue_read(rig, 7);
	assert_int_equal(nvu_flush_after(rig->qpair, rig->ns, 8), 0);
	for (int i = 0; i < 3; i++) /* publishes, takes one each */
		assert_int_equal(rig_poll(rig, &cpl, 1), 0);
	assert_int_equal(outstanding(rig), 3);
	assert_int_equal(nvu_abort(rig->qpair, 7), 2);
	expect(rig, 7, -ECANCELED);
	expect(rig, 7, -ECANCELED);
	expect(rig, 8, 0);
	expect_rest(rig);
	/* One that the program wants to be aborted is not sent again. */
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .count = 1,
				       .opcode = NVU_CMD_READ, .delay = LONG));
	queue_read(rig, 7);
	assert_int_equal(nvu_submit(rig->qpair), 0);
	(void)nvu_mock_step(rig->mock, UINT32_MAX);
	assert_int_equal(nvu_abort(rig->qpair, 7), 1);
	expect(rig, 7, NVU_SC_ABORT_REQUESTED);
	assert_int_equal(rig_stats(rig).status_retries, 2);
	expect_rest(rig);
}

/* It waits for its time, and a flush for it: a reset changes nothing about that. */
static void reset_leaves_what_waits_for_its_time(void **state)
{
	static const uint32_t flags[] = { NVU_QPAIR_RETRY_STATUS,
					  NVU_QPAIR_RETRY_STATUS | NVU_QPAIR_RETRY };
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	for (size_t row = 0; row < COUNT(flags); row++) {
		start(rig, NVU_QPAIR_OPTS(.depth = DEPTH, .flags = flags[row]));
		fail_next(rig, NVU_CMD_READ, 1, NVU_SC_NS_NOT_READY | NVU_MOCK_CRD(2));
		queue_read(rig, 1);
		assert_int_equal(rig_poll(rig, &cpl, 1), 0);
		assert_int_equal(rig_poll(rig, &cpl, 1), 0);
		assert_int_equal(nvu_flush_after(rig->qpair, rig->ns, 2), 0);
		queue_read(rig, 3);
		assert_int_equal(nvu_submit(rig->qpair), 0);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		expect(rig, 3, row ? 0 : -ECANCELED);
		expect(rig, 1, 0);
		expect(rig, 2, 0);
		expect_rest(rig);
		rig_again(rig);
	}
}

/* Answered with an error without DNR, and then the queues are lost before a poll has seen it. */
static void completion_before_a_reset_is_tried_again_after_it(void **state)
{
	struct rig *rig = *state;

	start(rig, TRYING_AGAIN);
	fail_next(rig, NVU_CMD_READ, 1, NVU_SC_INTERNAL);
	queue_read(rig, 1);
	assert_int_equal(nvu_submit(rig->qpair), 0);
	(void)nvu_mock_step(rig->mock, UINT32_MAX);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	expect(rig, 1, 0);
	expect_rest(rig);
}

static void namespace_that_changes_meanwhile_is_estale(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	start(rig, TRYING_AGAIN);
	fail_next(rig, NVU_CMD_READ, 1, NVU_SC_NS_NOT_READY | NVU_MOCK_CRD(3));
	queue_read(rig, 1);
	assert_int_equal(rig_poll(rig, &cpl, 1), 0);
	assert_int_equal(rig_poll(rig, &cpl, 1), 0);
	assert_int_equal(
		nvu_mock_change(rig->mock, NVU_MOCK_CHANGE(.nsid = 1, .lba_bytes = 4096,
							   .flags = NVU_MOCK_CHANGE_SILENT)),
		0);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	expect(rig, 1, -ESTALE);
	expect_rest(rig);
}

static void controller_that_goes_ends_what_waits(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl = { .status = 0 };
	int ret = 0, count = 0;

	for (int row = 0; row < 2; row++) {
		start(rig, TRYING_AGAIN);
		count = 0;
		fail_next(rig, NVU_CMD_READ, 1, NVU_SC_NS_NOT_READY | NVU_MOCK_CRD(3));
		queue_read(rig, 1);
		assert_int_equal(rig_poll(rig, &cpl, 1), 0);
		assert_int_equal(rig_poll(rig, &cpl, 1), 0);
		if (row) {
			nvu_ctrl_close(rig->ctrl);
			rig->ctrl = NULL;
		} else {
			rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE_NOW));
		}
		for (int turn = 0; turn < 1000; turn++) {
			ret = nvu_poll(rig->qpair, &cpl, 1);
			if (ret < 0)
				break;
			count += ret;
			clock_advance_ms(RIG_LOOK_MS);
		}
		assert_int_equal(ret, -ENODEV);
		assert_int_equal(count, 1);
		assert_int_equal(cpl.status, -ENODEV);
		rig_again(rig);
	}
}

static uint32_t choose(uint64_t *random)
{
	*random = *random * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(*random >> 33);
}

static uint16_t status_of(uint32_t dice)
{
	return (uint16_t)(NVU_SC_NS_NOT_READY | NVU_MOCK_CRD(dice >> 8 & 3));
}

/* One command in three fails, with any delay; resets come now and then. */
static void each_is_answered_once_whatever_fails(void **state)
{
	struct rig *rig = *state;

	for (uint64_t seed = 1; seed <= 6; seed++) {
		uint64_t random = seed * 0x9e3779b97f4a7c15ull;
		struct ledger ledger;

		start(rig, NVU_QPAIR_OPTS(.commands = 4 + (uint32_t)seed,
					  .flags = NVU_QPAIR_RETRY_STATUS |
						   (seed % 2 ? NVU_QPAIR_RETRY : 0)));
		ledger_init(&ledger, STORY);
		while (!ledger_is_even(&ledger) || ledger.accepted < STORY) {
			uint32_t dice = choose(&random);
			struct nvu_cpl cpls[4];
			int ret;

			if (dice % 3 == 0) /* unless there are too many */
				(void)nvu_mock_inject(rig->mock,
						      NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS,
								     .count = 1,
								     .opcode = NVU_CMD_READ,
								     .status = status_of(dice)));
			if (dice % 151 == 0)
				assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
			if (dice % 2 && ledger.accepted < STORY)
				ledger.accepted +=
					!nvu_read(rig->qpair, rig->ns, 0, dice % 5 ? 1 : PART,
						  rig->buf, 0, ledger.accepted);
			ret = rig_poll(rig, cpls, 1 + dice % 4);
			assert_true(ret >= 0);
			for (int i = 0; i < ret; i++)
				assert_true(ledger_note(&ledger, cpls[i].user_data));
		}
		expect_rest(rig);
		ledger_free(&ledger);
		rig_again(rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(command_is_sent_again_until_it_succeeds),
		RIG_TEST(last_status_is_delivered),
		RIG_TEST(nothing_is_sent_again_without_the_flag),
		RIG_TEST(delay_of_the_controller_is_kept),
		RIG_TEST(waits_and_deadlines_know_the_delay),
		RIG_TEST(delay_that_is_not_enabled_is_not_waited_for),
		RIG_TEST(what_may_not_be_repeated_is_not),
		RIG_TEST(parts_and_ranges_are_sent_again),
		RIG_TEST(part_that_waits_when_another_fails_is_not_sent_again),
		RIG_TEST(repeated_completion_answers_nothing),
		RIG_TEST(what_waits_for_its_time_can_be_aborted),
		RIG_TEST(reset_leaves_what_waits_for_its_time),
		RIG_TEST(completion_before_a_reset_is_tried_again_after_it),
		RIG_TEST(namespace_that_changes_meanwhile_is_estale),
		RIG_TEST(controller_that_goes_ends_what_waits),
		RIG_TEST(each_is_answered_once_whatever_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
