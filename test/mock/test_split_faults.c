// SPDX-License-Identifier: MIT
/*
 * test_split_faults.c: requests of several commands when something goes wrong: one of the commands fails, is lost or
 * answered twice, the controller is reset or lost, the namespace changes. Each request is answered once, and nothing of it is
 * sent after the first error.
 */
#include "geometry.h"

enum { BLOCK = 512, PART = 16, BACK = 1 << 20, TIMEOUT_MS = 100 };

#define ARGS(...) NVU_RW_ARGS(.ns = rig->ns, .buf = rig->buf, __VA_ARGS__)
#define READ .opcode = NVU_CMD_READ
#define WRITE .opcode = NVU_CMD_WRITE

static const uint32_t doorbells[] = { 0, NVU_MOCK_TRAP_DOORBELLS, NVU_MOCK_SHADOW_DOORBELLS };

/* Commands of 8 KiB, PART blocks, at most. */
static void start_parts(struct rig *rig, uint32_t commands, uint32_t mock_flags, uint32_t flags)
{
	rig_start(
		rig,
		NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | mock_flags, .ns_bytes = 4 << 20,
			      .mdts = 1, .ns_max = 4),
		NVU_CTRL_OPTS(.admin_timeout_ms = 50, .ready_timeout_ms = 200),
		NVU_QPAIR_OPTS(.commands = commands, .io_timeout_ms = TIMEOUT_MS, .flags = flags));
}

static void queue(struct rig *rig, const struct nvu_rw_args *args)
{
	if (nvu_rw(rig->qpair, args))
		fail_msg("nvu_rw: %s", nvu_last_error());
}

/* The answer to the only request, found by polls that have room for many; nothing follows, and the queue is empty. */
static struct nvu_cpl answer(struct rig *rig)
{
	uint32_t depth = nvu_qpair_depth(rig->qpair);
	struct nvu_cpl cpls[8];
	double end = rig_now() + RIG_PATIENCE_S;
	int count = 0;

	assert_int_equal(nvu_submit(rig->qpair), 0);
	while (!count && rig_now() < end)
		count = rig_poll(rig, cpls, COUNT(cpls));
	assert_int_equal(count, 1);
	assert_int_equal(rig_poll(rig, cpls + 1, COUNT(cpls) - 1), 0);
	assert_int_equal(nvu_qpair_room(rig->qpair), depth);
	return cpls[0];
}

static void fail_part(struct rig *rig, uint32_t part, uint16_t status)
{
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .opcode = NVU_CMD_READ,
				       .skip = part, .count = 1, .status = status));
}

/*
 * Each part in turn, in queues in which parts have been queued behind it in the same poll, at any place of the ring: nothing
 * of the request is sent any more, and the next one is whole.
 */
static void nothing_is_sent_after_an_error(void **state)
{
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(doorbells) * 3; row++) {
		uint32_t commands = 1 + 3 * (uint32_t)(row / COUNT(doorbells));

		start_parts(rig, commands, doorbells[row % COUNT(doorbells)], 0);
		for (uint32_t turn = 0; turn < 40; turn++) {
			uint64_t before = rig_mock_stats(rig).io_commands;
			uint32_t part = turn % 11;
			struct nvu_cpl cpl;
			char text[256], expected[64];

			fail_part(rig, part, NVU_SC_UNRECOVERED_READ | NVU_MOCK_DNR);
			queue(rig, ARGS(READ, .lba = 7, .blocks = 11 * PART, .user_data = turn));
			cpl = answer(rig);
			assert_true(cpl.user_data == turn);
			assert_int_equal(cpl.status, NVU_SC_UNRECOVERED_READ);
			assert_int_equal(cpl.flags, NVU_CPL_DNR);
			assert_int_equal(cpl.result, part * PART);
			assert_in_range(rig_mock_stats(rig).io_commands - before, part + 1,
					(part / commands + 1) * commands);
			(void)nvu_cpl_describe(rig->qpair, &cpl, text, sizeof(text));
			(void)snprintf(expected, sizeof(expected),
				       "Read of namespace 1, block %u:", 7 + part * PART);
			assert_non_null(strstr(text, expected));

			queue(rig, ARGS(READ, .blocks = 5 * PART + turn));
			cpl = answer(rig);
			assert_int_equal(cpl.status, 0);
			assert_int_equal(cpl.result, 5 * PART + turn);
		}
		assert_int_equal(rig_stats(rig).submitted, rig_stats(rig).completed);
		assert_int_equal(rig_stats(rig).submitted, rig_mock_stats(rig).io_commands);
		assert_int_equal(rig_stats(rig).failed, 40);
		rig_again(rig);
	}
}

