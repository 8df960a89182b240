// SPDX-License-Identifier: MIT
/*
 * test_io.c: the I/O path when nothing goes wrong: data in both directions, every command, batches
 * and their doorbells, rings of every kind of depth, exact counters.
 */
#include "covers.h"
#include "harness.h"

#include <stdlib.h>

COVERS(IO, FLUSH);
COVERS(NVM, WRITE);
COVERS(NVM, READ);

static void write_is_stored_and_read_back(void **state)
{
	struct rig *rig = *state;
	uint8_t stored[PAGE];

	rig_start(rig, NULL, NULL, NULL);
	rig_fill(rig->data, PAGE, 1);

	assert_int_equal(rig_write(rig, 100, 8, 0), 0);

	assert_int_equal(nvu_mock_data(rig->mock, 1, 100 * 512, stored, PAGE, 0), 0);
	assert_true(rig_is_filled(stored, PAGE, 1));
	assert_int_equal(rig_read(rig, 100, 8, PAGE), 0);
	assert_memory_equal(rig->data, rig->data + PAGE, PAGE);
}

static void write_of_last_block_reaches_the_end(void **state)
{
	struct rig *rig = *state;
	uint64_t last = (64ull << 20) / 512 - 1;
	uint8_t stored[512];

	rig_start(rig, NULL, NULL, NULL);
	rig_fill(rig->data, 512, 2);

	assert_int_equal(rig_write(rig, last, 1, 0), 0);

	assert_int_equal(nvu_mock_data(rig->mock, 1, last * 512, stored, 512, 0), 0);
	assert_true(rig_is_filled(stored, 512, 2));
}

static void write_with_fua_is_accepted_as_a_raw_command(void **state)
{
	struct rig *rig = *state;
	const struct nvu_sqe cmd = { .opcode = NVU_CMD_WRITE,
				     .nsid = nvu_le32_put(1),
				     .cdw10 = nvu_le32_put(7),
				     .cdw12 = nvu_le32_put(NVU_RW_FUA | 15) };
	uint8_t stored[2 * PAGE];

	rig_start(rig, NULL, NULL, NULL);
	rig_fill(rig->data + 12, sizeof(stored), 3);

	assert_int_equal(nvu_io(rig->qpair, &cmd, rig->buf, 12, sizeof(stored), 0), 0);
	assert_int_equal(rig_status(rig), 0);

	assert_int_equal(nvu_mock_data(rig->mock, 1, 7 * 512, stored, sizeof(stored), 0), 0);
	assert_true(rig_is_filled(stored, sizeof(stored), 3));
}

static void write_zeroes_clears_blocks_without_a_buffer(void **state)
{
	struct rig *rig = *state;
	const struct nvu_sqe cmd = { .opcode = NVU_CMD_WRITE_ZEROES,
				     .nsid = nvu_le32_put(1),
				     .cdw10 = nvu_le32_put(2),
				     .cdw12 = nvu_le32_put(3) };
	uint8_t stored[8 * 512], zeroes[4 * 512] = { 0 };

	rig_start(rig, NULL, NULL, NULL);
	rig_fill(rig->data, sizeof(stored), 4);
	assert_int_equal(rig_write(rig, 0, 8, 0), 0);

	assert_int_equal(nvu_io(rig->qpair, &cmd, NULL, 0, 0, 0), 0);
	assert_int_equal(rig_status(rig), 0);

	assert_int_equal(nvu_mock_data(rig->mock, 1, 0, stored, sizeof(stored), 0), 0);
	assert_memory_equal(stored, rig->data, 2 * 512);
	assert_memory_equal(stored + 2 * 512, zeroes, sizeof(zeroes));
	assert_memory_equal(stored + 6 * 512, rig->data + 6 * 512, 2 * 512);
}

static void flush_completes(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	rig_start(rig, NULL, NULL, NULL);

	assert_int_equal(nvu_flush(rig->qpair, rig->ns, 99), 0);
	rig_reap(rig, &cpl, 1);

	assert_int_equal(cpl.user_data, 99);
	assert_int_equal(cpl.status, 0);
}

