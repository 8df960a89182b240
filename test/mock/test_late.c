// SPDX-License-Identifier: MIT
/*
 * test_late.c: how long recovery takes, and what it must not wait for: an admin command of another
 * thread, a deletion that is not answered, a program that fetches its answers slowly.
 */
#include "harness.h"

#include "clock.h"

#include <pthread.h>

enum {
	TIMEOUT_MS = 60,
	FOREVER_MS = 100000,
	ESCALATION_MS = 1000, /* for a deletion, however long admin commands may take else */
};

static void drop_admin(struct rig *rig, uint32_t opcode, uint32_t count)
{
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .qid = NVU_MOCK_ADMIN_QUEUE,
				       .opcode = opcode, .count = count));
}

/* A thread whose admin command is answered late or never. */
struct asker {
	pthread_t thread;
	struct nvu_ctrl *ctrl;
	int ret;
	bool back; /* atomic */
	char sentence[256];
	uint8_t page[512];
};

static void *ask(void *arg)
{
	struct asker *asker = arg;
	const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_GET_LOG_PAGE,
				     .nsid = nvu_le32_put(UINT32_MAX),
				     .cdw10 = nvu_le32_put(NVU_LOG_SMART | 127u << 16) };

	asker->ret =
		nvu_admin(asker->ctrl, &cmd, asker->page, sizeof(asker->page), FOREVER_MS, NULL);
	(void)snprintf(asker->sentence, sizeof(asker->sentence), "%s", nvu_last_error());
	__atomic_store_n(&asker->back, true, __ATOMIC_RELEASE);
	return NULL;
}

static void start_asking(struct asker *asker, struct rig *rig, enum nvu_mock_fault_kind kind)
{
	uint64_t before = rig_mock_stats(rig).faults_injected;

	*asker = (struct asker){ .ctrl = rig->ctrl };
	rig_inject(rig,
		   NVU_MOCK_FAULT(.kind = kind, .cns = NVU_LOG_SMART, .delay = 5000, .count = 1));
	assert_int_equal(pthread_create(&asker->thread, NULL, ask, asker), 0);
	for (double end = rig_now() + RIG_PATIENCE_S; rig_now() < end;)
		if (rig_mock_stats(rig).faults_injected > before)
			return;
	fail_msg("the command does not arrive");
}

static void admin_command_of_another_thread_does_not_hold_up_recovery(void **state)
{
	struct rig *rig = *state;
	const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_IDENTIFY,
				     .cdw10 = nvu_le32_put(NVU_CNS_CTRL) };
	struct nvu_event event;
	struct nvu_cpl cpl;
	struct asker asker;
	uint8_t page[PAGE];

	rig_start(rig, NVU_MOCK_OPTS(.ns_bytes = 1 << 20), NULL, NULL);
	start_asking(&asker, rig, NVU_MOCK_FAULT_DROP);

	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1));
	/* Of this command only: on a busy machine the mock's thread may be as late with any other. */
	nvu_qpair_set_timeout(rig->qpair, TIMEOUT_MS);
	rig_queue_reads(rig, 1, 0);
	nvu_qpair_set_timeout(rig->qpair, 0);
	while (!__atomic_load_n(&asker.back, __ATOMIC_ACQUIRE) && !rig_poll(rig, &cpl, 1))
		;
	assert_int_equal(cpl.status, -ETIMEDOUT);
	rig_settle(rig);
	assert_int_equal(nvu_mock_event(rig->mock, 1, 0, NVU_LOG_SMART), 0);
	while (!__atomic_load_n(&asker.back, __ATOMIC_ACQUIRE) &&
	       !nvu_ctrl_service(rig->ctrl, &event))
		;
	assert_false(__atomic_load_n(&asker.back, __ATOMIC_ACQUIRE));
	assert_int_equal(event.log_page, NVU_LOG_SMART);

	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_int_equal(pthread_join(asker.thread, NULL), 0);
	assert_int_equal(asker.ret, -ECANCELED);
	assert_non_null(strstr(asker.sentence, "reset"));
	assert_int_equal(nvu_admin(rig->ctrl, &cmd, page, PAGE, 0, NULL), 0);
}

