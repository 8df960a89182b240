// SPDX-License-Identifier: MIT
/*
 * test_threads.c: a queue pair on each of several threads, on a mock with a thread of its own, while
 * other threads reset the controller, send admin commands, make and end queue pairs. Each command
 * is answered exactly once, and what was written and answered with success is read back.
 *
 * cmocka's assertions belong to the main thread: workers count their failures.
 */
#include "harness.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

enum { WORKERS = 4, DEPTH = 32, BLOCKS = 256, LIMIT = 1 << 22 };

struct worker {
	pthread_t thread;
	struct nvu_ctrl *ctrl;
	const struct nvu_ns *ns;
	uint64_t first; /* its own blocks of the namespace: BLOCKS of them */
	uint32_t depth;
	unsigned stop;	    /* atomic */
	uint64_t successes; /* atomic: commands answered with success so far */
	uint64_t canceled;
	int failures;
	int error; /* of the poll that ended it */

	/* its own */
	struct nvu_qpair *qpair;
	struct nvu_dma *buf;
	uint8_t *data;
	struct ledger ledger;
	struct {
		bool busy; /* its slot of the buffer and its block are in use */
		bool write;
		bool known; /* the block holds this version */
		uint64_t version;
	} blocks[BLOCKS];
};

static void complain(struct worker *worker, const char *what, int64_t value)
{
	if (worker->failures++ < 5)
		print_error("worker at block %llu: %s: %lld\n", (unsigned long long)worker->first,
			    what, (long long)value);
}

/* The user data: which block, above it which command. */
static void queue_next(struct worker *worker, uint64_t turn)
{
	uint64_t block = turn * 7 % BLOCKS;
	uint8_t *data = worker->data + block * 512;
	uint64_t id = worker->ledger.accepted;
	int ret;

	if (worker->blocks[block].busy || id >= LIMIT)
		return;
	worker->blocks[block].write = !worker->blocks[block].known || turn % 3 == 0;
	if (worker->blocks[block].write) {
		rig_fill(data, 512, id);
		ret = nvu_write(worker->qpair, worker->ns, worker->first + block, 1, worker->buf,
				block * 512, id << 8 | block);
	} else {
		memset(data, 0, 512);
		ret = nvu_read(worker->qpair, worker->ns, worker->first + block, 1, worker->buf,
			       block * 512, id << 8 | block);
	}
	if (ret == -EAGAIN)
		return;
	if (ret) {
		complain(worker, nvu_last_error(), ret);
		return;
	}
	if (worker->blocks[block].write) {
		worker->blocks[block].known = false;
		worker->blocks[block].version = id;
	}
	worker->blocks[block].busy = true;
	worker->ledger.accepted++;
}

static void take_answer(struct worker *worker, const struct nvu_cpl *cpl)
{
	uint64_t block = cpl->user_data & 255;
	const uint8_t *data = worker->data + block * 512;

	if (!ledger_note(&worker->ledger, cpl->user_data >> 8) || !worker->blocks[block].busy) {
		complain(worker, "answered twice, or never sent", (int64_t)cpl->user_data);
		return;
	}
	worker->blocks[block].busy = false;
	if (cpl->status == 0) {
		__atomic_add_fetch(&worker->successes, 1, __ATOMIC_RELAXED);
		if (worker->blocks[block].write)
			worker->blocks[block].known = true;
		else if (!rig_is_filled(data, 512, worker->blocks[block].version))
			complain(worker, "wrong data in block", (int64_t)block);
	} else if (cpl->status == -ECANCELED) {
		worker->canceled++;
	} else {
		complain(worker, "status", cpl->status);
	}
}

static bool poll_once(struct worker *worker)
{
	struct nvu_cpl cpls[DEPTH];
	int count = nvu_poll(worker->qpair, cpls, DEPTH);

	for (int idx = 0; idx < count; idx++)
		take_answer(worker, &cpls[idx]);
	if (count < 0)
		worker->error = count;
	if (count == 0)
		(void)sched_yield();
	return count >= 0;
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	double end = rig_now() + RIG_PATIENCE_S;
	uint64_t turn = 0;

	while (!__atomic_load_n(&worker->stop, __ATOMIC_RELAXED) && rig_now() < end) {
		for (int idx = 0; idx < 8; idx++)
			queue_next(worker, turn++);
		if (!poll_once(worker))
			return NULL;
	}
	while (!ledger_is_even(&worker->ledger) && rig_now() < end)
		if (!poll_once(worker))
			return NULL;
	return NULL;
}

static void hire(struct worker *worker, struct rig *rig, uint32_t idx, uint32_t depth)
{
	*worker = (struct worker){ .ctrl = rig->ctrl, .ns = rig->ns, .first = idx * BLOCKS };
	ledger_init(&worker->ledger, LIMIT);
	assert_int_equal(
		nvu_qpair_create(rig->ctrl, NVU_QPAIR_OPTS(.depth = depth), &worker->qpair), 0);
	assert_int_equal(nvu_dma_alloc(rig->ctrl, BLOCKS * 512, &worker->buf), 0);
	worker->data = nvu_dma_addr(worker->buf);
	assert_int_equal(pthread_create(&worker->thread, NULL, work, worker), 0);
}

