// SPDX-License-Identifier: MIT
/*
 * test_dma.c: DMA memory: what allocation promises, registration, one domain for several
 * controllers, many buffers, any order of freeing, many threads.
 */
#include "harness.h"

#include "clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
static void alloc_gives_zeroed_aligned_memory_of_the_length_asked_for(void **state)
{
	struct rig *rig = *state;
	const size_t lengths[] = {
		1, 511, 4095, 4096, 4097, 12289, 1 << 20, (2 << 20) + 1, 10 << 20
	};

	rig_open(rig, NULL, NULL);
	for (size_t idx = 0; idx < COUNT(lengths); idx++) {
		const uint8_t *data;

		assert_int_equal(nvu_dma_alloc(rig->ctrl, lengths[idx], &rig->buf), 0);
		data = nvu_dma_addr(rig->buf);
		assert_int_equal(nvu_dma_len(rig->buf), lengths[idx]);
		assert_int_equal((uintptr_t)data % PAGE, 0);
		assert_int_equal(nvu_dma_iova(rig->buf) % PAGE, 0);
		assert_true(nvu_dma_iova(rig->buf) != 0);
		for (size_t at = 0; at < lengths[idx]; at += 97)
			assert_int_equal(data[at], 0);
		assert_int_equal(nvu_dma_free(rig->buf), 0);
		rig->buf = NULL;
	}
}

static void alloc_takes_every_option(void **state)
{
	struct rig *rig = *state;
	const struct nvu_dma_opts opts[] = {
		{ .size = sizeof(opts[0]) },
		{ .size = sizeof(opts[0]), .flags = NVU_DMA_NO_HUGE_PAGES },
		{ .size = sizeof(opts[0]), .flags = NVU_DMA_ANY_NODE },
		{ .size = sizeof(opts[0]), .flags = NVU_DMA_ON_NODE, .numa_node = 0 },
		{ .size = sizeof(opts[0].size) },
	};

	rig_open(rig, NULL, NULL);
	for (size_t idx = 0; idx < COUNT(opts); idx++) {
		assert_int_equal(nvu_dma_alloc_opts(rig->ctrl, 4 << 20, &opts[idx], &rig->buf), 0);
		memset(nvu_dma_addr(rig->buf), 1, 4 << 20);
		assert_int_equal(nvu_dma_free(rig->buf), 0);
		rig->buf = NULL;
	}
}

static void buffers_never_share_memory_or_addresses(void **state)
{
	struct rig *rig = *state;
	struct nvu_dma *bufs[64];

	rig_open(rig, NULL, NULL);
	for (size_t idx = 0; idx < COUNT(bufs); idx++)
		assert_int_equal(nvu_dma_alloc(rig->ctrl, (idx + 1) * 1000, &bufs[idx]), 0);

	for (size_t a = 0; a < COUNT(bufs); a++)
		for (size_t b = 0; b < a; b++) {
			uint64_t first = nvu_dma_iova(bufs[a]), other = nvu_dma_iova(bufs[b]);

			assert_true(first >= other + nvu_dma_len(bufs[b]) ||
				    other >= first + nvu_dma_len(bufs[a]));
		}
	for (size_t idx = 0; idx < COUNT(bufs); idx++)
		assert_int_equal(nvu_dma_free(bufs[idx]), 0);
}

/* The mock's domain has the window of message interrupts that VFIO reports on a PC. */
static void buffers_keep_out_of_the_interrupt_window(void **state)
{
	struct rig *rig = *state;
	const size_t bytes = (size_t)1 << 30;
	struct nvu_dma *bufs[5];
	uint8_t *memory;

#ifdef __SANITIZE_THREAD__
	skip(); /* takes half a minute to clear the shadow of so much memory */
#endif
	rig_open(rig, NULL, NULL);
	/* The kernel's huge page of zeroes, many times: memory that takes none. */
	memory = mmap(NULL, 5 * bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
		      0);
	assert_true(memory != MAP_FAILED);
	(void)madvise(memory, 5 * bytes, MADV_HUGEPAGE);
	for (size_t idx = 0; idx < COUNT(bufs); idx++) {
		bufs[idx] = rig_register_read_only(rig, memory + idx * bytes, bytes);
		assert_true(nvu_dma_iova(bufs[idx]) + bytes <= 0xfee00000 ||
			    nvu_dma_iova(bufs[idx]) >= 0xfef00000);
	}
	for (size_t idx = 0; idx < COUNT(bufs); idx++)
		assert_int_equal(nvu_dma_free(bufs[idx]), 0);
	(void)munmap(memory, 5 * bytes);
}

static void registered_memory_stays_the_callers(void **state)
{
	struct rig *rig = *state;
	uint8_t *memory = aligned_alloc(PAGE, 4 * PAGE);

	rig_open(rig, NULL, NULL);
	assert_non_null(memory);
	rig_fill(memory, 4 * PAGE, 3);
	assert_int_equal(nvu_dma_register(rig->ctrl, memory, 4 * PAGE, &rig->buf), 0);
	assert_int_equal(nvu_dma_free(rig->buf), 0);
	rig->buf = NULL;
	assert_int_equal(msync(memory, 4 * PAGE, MS_ASYNC), 0); /* it is there still */
	assert_true(rig_is_filled(memory, 4 * PAGE, 3));
	free(memory);
}

