/* SPDX-License-Identifier: MIT */
/*
 * test_started.c: admin commands that are outstanding while no thread waits for them (nvu_admin_start(),
 * nvu_admin_poll()): each gets one completion, whatever ends it, and its data stay untouched until then.
 */
#include "harness.h"

#include "clock.h"
#include "geometry.h"

enum {
	LOG_BYTES = 512,
	/* The admin queue holds 31; 4 are event requests, and 4 are kept for the library. */
	ROOM = 23,
	SHORT_MS = 20,
	LONG_MS = 1000,
	UNTOUCHED = 0xa5,
	MAPPINGS = 64,
};

struct log_page {
	uint8_t bytes[LOG_BYTES];
};

static void open_stepped(struct rig *rig)
{
	start(rig, 1, 0);
}

static struct nvu_sqe smart(void)
{
	return (struct nvu_sqe){ .opcode = NVU_ADMIN_GET_LOG_PAGE,
				 .nsid = nvu_le32_put(UINT32_MAX),
				 .cdw10 = nvu_le32_put(NVU_LOG_SMART | (LOG_BYTES / 4 - 1) << 16) };
}

static int start_smart(struct rig *rig, struct log_page *page, uint32_t timeout_ms,
		       uint64_t user_data)
{
	const struct nvu_sqe cmd = smart();

	memset(page, UNTOUCHED, sizeof(*page));
	return nvu_admin_start(rig->ctrl, &cmd, page, sizeof(*page), timeout_ms, user_data);
}

static bool is_untouched(const struct log_page *page)
{
	for (uint32_t i = 0; i < LOG_BYTES; i++)
		if (page->bytes[i] != UNTOUCHED)
			return false;
	return true;
}

/* The controller works, then one poll. */
static int step_and_poll(struct rig *rig, struct nvu_cpl *cpls, uint32_t max)
{
	(void)nvu_mock_step(rig->mock, 64);
	return nvu_admin_poll(rig->ctrl, cpls, max);
}

static void drop_logs(struct rig *rig, uint32_t count)
{
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .cns = NVU_LOG_SMART,
				       .qid = NVU_MOCK_ADMIN_QUEUE,
				       .opcode = NVU_ADMIN_GET_LOG_PAGE, .count = count));
}

/* Polls, many times, and asserts that nothing comes any more. */
static void assert_no_more(struct rig *rig)
{
	struct nvu_cpl cpl;

	for (int i = 0; i < 10; i++)
		assert_int_equal(step_and_poll(rig, &cpl, 1), 0);
}

/* Takes `count` completions with this status, and asserts that each of user data 0, 1, ... is there once. */
static void assert_all(struct rig *rig, uint32_t count, int status)
{
	struct nvu_cpl cpls[4];
	uint64_t seen = 0;

	for (uint32_t taken = 0; taken < count;) {
		int ret = step_and_poll(rig, cpls, COUNT(cpls));

		assert_in_range(ret, 1, COUNT(cpls));
		for (int i = 0; i < ret; i++, taken++) {
			assert_int_equal(cpls[i].status, status);
			assert_in_range(cpls[i].user_data, 0, count - 1);
			assert_false(seen & 1ull << cpls[i].user_data);
			seen |= 1ull << cpls[i].user_data;
		}
	}
	assert_no_more(rig);
}

static void start_many(struct rig *rig, struct log_page *pages, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(start_smart(rig, &pages[i], LONG_MS, i), 0);
}

static void commands_are_outstanding_at_once_and_answered_once_each(void **state)
{
	struct log_page pages[ROOM];
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	open_stepped(rig);
	start_many(rig, pages, ROOM);
	assert_int_equal(nvu_admin_poll(rig->ctrl, &cpl, 1),
			 0); /* the controller has not worked yet */
	for (uint32_t i = 0; i < ROOM; i++)
		assert_true(is_untouched(&pages[i]));
	assert_all(rig, ROOM, 0);
	for (uint32_t i = 0; i < ROOM; i++)
		assert_int_equal(pages[i].bytes[3], 100); /* available spare, percent */
}

/* No call waits for a place: the program has to poll. The library's own commands find theirs. */
static void table_that_is_full_is_eagain_in_words(void **state)
{
	const struct nvu_sqe cmd = smart();
	struct log_page pages[ROOM + 1];
	struct rig *rig = *state;
	struct nvu_qpair *qpair;

	open_stepped(rig);
	start_many(rig, pages, ROOM);
	assert_int_equal(start_smart(rig, &pages[ROOM], LONG_MS, ROOM), -EAGAIN);
	rig_assert_sentence("23 commands of nvu_admin_start() are outstanding");
	assert_int_equal(nvu_admin(rig->ctrl, &cmd, &pages[ROOM], LOG_BYTES, 0, NULL), -EAGAIN);
	rig_assert_sentence("nvu_admin_poll()");
	assert_true(is_untouched(&pages[ROOM]));
	assert_int_equal(nvu_qpair_create(rig->ctrl, NVU_QPAIR_OPTS(.depth = 2), &qpair), 0);
	nvu_qpair_destroy(qpair);
	assert_all(rig, ROOM, 0);
	assert_int_equal(nvu_admin(rig->ctrl, &cmd, &pages[ROOM], LOG_BYTES, 0, NULL), 0);
}