/* Waits for it to end by itself. */
static void await(struct worker *worker, int error)
{
	assert_int_equal(pthread_join(worker->thread, NULL), 0);
	assert_int_equal(worker->failures, 0);
	assert_int_equal(worker->error, error);
	assert_true(ledger_is_even(&worker->ledger));
	nvu_qpair_destroy(worker->qpair);
	assert_int_equal(nvu_dma_free(worker->buf), 0);
	ledger_free(&worker->ledger);
}

static void dismiss(struct worker *worker)
{
	__atomic_store_n(&worker->stop, 1, __ATOMIC_RELAXED);
	await(worker, 0);
}

/*
 * Until so many commands more have succeeded on each, more than were in flight: each has got its
 * queues again after a reset. A thread that has not noticed a reset yet rings doorbells of queues
 * that are gone, which the mock would report at the next one.
 */
static void wait_for_successes(struct worker *workers, uint64_t more)
{
	double end = rig_now() + RIG_PATIENCE_S;
	uint64_t goals[WORKERS];

	for (int idx = 0; idx < WORKERS; idx++)
		goals[idx] = __atomic_load_n(&workers[idx].successes, __ATOMIC_RELAXED) + more;
	for (int idx = 0; idx < WORKERS; idx++) {
		while (__atomic_load_n(&workers[idx].successes, __ATOMIC_RELAXED) < goals[idx] &&
		       rig_now() < end)
			(void)sched_yield();
		assert_true(rig_now() < end);
	}
}

static void open_threaded(struct rig *rig)
{
	rig_open(rig, NVU_MOCK_OPTS(.ns_bytes = 16 << 20), NULL);
}

static void reset_often(struct rig *rig, int turns)
{
	struct worker workers[WORKERS];

	for (uint32_t idx = 0; idx < WORKERS; idx++)
		hire(&workers[idx], rig, idx, DEPTH);
	for (int turn = 0; turn < turns; turn++) {
		wait_for_successes(workers, 50);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	}
	wait_for_successes(workers, 50);
	for (uint32_t idx = 0; idx < WORKERS; idx++)
		dismiss(&workers[idx]);
}

static void queue_pairs_of_four_threads_do_not_disturb_each_other(void **state)
{
	struct rig *rig = *state;
	struct worker workers[WORKERS];

	open_threaded(rig);
	for (uint32_t idx = 0; idx < WORKERS; idx++)
		hire(&workers[idx], rig, idx, 2 + 10 * idx);
	wait_for_successes(workers, 2000);
	for (uint32_t idx = 0; idx < WORKERS; idx++) {
		assert_int_equal(workers[idx].canceled, 0);
		dismiss(&workers[idx]);
	}
}

static void reset_fifty_times_under_four_threads(void **state)
{
	struct rig *rig = *state;

	open_threaded(rig);
	reset_often(rig, 50);
}

static void reset_under_four_threads_with_shadow_doorbells(void **state)
{
	struct rig *rig = *state;

	rig_open(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_SHADOW_DOORBELLS, .ns_bytes = 16 << 20),
		 NULL);
	reset_often(rig, 20);
}

static void fatal_controller_is_recovered_under_four_threads(void **state)
{
	struct rig *rig = *state;
	struct worker workers[WORKERS];

	open_threaded(rig);
	for (uint32_t idx = 0; idx < WORKERS; idx++)
		hire(&workers[idx], rig, idx, DEPTH);
	for (int turn = 0; turn < 20; turn++) {
		wait_for_successes(workers, 50);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_CFS_NOW));
	}
	wait_for_successes(workers, 50);
	for (uint32_t idx = 0; idx < WORKERS; idx++)
		dismiss(&workers[idx]);
}

static void vanished_controller_ends_four_threads(void **state)
{
	struct rig *rig = *state;
	struct worker workers[WORKERS];

	open_threaded(rig);
	for (uint32_t idx = 0; idx < WORKERS; idx++)
		hire(&workers[idx], rig, idx, DEPTH);
	wait_for_successes(workers, 1000);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE_NOW));
	for (uint32_t idx = 0; idx < WORKERS; idx++)
		await(&workers[idx], -ENODEV);
}

struct helper {
	pthread_t thread;
	struct rig *rig;
	unsigned stop; /* atomic */
	int failures;
	uint64_t turns; /* atomic */
};

static bool goes_on(const struct helper *helper)
{
	return !__atomic_load_n(&helper->stop, __ATOMIC_RELAXED);
}