static void register_of_more_than_the_address_space_is_enospc(void **state)
{
	struct rig *rig = *state;
	const size_t bytes = (size_t)600 << 30; /* of 39 bits */
	uint64_t mappings;
	void *memory;

#ifdef __SANITIZE_THREAD__
	skip();
#endif
	rig_open(rig, NULL, NULL);
	mappings = rig_mock_stats(rig).dma_mappings;
	memory = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_true(memory != MAP_FAILED);

	assert_int_equal(nvu_dma_register(rig->ctrl, memory, bytes, &rig->buf), -ENOSPC);

	rig_assert_sentence("I/O addresses");
	assert_null(rig->buf);
	assert_int_equal(rig_mock_stats(rig).dma_mappings, mappings);
	(void)munmap(memory, bytes);
}

static void one_buffer_serves_two_controllers(void **state)
{
	struct rig *rig = *state;
	struct nvu_ctrl *other;
	struct nvu_qpair *qpair;
	const struct nvu_ns *ns;
	struct nvu_cpl cpl;

	clock_stop(); /* the mock has a thread */
	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(nvu_ctrl_open("mock:size=1M", NULL, &other), 0);
	assert_int_equal(nvu_ns_get(other, 1, &ns), 0);
	assert_int_equal(nvu_qpair_create(other, NULL, &qpair), 0);
	rig_fill(rig->data, PAGE, 1);

	assert_int_equal(rig_write(rig, 0, 8, 0), 0);
	memset(rig->data, 0, PAGE);
	assert_int_equal(rig_read(rig, 0, 8, PAGE), 0);
	assert_int_equal(nvu_write(qpair, ns, 0, 8, rig->buf, PAGE, 0), 0);
	while (!nvu_poll(qpair, &cpl, 1))
		;
	assert_int_equal(nvu_read(qpair, ns, 0, 8, rig->buf, 0, 0), 0);
	while (!nvu_poll(qpair, &cpl, 1))
		;

	assert_true(rig_is_filled(rig->data, PAGE, 1));
	nvu_qpair_destroy(qpair);
	nvu_ctrl_close(other);
}

static void buffer_outlives_the_controller_that_made_it(void **state)
{
	struct rig *rig = *state;
	struct nvu_ctrl *other;
	struct nvu_dma *buf;

	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(nvu_ctrl_open("mock:stepped", NULL, &other), 0);
	assert_int_equal(nvu_dma_alloc(other, PAGE, &buf), 0);
	rig_fill(nvu_dma_addr(buf), PAGE, 3);
	nvu_ctrl_close(other);

	assert_int_equal(nvu_write(rig->qpair, rig->ns, 0, 8, buf, 0, 0), 0);
	assert_int_equal(rig_status(rig), 0);
	assert_int_equal(rig_read(rig, 0, 8, 0), 0);

	assert_true(rig_is_filled(rig->data, PAGE, 3));
	assert_int_equal(nvu_dma_free(buf), 0);
}

static void buffers_are_freed_after_their_last_controller(void **state)
{
	struct rig *rig = *state;
	struct nvu_dma *bufs[100];

	rig_open(rig, NULL, NULL);
	for (size_t idx = 0; idx < COUNT(bufs); idx++)
		assert_int_equal(nvu_dma_alloc(rig->ctrl, (idx + 1) * PAGE, &bufs[idx]), 0);
	nvu_ctrl_close(rig->ctrl);
	rig->ctrl = NULL;

	for (size_t idx = 0; idx < COUNT(bufs); idx++) {
		size_t at = (idx * 37) % COUNT(bufs);

		memset(nvu_dma_addr(bufs[at]), 1, nvu_dma_len(bufs[at]));
		assert_int_equal(nvu_dma_free(bufs[at]), 0);
	}
	assert_int_equal(rig_mock_stats(rig).dma_mappings, rig->mappings);
}

static void a_new_buffer_lives_where_an_old_one_was_freed(void **state)
{
	struct rig *rig = *state;
	struct nvu_dma *buf;

	rig_start(rig, NULL, NULL, NULL);
	for (int turn = 0; turn < 1000; turn++) {
		assert_int_equal(nvu_dma_alloc(rig->ctrl, PAGE, &buf), 0);
		assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 8, buf, 0, 0), 0);
		assert_int_equal(rig_status(rig), 0);
		assert_int_equal(nvu_dma_free(buf), 0);
		assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 8, buf, 0, 0), -EINVAL);
	}
}

