// SPDX-License-Identifier: MIT
/*
 * test_describe.c: nvu_cpl_describe(): which command a completion is of, as long as that is known, and what to do.
 */
#include "clock.h"
#include "harness.h"

enum { BLOCK = 512, KEPT = 16 };

static char sentence[256];

static const char *describe(struct rig *rig, const struct nvu_cpl *cpl)
{
	int len = nvu_cpl_describe(rig->qpair, cpl, sentence, sizeof(sentence));

	assert_in_range(len, 1, sizeof(sentence) - 1);
	assert_int_equal(strlen(sentence), len);
	return sentence;
}

static void assert_says(struct rig *rig, const struct nvu_cpl *cpl, const char *words)
{
	if (!strstr(describe(rig, cpl), words))
		fail_msg("\"%s\" does not say \"%s\"", sentence, words);
}

static void fail_next(struct rig *rig, uint16_t status, uint32_t count)
{
	rig_inject(rig,
		   NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .status = status, .count = count));
}

static void read_at(struct rig *rig, uint64_t lba, uint64_t user_data)
{
	assert_int_equal(nvu_read(rig->qpair, rig->ns, lba, 1, rig->buf, 0, user_data), 0);
}

/* A read of this block that fails with this status. */
static struct nvu_cpl fail_read(struct rig *rig, uint64_t lba, uint16_t status, uint64_t user_data)
{
	struct nvu_cpl cpl;

	fail_next(rig, status, 1);
	read_at(rig, lba, user_data);
	rig_reap(rig, &cpl, 1);
	return cpl;
}

static void sentence_names_command_namespace_block_status_and_remedy(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	rig_start(rig, NULL, NULL, NULL);
	cpl = fail_read(rig, 1234, NVU_SC_UNRECOVERED_READ, 7);
	assert_string_equal(describe(rig, &cpl),
			    "Read of namespace 1, block 1234: an unrecovered read error of the "
			    "media (status 0x281); take the data from another copy: the blocks can "
			    "be read again once they are written");
	fail_next(rig, NVU_SC_INTERNAL, 1);
	assert_int_equal(nvu_flush(rig->qpair, rig->ns, 0), 0);
	rig_reap(rig, &cpl, 1);
	assert_says(rig, &cpl, "Flush of namespace 1: ");
	assert_says(rig, &cpl, "send it again: that may succeed");
	cpl = fail_read(rig, UINT16_MAX, NVU_SC_INTERNAL | NVU_MOCK_DNR, 0);
	assert_says(rig, &cpl, "do not send it again unchanged");
}

static void any_command_has_a_name(void **state)
{
	const struct nvu_range range = { .lba = 5, .blocks = 1 };
	const struct nvu_sqe vendor = { .opcode = 0x80, .nsid = nvu_le32_put(1) };
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	rig_start(rig, NULL, NULL, NULL);
	fail_next(rig, NVU_SC_INTERNAL, 0);
	assert_int_equal(nvu_write(rig->qpair, rig->ns, 1ull << 16, 1, rig->buf, 0, 0), 0);
	rig_reap(rig, &cpl, 1);
	assert_says(rig, &cpl, "Write of namespace 1, block 65536:");
	assert_int_equal(nvu_deallocate(rig->qpair, rig->ns, &range, 1, 0), 0);
	rig_reap(rig, &cpl, 1);
	assert_says(rig, &cpl, "unknown command: "); /* as the write, which was another command */
	assert_int_equal(nvu_deallocate(rig->qpair, rig->ns, &range, 1, 1), 0);
	rig_reap(rig, &cpl, 1);
	assert_says(rig, &cpl, "Dataset Management of namespace 1: ");
	assert_int_equal(nvu_io(rig->qpair, &vendor, NULL, 0, 0, 2), 0);
	rig_reap(rig, &cpl, 1);
	assert_says(rig, &cpl, "opcode 0x80 of namespace 1: ");
}

static void command_is_that_of_its_namespace_s_command_set(void **state)
{
	const struct nvu_sqe cmd = { .opcode = NVU_ZONED_MANAGEMENT_SEND,
				     .nsid = nvu_le32_put(1),
				     .cdw10 = nvu_le32_put(77) };
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	rig_start(rig, NVU_MOCK_OPTS(.ns_bytes = 1 << 20, .flags = NVU_MOCK_STEPPED, .csi = 2),
		  NULL, NULL);
	fail_next(rig, NVU_SC_INTERNAL, 1);
	assert_int_equal(nvu_io(rig->qpair, &cmd, NULL, 0, 0, 0), 0);
	rig_reap(rig, &cpl, 1);
	assert_says(rig, &cpl, "Zone Management Send of namespace 1, block 77: ");
}

static void late_and_cancelled_commands_are_known(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpls[2];

	rig_start(rig, NULL, NVU_CTRL_OPTS(.io_timeout_ms = 100), NULL);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1));
	read_at(rig, 4711, 1);
	rig_reap(rig, cpls, 1);
	assert_int_equal(cpls[0].status, -ETIMEDOUT);
	assert_says(rig, &cpls[0],
		    "Read of namespace 1, block 4711: no answer within the deadline");
	assert_says(rig, &cpls[0], "send it again if twice does no harm");

	rig_settle(rig);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 2));
	read_at(rig, 10, 2);
	read_at(rig, 20, 3);
	assert_int_equal(nvu_submit(rig->qpair), 0);
	(void)nvu_mock_step(rig->mock, 8);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	rig_reap(rig, cpls, 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(cpls[i].status, -ECANCELED);
		assert_says(rig, &cpls[i], cpls[i].user_data == 2 ? "block 10: " : "block 20: ");
	}
}