/* The status is that of the first blocks, although the error of later ones came before. */
static void status_is_that_of_the_first_blocks_that_failed(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	start_parts(rig, 4, 0, 0);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .opcode = NVU_CMD_READ,
				       .skip = 1, .count = 1));
	fail_part(rig, 2, NVU_SC_UNRECOVERED_READ);
	queue(rig, ARGS(READ, .blocks = 20 * PART));
	cpl = answer(rig);
	assert_int_equal(cpl.status, -ETIMEDOUT);
	assert_int_equal(cpl.result, PART);
	assert_int_equal(rig_mock_stats(rig).io_commands, 4);
	assert_int_equal(rig_stats(rig).timeouts, 1);
}

/* A deadline counts for each part: all of them together may take longer. */
static void each_part_has_its_own_deadline(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;
	int count = 0;

	start_parts(rig, 1, 0, 0);
	queue(rig, ARGS(READ, .blocks = 10 * PART));
	for (uint32_t part = 0; part < 10 && !count; part++) {
		assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 0);
		clock_advance_ms(TIMEOUT_MS / 2);
		assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 0);
		count = rig_poll(rig, &cpl, 1);
	}
	assert_int_equal(count, 1);
	assert_int_equal(cpl.status, 0);

	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .opcode = NVU_CMD_READ,
				       .skip = 6, .count = 1));
	queue(rig, ARGS(READ, .blocks = 10 * PART));
	cpl = answer(rig);
	assert_int_equal(cpl.status, -ETIMEDOUT);
	assert_int_equal(cpl.result, 6 * PART);
}

static void repeated_and_foreign_completions_answer_no_part(void **state)
{
	static const struct nvu_mock_fault faults[] = {
		{ .kind = NVU_MOCK_FAULT_DUPLICATE_CID },
		{ .kind = NVU_MOCK_FAULT_UNKNOWN_CID, .value = 0xfff },
		{ .kind = NVU_MOCK_FAULT_WRONG_SQID, .value = 9 },
	};
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(faults); row++) {
		struct nvu_mock_fault fault = faults[row];
		struct nvu_cpl cpl;

		start_parts(rig, 8, 0, 0);
		fault.size = sizeof(fault);
		fault.opcode = NVU_CMD_READ;
		fault.skip = 3;
		fault.count = 2;
		rig_inject(rig, &fault);
		queue(rig, ARGS(READ, .blocks = 20 * PART));
		cpl = answer(rig);
		assert_int_equal(cpl.status, row ? -ETIMEDOUT : 0);
		assert_int_equal(cpl.result, row ? 3 * PART : 20 * PART);
		assert_int_equal(rig_stats(rig).bad_completions, 2);
		rig_again(rig);
	}
}

/* --- resets ----------------------------------------------------------------------------------------- */

/* At any moment: before the first part is published, or when this many have been answered. */
static void reset_ends_a_request_once(void **state)
{
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(doorbells); row++) {
		start_parts(rig, 3, doorbells[row], 0);
		for (uint32_t turn = 0; turn < 24; turn++) {
			struct nvu_cpl cpl;

			queue(rig, ARGS(READ, .blocks = 12 * PART, .user_data = turn));
			if (turn % 3)
				assert_int_equal(nvu_submit(rig->qpair), 0);
			for (uint32_t part = 0; part < turn / 3; part++) {
				assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 0);
				(void)nvu_mock_step(rig->mock, 1);
			}
			if (turn % 2)
				assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 0);
			assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
			cpl = answer(rig);
			assert_true(cpl.user_data == turn);
			assert_int_equal(cpl.status, -ECANCELED);
			assert_int_equal(cpl.result, turn / 3 * PART);
		}
		rig_again(rig);
	}
}

static void request_that_comes_after_a_reset_is_whole(void **state)
{
	static const uint32_t flags[] = { 0, NVU_QPAIR_RETRY, NVU_QPAIR_LATENCY };
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(flags); row++) {
		start_parts(rig, 3, 0, flags[row]);
		rig_fill(rig->data, 300ul * BLOCK, 5);
		for (uint32_t turn = 0; turn < 5; turn++) {
			memset(rig->data + BACK, 0, 300ul * BLOCK);
			assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
			queue(rig, ARGS(WRITE, .blocks = 300));
			assert_int_equal(nvu_qpair_room(rig->qpair), 0);
			assert_int_equal(answer(rig).status, 0);
			assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
			queue(rig, ARGS(READ, .offset = BACK, .blocks = 300));
			assert_int_equal(answer(rig).result, 300);
			assert_memory_equal(rig->data + BACK, rig->data, 300ul * BLOCK);
		}
		rig_again(rig);
	}
}