/* Each reset has to be over for a helper's queue pair, too, before the next. */
static void wait_for_turns(const struct helper *helper, uint64_t more)
{
	double end = rig_now() + RIG_PATIENCE_S;
	uint64_t goal = __atomic_load_n(&helper->turns, __ATOMIC_RELAXED) + more;

	while (__atomic_load_n(&helper->turns, __ATOMIC_RELAXED) < goal && rig_now() < end)
		(void)sched_yield();
	assert_true(rig_now() < end);
}

static void *make_and_end_queue_pairs(void *arg)
{
	struct helper *helper = arg;

	for (; goes_on(helper); __atomic_add_fetch(&helper->turns, 1, __ATOMIC_RELAXED)) {
		struct nvu_qpair *qpair;
		struct nvu_cpl cpl;

		if (nvu_qpair_create(helper->rig->ctrl, NVU_QPAIR_OPTS(.depth = 4), &qpair)) {
			helper->failures++;
			continue;
		}
		helper->failures += nvu_flush(qpair, helper->rig->ns, 0) != 0;
		while (nvu_poll(qpair, &cpl, 1) == 0)
			(void)sched_yield();
		nvu_qpair_destroy(qpair);
	}
	return NULL;
}

static void *ask_and_listen(void *arg)
{
	struct helper *helper = arg;
	const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_IDENTIFY,
				     .cdw10 = nvu_le32_put(NVU_CNS_CTRL) };
	uint8_t page[PAGE];
	struct nvu_event event;

	for (; goes_on(helper); __atomic_add_fetch(&helper->turns, 1, __ATOMIC_RELAXED)) {
		int ret = nvu_admin(helper->rig->ctrl, &cmd, page, PAGE, 0, NULL);

		helper->failures += ret != 0 && ret != -ECANCELED; /* by a reset */
		helper->failures += nvu_ctrl_info(helper->rig->ctrl)->io_queues != 128;
		helper->failures += nvu_mock_event(helper->rig->mock, 1, 0, NVU_LOG_SMART) > 0;
		helper->failures += nvu_ctrl_service(helper->rig->ctrl, &event) < 0;
	}
	return NULL;
}

static void control_plane_of_other_threads_does_not_disturb(void **state)
{
	struct rig *rig = *state;
	struct worker workers[WORKERS];
	struct helper helpers[2] = { { .rig = rig }, { .rig = rig } };

	open_threaded(rig);
	for (uint32_t idx = 0; idx < WORKERS; idx++)
		hire(&workers[idx], rig, idx, DEPTH);
	assert_int_equal(
		pthread_create(&helpers[0].thread, NULL, make_and_end_queue_pairs, &helpers[0]), 0);
	assert_int_equal(pthread_create(&helpers[1].thread, NULL, ask_and_listen, &helpers[1]), 0);
	for (int turn = 0; turn < 20; turn++) {
		wait_for_successes(workers, 50);
		wait_for_turns(&helpers[0], 2);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	}
	wait_for_successes(workers, 50);
	wait_for_turns(&helpers[0], 2);
	for (int idx = 0; idx < 2; idx++) {
		__atomic_store_n(&helpers[idx].stop, 1, __ATOMIC_RELAXED);
		assert_int_equal(pthread_join(helpers[idx].thread, NULL), 0);
		assert_int_equal(helpers[idx].failures, 0);
		assert_true(helpers[idx].turns > 0);
	}
	for (uint32_t idx = 0; idx < WORKERS; idx++)
		dismiss(&workers[idx]);
}

static void *open_and_close(void *arg)
{
	struct helper *helper = arg;

	for (int turn = 0; turn < 50; turn++) {
		struct nvu_ctrl *ctrl;
		struct nvu_dma *buf;

		if (nvu_ctrl_open("mock:size=1M", NULL, &ctrl)) {
			helper->failures++;
			continue;
		}
		if (nvu_dma_alloc(ctrl, PAGE, &buf))
			helper->failures++;
		else
			helper->failures += nvu_dma_free(buf) != 0;
		nvu_ctrl_close(ctrl);
	}
	return NULL;
}

/* They share the domain, which ends with the last of them and begins with the next. */
static void controllers_are_opened_and_closed_by_many_threads(void **state)
{
	struct helper helpers[4] = { { .failures = 0 } };
	(void)state;

	for (int idx = 0; idx < 4; idx++)
		assert_int_equal(
			pthread_create(&helpers[idx].thread, NULL, open_and_close, &helpers[idx]),
			0);
	for (int idx = 0; idx < 4; idx++) {
		assert_int_equal(pthread_join(helpers[idx].thread, NULL), 0);
		assert_int_equal(helpers[idx].failures, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(queue_pairs_of_four_threads_do_not_disturb_each_other),
		RIG_TEST(reset_fifty_times_under_four_threads),
		RIG_TEST(reset_under_four_threads_with_shadow_doorbells),
		RIG_TEST(fatal_controller_is_recovered_under_four_threads),
		RIG_TEST(vanished_controller_ends_four_threads),
		RIG_TEST(control_plane_of_other_threads_does_not_disturb),
		RIG_TEST(controllers_are_opened_and_closed_by_many_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