static void completion_carries_every_bit_of_user_data(void **state)
{
	struct rig *rig = *state;
	const uint64_t values[] = { 0, 1, UINT32_MAX, 1ull << 32, 1ull << 63, UINT64_MAX };
	struct nvu_cpl cpl;

	rig_start(rig, NULL, NULL, NULL);

	for (size_t idx = 0; idx < COUNT(values); idx++) {
		assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, values[idx]), 0);
		memset(&cpl, 0xff, sizeof(cpl));
		rig_reap(rig, &cpl, 1);
		assert_true(cpl.user_data == values[idx]);
		assert_int_equal(cpl.result, 0);
		assert_int_equal(cpl.flags, 0);
		assert_int_equal(cpl.member, 0);
	}
}

static void failed_command_reports_status_and_do_not_retry(void **state)
{
	struct rig *rig = *state;
	struct nvu_sqe cmd = { .opcode = 0x7f, .nsid = nvu_le32_put(1) };
	struct nvu_cpl cpl;

	rig_start(rig, NULL, NULL, NULL);

	assert_int_equal(nvu_io(rig->qpair, &cmd, NULL, 0, 0, 5), 0);
	rig_reap(rig, &cpl, 1);

	assert_int_equal(cpl.user_data, 5);
	assert_int_equal(cpl.status, NVU_SC_INVALID_OPCODE);
	assert_int_equal(cpl.flags, NVU_CPL_DNR);
	assert_int_equal(rig_stats(rig).failed, 1);
}

static void compare_failure_is_reported_with_its_status(void **state)
{
	struct rig *rig = *state;
	const struct nvu_sqe cmd = { .opcode = NVU_CMD_COMPARE, .nsid = nvu_le32_put(1) };

	rig_start(rig, NULL, NULL, NULL);
	rig_fill(rig->data, 512, 6);
	assert_int_equal(rig_write(rig, 0, 1, 0), 0);

	assert_int_equal(nvu_io(rig->qpair, &cmd, rig->buf, 0, 512, 0), 0);
	assert_int_equal(rig_status(rig), 0);
	rig->data[511] ^= 1;
	assert_int_equal(nvu_io(rig->qpair, &cmd, rig->buf, 0, 512, 0), 0);
	assert_int_equal(rig_status(rig), NVU_SC_COMPARE_FAILED);
}

static void unsubmitted_command_is_published_by_poll(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 1), 0);
	assert_int_equal(nvu_mock_step(rig->mock, 10), 0);

	assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 0);

	assert_int_equal(nvu_mock_step(rig->mock, 10), 1);
	assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 1);
}

static void poll_for_nothing_takes_nothing(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl = { .user_data = 77 };

	rig_start(rig, NULL, NULL, NULL);
	rig_queue_reads(rig, 1, 0);
	(void)nvu_mock_step(rig->mock, 1);

	for (int turn = 0; turn < 200; turn++)
		assert_int_equal(nvu_poll(rig->qpair, &cpl, 0), 0);

	assert_int_equal(cpl.user_data, 77);
	assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 1);
	assert_int_equal(cpl.user_data, 0);
}

static void poll_takes_no_more_than_asked(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpls[8];

	rig_start(rig, NULL, NULL, NULL);
	rig_queue_reads(rig, 7, 0);
	memset(cpls, 0x55, sizeof(cpls));

	assert_int_equal(rig_poll(rig, cpls, 3), 3);

	assert_int_equal(cpls[2].user_data, 2);
	assert_int_equal(cpls[3].user_data, 0x5555555555555555);
	assert_int_equal(rig_poll(rig, cpls, 8), 4);
	assert_int_equal(cpls[0].user_data, 3);
	assert_int_equal(rig_poll(rig, cpls, 8), 0);
}

static void full_queue_is_eagain_and_nothing_changes(void **state)
{
	struct rig *rig = *state;
	const struct nvu_sqe raw = { .opcode = NVU_CMD_FLUSH, .nsid = nvu_le32_put(1) };
	struct nvu_cpl cpls[8];

	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.depth = 4));
	assert_int_equal(nvu_qpair_depth(rig->qpair), 3);
	rig_queue_reads(rig, 3, 0);

	/* It is no failure, and so frequent: the sentence of the last one stays. */
	assert_int_equal(nvu_ns_get(rig->ctrl, 99, &rig->ns), -ENODEV);
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 9), -EAGAIN);
	rig_assert_sentence("namespace 99");
	assert_int_equal(nvu_write(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 9), -EAGAIN);
	assert_int_equal(nvu_flush(rig->qpair, rig->ns, 9), -EAGAIN);
	assert_int_equal(nvu_io(rig->qpair, &raw, NULL, 0, 0, 9), -EAGAIN);

	rig_assert_sentence("namespace 99");
	assert_int_equal(rig_stats(rig).full, 4);
	assert_int_equal(rig_stats(rig).submitted, 3);
	assert_int_equal(rig_poll(rig, cpls, 8), 3);
	for (uint64_t idx = 0; idx < 3; idx++)
		assert_int_equal(cpls[idx].user_data, idx);
	assert_int_equal(rig_read(rig, 0, 1, 0), 0);
}