/* Both threads wait for admin commands: either may reap the answer to the other's. */
static void admin_command_is_answered_whichever_thread_reaps_it(void **state)
{
	struct rig *rig = *state;
	struct asker asker;

	rig_open(rig, NVU_MOCK_OPTS(.ns_bytes = 1 << 20), NULL);
	for (int turn = 0; turn < 20; turn++) {
		start_asking(&asker, rig, NVU_MOCK_FAULT_DELAY);
		while (!__atomic_load_n(&asker.back, __ATOMIC_ACQUIRE)) {
			struct nvu_qpair *qpair;

			assert_int_equal(
				nvu_qpair_create(rig->ctrl, NVU_QPAIR_OPTS(.depth = 2), &qpair), 0);
			nvu_qpair_destroy(qpair);
		}
		assert_int_equal(pthread_join(asker.thread, NULL), 0);
		assert_int_equal(asker.ret, 0);
		assert_int_not_equal(asker.page[3], 0); /* available spare, percent */
	}
}

static void dead_controller_ends_an_admin_command_of_another_thread(void **state)
{
	struct rig *rig = *state;
	struct asker asker;

	rig_open(rig, NVU_MOCK_OPTS(.ns_bytes = 1 << 20), NULL);
	start_asking(&asker, rig, NVU_MOCK_FAULT_DROP);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_NEVER_READY));

	assert_int_equal(nvu_ctrl_reset(rig->ctrl), -ETIMEDOUT);

	assert_int_equal(pthread_join(asker.thread, NULL), 0);
	assert_int_equal(asker.ret, -EIO);
}

/* The step ends after a second, whatever the time-out of other admin commands is. */
static void deletion_that_is_not_answered_is_soon_given_up(void **state)
{
	struct rig *rig = *state;
	const uint32_t opcodes[] = { NVU_MOCK_OPCODE_ZERO, NVU_ADMIN_DELETE_CQ };

	for (size_t row = 0; row < COUNT(opcodes); row++) {
		uint64_t begin_ms = clock_now_ms(), resets;

		rig_start(
			rig, NULL,
			NVU_CTRL_OPTS(.io_timeout_ms = TIMEOUT_MS, .admin_timeout_ms = FOREVER_MS),
			NULL);
		resets = rig_mock_stats(rig).resets;
		drop_admin(rig, opcodes[row], 1);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1));
		rig_queue_reads(rig, 1, 0);

		assert_int_equal(rig_status(rig), -ETIMEDOUT);

		/* Late, which is noticed RIG_LOOK_MS later at most; nothing is aborted; the deletion. */
		assert_in_range(clock_now_ms() - begin_ms, TIMEOUT_MS + ESCALATION_MS,
				TIMEOUT_MS + ESCALATION_MS + RIG_LOOK_MS);
		rig_settle(rig);
		assert_int_equal(rig_mock_stats(rig).resets, resets + 1);
		rig_again(rig);
	}
}

/* One deletion that is not answered says enough: disabling the controller ends
 * all queues. */
static void close_waits_for_one_deletion_only(void **state)
{
	struct rig *rig = *state;
	struct nvu_qpair *qpairs[32];
	struct nvu_ctrl *ctrl;
	uint64_t commands;

	rig_open(rig, NULL, NVU_CTRL_OPTS(.admin_timeout_ms = 50));
	for (size_t idx = 0; idx < COUNT(qpairs); idx++)
		assert_int_equal(nvu_qpair_create(rig->ctrl, NULL, &qpairs[idx]), 0);
	drop_admin(rig, 0, 0);
	commands = rig_mock_stats(rig).admin_commands;
	ctrl = rig->ctrl;
	rig->ctrl = NULL;

	nvu_ctrl_close(ctrl);

	assert_int_equal(rig_mock_stats(rig).admin_commands, commands + 1);
	for (size_t idx = 0; idx < COUNT(qpairs); idx++)
		nvu_qpair_destroy(qpairs[idx]);
}

/* What lies in the completion queue is not late, however slowly the program
 * fetches it. */
static void answers_that_are_fetched_slowly_do_not_cost_the_queues(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;
	uint64_t next = 15;

	rig_start(rig, NULL, NVU_CTRL_OPTS(.io_timeout_ms = TIMEOUT_MS),
		  NVU_QPAIR_OPTS(.depth = 16));
	rig_queue_reads(rig, 15, 0);
	for (int turn = 0; turn < 40; turn++) {
		clock_advance_ms(TIMEOUT_MS / 5);
		assert_int_equal(rig_poll(rig, &cpl, 1), 1);
		assert_int_equal(cpl.user_data, turn);
		assert_int_equal(cpl.status, 0);
		assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, next++), 0);
	}
	assert_int_equal(rig_stats(rig).timeouts, 0);
}

