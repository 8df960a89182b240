// SPDX-License-Identifier: MIT
/*
 * test_flush_after_faults.c: nvu_flush_after() when commands are lost, the controller is reset, goes or is closed, or the
 * namespace changes: each flush is answered once, and after all that was accepted before it.
 */
#include "flush_after.h"

#include "clock.h"

enum { STORY = 400, SHORT_MS = 20, FORMAT_4096 = 3 };

/* The time before it is sent does not count. */
static void deadline_runs_from_when_it_is_sent(void **state)
{
	struct rig *rig = *state;
	uint64_t began_ms, took_ms;

	start(rig, NULL);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1,
				       .opcode = NVU_CMD_WRITE));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1,
				       .opcode = NVU_MOCK_OPCODE_ZERO));
	began_ms = clock_now_ms();
	queue_write(rig, 1);
	queue_flush(rig, 2);
	expect(rig, 1, -ETIMEDOUT);
	took_ms = clock_now_ms() - began_ms;
	assert_in_range(took_ms, DEADLINE_MS, DEADLINE_MS + 100);
	expect(rig, 2, -ETIMEDOUT);
	took_ms = clock_now_ms() - began_ms;
	assert_in_range(took_ms, 2 * DEADLINE_MS, 2 * (DEADLINE_MS + 100));
	queue_flush(rig, 3);
	expect(rig, 3, 0);
	assert_int_equal(rig_stats(rig).timeouts, 2);
}

/* A shorter timeout is for what is sent; what is held has none yet. */
static void change_of_the_timeout_does_not_concern_a_flush_that_is_held(void **state)
{
	struct rig *rig = *state;
	uint64_t began_ms;

	start(rig, NULL);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1,
				       .opcode = NVU_CMD_WRITE));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1,
				       .opcode = NVU_MOCK_OPCODE_ZERO));
	queue_write(rig, 1);
	queue_flush(rig, 2);
	assert_int_equal(rig_poll(rig, &(struct nvu_cpl){ 0 }, 1), 0);
	nvu_qpair_set_timeout(rig->qpair, SHORT_MS);
	began_ms = clock_now_ms();
	expect(rig, 1, -ETIMEDOUT);
	assert_in_range(clock_now_ms() - began_ms, DEADLINE_MS / 2, DEADLINE_MS + 100);
	began_ms = clock_now_ms();
	expect(rig, 2, -ETIMEDOUT);
	assert_in_range(clock_now_ms() - began_ms, SHORT_MS, SHORT_MS + 100);
}

/* What it waits for is ended by a reset, or sent again, and then it is sent. */
static void flush_is_sent_after_a_reset(void **state)
{
	static const uint32_t flags[] = { 0, NVU_QPAIR_RETRY, NVU_QPAIR_LATENCY };
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(flags); row++) {
		int ended = flags[row] == NVU_QPAIR_RETRY ? 0 : -ECANCELED;

		start(rig, NVU_QPAIR_OPTS(.depth = DEPTH, .flags = flags[row]));
		queue_write(rig, 1);
		assert_int_equal(nvu_submit(rig->qpair), 0);
		queue_flush(rig, 2);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		queue_flush(rig, 3); /* meanwhile, while there is no queue */
		queue_write(rig, 4);
		queue_flush(rig, 5);
		assert_int_equal(outstanding(rig), 5);
		if (ended)
			expect(rig, 1, ended);
		expect(rig, 4, 0);
		if (!ended)
			expect(rig, 1, ended);
		expect(rig, 2, 0);
		expect(rig, 3, 0);
		expect(rig, 5, 0);
		assert_int_equal(outstanding(rig), 0);
		assert_int_equal(rig_poll(rig, &(struct nvu_cpl){ 0 }, 1), 0);
		rig_again(rig);
	}
}