/* One at a quarter of 256 entries, and one at the end of the ring, for batches of 1, 2 ... 64. */
enum { RETURNS = 24 };

/* Whatever tells the controller, the submission doorbells are as many as the batches. */
static void check_batches(struct rig *rig, uint32_t flags)
{
	struct nvu_mock_stats before, after;
	struct nvu_cpl cpls[64];

	rig_start(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | flags), NULL, NULL);
	before = rig_mock_stats(rig);

	for (uint32_t batch = 1; batch <= 64; batch++) {
		rig_queue_reads(rig, batch, 0);
		assert_int_equal(nvu_submit(rig->qpair), 0); /* nothing new: no doorbell */
		assert_int_equal(rig_poll(rig, cpls, 64), batch);
		assert_int_equal(rig_poll(rig, cpls, 64), 0);
	}

	after = rig_mock_stats(rig);
	assert_int_equal(rig_stats(rig).sq_doorbells, 64);
	assert_int_equal(rig_stats(rig).cq_doorbells, RETURNS);
	assert_int_equal(after.io_commands - before.io_commands, 64 * 65 / 2);
	if (flags & NVU_MOCK_TRAP_DOORBELLS) {
		assert_int_equal(after.sq_doorbells - before.sq_doorbells, 64);
		assert_int_equal(after.cq_doorbells - before.cq_doorbells, RETURNS);
	}
}

static void batch_rings_each_doorbell_once_when_mapped(void **state)
{
	check_batches(*state, 0);
}

static void batch_rings_each_doorbell_once_when_trapped(void **state)
{
	check_batches(*state, NVU_MOCK_TRAP_DOORBELLS);
}

static void batch_rings_each_doorbell_once_when_shadowed(void **state)
{
	struct rig *rig = *state;

	check_batches(rig, NVU_MOCK_SHADOW_DOORBELLS);
	assert_int_equal(nvu_ctrl_info(rig->ctrl)->shadow_doorbells, 1);
}

static void stats_count_each_thing_once(void **state)
{
	struct rig *rig = *state;
	struct nvu_qpair_stats stats;
	struct nvu_cpl cpls[16];

	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.depth = 16));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .skip = 1, .count = 2,
				       .status = NVU_SC_UNRECOVERED_READ));
	for (int turn = 0; turn < 1000; turn++)
		assert_int_equal(nvu_poll(rig->qpair, cpls, 16), 0);
	rig_queue_reads(rig, 10, 0);
	assert_int_equal(nvu_flush(rig->qpair, rig->ns, 10), 0); /* queued, not published */
	(void)nvu_mock_step(rig->mock, 6);
	stats = rig_stats(rig);
	assert_int_equal(stats.submitted, 10);
	assert_int_equal(stats.polls, 1000);
	assert_int_equal(stats.empty_polls, 1000);

	assert_int_equal(nvu_poll(rig->qpair, cpls, 16), 6);
	rig_reap(rig, cpls, 5);

	stats = rig_stats(rig);
	assert_int_equal(stats.submitted, 11);
	assert_int_equal(stats.completed, 11);
	assert_int_equal(stats.failed, 2);
	assert_int_equal(stats.sq_doorbells, 2);
	assert_int_equal(stats.polls - stats.empty_polls, 2);
	assert_int_equal(stats.cq_doorbells, 1); /* 8 of 32 entries are a quarter, and 6 were not */
	assert_int_equal(stats.bad_completions + stats.timeouts + stats.full, 0);
}

static void stats_of_an_older_program_fill_what_it_knows(void **state)
{
	struct rig *rig = *state;
	struct nvu_qpair_stats stats = { .failed = 123 };

	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(rig_read(rig, 0, 1, 0), 0);

	nvu_qpair_stats(rig->qpair, &stats, offsetof(struct nvu_qpair_stats, failed));

	assert_int_equal(stats.completed, 1);
	assert_int_equal(stats.failed, 123);
}

static const uint32_t depths[] = { 2,	3,   4,	   5,	 7,    8,     16,    17,
				   127, 128, 1000, 1024, 4096, 32768, 65535, 65536 };

