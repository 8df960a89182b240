// SPDX-License-Identifier: MIT
/*
 * test_block_threads.c: many threads on one block device: how many of their commands are outstanding, writes of
 * parts of the same blocks, and what a controller does that loses commands, is reset, or goes.
 */
#include "clock.h"
#include "harness.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/uio.h>

enum { NS_BYTES = 1 << 20, THREADS = 16, WRITERS = 6 };

struct hand {
	pthread_t thread;
	struct nvu_block *block;
	uint32_t number;
	uint32_t turns;
	uint64_t done; /* atomic */
	bool stop;     /* atomic */
	int ret;       /* of the first operation that failed */
	char sentence[256];
	uint8_t data[2 << 16];
	uint8_t back[2 << 16];
};

static struct hand hands[THREADS];

static void *hand_fails(struct hand *hand, int ret)
{
	hand->ret = ret;
	(void)snprintf(hand->sentence, sizeof(hand->sentence), "%s", nvu_last_error());
	return NULL;
}

static void open_block(struct rig *rig, const struct nvu_mock_opts *mock_opts,
		       const struct nvu_ctrl_opts *ctrl_opts, const struct nvu_block_opts *opts,
		       struct nvu_block **ret_block)
{
	const struct nvu_ns *ns;

	rig_open(rig, mock_opts, ctrl_opts);
	clock_stop(); /* threads, also on a stepped mock */
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &ns), 0);
	assert_int_equal(nvu_block_open(rig->ctrl, ns, opts, ret_block), 0);
}

static void start(struct nvu_block *block, void *(*run)(void *), uint32_t count, uint32_t turns)
{
	for (uint32_t i = 0; i < count; i++) {
		hands[i].block = block;
		hands[i].number = i;
		hands[i].turns = turns;
		hands[i].done = 0;
		hands[i].stop = false;
		hands[i].ret = 0;
		assert_int_equal(pthread_create(&hands[i].thread, NULL, run, &hands[i]), 0);
	}
}

static void join(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(pthread_join(hands[i].thread, NULL), 0);
}

static void assert_all_worked(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (hands[i].ret)
			fail_msg("thread %u: %d: %s", i, hands[i].ret, hands[i].sentence);
}

/* Until each has done `more` operations more. */
static void await(uint32_t count, uint64_t more)
{
	double end = rig_now() + RIG_PATIENCE_S;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t goal = __atomic_load_n(&hands[i].done, __ATOMIC_RELAXED) + more;

		while (__atomic_load_n(&hands[i].done, __ATOMIC_RELAXED) < goal) {
			assert_true(rig_now() < end);
			(void)sched_yield();
		}
	}
}

static void *read_once(void *arg)
{
	struct hand *hand = arg;
	int ret = nvu_block_read(hand->block, hand->data, 512, hand->number * 512ul);

	return ret ? hand_fails(hand, ret) : NULL;
}

/* No command is answered before the mock works, and it sees each doorbell write: one for each thread's command. */
static void sixteen_threads_have_sixteen_commands_outstanding(void **state)
{
	struct rig *rig = *state;
	struct nvu_block *block;
	double end;

	open_block(rig,
		   NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | NVU_MOCK_TRAP_DOORBELLS,
				 .ns_bytes = NS_BYTES),
		   NULL, NVU_BLOCK_OPTS(.queues = 1), &block);
	end = rig_now() + RIG_PATIENCE_S;
	start(block, read_once, THREADS, 1);
	while (rig_mock_stats(rig).sq_doorbells < THREADS) {
		assert_true(rig_now() < end);
		(void)sched_yield();
	}
	assert_int_equal(rig_mock_stats(rig).io_commands, 0);
	assert_int_equal(nvu_mock_step(rig->mock, 2 * THREADS), THREADS);
	join(THREADS);
	assert_all_worked(THREADS);
	nvu_block_close(block);
}

