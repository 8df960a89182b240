/* SPDX-License-Identifier: MIT */
/*
 * test_requests.c: admin commands of several threads that are outstanding at once: each has its own answer and
 * its own deadline, and a reset ends all of them.
 */
#include "harness.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	FOREVER_MS = 100000,
	SHORT_MS = 20,
	LOG_BYTES = 512,
	MAPPINGS = 64,
	/* The admin queue holds 31; 4 are event requests, and 4 are kept for the library. */
	CALLERS_AT_ONCE = 23,
	CALLERS = 40,
};

/* A thread with one admin command. */
struct asker {
	pthread_t thread;
	struct nvu_ctrl *ctrl;
	struct nvu_sqe cmd;
	uint32_t timeout_ms;
	size_t len;
	uint8_t data[LOG_BYTES];
	int ret;
	bool back; /* atomic */
	char sentence[256];
};

static void *ask(void *arg)
{
	struct asker *asker = arg;

	asker->ret = nvu_admin(asker->ctrl, &asker->cmd, asker->len ? asker->data : NULL,
			       asker->len, asker->timeout_ms, NULL);
	(void)snprintf(asker->sentence, sizeof(asker->sentence), "%s", nvu_last_error());
	__atomic_store_n(&asker->back, true, __ATOMIC_RELEASE);
	return NULL;
}

static bool is_back(const struct asker *asker)
{
	return __atomic_load_n(&asker->back, __ATOMIC_ACQUIRE);
}

static struct asker log_asker(struct rig *rig, uint8_t page, uint32_t timeout_ms)
{
	return (struct asker){
		.ctrl = rig->ctrl,
		.timeout_ms = timeout_ms,
		.len = LOG_BYTES,
		.cmd = { .opcode = NVU_ADMIN_GET_LOG_PAGE,
			 .nsid = nvu_le32_put(UINT32_MAX),
			 .cdw10 = nvu_le32_put(page | (LOG_BYTES / 4 - 1) << 16) },
	};
}

static struct asker feature_asker(struct rig *rig, uint8_t feature, uint32_t value)
{
	return (struct asker){
		.ctrl = rig->ctrl,
		.timeout_ms = FOREVER_MS,
		.cmd = { .opcode = NVU_ADMIN_SET_FEATURES,
			 .cdw10 = nvu_le32_put(feature),
			 .cdw11 = nvu_le32_put(value) },
	};
}

static void start_asking(struct asker *asker)
{
	assert_int_equal(pthread_create(&asker->thread, NULL, ask, asker), 0);
}

static int answer(struct asker *asker)
{
	assert_int_equal(pthread_join(asker->thread, NULL), 0);
	return asker->ret;
}

static void await_faults(struct rig *rig, uint64_t count)
{
	for (double end = rig_now() + RIG_PATIENCE_S; rig_now() < end; (void)usleep(100))
		if (rig_mock_stats(rig).faults_injected >= count)
			return;
	fail_msg("the commands do not arrive");
}

/* Its command has arrived at the controller, which will not answer it. */
static void start_asking_in_vain(struct asker *asker, struct rig *rig)
{
	uint64_t faults = rig_mock_stats(rig).faults_injected;

	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .qid = NVU_MOCK_ADMIN_QUEUE,
				       .opcode = asker->cmd.opcode, .count = 1));
	start_asking(asker);
	await_faults(rig, faults + 1);
}

static void assert_ended_by_reset(struct asker *asker)
{
	assert_int_equal(answer(asker), -ECANCELED);
	assert_non_null(strstr(asker->sentence, "was ended by a reset before it was answered"));
}

static void open_threaded(struct rig *rig)
{
	rig_open(rig, NVU_MOCK_OPTS(.ns_bytes = 1 << 20), NULL);
}

