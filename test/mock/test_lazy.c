// SPDX-License-Identifier: MIT
/*
 * test_lazy.c: when completions are returned to the controller: a doorbell write for a quarter of the completion
 * queue, and never so late that a completion waits for room. The mock counts both, and each case ends by
 * asserting that no queue was full. The test has the private names: it reads what has been written to the doorbell.
 */
#include "harness.h"

#include "qpair/qpair.h"

enum { RING = 128, TAKEN_MAX = 256 };

static void start(struct rig *rig, uint32_t mock_flags, uint32_t entries_max,
		  const struct nvu_qpair_opts *opts)
{
	rig_start(rig,
		  NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | mock_flags, .ns_bytes = 64 << 20,
				.max_entries = entries_max),
		  NULL, opts);
}

/* Entries that have been taken, and that the doorbell has not returned. */
static uint32_t owed(const struct rig *rig)
{
	const struct nvu_qpair *qpair = rig->qpair;
	const struct doorbell *doorbell = &qpair->cq_doorbell;
	uint32_t value = mmio_read32(doorbell->shadow ? doorbell->shadow : doorbell->mapped);

	return (cq_ring_head(&qpair->cq) + qpair->cq_entries - value) % qpair->cq_entries;
}

static bool is_settled(const struct rig *rig)
{
	return qpair_is_settled(rig->qpair, cq_ring_head_bytes(&rig->qpair->cq));
}

/* Completion doorbell writes for this number of commands, in batches, each of which one poll answers. */
static uint64_t count_returns(struct rig *rig, uint32_t commands, uint32_t batch)
{
	const struct nvu_mock_stats before = rig_mock_stats(rig);
	const struct nvu_qpair_stats stats = rig_stats(rig);
	struct nvu_cpl cpls[TAKEN_MAX];
	uint64_t returns;

	for (uint32_t done = 0; done < commands; done += batch) {
		rig_queue_reads(rig, batch, 0);
		assert_int_equal(rig_poll(rig, cpls, batch), batch);
		assert_int_equal(rig_poll(rig, cpls, batch), 0);
	}
	returns = rig_mock_stats(rig).cq_doorbells - before.cq_doorbells;
	assert_int_equal(rig_mock_stats(rig).sq_doorbells - before.sq_doorbells, commands / batch);
	assert_int_equal(rig_stats(rig).cq_doorbells - stats.cq_doorbells, returns);
	return returns;
}

/* Ten rounds of a completion queue of 256: with one submission doorbell a batch, 1.016 and 0.141 writes an I/O. */
static void doorbell_writes_per_command_are_few(void **state)
{
	static const uint32_t flags[] = { 0, NVU_QPAIR_LATENCY, NVU_QPAIR_RETRY };
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(flags); row++) {
		start(rig, NVU_MOCK_TRAP_DOORBELLS, 0,
		      NVU_QPAIR_OPTS(.depth = RING, .flags = flags[row]));
		assert_int_equal(count_returns(rig, 20 * RING, 1), 40);
		assert_int_equal(count_returns(rig, 20 * RING, 8), 40);
		assert_int_equal(count_returns(rig, 20 * RING, 64), 40);
		assert_int_equal(rig_stats(rig).doorbell_registers,
				 rig_stats(rig).sq_doorbells + rig_stats(rig).cq_doorbells);
		rig_again(rig);
	}
}

/* A queue pair in which any number of commands is queued, carried out and collected at a time. */
static void play(struct rig *rig, uint32_t quarter, uint32_t turns, uint64_t random)
{
	uint32_t depth = nvu_qpair_depth(rig->qpair), flying = 0;
	struct nvu_cpl cpls[TAKEN_MAX];

	while (turns || flying) {
		uint32_t want, have;

		random = random * 6364136223846793005 + 1442695040888963407;
		want = turns ? (uint32_t)(random >> 33) % (depth - flying + 1) : 0;
		rig_queue_reads(rig, want, 0);
		flying += want;
		turns -= turns > 0;
		(void)nvu_mock_step(rig->mock, (uint32_t)(random >> 21) % (depth + 1));
		have = (uint32_t)nvu_poll(rig->qpair, cpls,
					  1 + (uint32_t)(random >> 50) % TAKEN_MAX);
		assert_true(have <= flying);
		flying -= have;
		assert_true(owed(rig) < quarter);
		assert_int_equal(is_settled(rig), flying == 0);
	}
}

/* What the controller takes in a queue; the queue pair's; its completion queue's; a quarter of that, or less. */
static const struct size {
	uint32_t entries_max, depth, cq_entries, quarter;
} sizes[] = {
	{ 0, 2, 2, 1 },	       { 0, 7, 7, 1 },	      { 0, 8, 16, 4 },	     { 0, 9, 18, 5 },
	{ 0, 100, 200, 50 },   { 0, 128, 256, 64 },   { 255, 128, 255, 64 }, { 200, 128, 200, 50 },
	{ 150, 128, 150, 23 }, { 131, 100, 131, 32 }, { 129, 128, 129, 2 },  { 128, 128, 128, 1 },
};

static void completions_find_room_in_queues_of_any_size(void **state)
{
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(sizes); row++) {
		const struct size *size = &sizes[row];

		for (uint32_t shadow = 0; shadow < 2; shadow++) {
			start(rig, shadow ? NVU_MOCK_SHADOW_DOORBELLS : 0, size->entries_max,
			      NVU_QPAIR_OPTS(.depth = size->depth));
			assert_int_equal(rig->qpair->cq_entries, size->cq_entries);
			play(rig, size->quarter, 400, row + 1);
			rig_again(rig);
		}
	}
}