/* The bytes of writer n: 700 of each 4,200, which begin and end inside blocks that others write too. */
static void *write_parts(void *arg)
{
	enum { PART = 700, ALL = PART * WRITERS, ROUNDS = 4 };
	struct hand *hand = arg;

	for (uint32_t turn = 0; turn < hand->turns; turn++) {
		uint64_t at = turn % ROUNDS * ALL + hand->number * PART;
		int ret;

		rig_fill(hand->data, PART, turn * 100ul + hand->number);
		ret = nvu_block_write(hand->block, hand->data, PART, at, 0);
		if (!ret)
			ret = nvu_block_read(hand->block, hand->back, PART, at);
		if (ret)
			return hand_fails(hand, ret);
		if (memcmp(hand->data, hand->back, PART) != 0) {
			hand->ret = -EILSEQ;
			(void)snprintf(hand->sentence, sizeof(hand->sentence),
				       "turn %u: bytes are lost", turn);
			return NULL;
		}
		__atomic_fetch_add(&hand->done, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* Commands that take a while, so that what others write comes between the read of a block and its write. */
static void writers_of_parts_of_the_same_blocks_lose_nothing(void **state)
{
	static const uint32_t blocks[] = { 512, 4096 };
	struct rig *rig = *state;
	struct nvu_block *block;

	for (size_t row = 0; row < COUNT(blocks); row++) {
		open_block(rig,
			   NVU_MOCK_OPTS(.ns_bytes = NS_BYTES, .lba_bytes = blocks[row],
					 .latency_us = 50),
			   NULL, NVU_BLOCK_OPTS(.queues = 2), &block);
		start(block, write_parts, WRITERS, 100);
		join(WRITERS);
		assert_all_worked(WRITERS);
		nvu_block_close(block);
		rig_again(rig);
	}
}

/* Each thread writes and reads 128 KiB of its own, unaligned, until it is to stop. */
static void *write_and_read(void *arg)
{
	struct hand *hand = arg;
	const size_t len = sizeof(hand->data) / 2 - 100;
	const uint64_t at = hand->number * sizeof(hand->data) / 2 + 50;

	for (uint32_t turn = 0; !__atomic_load_n(&hand->stop, __ATOMIC_RELAXED); turn++) {
		int ret;

		rig_fill(hand->data, len, turn * 100ul + hand->number);
		ret = nvu_block_write(hand->block, hand->data, len, at, 0);
		if (!ret)
			ret = nvu_block_read(hand->block, hand->back, len, at);
		if (ret)
			return hand_fails(hand, ret);
		if (memcmp(hand->data, hand->back, len) != 0)
			return hand_fails(hand, -EILSEQ);
		__atomic_fetch_add(&hand->done, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void stop(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		__atomic_store_n(&hands[i].stop, true, __ATOMIC_RELAXED);
	join(count);
}

static struct nvu_block *start_writers(struct rig *rig, const struct nvu_block_opts *opts)
{
	struct nvu_block *block;

	open_block(rig, NVU_MOCK_OPTS(.ns_bytes = NS_BYTES), NULL, opts, &block);
	start(block, write_and_read, WRITERS, 0);
	return block;
}

static void end_writers(struct nvu_block *block)
{
	stop(WRITERS);
	assert_all_worked(WRITERS);
	nvu_block_close(block);
}

/* One bounce buffer of a block and one command at a time for all: who waits for one gets it. */
static void threads_share_the_least_that_there_can_be(void **state)
{
	struct rig *rig = *state;
	struct nvu_block *block;

	block = start_writers(rig, NVU_BLOCK_OPTS(.queues = 1, .depth = 1, .bounce_bytes = PAGE));
	await(WRITERS, 3);
	end_writers(block);
}

static void resets_disturb_no_operation(void **state)
{
	struct rig *rig = *state;
	struct nvu_block *block;

	block = start_writers(rig, NVU_BLOCK_OPTS(.queues = 2));
	for (int turn = 0; turn < 8; turn++) {
		await(WRITERS, 1);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	}
	await(WRITERS, 1);
	end_writers(block);
}

static void controller_that_goes_ends_every_call_in_words(void **state)
{
	struct rig *rig = *state;
	struct nvu_block *block;
	uint8_t byte;

	block = start_writers(rig, NVU_BLOCK_OPTS(.queues = 2));
	await(WRITERS, 3);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE_NOW));
	join(WRITERS);
	for (uint32_t i = 0; i < WRITERS; i++) {
		assert_int_equal(hands[i].ret, -ENODEV);
		assert_true(strlen(hands[i].sentence) > 10);
	}
	assert_int_equal(nvu_block_read(block, &byte, 1, 0), -ENODEV);
	assert_int_equal(nvu_block_write(block, &byte, 1, 0, NVU_BLOCK_FUA), -ENODEV);
	assert_int_equal(nvu_block_flush(block), -ENODEV);
	nvu_block_close(block);
}

/* It is sent once more; lost again, it is late. */
static void lost_command_is_sent_again_and_then_late(void **state)
{
	struct rig *rig = *state;
	struct nvu_block *block;
	uint8_t byte;

	open_block(rig, NVU_MOCK_OPTS(.ns_bytes = NS_BYTES), NVU_CTRL_OPTS(.io_timeout_ms = 200),
		   NVU_BLOCK_OPTS(.queues = 1), &block);
	for (uint32_t lost = 1; lost <= 2; lost++) {
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .opcode = NVU_CMD_READ,
					       .count = lost));
		assert_int_equal(nvu_block_read(block, &byte, 1, 700), lost == 2 ? -ETIMEDOUT : 0);
	}
	rig_assert_sentence("blocks 1 to 1 of namespace 1: no answer within the deadline");
	assert_int_equal(nvu_block_read(block, &byte, 1, 0), 0);
	nvu_block_close(block);
}

static void other_threads_go_on_while_a_command_is_lost(void **state)
{
	struct rig *rig = *state;
	struct nvu_block *block;

	open_block(rig, NVU_MOCK_OPTS(.ns_bytes = NS_BYTES), NVU_CTRL_OPTS(.io_timeout_ms = 1000),
		   NVU_BLOCK_OPTS(.queues = 1), &block);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .opcode = NVU_CMD_WRITE,
				       .skip = 40, .count = 1));
	start(block, write_and_read, WRITERS, 0);
	await(WRITERS, 10);
	stop(WRITERS);
	assert_int_equal(rig_mock_stats(rig).faults_injected, 1);
	assert_all_worked(WRITERS);
	nvu_block_close(block);
}