static void ten_thousand_buffers_all_work(void **state)
{
	struct rig *rig = *state;
	enum { BUFFERS = 10000 };
	struct nvu_dma **bufs = calloc(BUFFERS, sizeof(*bufs));
	uint64_t before;

	assert_non_null(bufs);
	rig_start(rig, NULL, NULL, NULL);
	before = rig_mock_stats(rig).dma_mappings;
	for (int idx = 0; idx < BUFFERS; idx++)
		assert_int_equal(
			nvu_dma_alloc(rig->ctrl, PAGE + (size_t)(idx % 4) * PAGE, &bufs[idx]), 0);
	assert_true(rig_mock_stats(rig).dma_mappings >= before + BUFFERS);

	for (int idx = 0; idx < BUFFERS; idx += 7) {
		rig_fill(nvu_dma_addr(bufs[idx]), PAGE, (uint64_t)idx);
		assert_int_equal(nvu_write(rig->qpair, rig->ns, 0, 8, bufs[idx], 0, 0), 0);
		assert_int_equal(rig_status(rig), 0);
		assert_int_equal(rig_read(rig, 0, 8, 0), 0);
		assert_true(rig_is_filled(rig->data, PAGE, (uint64_t)idx));
	}
	for (int idx = 0; idx < BUFFERS; idx++)
		assert_int_equal(nvu_dma_free(bufs[(idx * 3761) % BUFFERS]), 0);
	free(bufs);
}

struct worker {
	pthread_t thread;
	struct nvu_ctrl *ctrl;
	uint64_t seed;
	int failures;
};

static void *allocate_and_free(void *arg)
{
	struct worker *worker = arg;
	struct nvu_dma *bufs[16] = { NULL };

	for (uint64_t turn = 0; turn < 2000; turn++) {
		size_t at = (turn * 7 + worker->seed) % COUNT(bufs);
		size_t len = (turn % 5 + 1) * PAGE;

		if (bufs[at] && !rig_is_filled(nvu_dma_addr(bufs[at]), PAGE, worker->seed))
			worker->failures++;
		worker->failures += nvu_dma_free(bufs[at]) != 0;
		if (nvu_dma_alloc(worker->ctrl, len, &bufs[at])) {
			worker->failures++;
			bufs[at] = NULL;
			continue;
		}
		rig_fill(nvu_dma_addr(bufs[at]), PAGE, worker->seed);
	}
	for (size_t at = 0; at < COUNT(bufs); at++)
		worker->failures += nvu_dma_free(bufs[at]) != 0;
	return NULL;
}

static void buffers_are_made_and_freed_by_many_threads(void **state)
{
	struct rig *rig = *state;
	struct worker workers[4];

	rig_open(rig, NVU_MOCK_OPTS(.ns_bytes = 1 << 20), NULL);
	for (size_t idx = 0; idx < COUNT(workers); idx++) {
		workers[idx] = (struct worker){ .ctrl = rig->ctrl, .seed = idx };
		assert_int_equal(pthread_create(&workers[idx].thread, NULL, allocate_and_free,
						&workers[idx]),
				 0);
	}
	for (size_t idx = 0; idx < COUNT(workers); idx++) {
		assert_int_equal(pthread_join(workers[idx].thread, NULL), 0);
		assert_int_equal(workers[idx].failures, 0);
	}
}

/* The domain has ended with it: there is nothing left that could know the handle but the handle. */
static void free_twice_after_the_last_controller_has_closed_is_einval(void **state)
{
	struct rig *rig = *state;
	struct nvu_dma *buf;

	rig_open(rig, NULL, NULL);
	assert_int_equal(nvu_dma_alloc(rig->ctrl, PAGE, &buf), 0);
	nvu_ctrl_close(rig->ctrl);
	rig->ctrl = NULL;
	assert_int_equal(nvu_dma_free(buf), 0);

	for (int turn = 0; turn < 3; turn++)
		assert_int_equal(nvu_dma_free(buf), -EINVAL);

	rig_assert_sentence("freed before");
	assert_int_equal(nvu_dma_len(buf), 0);
	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
	rig_equip(rig, NULL);
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, buf, 0, 0), -EINVAL);
	rig_assert_sentence("freed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(free_twice_after_the_last_controller_has_closed_is_einval),
		RIG_TEST(alloc_gives_zeroed_aligned_memory_of_the_length_asked_for),
		RIG_TEST(alloc_takes_every_option),
		RIG_TEST(buffers_never_share_memory_or_addresses),
		RIG_TEST(buffers_keep_out_of_the_interrupt_window),
		RIG_TEST(registered_memory_stays_the_callers),
		RIG_TEST(register_of_more_than_the_address_space_is_enospc),
		RIG_TEST(one_buffer_serves_two_controllers),
		RIG_TEST(buffer_outlives_the_controller_that_made_it),
		RIG_TEST(buffers_are_freed_after_their_last_controller),
		RIG_TEST(a_new_buffer_lives_where_an_old_one_was_freed),
		RIG_TEST(ten_thousand_buffers_all_work),
		RIG_TEST(buffers_are_made_and_freed_by_many_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