/* In the queue when the reset comes, it is a command like all others. */
static void flush_that_was_sent_is_ended_by_a_reset_or_sent_again(void **state)
{
	static const uint32_t flags[] = { 0, NVU_QPAIR_RETRY };
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(flags); row++) {
		start(rig, NVU_QPAIR_OPTS(.depth = DEPTH, .flags = flags[row]));
		queue_write(rig, 1);
		queue_flush(rig, 2);
		queue_flush(rig, 3);
		expect(rig, 1, 0);
		assert_int_equal(nvu_submit(rig->qpair), 0);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		expect(rig, 2, row ? 0 : -ECANCELED);
		expect(rig, 3, 0);
		rig_again(rig);
	}
}

static void flush_for_a_changed_namespace_is_estale(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;
	char text[256];
	uint64_t before;

	start(rig, NULL);
	for (int round = 0; round < 2; round++) {
		queue_write(rig, 1);
		queue_flush(rig, 2);
		queue_flush(rig, 3);
		assert_int_equal(
			nvu_mock_change(rig->mock,
					NVU_MOCK_CHANGE(.nsid = 1, .lba_bytes = round ? 512 : 4096,
							.flags = NVU_MOCK_CHANGE_SILENT)),
			0);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		before = carried_out(rig);
		expect(rig, 1, round ? -ESTALE : -ECANCELED);
		for (uint64_t i = 2; i <= 3; i++) {
			rig_reap(rig, &cpl, 1);
			assert_int_equal(cpl.user_data, i);
			assert_int_equal(cpl.status, -ESTALE);
			assert_true(nvu_cpl_describe(rig->qpair, &cpl, text, sizeof(text)) > 0);
			assert_non_null(strstr(text, "Flush of namespace 1"));
		}
		assert_int_equal(carried_out(rig), before);
		assert_int_equal(flush(rig, 4), -ESTALE);
		rig_assert_sentence("nvu_ns_get()");
		assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
		queue_flush(rig, 4);
		expect(rig, 4, 0);
		if (round)
			break;
		nvu_qpair_destroy(rig->qpair);
		assert_int_equal(
			nvu_qpair_create(rig->ctrl,
					 NVU_QPAIR_OPTS(.depth = DEPTH, .flags = NVU_QPAIR_RETRY),
					 &rig->qpair),
			0);
	}
	assert_int_equal(outstanding(rig), 0);
}

/* Without a reset: what it waits for is carried out, and then the poll has an answer of nvu's own. */
static void flush_for_a_namespace_that_is_formatted_meanwhile_is_estale(void **state)
{
	const struct nvu_sqe format = { .opcode = NVU_ADMIN_FORMAT_NVM,
					.nsid = nvu_le32_put(1),
					.cdw10 = nvu_le32_put(FORMAT_4096) };
	struct rig *rig = *state;
	struct nvu_qpair_stats before;
	struct nvu_cpl cpl;

	start(rig, NULL);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .count = 1,
				       .opcode = NVU_CMD_READ, .delay = 1000));
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 1), 0);
	queue_flush(rig, 2);
	assert_int_equal(nvu_submit(rig->qpair), 0);
	(void)nvu_mock_step(rig->mock, 1);
	assert_int_equal(nvu_admin(rig->ctrl, &format, NULL, 0, 0, NULL), 0);
	assert_int_equal(flush(rig, 3), -ESTALE);
	rig->inconsistent = true; /* the read is of the former format */
	rig_reap(rig, &cpl, 1);
	assert_int_equal(cpl.user_data, 1);
	before = rig_stats(rig);
	assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 1);
	assert_int_equal(cpl.user_data, 2);
	assert_int_equal(cpl.status, -ESTALE);
	assert_int_equal(outstanding(rig), 0);
	assert_int_equal(rig_stats(rig).polls, before.polls + 1);
	assert_int_equal(rig_stats(rig).empty_polls, before.empty_polls);
	assert_int_equal(rig_stats(rig).failed, before.failed + 1);
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
	queue_flush(rig, 4);
	expect(rig, 4, 0);
}

