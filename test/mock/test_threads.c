// SPDX-License-Identifier: MIT
/*
 * test_threads.c: a queue pair on each of several threads, on a mock with a thread of its own, while
 * other threads reset the controller, send admin commands, make and end queue pairs. Each command
 * is answered exactly once, and what was written and answered with success is read back.
 */
#include "worker.h"

#include "clock.h"

#include <sched.h>
#include <stdlib.h>

enum { WORKERS = 4, DEPTH = 32, CREWS = 3, HANDS = 3, RESETS = 20 };

/*
 * Until `count` commands more have succeeded on each, more than were in flight: each has got its
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
		worker_start(&workers[idx], rig, idx, DEPTH);
	for (int turn = 0; turn < turns; turn++) {
		wait_for_successes(workers, 50);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	}
	wait_for_successes(workers, 50);
	for (uint32_t idx = 0; idx < WORKERS; idx++)
		worker_stop(&workers[idx]);
}

static void queue_pairs_of_four_threads_do_not_disturb_each_other(void **state)
{
	struct rig *rig = *state;
	struct worker workers[WORKERS];

	open_threaded(rig);
	for (uint32_t idx = 0; idx < WORKERS; idx++)
		worker_start(&workers[idx], rig, idx, 2 + 10 * idx);
	wait_for_successes(workers, 500);
	for (uint32_t idx = 0; idx < WORKERS; idx++) {
		assert_int_equal(workers[idx].canceled, 0);
		worker_stop(&workers[idx]);
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
		worker_start(&workers[idx], rig, idx, DEPTH);
	for (int turn = 0; turn < 20; turn++) {
		wait_for_successes(workers, 50);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_CFS_NOW));
	}
	wait_for_successes(workers, 50);
	for (uint32_t idx = 0; idx < WORKERS; idx++)
		worker_stop(&workers[idx]);
}

static void vanished_controller_ends_four_threads(void **state)
{
	struct rig *rig = *state;
	struct worker workers[WORKERS];

	open_threaded(rig);
	for (uint32_t idx = 0; idx < WORKERS; idx++)
		worker_start(&workers[idx], rig, idx, DEPTH);
	wait_for_successes(workers, 1000);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE_NOW));
	for (uint32_t idx = 0; idx < WORKERS; idx++)
		worker_await(&workers[idx], -ENODEV);
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
		worker_start(&workers[idx], rig, idx, DEPTH);
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
		worker_stop(&workers[idx]);
}

/* The queue identifier that one thread gives back, another takes at once. */
static void queue_identifiers_go_from_thread_to_thread(void **state)
{
	struct rig *rig = *state;
	struct helper helpers[3] = { { .rig = rig }, { .rig = rig }, { .rig = rig } };

	open_threaded(rig);
	for (int idx = 0; idx < 3; idx++)
		assert_int_equal(pthread_create(&helpers[idx].thread, NULL,
						make_and_end_queue_pairs, &helpers[idx]),
				 0);
	for (int idx = 0; idx < 3; idx++)
		wait_for_turns(&helpers[idx], 150);
	for (int idx = 0; idx < 3; idx++) {
		__atomic_store_n(&helpers[idx].stop, 1, __ATOMIC_RELAXED);
		assert_int_equal(pthread_join(helpers[idx].thread, NULL), 0);
		assert_int_equal(helpers[idx].failures, 0);
	}
}

/* Buffers come and go, and the control plane is listened to, with nothing waited for. */
static void *allocate_and_free(void *arg)
{
	struct helper *helper = arg;
	void *memory = aligned_alloc(PAGE, 4 * PAGE);

	for (; goes_on(helper); __atomic_add_fetch(&helper->turns, 1, __ATOMIC_RELAXED)) {
		struct nvu_dma *bufs[3] = { NULL };

		helper->failures += nvu_dma_alloc(helper->rig->ctrl, 5 * PAGE, &bufs[0]) != 0;
		helper->failures +=
			nvu_dma_register(helper->rig->ctrl, memory, 4 * PAGE, &bufs[1]) != 0;
		helper->failures += nvu_dma_alloc(helper->rig->ctrl, 64 * PAGE, &bufs[2]) != 0;
		helper->failures += nvu_ctrl_service(helper->rig->ctrl, NULL) < 0;
		for (int idx = 0; idx < 3; idx++)
			helper->failures += nvu_dma_free(bufs[idx]) != 0;
	}
	free(memory);
	return NULL;
}

/* Several queue pairs of one thread, in turn. */
struct crew {
	pthread_t thread;
	struct worker hands[HANDS];
};

static void *work_in_turn(void *arg)
{
	struct crew *crew = arg;
	double end = rig_now() + RIG_PATIENCE_S;
	bool alive = true, busy = true;

	while (alive && worker_goes_on(&crew->hands[0]) && rig_now() < end)
		for (int idx = 0; idx < HANDS; idx++)
			alive &= worker_step(&crew->hands[idx]);
	while (alive && busy && rig_now() < end) {
		busy = false;
		for (int idx = 0; idx < HANDS; idx++) {
			alive &= worker_poll(&crew->hands[idx]);
			busy |= !ledger_is_even(&crew->hands[idx].ledger);
		}
	}
	return NULL;
}