static void each_command_has_its_own_deadline(void **state)
{
	struct log_page hasty, patient;
	struct rig *rig = *state;
	struct nvu_cpl cpl;
	uint64_t from;

	open_stepped(rig);
	drop_logs(rig, 2);
	from = clock_now_ms();
	assert_int_equal(start_smart(rig, &patient, LONG_MS, 1), 0);
	assert_int_equal(start_smart(rig, &hasty, SHORT_MS, 2), 0);
	clock_advance_ms(SHORT_MS - 1);
	assert_int_equal(step_and_poll(rig, &cpl, 1), 0);
	clock_advance_ms(1);
	assert_int_equal(step_and_poll(rig, &cpl, 1), 1);
	assert_int_equal(cpl.user_data, 2);
	assert_int_equal(cpl.status, -ETIMEDOUT);
	clock_advance_ms(from + LONG_MS - clock_now_ms() - 1);
	assert_int_equal(step_and_poll(rig, &cpl, 1), 0);
	clock_advance_ms(1);
	assert_int_equal(step_and_poll(rig, &cpl, 1), 1);
	assert_int_equal(cpl.user_data, 1);
	assert_int_equal(cpl.status, -ETIMEDOUT);
	assert_true(is_untouched(&hasty) && is_untouched(&patient));
	assert_no_more(rig);
}

/* The completion was there before the deadline; the program looks for it long after that. */
static void completion_that_is_there_counts_after_the_deadline(void **state)
{
	struct log_page page;
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	open_stepped(rig);
	assert_int_equal(start_smart(rig, &page, SHORT_MS, 1), 0);
	(void)nvu_mock_step(rig->mock, 64);
	clock_advance_ms(LONG_MS);
	assert_int_equal(nvu_admin_poll(rig->ctrl, &cpl, 1), 1);
	assert_int_equal(cpl.status, 0);
}

/* The answer comes after the deadline: it writes to no memory of the program's, and is no second completion. */
static void late_answer_changes_nothing(void **state)
{
	struct log_page page;
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	open_stepped(rig);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .cns = NVU_LOG_SMART,
				       .delay = 5, .count = 1));
	assert_int_equal(start_smart(rig, &page, SHORT_MS, 7), 0);
	memset(&page, 0, sizeof(page)); /* to see that nvu does not write back what it has copied */
	clock_advance_ms(SHORT_MS);
	assert_int_equal(nvu_admin_poll(rig->ctrl, &cpl, 1), 1);
	assert_int_equal(cpl.status, -ETIMEDOUT);
	assert_no_more(rig);
	for (uint32_t i = 0; i < LOG_BYTES; i++)
		assert_int_equal(page.bytes[i], 0);
}

static void reset_ends_all_of_them_once(void **state)
{
	struct log_page pages[5], later;
	struct rig *rig = *state;

	open_stepped(rig);
	drop_logs(rig, COUNT(pages));
	start_many(rig, pages, COUNT(pages));
	(void)nvu_mock_step(rig->mock, 64);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_int_equal(start_smart(rig, &later, LONG_MS, 5), 0);
	for (uint32_t i = 0; i < COUNT(pages); i++)
		assert_true(is_untouched(&pages[i]));
	{
		struct nvu_cpl cpls[COUNT(pages) + 2];

		assert_int_equal(step_and_poll(rig, cpls, COUNT(cpls)), COUNT(pages) + 1);
		for (uint32_t i = 0; i <= COUNT(pages); i++)
			assert_int_equal(cpls[i].status, cpls[i].user_data == 5 ? 0 : -ECANCELED);
	}
	assert_no_more(rig);
	assert_int_equal(later.bytes[3], 100);
}

/* Answered before the reset, taken after it. */
static void answer_from_before_a_reset_counts(void **state)
{
	const struct nvu_sqe keep = { .opcode = NVU_ADMIN_GET_FEATURES,
				      .cdw10 = nvu_le32_put(NVU_FEAT_ARBITRATION) };
	struct rig *rig = *state;
	struct nvu_event event;
	struct nvu_cpl cpl;

	open_stepped(rig);
	assert_int_equal(nvu_admin_start(rig->ctrl, &keep, NULL, 0, LONG_MS, 3), 0);
	(void)nvu_mock_step(rig->mock, 64);
	(void)nvu_ctrl_service(rig->ctrl, &event); /* reaps it */
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_int_equal(nvu_admin_poll(rig->ctrl, &cpl, 1), 1);
	assert_int_equal(cpl.status, 0);
	assert_int_equal(cpl.user_data, 3);
	assert_no_more(rig);
}