/* A controller that invents identifiers: it cannot know this one. */
static void completion_of_a_flush_that_is_held_is_a_stray(void **state)
{
	struct rig *rig = *state;

	start(rig, NULL);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_UNKNOWN_CID, .count = 1, .value = 1));
	queue_write(rig, 1);
	queue_flush(rig, 2); /* the second record of a new queue pair: identifier 1 */
	assert_int_equal(rig_poll(rig, &(struct nvu_cpl){ 0 }, 1), 0);
	assert_int_equal(rig_poll(rig, &(struct nvu_cpl){ 0 }, 1), 0);
	assert_int_equal(rig_stats(rig).bad_completions, 1);
	assert_int_equal(outstanding(rig), 2);
	expect(rig, 1, -ETIMEDOUT);
	expect(rig, 2, 0);
}

/* Commands that end with their controller, by user data: 0 to 7 come in any order, each flush after all below it. */
static uint32_t note_ended(uint32_t seen, const struct nvu_cpl *cpl)
{
	uint32_t bit = 1u << cpl->user_data;

	assert_false(seen & bit);
	assert_true(cpl->status < 0);
	if (cpl->user_data >= 8)
		assert_int_equal(seen & (bit - 1), bit - 1);
	return seen | bit;
}

/* All are answered once; then the poll says why. */
static void check_end(struct rig *rig, uint32_t max)
{
	struct nvu_cpl cpls[8];
	uint32_t seen = 0;
	int ret = 0;

	for (uint32_t turn = 0; turn < 10000; turn++) {
		ret = nvu_poll(rig->qpair, cpls, max);
		if (ret < 0)
			break;
		for (int i = 0; i < ret; i++)
			seen = note_ended(seen, &cpls[i]);
		(void)nvu_mock_step(rig->mock, 1);
		clock_advance_ms(1);
	}
	assert_int_equal(ret, -ENODEV);
	assert_int_equal(seen, (1u << 11) - 1);
}

/* user_data 0 to 7: writes, one of them of several commands; 8 and up: flushes, each after all below. */
static void queue_some(struct rig *rig)
{
	for (uint64_t i = 0; i < 7; i++)
		queue_write(rig, i);
	assert_int_equal(nvu_rw(rig->qpair,
				NVU_RW_ARGS(.ns = rig->ns, .opcode = NVU_CMD_WRITE,
					    .blocks = 4ul * PART, .buf = rig->buf, .user_data = 7)),
			 0);
	queue_flush(rig, 8);
	queue_flush(rig, 9);
	queue_flush(rig, 10);
}

static void controller_that_goes_ends_each_once(void **state)
{
	static const uint32_t flags[] = { 0, NVU_QPAIR_RETRY };
	struct rig *rig = *state;

	for (uint32_t row = 0; row < 8; row++) {
		start(rig, NVU_QPAIR_OPTS(.commands = 24, .flags = flags[row & 1]));
		queue_some(rig);
		if (row & 2)
			assert_int_equal(nvu_submit(rig->qpair), 0);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE_NOW));
		check_end(rig, row & 4 ? 1 : 8);
		rig_again(rig);
	}
}

static void controller_that_is_closed_first_ends_each_once(void **state)
{
	struct rig *rig = *state;

	start(rig, NVU_QPAIR_OPTS(.commands = 24));
	queue_some(rig);
	assert_int_equal(nvu_submit(rig->qpair), 0);
	nvu_ctrl_close(rig->ctrl);
	rig->ctrl = NULL;
	check_end(rig, 2);
}

/* A lost command of a large queue; the others with it, and flushes between them. */
static void recovery_answers_in_the_right_order(void **state)
{
	struct rig *rig = *state;
	uint64_t next_flush = FLUSH;

	start(rig, NVU_QPAIR_OPTS(.commands = 64, .io_timeout_ms = 100));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1,
				       .opcode = NVU_CMD_WRITE, .skip = 5));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .opcode = NVU_ADMIN_ABORT,
				       .qid = NVU_MOCK_ADMIN_QUEUE));
	for (uint64_t i = 0; i < 40; i++)
		if (i % 10 == 9)
			queue_flush(rig, FLUSH + i / 10);
		else
			queue_write(rig, i);
	for (uint32_t count = 0; count < 40; count++) {
		struct nvu_cpl cpl;

		rig_reap(rig, &cpl, 1);
		if (cpl.user_data >= FLUSH)
			assert_int_equal(cpl.user_data, next_flush++);
	}
	assert_int_equal(next_flush, FLUSH + 4);
	assert_int_equal(outstanding(rig), 0);
}