/* It was aborted because it was late: that is the answer, even if it is fetched later still. */
static void answer_to_an_aborted_command_may_be_fetched_late(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	rig_start(rig, NULL, NVU_CTRL_OPTS(.io_timeout_ms = TIMEOUT_MS), NULL);
	rig_inject(rig,
		   NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .delay = 1ull << 60, .count = 1));
	rig_queue_reads(rig, 1, 0);
	(void)nvu_mock_step(rig->mock, 1);
	for (int turn = 0; turn < 8; turn++) {
		clock_advance_ms(TIMEOUT_MS);
		assert_int_equal(nvu_poll(rig->qpair, &cpl, 0), 0);
	}

	assert_int_equal(rig_status(rig), -ETIMEDOUT);
	assert_int_equal(rig_stats(rig).timeouts, 1);
}

/* A command that is not even published is not late because its program was busy
 * with other things. */
static void command_with_a_deadline_of_its_own_has_its_whole_time(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;
	uint64_t commands;

	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.depth = 4));
	rig_settle(rig);
	nvu_qpair_set_timeout(rig->qpair, TIMEOUT_MS);
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 0), 0);
	nvu_qpair_set_timeout(rig->qpair, 0);
	commands = rig_mock_stats(rig).admin_commands;

	for (int turn = 0; turn < 3; turn++) {
		clock_advance_ms(2 * TIMEOUT_MS);
		(void)nvu_poll(rig->qpair, &cpl, 0);
		if (turn == 0)
			assert_int_equal(rig_mock_stats(rig).admin_commands, commands);
		(void)nvu_mock_step(rig->mock, UINT32_MAX); /* it has until the next poll */
	}
	assert_int_equal(rig_status(rig), 0);
}

/* It has lost its queues without saying so: no need to wait until commands are
 * late. */
static void controller_that_is_not_ready_any_more_is_reset(void **state)
{
	struct rig *rig = *state;
	uint64_t resets;

	rig_start(rig, NULL, NVU_CTRL_OPTS(.io_timeout_ms = FOREVER_MS), NULL);
	resets = rig_mock_stats(rig).resets;
	rig_queue_reads(rig, 1, 0);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_REGISTER, .offset = NVU_REG_CSTS,
				       .value = 0, .count = 1));
	rig->stepped = false;
	assert_int_equal(rig_status(rig), -ECANCELED);
	rig->stepped = true;

	assert_int_equal(rig_mock_stats(rig).resets, resets + 1);
	rig_settle(rig);
}

/* Each answer is in time, but a thousand of them take too long together. */
static void open_of_a_controller_that_is_always_slow_ends(void **state)
{
	struct rig *rig = *state;
	uint64_t begin_ms = clock_now_ms();

	rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .namespaces = 1024,
				      .ns_bytes = 1 << 20));
	/* A waiting driver lets the mock take a step for each look at the clock. */
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .cns = NVU_MOCK_CNS_ZERO,
				       .delay = 50 * 1000000 / CLOCK_LOOK_NS));

	assert_int_equal(
		nvu_ctrl_open(rig_address(rig), NVU_CTRL_OPTS(.admin_timeout_ms = 200), &rig->ctrl),
		-ETIMEDOUT);

	rig_assert_sentence("32 times");
	/* As many time-outs, and the answer that was being waited for. */
	assert_in_range(clock_now_ms() - begin_ms, 32 * 200, 32 * 200 + 60);
}

static void open_that_fails_late_keeps_its_sentence(void **state)
{
	struct rig *rig = *state;

	rig_create(rig, NULL);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_PATCH, .cns = NVU_CNS_ACTIVE_NS_LIST,
				       .offset = 4, .len = 4, .bytes = { 1 }));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_NO_SHUTDOWN));

	assert_int_equal(nvu_ctrl_open(rig_address(rig), NVU_CTRL_OPTS(.shutdown_timeout_ms = 50),
				       &rig->ctrl),
			 -EPROTO);

	rig_assert_sentence("list of active namespaces");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(admin_command_of_another_thread_does_not_hold_up_recovery),
		RIG_TEST(admin_command_is_answered_whichever_thread_reaps_it),
		RIG_TEST(dead_controller_ends_an_admin_command_of_another_thread),
		RIG_TEST(deletion_that_is_not_answered_is_soon_given_up),
		RIG_TEST(close_waits_for_one_deletion_only),
		RIG_TEST(answers_that_are_fetched_slowly_do_not_cost_the_queues),
		RIG_TEST(answer_to_an_aborted_command_may_be_fetched_late),
		RIG_TEST(command_with_a_deadline_of_its_own_has_its_whole_time),
		RIG_TEST(controller_that_is_not_ready_any_more_is_reset),
		RIG_TEST(open_of_a_controller_that_is_always_slow_ends),
		RIG_TEST(open_that_fails_late_keeps_its_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