struct resetter {
	struct helper helper;
	struct crew *crews;
};

static uint64_t count_successes(const struct crew *crews)
{
	uint64_t sum = 0;

	for (int idx = 0; idx < CREWS * HANDS; idx++)
		sum += __atomic_load_n(&crews[idx / HANDS].hands[idx % HANDS].successes,
				       __ATOMIC_RELAXED);
	return sum;
}

/* Some queue pairs may not have noticed the last reset yet. */
static void *reset_again_and_again(void *arg)
{
	struct resetter *resetter = arg;
	double end = rig_now() + RIG_PATIENCE_S;

	for (int turn = 0; turn < RESETS; turn++) {
		uint64_t goal = count_successes(resetter->crews) + 50;

		resetter->helper.failures += nvu_ctrl_reset(resetter->helper.rig->ctrl) != 0;
		while (count_successes(resetter->crews) < goal && rig_now() < end)
			(void)sched_yield();
	}
	return NULL;
}

static void run_crews(struct rig *rig, struct crew *crews)
{
	static void *(*const tasks[])(void *) = { make_and_end_queue_pairs, ask_and_listen,
						  allocate_and_free };
	struct resetter resetters[2] = { { { .rig = rig }, crews }, { { .rig = rig }, crews } };
	struct helper helpers[COUNT(tasks)];

	for (int idx = 0; idx < CREWS; idx++)
		assert_int_equal(
			pthread_create(&crews[idx].thread, NULL, work_in_turn, &crews[idx]), 0);
	for (size_t idx = 0; idx < COUNT(tasks); idx++) {
		helpers[idx] = (struct helper){ .rig = rig };
		assert_int_equal(
			pthread_create(&helpers[idx].thread, NULL, tasks[idx], &helpers[idx]), 0);
	}
	for (int idx = 0; idx < 2; idx++)
		assert_int_equal(pthread_create(&resetters[idx].helper.thread, NULL,
						reset_again_and_again, &resetters[idx]),
				 0);
	for (int idx = 0; idx < 2; idx++) {
		assert_int_equal(pthread_join(resetters[idx].helper.thread, NULL), 0);
		assert_int_equal(resetters[idx].helper.failures, 0);
	}
	for (size_t idx = 0; idx < COUNT(tasks); idx++) {
		__atomic_store_n(&helpers[idx].stop, 1, __ATOMIC_RELAXED);
		assert_int_equal(pthread_join(helpers[idx].thread, NULL), 0);
		assert_int_equal(helpers[idx].failures, 0);
		assert_true(helpers[idx].turns > 0);
	}
}

/*
 * Threads with several queue pairs each, of every kind, two that reset at the same time, and the
 * whole of the control plane.
 */
static void crews_with_several_queue_pairs_survive_resets_of_two_threads(void **state)
{
	struct rig *rig = *state;
	const uint32_t flags[HANDS] = { 0, NVU_QPAIR_RETRY, NVU_QPAIR_LATENCY };

	for (int row = 0; row < 2; row++) {
		struct crew crews[CREWS];
		uint64_t resets;

		rig_open(rig,
			 NVU_MOCK_OPTS(.flags = row ? NVU_MOCK_SHADOW_DOORBELLS : 0,
				       .ns_bytes = 16 << 20),
			 NULL);
		rig->inconsistent =
			true; /* threads ring doorbells of queues that are gone, until they learn of the reset */
		resets = rig_mock_stats(rig).resets;
		for (uint32_t idx = 0; idx < CREWS * HANDS; idx++)
			worker_equip(&crews[idx / HANDS].hands[idx % HANDS], rig, idx,
				     NVU_QPAIR_OPTS(.depth = 4 + 9 * (idx % 4),
						    .flags = flags[idx % HANDS]));
		run_crews(rig, crews);
		assert_true(rig_mock_stats(rig).resets >= resets + 2 * RESETS);
		for (int idx = 0; idx < CREWS; idx++)
			__atomic_store_n(&crews[idx].hands[0].stop, 1, __ATOMIC_RELAXED);
		for (int idx = 0; idx < CREWS; idx++) {
			assert_int_equal(pthread_join(crews[idx].thread, NULL), 0);
			for (int hand = 0; hand < HANDS; hand++)
				worker_leave(&crews[idx].hands[hand], 0);
		}
		rig_again(rig);
	}
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

	clock_stop(); /* the mock has a thread */
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
		RIG_TEST(queue_identifiers_go_from_thread_to_thread),
		RIG_TEST(crews_with_several_queue_pairs_survive_resets_of_two_threads),
		RIG_TEST(controllers_are_opened_and_closed_by_many_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
