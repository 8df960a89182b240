// SPDX-License-Identifier: MIT
/*
 * test_gather_faults.c: requests with pieces when something goes wrong. A command's list belongs to its slot: it is as it was
 * made for as long as the controller may read it, whatever is queued meanwhile.
 */
#include "harness.h"

enum { BLOCK = 512, PIECES = 6, EACH = PIECES * PAGE, BACK = 1 << 20, TIMEOUT_MS = 100 };

#define READ .opcode = NVU_CMD_READ
#define WRITE .opcode = NVU_CMD_WRITE

/* PRP lists, and segments of SGLs. */
static const uint32_t forms[] = { 0, NVU_SGLS_BYTES };

static void start(struct rig *rig, uint32_t sgls, uint32_t commands, uint32_t flags)
{
	rig_start(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = 4 << 20, .sgls = sgls),
		  NVU_CTRL_OPTS(.admin_timeout_ms = 50, .ready_timeout_ms = 200),
		  NVU_QPAIR_OPTS(.commands = commands, .io_timeout_ms = TIMEOUT_MS, .flags = flags,
				 .pieces = 8));
	for (uint32_t i = 0; i < BACK / EACH; i++)
		rig_fill(rig->data + i * EACH, EACH, i);
}

/* Write number n, from its own memory, last page first, to its own blocks. */
static int queue(struct rig *rig, uint32_t opcode, uint32_t number, size_t at)
{
	struct nvu_piece pieces[PIECES];

	for (uint32_t i = 0; i < PIECES; i++)
		pieces[i] = (struct nvu_piece){ rig->buf, at + (PIECES - 1 - i) * PAGE, PAGE };
	return nvu_rw(rig->qpair,
		      NVU_RW_ARGS(.ns = rig->ns, .opcode = opcode, .blocks = EACH / BLOCK,
				  .lba = number * EACH / BLOCK, .user_data = number,
				  .pieces = pieces, .piece_count = PIECES));
}

static void check(struct rig *rig, uint32_t number)
{
	assert_int_equal(rig_read(rig, number * EACH / BLOCK, EACH / BLOCK, BACK), 0);
	for (uint32_t i = 0; i < PIECES; i++)
		assert_memory_equal(rig->data + BACK + i * PAGE,
				    rig->data + number * EACH + (PIECES - 1 - i) * PAGE, PAGE);
}

/* Commands that the controller carries out late, among many others. */
static void lists_of_commands_in_flight_stay(void **state)
{
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(forms); row++) {
		uint32_t answered = 0;

		start(rig, forms[row], 8, 0);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .skip = 1, .count = 3,
					       .opcode = NVU_CMD_WRITE, .delay = 60));
		for (uint32_t next = 0; answered < 40;) {
			struct nvu_cpl cpls[8];
			int count;

			while (next < 40 && !queue(rig, NVU_CMD_WRITE, next, next * EACH))
				next++;
			count = rig_poll(rig, cpls, 8);
			for (int i = 0; i < count; i++)
				assert_int_equal(cpls[i].status, 0);
			answered += (uint32_t)count;
		}
		for (uint32_t number = 0; number < 40; number++)
			check(rig, number);
		rig_again(rig);
	}
}

static void commands_are_sent_again_with_their_lists(void **state)
{
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(forms); row++) {
		start(rig, forms[row], 8, NVU_QPAIR_RETRY);
		for (uint32_t turn = 0; turn < 5; turn++) {
			struct nvu_cpl cpls[8];

			for (uint32_t i = 0; i < 8; i++) {
				assert_int_equal(queue(rig, NVU_CMD_WRITE, turn * 8 + i,
						       (turn * 8 + i) * EACH),
						 0);
				if (i == 5) /* the last two wait for new queues */
					assert_int_equal(nvu_submit(rig->qpair), 0);
				if (i == 5)
					assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
			}
			rig_reap(rig, cpls, 8);
			for (uint32_t i = 0; i < 8; i++) {
				assert_int_equal(cpls[i].status, 0);
				check(rig, turn * 8 + i);
			}
		}
		assert_int_equal(rig_stats(rig).retried, 5 * 6);
		rig_again(rig);
	}
}

/* A command that is given up stays in flight until the controller has let go of it: its slot is not used before. */
static void lost_command_is_answered_once(void **state)
{
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(forms); row++) {
		struct nvu_cpl cpl;

		start(rig, forms[row], 2, 0);
		for (uint32_t turn = 0; turn < 6; turn++) {
			rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1,
						       .opcode = NVU_CMD_WRITE));
			assert_int_equal(queue(rig, NVU_CMD_WRITE, turn, turn * EACH), 0);
			cpl = rig_answer(rig);
			assert_int_equal(cpl.status, -ETIMEDOUT);
			rig_settle(rig);
			assert_int_equal(queue(rig, NVU_CMD_WRITE, turn, turn * EACH), 0);
			assert_int_equal(rig_answer(rig).status, 0);
			check(rig, turn);
		}
		rig_again(rig);
	}
}

/* Of parts, each of which has a list: the pieces are cut in a block's middle. */
static void parts_fail_as_those_of_one_buffer(void **state)
{
	enum { COUNT_OF_PIECES = 64, LEN = 5 * 768, PART = 8 * LEN / BLOCK };
	struct nvu_piece pieces[COUNT_OF_PIECES];
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	start(rig, NVU_SGLS_BYTES, 3, NVU_QPAIR_RETRY);
	for (uint32_t i = 0; i < COUNT_OF_PIECES; i++)
		pieces[i] = (struct nvu_piece){ rig->buf, i * 4001ul, LEN };
	for (uint32_t turn = 0; turn < 8; turn++) {
		const struct nvu_rw_args *args =
			NVU_RW_ARGS(.ns = rig->ns, WRITE, .blocks = COUNT_OF_PIECES * LEN / BLOCK,
				    .pieces = pieces, .piece_count = COUNT_OF_PIECES);

		rig_inject(rig,
			   NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .skip = turn, .count = 1,
					  .opcode = NVU_CMD_WRITE, .status = NVU_SC_WRITE_FAULT));
		assert_int_equal(nvu_rw(rig->qpair, args), 0);
		cpl = rig_answer(rig);
		assert_int_equal(cpl.status, NVU_SC_WRITE_FAULT);
		assert_int_equal(cpl.result, turn * PART);
		assert_int_equal(nvu_rw(rig->qpair, args), 0);
		assert_int_equal(nvu_submit(rig->qpair), 0);
		(void)nvu_mock_step(rig->mock, turn);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		cpl = rig_answer(rig);
		assert_int_equal(cpl.status, 0);
		assert_int_equal(rig_read(rig, 0, PART, BACK), 0);
		for (size_t i = 0, at = BACK; i < 8; i++, at += LEN)
			assert_memory_equal(rig->data + at, rig->data + pieces[i].offset, LEN);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		RIG_TEST(lists_of_commands_in_flight_stay),
		RIG_TEST(commands_are_sent_again_with_their_lists),
		RIG_TEST(lost_command_is_answered_once),
		RIG_TEST(parts_fail_as_those_of_one_buffer),
	};

	return cmocka_run_group_tests_name("gather_faults", tests, NULL, NULL);
}