/* With NVU_QPAIR_RETRY a reset is not seen. */
static void parts_are_sent_again_after_a_reset(void **state)
{
	struct rig *rig = *state;

	start_parts(rig, 3, 0, NVU_QPAIR_RETRY);
	rig_fill(rig->data, 300ul * BLOCK, 5);
	for (uint32_t turn = 0; turn < 16; turn++) {
		struct nvu_cpl cpl;

		rig_fill(rig->data, 300ul * BLOCK, turn);
		queue(rig, ARGS(WRITE, .blocks = 300, .user_data = turn));
		for (uint32_t part = 0; part < turn; part++) {
			assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 0);
			(void)nvu_mock_step(rig->mock, 1);
		}
		assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 0);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		cpl = answer(rig);
		assert_int_equal(cpl.status, 0);
		assert_int_equal(cpl.result, 300);
		queue(rig, ARGS(READ, .offset = BACK, .blocks = 300));
		assert_int_equal(answer(rig).status, 0);
		assert_memory_equal(rig->data + BACK, rig->data, 300ul * BLOCK);
	}
	assert_in_range(rig_stats(rig).retried, 16, 48);
}

/*
 * Two parts are lost twice, so that they are not sent a third time; a part that was sent once, and would be sent again, is not
 * because of these. It has the slot of the first part, before them.
 */
static void kept_part_is_not_sent_when_another_has_failed(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;
	uint64_t sent;

	start_parts(rig, 3, 0, NVU_QPAIR_RETRY);
	queue(rig, ARGS(READ, .blocks = 20 * PART));
	assert_int_equal(nvu_submit(rig->qpair), 0);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_int_equal(nvu_poll(rig->qpair, &cpl, 1),
			 0); /* creates the queues, and sends them again */
	assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 0);
	(void)nvu_mock_step(rig->mock, 1);
	assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 0); /* queues the fourth part */
	assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 0); /* publishes it */
	assert_int_equal(rig_stats(rig).retried, 3);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	sent = rig_stats(rig).submitted;
	cpl = answer(rig);
	assert_int_equal(cpl.status, -ECANCELED);
	assert_int_equal(cpl.result, PART);
	assert_int_equal(rig_stats(rig).retried, 3);
	assert_int_equal(rig_stats(rig).submitted, sent);
}

/* --- the controller, or the namespace, is not what it was -------------------------------------------- */

static void request_is_answered_when_the_controller_is_gone(void **state)
{
	static const uint32_t flags[] = { 0, NVU_QPAIR_RETRY };
	struct rig *rig = *state;

	for (uint32_t row = 0; row < 8; row++) {
		struct nvu_cpl cpls[4];
		int count = 0, ret = 0;

		start_parts(rig, 3, 0, flags[row % 2]);
		queue(rig, ARGS(READ, .blocks = 12 * PART, .user_data = 1));
		assert_int_equal(nvu_poll(rig->qpair, cpls, 4), 0);
		(void)nvu_mock_step(rig->mock, row / 2);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE_NOW));
		while (ret >= 0) {
			count += ret;
			clock_advance_ms(RIG_LOOK_MS);
			ret = rig_poll(rig, cpls + count, 4 - (uint32_t)count);
		}
		assert_int_equal(count, 1);
		assert_true(cpls[0].user_data == 1 && cpls[0].status < 0);
		assert_int_equal(cpls[0].result, row / 2 * PART);
		assert_true(ret == -EIO || ret == -ENODEV);
		assert_true(nvu_rw(rig->qpair, ARGS(READ, .blocks = 100)) < 0);
		rig_again(rig);
	}
}

/* What the controller has answered is the truth; the rest is not sent. */
static void request_is_answered_when_its_controller_was_closed(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;
	int count;

	start_parts(rig, 3, 0, 0);
	queue(rig, ARGS(READ, .blocks = 12 * PART, .user_data = 1));
	assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 0);
	(void)nvu_mock_step(rig->mock, 3);
	nvu_ctrl_close(rig->ctrl);
	rig->ctrl = NULL;
	while (!(count = nvu_poll(rig->qpair, &cpl, 1)))
		;
	assert_int_equal(count, 1);
	assert_true(cpl.user_data == 1);
	assert_int_equal(cpl.status, -ENODEV);
	assert_int_equal(cpl.result, 3 * PART);
	assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), -ENODEV);
}