/* It reports CSTS.CFS: all end at once, not at their deadlines. */
static void fatal_controller_ends_all_of_them_once(void **state)
{
	struct log_page pages[3];
	struct rig *rig = *state;

	open_stepped(rig);
	start_many(rig, pages, COUNT(pages));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_CFS_NOW));
	clock_advance_ms(2);
	assert_all(rig, COUNT(pages), -EIO);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_no_more(rig);
	start_many(rig, pages, 1);
	assert_all(rig, 1, 0);
}

static void dead_controller_ends_all_of_them_then_says_so(void **state)
{
	struct log_page pages[3];
	struct rig *rig = *state;
	struct nvu_cpl cpls[4];

	open_stepped(rig);
	start_many(rig, pages, COUNT(pages));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_NEVER_READY));
	assert_int_not_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_int_equal(nvu_admin_poll(rig->ctrl, cpls, COUNT(cpls)), 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(cpls[i].status, -EIO);
	assert_int_equal(nvu_admin_poll(rig->ctrl, cpls, COUNT(cpls)), -EIO);
	rig_assert_sentence("close it and open it again");
	assert_int_equal(start_smart(rig, &pages[0], 0, 0), -EIO);
}

/* rig_end() asserts that no memory stays mapped. */
static void close_ends_them_without_completions(void **state)
{
	const struct nvu_sqe set = { .opcode = NVU_ADMIN_SET_FEATURES,
				     .cdw10 = nvu_le32_put(NVU_FEAT_ARBITRATION) };
	struct log_page answered, outstanding;
	struct rig *rig = *state;
	struct nvu_event event;

	open_stepped(rig);
	assert_int_equal(start_smart(rig, &answered, LONG_MS, 0), 0);
	(void)nvu_mock_step(rig->mock, 64);
	(void)nvu_ctrl_service(rig->ctrl, &event);
	assert_int_equal(start_smart(rig, &outstanding, LONG_MS, 1), 0);
	assert_int_equal(nvu_admin_start(rig->ctrl, &set, NULL, 0, LONG_MS, 2), 0);
	rig_close(rig);
	assert_true(is_untouched(&answered) && is_untouched(&outstanding));
}

static void feature_that_was_set_is_set_again_after_a_reset(void **state)
{
	const struct nvu_sqe set = { .opcode = NVU_ADMIN_SET_FEATURES,
				     .cdw10 = nvu_le32_put(NVU_FEAT_ARBITRATION),
				     .cdw11 = nvu_le32_put(3) };
	const struct nvu_sqe get_it = { .opcode = NVU_ADMIN_GET_FEATURES,
					.cdw10 = nvu_le32_put(NVU_FEAT_ARBITRATION) };
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	open_stepped(rig);
	assert_int_equal(nvu_admin_start(rig->ctrl, &set, NULL, 0, LONG_MS, 0), 0);
	assert_all(rig, 1, 0);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_int_equal(nvu_admin_start(rig->ctrl, &get_it, NULL, 0, LONG_MS, 1), 0);
	assert_int_equal(step_and_poll(rig, &cpl, 1), 1);
	assert_int_equal(cpl.result, 3);
}

static void start_format(struct rig *rig, uint32_t lbaf)
{
	const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_FORMAT_NVM,
				     .nsid = nvu_le32_put(1),
				     .cdw10 = nvu_le32_put(lbaf) };

	assert_int_equal(nvu_admin_start(rig->ctrl, &cmd, NULL, 0, LONG_MS, 0), 0);
}

static void handle_is_refused_from_the_completion_of_a_format_on(void **state)
{
	struct rig *rig = *state;

	open_stepped(rig);
	start_format(rig, FORMAT_4096);
	assert_int_equal(read_one(rig, rig->ns), 0); /* nothing has happened yet */
	assert_all(rig, 1, 0);
	assert_stale(rig, rig->ns, "it is being identified again");
	rig->ns = get(rig, 1);
	assert_int_equal(nvu_ns_info(rig->ns)->block_bytes, 4096);
	assert_int_equal(read_one(rig, rig->ns), 0);
}

/*
 * Polls identify it again, before the program takes the completion: the new handle stays valid. Without notices, so that
 * only the completion tells of the change.
 */