/* A full submission queue, answered as far as there is room, by polls that take one completion at a time. */
static void poll_of_one_completion_leaves_room_for_all(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	for (size_t row = 0; row < COUNT(sizes); row++) {
		uint32_t depth = sizes[row].depth - 1;

		start(rig, 0, sizes[row].entries_max, NVU_QPAIR_OPTS(.depth = depth + 1));
		for (uint32_t turn = 0; turn < 5 * sizes[row].cq_entries; turn++) {
			uint32_t free = turn ? 1 : depth;

			rig_queue_reads(rig, free, 0);
			assert_int_equal(nvu_mock_step(rig->mock, UINT32_MAX), free);
			assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 1);
		}
		rig_again(rig);
	}
}

static void largest_queues_find_room(void **state)
{
	static const struct size large[] = { { 0, 32768, 65536, 16384 }, { 0, 65536, 65536, 1 } };
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(large); row++) {
		start(rig, NVU_MOCK_NULL, 0, NVU_QPAIR_OPTS(.depth = large[row].depth));
		assert_int_equal(rig->qpair->cq_entries, large[row].cq_entries);
		play(rig, large[row].quarter, 600, row + 1);
		rig_again(rig);
	}
}

/* Nothing is owed of the queues that a reset ends. */
static void reset_begins_with_nothing_owed(void **state)
{
	struct rig *rig = *state;

	start(rig, 0, 0, NVU_QPAIR_OPTS(.depth = RING));
	for (uint64_t turn = 1; turn <= 20; turn++) {
		play(rig, 64, 30, turn);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		rig_settle(rig);
		assert_int_equal(owed(rig), 1); /* what rig_settle() has sent */
		assert_int_equal(cq_ring_head(&rig->qpair->cq), 1);
	}
}

/* The completion queue shrinks and grows with what the controller takes; the submission queue stays. */
static void reset_that_leaves_less_room_makes_a_smaller_queue(void **state)
{
	struct rig *rig = *state;

	start(rig, 0, 4096, NVU_QPAIR_OPTS(.depth = RING));
	for (size_t row = 5; row < COUNT(sizes); row++) {
		const struct size *size = &sizes[row];

		if (size->depth != RING)
			continue;
		assert_int_equal(nvu_mock_change(rig->mock,
						 NVU_MOCK_CHANGE(.max_entries = size->cq_entries)),
				 0);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		rig_settle(rig);
		assert_int_equal(rig->qpair->cq_entries, size->cq_entries);
		play(rig, size->quarter, 100, row);
	}
	assert_int_equal(nvu_mock_change(rig->mock, NVU_MOCK_CHANGE(.max_entries = 4096)), 0);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	rig_settle(rig);
	assert_int_equal(rig->qpair->cq_entries, 2 * RING);
	play(rig, 64, 100, 1);
}

/* The deletion answers what is in flight: there is room for that too. */
static void queue_pair_that_owes_is_deleted_with_room(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpls[RING];

	start(rig, 0, 0, NVU_QPAIR_OPTS(.depth = RING));
	rig_queue_reads(rig, 63, 0);
	rig_reap(rig, cpls, 63);
	assert_int_equal(owed(rig), 63);
	rig_queue_reads(rig, RING - 1, 0);
	(void)nvu_mock_step(rig->mock, 20);
	nvu_qpair_destroy(rig->qpair);
	rig->qpair = NULL;
	assert_int_equal(nvu_mock_violations(rig->mock), 0);
}

/* Queue pairs of fewer than 8 entries return what they take at once, and so does the admin queue. */
static void small_queue_returns_at_once(void **state)
{
	struct rig *rig = *state;

	start(rig, NVU_MOCK_TRAP_DOORBELLS, 0, NVU_QPAIR_OPTS(.depth = 7));
	assert_int_equal(count_returns(rig, 70, 1), 70);
	assert_int_equal(count_returns(rig, 70, 5), 14);
}

/* Behind the closed gate nothing is written, nor counted. */
static void doorbells_that_a_reset_prevents_are_not_counted(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpls[8];
	uint64_t before;

	start(rig, 0, 0, NVU_QPAIR_OPTS(.depth = 7));
	rig_queue_reads(rig, 3, 0);
	(void)nvu_mock_step(rig->mock, 3);
	before = rig_stats(rig).cq_doorbells;
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_int_equal(nvu_poll(rig->qpair, cpls, 8), 3);
	assert_int_equal(rig_stats(rig).cq_doorbells, before);
	rig_settle(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(doorbell_writes_per_command_are_few),
		RIG_TEST(completions_find_room_in_queues_of_any_size),
		RIG_TEST(poll_of_one_completion_leaves_room_for_all),
		RIG_TEST(largest_queues_find_room),
		RIG_TEST(reset_begins_with_nothing_owed),
		RIG_TEST(reset_that_leaves_less_room_makes_a_smaller_queue),
		RIG_TEST(queue_pair_that_owes_is_deleted_with_room),
		RIG_TEST(small_queue_returns_at_once),
		RIG_TEST(doorbells_that_a_reset_prevents_are_not_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
