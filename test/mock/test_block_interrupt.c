// SPDX-License-Identifier: MIT
/*
 * test_block_interrupt.c: a block device whose threads sleep until the controller interrupts: no answer is left, no
 * processor is used while there is none, and resets, losses and the end wake who sleeps. A wake-up that is lost costs
 * 100 ms, which many of them add up to what fails a test.
 */
#include "harness.h"

#include <pthread.h>
#include <time.h>

enum { NS_BYTES = 1 << 20, THREADS = 12, READS = 150, LOST_S = 6 };

struct reader {
	pthread_t thread;
	struct nvu_block *block;
	uint32_t reads;
	uint32_t done; /* atomic */
	int ret;
	uint8_t data[4096];
};

static struct reader readers[THREADS];

/* Each thread sleeps nearly at once. */
static struct nvu_block *open_block(struct rig *rig, uint32_t latency_us, uint32_t timeout_ms)
{
	struct nvu_block *block;
	const struct nvu_ns *ns;

	rig_open(rig, NVU_MOCK_OPTS(.ns_bytes = NS_BYTES, .latency_us = latency_us, .vectors = 3),
		 NVU_CTRL_OPTS(.io_timeout_ms = timeout_ms));
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &ns), 0);
	assert_int_equal(nvu_block_open(rig->ctrl, ns,
					NVU_BLOCK_OPTS(.queues = 2, .spin_us = 1,
						       .flags = NVU_BLOCK_INTERRUPT),
					&block),
			 0);
	return block;
}

static void *reader_main(void *arg)
{
	struct reader *reader = arg;

	for (uint32_t i = 0; i < reader->reads && !reader->ret; i++) {
		reader->ret = nvu_block_read(reader->block, reader->data, sizeof(reader->data),
					     i % 64 * sizeof(reader->data));
		__atomic_fetch_add(&reader->done, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void start(struct nvu_block *block, uint32_t reads)
{
	for (int i = 0; i < THREADS; i++) {
		readers[i] = (struct reader){ .block = block, .reads = reads };
		assert_int_equal(pthread_create(&readers[i].thread, NULL, reader_main, &readers[i]),
				 0);
	}
}

static void join(int ret)
{
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(readers[i].thread, NULL), 0);
		assert_int_equal(readers[i].ret, ret);
	}
}

/* More threads than queue pairs, than vectors and than processors. */
static void no_thread_is_left_asleep(void **state)
{
	struct rig *rig = *state;
	struct nvu_block *block = open_block(rig, 200, 0);
	const double began = rig_now();

	start(block, READS);
	join(0);
	assert_true(rig_now() - began < LOST_S);
	assert_true(rig_mock_stats(rig).interrupts > READS);
	nvu_block_close(block);
}

static double processor_s(void)
{
	struct timespec used;

	assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used), 0);
	return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

/* Lost, sent again, lost again, late: two deadlines without an interrupt. */
static void a_lost_command_costs_no_core(void **state)
{
	struct rig *rig = *state;
	struct nvu_block *block = open_block(rig, 0, 300);
	const double began = rig_now(), began_cpu = processor_s();
	uint8_t byte;

	rig_inject(rig,
		   NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .opcode = NVU_CMD_READ, .count = 2));
	assert_int_equal(nvu_block_read(block, &byte, 1, 0), -ETIMEDOUT);
	assert_true(rig_now() - began >= 0.6);
	assert_true((processor_s() - began_cpu) * 5 < rig_now() - began);
	assert_int_equal(nvu_block_read(block, &byte, 1, 0), 0);
	nvu_block_close(block);
}

static void resets_wake_who_sleeps(void **state)
{
	struct rig *rig = *state;
	struct nvu_block *block = open_block(rig, 1000, 0);

	start(block, READS / 2);
	for (int i = 0; i < 5; i++)
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	join(0);
	nvu_block_close(block);
}

/* Its threads find out without an interrupt. */
static void a_controller_that_goes_ends_every_sleep(void **state)
{
	struct rig *rig = *state;
	struct nvu_block *block = open_block(rig, 1000, 0);
	const double end = rig_now() + RIG_PATIENCE_S;

	start(block, UINT32_MAX);
	while (!__atomic_load_n(&readers[0].done, __ATOMIC_RELAXED))
		assert_true(rig_now() < end);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE_NOW));
	join(-ENODEV);
	nvu_block_close(block);
}

static void a_controller_without_interrupts_is_refused(void **state)
{
	struct rig *rig = *state;
	struct nvu_block *block = NULL;
	const struct nvu_ns *ns;

	rig_open(rig, NVU_MOCK_OPTS(.ns_bytes = NS_BYTES, .vectors = UINT32_MAX), NULL);
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &ns), 0);
	assert_int_equal(
		nvu_block_open(rig->ctrl, ns, NVU_BLOCK_OPTS(.flags = NVU_BLOCK_INTERRUPT), &block),
		-ENOTSUP);
	rig_assert_sentence("interrupt");
	assert_null(block);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(no_thread_is_left_asleep),
		RIG_TEST(a_lost_command_costs_no_core),
		RIG_TEST(resets_wake_who_sleeps),
		RIG_TEST(a_controller_that_goes_ends_every_sleep),
		RIG_TEST(a_controller_without_interrupts_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