/* The second arrives while the first has no answer. */
static void two_commands_are_outstanding_and_a_reset_ends_both(void **state)
{
	struct rig *rig = *state;
	struct asker smart, firmware, later;

	open_threaded(rig);
	smart = log_asker(rig, NVU_LOG_SMART, FOREVER_MS);
	firmware = log_asker(rig, NVU_LOG_FW_SLOT, FOREVER_MS);
	start_asking_in_vain(&smart, rig);
	start_asking_in_vain(&firmware, rig);
	assert_false(is_back(&smart) || is_back(&firmware));

	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);

	assert_ended_by_reset(&smart);
	assert_ended_by_reset(&firmware);
	later = log_asker(rig, NVU_LOG_SMART, FOREVER_MS);
	start_asking(&later);
	assert_int_equal(answer(&later), 0);
}

static void lost_command_keeps_no_other_from_its_answer(void **state)
{
	struct rig *rig = *state;
	struct asker lost, answered;

	open_threaded(rig);
	lost = log_asker(rig, NVU_LOG_SMART, FOREVER_MS);
	start_asking_in_vain(&lost, rig);
	for (int turn = 0; turn < 100; turn++) {
		answered = log_asker(rig, NVU_LOG_SMART, FOREVER_MS);
		start_asking(&answered);
		assert_int_equal(answer(&answered), 0);
		assert_int_equal(answered.data[3], 100); /* available spare, percent */
	}
	assert_false(is_back(&lost));
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_ended_by_reset(&lost);
}

/* Whichever thread reaps an answer, it reaches its own command with its own data. */
static void commands_are_answered_in_either_order(void **state)
{
	static const uint32_t delays[][2] = { { 5000, 50 }, { 50, 5000 }, { 500, 500 } };
	struct rig *rig = *state;

	open_threaded(rig);
	for (size_t turn = 0; turn < 10 * COUNT(delays); turn++) {
		const uint32_t *delay = delays[turn % COUNT(delays)];
		struct asker smart = log_asker(rig, NVU_LOG_SMART, FOREVER_MS);
		struct asker firmware = log_asker(rig, NVU_LOG_FW_SLOT, FOREVER_MS);

		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .cns = NVU_LOG_SMART,
					       .delay = delay[0], .count = 1));
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .cns = NVU_LOG_FW_SLOT,
					       .delay = delay[1], .count = 1));
		start_asking(&smart);
		start_asking(&firmware);
		assert_int_equal(answer(&smart), 0);
		assert_int_equal(answer(&firmware), 0);
		assert_int_equal(smart.data[3], 100);  /* available spare, percent */
		assert_int_equal(firmware.data[0], 1); /* the active slot */
		assert_int_equal(firmware.data[3], 0);
	}
}

static void each_command_has_its_own_deadline(void **state)
{
	struct rig *rig = *state;
	struct asker patient, hasty;

	open_threaded(rig);
	patient = log_asker(rig, NVU_LOG_SMART, FOREVER_MS);
	hasty = log_asker(rig, NVU_LOG_SMART, SHORT_MS);
	start_asking_in_vain(&patient, rig);
	start_asking_in_vain(&hasty, rig);
	assert_int_equal(answer(&hasty), -ETIMEDOUT);
	assert_non_null(strstr(hasty.sentence, "within 20 ms"));
	assert_false(is_back(&patient));
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_ended_by_reset(&patient);
}

/* Each value that was answered is set again; that of the command that was not, is not. */
static void features_of_two_threads_are_each_remembered(void **state)
{
	const struct nvu_sqe get[] = {
		{ .opcode = NVU_ADMIN_GET_FEATURES, .cdw10 = nvu_le32_put(NVU_FEAT_ARBITRATION) },
		{ .opcode = NVU_ADMIN_GET_FEATURES,
		  .cdw10 = nvu_le32_put(NVU_FEAT_VOLATILE_WRITE_CACHE) },
	};
	struct rig *rig = *state;
	struct asker before, lost, cache;
	uint64_t value;

	open_threaded(rig);
	before = feature_asker(rig, NVU_FEAT_ARBITRATION, 3);
	lost = feature_asker(rig, NVU_FEAT_ARBITRATION, 4);
	cache = feature_asker(rig, NVU_FEAT_VOLATILE_WRITE_CACHE, 0);
	start_asking(&before);
	assert_int_equal(answer(&before), 0);
	start_asking_in_vain(&lost, rig);
	start_asking(&cache);
	assert_int_equal(answer(&cache), 0);
	assert_false(is_back(&lost));

	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);

	assert_ended_by_reset(&lost);
	assert_int_equal(nvu_admin(rig->ctrl, &get[0], NULL, 0, 0, &value), 0);
	assert_int_equal(value, 3);
	assert_int_equal(nvu_admin(rig->ctrl, &get[1], NULL, 0, 0, &value), 0);
	assert_int_equal(value, 0);
}