/* They were taken while the queues were lost, and there will be none. */
static void command_that_was_never_sent_is_known(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	rig_start(rig, NULL, NULL, NULL);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_NEVER_READY));
	assert_int_not_equal(nvu_ctrl_reset(rig->ctrl), 0);
	read_at(rig, 99, 1);
	rig_reap(rig, &cpl, 1);
	assert_true(cpl.status < 0);
	assert_says(rig, &cpl, "Read of namespace 1, block 99: ");
	assert_says(rig, &cpl, "it was not sent");
}

static void seventeenth_failure_takes_the_place_of_the_first(void **state)
{
	struct nvu_cpl cpls[KEPT + 1];
	struct rig *rig = *state;

	rig_start(rig, NULL, NULL, NULL);
	for (uint32_t i = 0; i <= KEPT; i++)
		cpls[i] = fail_read(rig, 100 + i, NVU_SC_INTERNAL, i);
	assert_says(rig, &cpls[0], "unknown command: the controller had an internal error");
	for (uint32_t i = 1; i <= KEPT; i++) {
		char words[32];

		(void)snprintf(words, sizeof(words), "block %u: ", 100 + i);
		assert_says(rig, &cpls[i], words);
	}
}

static void commands_that_look_alike_are_unknown(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl one, same, other;

	rig_start(rig, NULL, NULL, NULL);
	one = fail_read(rig, 100, NVU_SC_INTERNAL, 5);
	same = fail_read(rig, 100, NVU_SC_INTERNAL, 5);
	assert_says(rig, &one, "block 100: ");
	other = fail_read(rig, 101, NVU_SC_UNRECOVERED_READ, 5);
	assert_says(rig, &same, "block 100: ");
	assert_says(rig, &other, "block 101: ");
	(void)fail_read(rig, 102, NVU_SC_INTERNAL, 5);
	assert_says(rig, &one, "unknown command: ");
}

static void success_and_what_this_queue_pair_has_not_answered_are_unknown(void **state)
{
	const struct nvu_cpl foreign = { .user_data = 1, .status = NVU_SC_INTERNAL };
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	rig_start(rig, NULL, NULL, NULL);
	read_at(rig, 0, 0);
	rig_reap(rig, &cpl, 1);
	assert_string_equal(describe(rig, &cpl), "unknown command: success");
	assert_says(rig, &foreign, "unknown command: the controller had an internal error");
}

/* Commands for all slots of a ring of four pass by while one is in flight. */
static void command_whose_entry_was_overwritten_is_unknown(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	for (uint32_t others = 2; others <= 3; others++) {
		rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.depth = 4));
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .count = 1,
					       .status = NVU_SC_INTERNAL));
		rig_inject(rig,
			   NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .count = 1, .delay = 100));
		read_at(rig, 50, 1);
		for (uint32_t i = 0; i < others; i++) {
			read_at(rig, 60 + i, 2);
			rig_reap(rig, &cpl, 1);
			assert_int_equal(cpl.user_data, 2);
		}
		/* The next slot is the command's own after three others: a refused call writes to it. */
		assert_int_equal(nvu_read(rig->qpair, rig->ns, 70, 0, rig->buf, 0, 0), -EINVAL);
		rig_reap(rig, &cpl, 1);
		assert_int_equal(cpl.status, NVU_SC_INTERNAL);
		assert_says(rig, &cpl, others == 2 ? "block 50: " : "unknown command: ");
		rig_again(rig);
	}
}

static void sentence_is_cut_where_there_is_no_room(void **state)
{
	struct nvu_cpl cpl = { .status = NVU_SC_INTERNAL };
	struct rig *rig = *state;
	char text[8] = "xxxxxxx";

	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(nvu_cpl_describe(rig->qpair, &cpl, text, 5),
			 (int)strlen(describe(rig, &cpl)));
	assert_string_equal(text, "unkn");
	assert_int_equal(text[5], 'x');
	assert_int_equal(nvu_cpl_describe(rig->qpair, &cpl, text, 0), -EINVAL);
	rig_assert_sentence("expected a completion, and room");
	assert_int_equal(nvu_cpl_describe(rig->qpair, &cpl, NULL, 5), -EINVAL);
	assert_int_equal(nvu_cpl_describe(rig->qpair, NULL, text, 5), -EINVAL);
}

/* None is needed, and none may be missing: a log must not crash. */
static void every_status_has_words_and_advice(void **state)
{
	struct rig *rig = *state;

	rig_start(rig, NULL, NULL, NULL);
	for (int status = -200; status <= 0x7ff; status++) {
		const struct nvu_cpl cpl = { .status = (int16_t)status,
					     .flags = (uint16_t)(status & 0xf) };

		assert_non_null(strchr(describe(rig, &cpl), ':'));
		assert_true(!status || strchr(sentence, ';'));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(sentence_names_command_namespace_block_status_and_remedy),
		RIG_TEST(any_command_has_a_name),
		RIG_TEST(command_is_that_of_its_namespace_s_command_set),
		RIG_TEST(late_and_cancelled_commands_are_known),
		RIG_TEST(command_that_was_never_sent_is_known),
		RIG_TEST(seventeenth_failure_takes_the_place_of_the_first),
		RIG_TEST(commands_that_look_alike_are_unknown),
		RIG_TEST(success_and_what_this_queue_pair_has_not_answered_are_unknown),
		RIG_TEST(command_whose_entry_was_overwritten_is_unknown),
		RIG_TEST(sentence_is_cut_where_there_is_no_room),
		RIG_TEST(every_status_has_words_and_advice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