/* Fills the ring and empties it until it has wrapped twice; every answer in its order. */
static void run_ring(struct rig *rig, uint32_t depth, struct nvu_cpl *cpls)
{
	uint32_t room = depth - 1, total = 0;

	while (total < 2 * depth + 3) {
		rig_queue_reads(rig, room, total);
		assert_int_equal(nvu_flush(rig->qpair, rig->ns, 0), -EAGAIN);
		rig_reap(rig, cpls, room);
		for (uint32_t idx = 0; idx < room; idx++)
			if (cpls[idx].user_data != total + idx || cpls[idx].status)
				fail_msg("depth %u: answer %u", depth, total + idx);
		total += room;
	}
	assert_int_equal(rig_stats(rig).completed, total);
	assert_int_equal(rig_stats(rig).bad_completions, 0);
}

static void ring_wraps_at_any_depth(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl *cpls = calloc(65536, sizeof(*cpls));

	assert_non_null(cpls);
	rig_open(rig, NULL, NULL);
	for (size_t idx = 0; idx < COUNT(depths); idx++) {
		rig_equip(rig, NVU_QPAIR_OPTS(.depth = depths[idx]));
		assert_int_equal(nvu_qpair_depth(rig->qpair), depths[idx] - 1);
		run_ring(rig, depths[idx], cpls);
		nvu_qpair_destroy(rig->qpair);
		assert_int_equal(nvu_dma_free(rig->buf), 0);
		rig->qpair = NULL;
		rig->buf = NULL;
	}
	free(cpls);
}

/* One at a time: each slot of the ring is the last in turn. */
static void ring_wraps_with_one_command_at_a_time(void **state)
{
	struct rig *rig = *state;

	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.depth = 5));
	for (uint32_t turn = 0; turn < 200; turn++) {
		rig_fill(rig->data, 512, turn);
		assert_int_equal(rig_write(rig, turn % 7, 1, 0), 0);
		assert_int_equal(rig_read(rig, turn % 7, 1, PAGE), 0);
		assert_true(rig_is_filled(rig->data + PAGE, 512, turn));
	}
}

/* A depth, a stride of the doorbells, a way to ring them: on a controller with a thread. */
static void threaded_mock_answers_every_command_in_order(void **state)
{
	struct rig *rig = *state;
	uint64_t total = 200000, queued = 0, reaped = 0;
	struct nvu_cpl cpls[64];

	rig_start(rig, NVU_MOCK_OPTS(.ns_bytes = 64 << 20), NULL, NVU_QPAIR_OPTS(.depth = 64));
	while (reaped < total) {
		int count;

		while (queued < total && !nvu_read(rig->qpair, rig->ns, queued % 1000, 1, rig->buf,
						   queued % 64 * 512, queued))
			queued++;
		count = rig_poll(rig, cpls, 64);
		for (int idx = 0; idx < count; idx++)
			if (cpls[idx].user_data != reaped++ || cpls[idx].status)
				fail_msg("answer %llu", (unsigned long long)reaped);
		assert_true(count >= 0);
	}
	assert_int_equal(rig_stats(rig).completed, total);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(write_is_stored_and_read_back),
		RIG_TEST(write_of_last_block_reaches_the_end),
		RIG_TEST(write_with_fua_is_accepted_as_a_raw_command),
		RIG_TEST(write_zeroes_clears_blocks_without_a_buffer),
		RIG_TEST(flush_completes),
		RIG_TEST(completion_carries_every_bit_of_user_data),
		RIG_TEST(failed_command_reports_status_and_do_not_retry),
		RIG_TEST(compare_failure_is_reported_with_its_status),
		RIG_TEST(unsubmitted_command_is_published_by_poll),
		RIG_TEST(poll_for_nothing_takes_nothing),
		RIG_TEST(poll_takes_no_more_than_asked),
		RIG_TEST(full_queue_is_eagain_and_nothing_changes),
		RIG_TEST(batch_rings_each_doorbell_once_when_mapped),
		RIG_TEST(batch_rings_each_doorbell_once_when_trapped),
		RIG_TEST(batch_rings_each_doorbell_once_when_shadowed),
		RIG_TEST(stats_count_each_thing_once),
		RIG_TEST(stats_of_an_older_program_fill_what_it_knows),
		RIG_TEST(ring_wraps_at_any_depth),
		RIG_TEST(ring_wraps_with_one_command_at_a_time),
		RIG_TEST(threaded_mock_answers_every_command_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