/* Parts that wait for queues which never come. */
static void waiting_request_is_answered_when_the_reset_fails(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpls[4];
	int count = 0, ret = 0;

	start_parts(rig, 3, 0, 0);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	queue(rig, ARGS(READ, .blocks = 12 * PART, .user_data = 1));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE_NOW));
	while (ret >= 0) {
		count += ret;
		clock_advance_ms(RIG_LOOK_MS);
		ret = rig_poll(rig, cpls + count, 4 - (uint32_t)count);
	}
	assert_int_equal(count, 1);
	/* Its time may end before that of registers which read as all ones. */
	assert_true(cpls[0].status == -EIO || cpls[0].status == -ENODEV ||
		    cpls[0].status == -ETIMEDOUT);
	assert_int_equal(cpls[0].result, 0);
}

/* The parts that were sent are carried out, further ones are not for what the namespace is now. */
static void request_for_a_changed_namespace_is_estale(void **state)
{
	static const uint32_t flags[] = { 0, NVU_QPAIR_RETRY };
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(flags); row++) {
		struct nvu_cpl cpl;

		start_parts(rig, 2, 0, flags[row]);
		queue(rig, ARGS(READ, .blocks = 12 * PART));
		assert_int_equal(nvu_submit(rig->qpair), 0);
		CHANGE(rig, .nsid = 1, .lba_bytes = 4096, .flags = NVU_MOCK_CHANGE_SILENT);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		cpl = answer(rig);
		assert_int_equal(cpl.status, row ? -ESTALE : -ECANCELED);
		assert_int_equal(cpl.result, 0);
		rig->ns = get(rig, 1);
		assert_int_equal(read_one(rig, rig->ns), 0);

		/* A live one: the look at the change comes between two parts. */
		queue(rig, ARGS(READ, .blocks = 12 * PART));
		assert_int_equal(nvu_submit(rig->qpair), 0);
		(void)nvu_mock_step(rig->mock, 2);
		assert_int_equal(format(rig, 1, FORMAT_512), 0);
		assert_int_equal(nvu_rw(rig->qpair, ARGS(READ, .blocks = 1)), -ESTALE);
		clock_advance_ms(RIG_LOOK_MS);
		assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 0);
		/* Two parts more were queued before the look, in the former format. */
		rig->inconsistent = true;
		cpl = answer(rig);
		assert_int_equal(cpl.status, -ESTALE);
		assert_in_range(cpl.result, 2 * PART / 8, 4 * PART / 8);
		rig_again(rig);
	}
}

/* Parts in the ring that were made for what the namespace was. */
static void waiting_request_for_a_changed_namespace_is_estale(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpls[2];

	start_parts(rig, 3, 0, 0);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	queue(rig, ARGS(READ, .blocks = 2 * PART, .user_data = 1));
	CHANGE(rig, .nsid = 1, .lba_bytes = 4096, .flags = NVU_MOCK_CHANGE_SILENT);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	rig->ns = get(rig, 1);
	queue(rig, ARGS(READ, .blocks = PART, .user_data = 2));
	rig_reap(rig, cpls, 2);
	for (uint64_t idx = 0; idx < 2; idx++) {
		assert_int_equal(cpls[idx].user_data, idx + 1);
		assert_int_equal(cpls[idx].status, idx ? 0 : -ESTALE);
	}
	assert_int_equal(nvu_qpair_room(rig->qpair), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(nothing_is_sent_after_an_error),
		RIG_TEST(status_is_that_of_the_first_blocks_that_failed),
		RIG_TEST(each_part_has_its_own_deadline),
		RIG_TEST(repeated_and_foreign_completions_answer_no_part),
		RIG_TEST(reset_ends_a_request_once),
		RIG_TEST(request_that_comes_after_a_reset_is_whole),
		RIG_TEST(parts_are_sent_again_after_a_reset),
		RIG_TEST(kept_part_is_not_sent_when_another_has_failed),
		RIG_TEST(request_is_answered_when_the_controller_is_gone),
		RIG_TEST(request_is_answered_when_its_controller_was_closed),
		RIG_TEST(waiting_request_is_answered_when_the_reset_fails),
		RIG_TEST(request_for_a_changed_namespace_is_estale),
		RIG_TEST(waiting_request_for_a_changed_namespace_is_estale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