/* More threads than there is room for wait for it; the library's own commands find theirs. */
static void callers_without_room_wait_and_the_library_does_not(void **state)
{
	struct asker *askers = calloc(CALLERS, sizeof(*askers));
	struct rig *rig = *state;
	uint32_t ended = 0, answered = 0;
	uint64_t faults;

	assert_non_null(askers);
	open_threaded(rig);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .cns = NVU_LOG_SMART));
	faults = rig_mock_stats(rig).faults_injected;
	for (int i = 0; i < CALLERS; i++) {
		askers[i] = log_asker(rig, NVU_LOG_SMART, FOREVER_MS);
		start_asking(&askers[i]);
	}
	await_faults(rig, faults + CALLERS_AT_ONCE);
	for (int turn = 0; turn < 20; turn++) {
		struct nvu_qpair *qpair;

		assert_int_equal(nvu_qpair_create(rig->ctrl, NVU_QPAIR_OPTS(.depth = 2), &qpair),
				 0);
		nvu_qpair_destroy(qpair);
		(void)usleep(1000);
	}
	assert_int_equal(rig_mock_stats(rig).faults_injected, faults + CALLERS_AT_ONCE);
	nvu_mock_clear_faults(rig->mock);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	for (int i = 0; i < CALLERS; i++) {
		int ret = answer(&askers[i]);

		ended += ret == -ECANCELED;
		answered += ret == 0;
	}
	assert_int_equal(ended, CALLERS_AT_ONCE);
	assert_int_equal(answered, CALLERS - CALLERS_AT_ONCE);
	free(askers);
}

/* There is one page for when nothing more can be mapped: one command after the other has it. */
static void page_of_a_command_that_waits_serves_no_other(void **state)
{
	struct nvu_dma *bufs[MAPPINGS];
	struct asker lost, waiting;
	struct rig *rig = *state;
	uint32_t count = 0;

	rig_open(rig, NVU_MOCK_OPTS(.ns_bytes = 1 << 20, .dma_mappings = MAPPINGS), NULL);
	while (count < MAPPINGS && !nvu_dma_alloc(rig->ctrl, PAGE, &bufs[count]))
		count++;
	assert_in_range(count, 1, MAPPINGS - 1);
	lost = log_asker(rig, NVU_LOG_SMART, FOREVER_MS);
	waiting = log_asker(rig, NVU_LOG_FW_SLOT, FOREVER_MS);
	start_asking_in_vain(&lost, rig);
	start_asking(&waiting);
	(void)usleep(10000);
	assert_false(is_back(&lost) || is_back(&waiting));

	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);

	assert_ended_by_reset(&lost);
	assert_int_equal(answer(&waiting), 0);
	assert_int_equal(waiting.data[0], 1); /* the active slot */
	while (count)
		assert_int_equal(nvu_dma_free(bufs[--count]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(two_commands_are_outstanding_and_a_reset_ends_both),
		RIG_TEST(lost_command_keeps_no_other_from_its_answer),
		RIG_TEST(commands_are_answered_in_either_order),
		RIG_TEST(each_command_has_its_own_deadline),
		RIG_TEST(features_of_two_threads_are_each_remembered),
		RIG_TEST(callers_without_room_wait_and_the_library_does_not),
		RIG_TEST(page_of_a_command_that_waits_serves_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