static void handle_that_is_newer_than_a_format_is_not_refused(void **state)
{
	struct rig *rig = *state;

	rig_start(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = NS_BYTES),
		  NVU_CTRL_OPTS(.quirks = NVU_QUIRK_NO_LOG_PAGES), NVU_QPAIR_OPTS(.depth = 16));
	start_format(rig, FORMAT_4096);
	(void)nvu_mock_step(rig->mock, 64);
	only_poll(rig);
	assert_stale(rig, rig->ns, "its block size has changed");
	rig->ns = get(rig, 1);
	assert_all(rig, 1, 0);
	assert_int_equal(read_one(rig, rig->ns), 0);
}

/* It may have been carried out: identified again, but not refused before. */
static void format_that_is_late_is_followed_up(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	open_stepped(rig);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .qid = NVU_MOCK_ADMIN_QUEUE,
				       .opcode = NVU_ADMIN_FORMAT_NVM, .count = 1));
	start_format(rig, FORMAT_4096);
	(void)nvu_mock_step(rig->mock, 64);
	CHANGE(rig, .nsid = 1, .lba_bytes = 4096, .flags = NVU_MOCK_CHANGE_SILENT);
	clock_advance_ms(LONG_MS);
	assert_int_equal(nvu_admin_poll(rig->ctrl, &cpl, 1), 1);
	assert_int_equal(cpl.status, -ETIMEDOUT);
	only_poll(rig);
	assert_stale(rig, rig->ns, "its block size has changed");
}

static void bad_input_is_refused_before_anything_is_sent(void **state)
{
	const struct nvu_sqe create = { .opcode = NVU_ADMIN_CREATE_SQ };
	const struct nvu_sqe cmd = smart();
	struct rig *rig = *state;
	struct log_page page;
	struct nvu_cpl cpl;
	uint64_t before;

	open_stepped(rig);
	before = rig_mock_stats(rig).admin_commands;
	assert_int_equal(nvu_admin_start(rig->ctrl, &create, NULL, 0, 0, 0), -EPERM);
	rig_assert_sentence("only the library itself");
	assert_int_equal(nvu_admin_start(rig->ctrl, &cmd, NULL, 4, 0, 0), -EINVAL);
	assert_int_equal(nvu_admin_start(rig->ctrl, &cmd, &page, 5, 0, 0), -EINVAL);
	rig_assert_sentence("multiple of 4");
	assert_int_equal(nvu_admin_poll(rig->ctrl, &cpl, 0), -EINVAL);
	rig_assert_sentence("max is 0");
	assert_no_more(rig);
	assert_int_equal(rig_mock_stats(rig).admin_commands, before);
}

/* No more memory can be mapped: one command at a time has the page for that. */
static void one_command_works_without_memory(void **state)
{
	const struct nvu_sqe cmd = smart();
	struct log_page one, other;
	struct nvu_dma *bufs[MAPPINGS];
	struct rig *rig = *state;
	uint32_t count = 0;

	rig_open(rig,
		 NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = NS_BYTES,
			       .dma_mappings = MAPPINGS),
		 NULL);
	while (count < MAPPINGS && !nvu_dma_alloc(rig->ctrl, PAGE, &bufs[count]))
		count++;
	assert_int_equal(start_smart(rig, &one, LONG_MS, 0), 0);
	assert_int_equal(start_smart(rig, &other, LONG_MS, 1), -ENOSPC);
	assert_int_equal(nvu_admin(rig->ctrl, &cmd, &other, LOG_BYTES, 0, NULL), -ENOSPC);
	assert_all(rig, 1, 0);
	assert_int_equal(one.bytes[3], 100);
	assert_int_equal(start_smart(rig, &other, LONG_MS, 0), 0);
	assert_all(rig, 1, 0);
	while (count)
		assert_int_equal(nvu_dma_free(bufs[--count]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(commands_are_outstanding_at_once_and_answered_once_each),
		RIG_TEST(table_that_is_full_is_eagain_in_words),
		RIG_TEST(each_command_has_its_own_deadline),
		RIG_TEST(completion_that_is_there_counts_after_the_deadline),
		RIG_TEST(late_answer_changes_nothing),
		RIG_TEST(reset_ends_all_of_them_once),
		RIG_TEST(answer_from_before_a_reset_counts),
		RIG_TEST(fatal_controller_ends_all_of_them_once),
		RIG_TEST(dead_controller_ends_all_of_them_then_says_so),
		RIG_TEST(close_ends_them_without_completions),
		RIG_TEST(feature_that_was_set_is_set_again_after_a_reset),
		RIG_TEST(handle_is_refused_from_the_completion_of_a_format_on),
		RIG_TEST(handle_that_is_newer_than_a_format_is_not_refused),
		RIG_TEST(format_that_is_late_is_followed_up),
		RIG_TEST(bad_input_is_refused_before_anything_is_sent),
		RIG_TEST(one_command_works_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