static void *register_and_read(void *arg)
{
	struct hand *hand = arg;

	for (uint32_t turn = 0; turn < hand->turns; turn++) {
		uint8_t *memory = aligned_alloc(PAGE, 4ul * PAGE);
		int ret = memory ? nvu_block_register(hand->block, memory, 4ul * PAGE) : -ENOMEM;

		if (!ret)
			ret = nvu_block_read(hand->block, memory, 4ul * PAGE, hand->number * 512ul);
		if (!ret)
			ret = nvu_block_unregister(hand->block, memory);
		free(memory);
		if (ret)
			return hand_fails(hand, ret);
	}
	return NULL;
}

static void memory_is_registered_while_others_read(void **state)
{
	struct rig *rig = *state;
	struct nvu_block *block;

	open_block(rig, NVU_MOCK_OPTS(.ns_bytes = NS_BYTES), NULL, NULL, &block);
	start(block, register_and_read, WRITERS, 50);
	join(WRITERS);
	assert_all_worked(WRITERS);
	nvu_block_close(block);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(sixteen_threads_have_sixteen_commands_outstanding),
		RIG_TEST(writers_of_parts_of_the_same_blocks_lose_nothing),
		RIG_TEST(threads_share_the_least_that_there_can_be),
		RIG_TEST(resets_disturb_no_operation),
		RIG_TEST(controller_that_goes_ends_every_call_in_words),
		RIG_TEST(lost_command_is_sent_again_and_then_late),
		RIG_TEST(other_threads_go_on_while_a_command_is_lost),
		RIG_TEST(memory_is_registered_while_others_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