/* What is queued and answered, in any order. */
struct story {
	struct ledger ledger;
	uint64_t random;
	bool is_flush[STORY];
};

static uint32_t choose(struct story *story)
{
	story->random = story->random * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(story->random >> 33);
}

static void queue_any(struct rig *rig, struct story *story, uint32_t dice)
{
	uint64_t at = story->ledger.accepted;
	int ret;

	story->is_flush[at] = dice % 4 == 0;
	if (story->is_flush[at])
		ret = flush(rig, at);
	else
		ret = nvu_rw(rig->qpair,
			     NVU_RW_ARGS(.ns = rig->ns, .opcode = NVU_CMD_WRITE, .buf = rig->buf,
					 .blocks = dice % 7 ? 1 : 5ul * PART, .user_data = at));
	assert_true(ret == 0 || ret == -EAGAIN);
	story->ledger.accepted += !ret;
}

static bool is_answered(const struct story *story, uint64_t at)
{
	return story->ledger.bits[at / 64] >> at % 64 & 1;
}

static void take(struct story *story, const struct nvu_cpl *cpl)
{
	assert_true(ledger_note(&story->ledger, cpl->user_data));
	for (uint64_t at = 0; story->is_flush[cpl->user_data] && at < cpl->user_data; at++)
		assert_true(is_answered(story, at));
}

static void tell(struct rig *rig, struct story *story)
{
	while (!ledger_is_even(&story->ledger) || story->ledger.accepted < STORY) {
		uint32_t dice = choose(story);
		struct nvu_cpl cpls[4];
		int ret;

		if (dice % 97 == 0)
			assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		if (dice % 3 && story->ledger.accepted < STORY) {
			queue_any(rig, story, dice);
			continue;
		}
		(void)nvu_mock_step(rig->mock, dice % 5);
		ret = nvu_poll(rig->qpair, cpls, 1 + dice % 4);
		assert_true(ret >= 0);
		for (int i = 0; i < ret; i++)
			take(story, &cpls[i]);
	}
}

/* What each flush waits for is answered when it is, whatever is queued, in whatever portions it is polled for. */
static void each_flush_comes_after_all_before_it(void **state)
{
	static const uint32_t flags[] = { 0, NVU_QPAIR_RETRY, NVU_QPAIR_LATENCY };
	struct rig *rig = *state;

	for (uint64_t seed = 1; seed <= 9; seed++) {
		struct story story = { .random = seed * 0x9e3779b97f4a7c15ull };

		start(rig, NVU_QPAIR_OPTS(.commands = 4 + (uint32_t)seed, .io_timeout_ms = 500,
					  .flags = flags[seed % COUNT(flags)]));
		ledger_init(&story.ledger, STORY);
		tell(rig, &story);
		assert_int_equal(outstanding(rig), 0);
		ledger_free(&story.ledger);
		rig_again(rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(deadline_runs_from_when_it_is_sent),
		RIG_TEST(change_of_the_timeout_does_not_concern_a_flush_that_is_held),
		RIG_TEST(flush_is_sent_after_a_reset),
		RIG_TEST(flush_that_was_sent_is_ended_by_a_reset_or_sent_again),
		RIG_TEST(flush_for_a_changed_namespace_is_estale),
		RIG_TEST(flush_for_a_namespace_that_is_formatted_meanwhile_is_estale),
		RIG_TEST(completion_of_a_flush_that_is_held_is_a_stray),
		RIG_TEST(controller_that_goes_ends_each_once),
		RIG_TEST(controller_that_is_closed_first_ends_each_once),
		RIG_TEST(recovery_answers_in_the_right_order),
		RIG_TEST(each_flush_comes_after_all_before_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
