// SPDX-License-Identifier: MIT
/*
 * test_doorbell.c: a thread that is interrupted in the middle of a doorbell write, and carries it out after
 * another thread has reset the controller. The test has the private names, and does by itself what such a
 * thread does: it keeps the address that the library was about to write to, and stores there later.
 */
#include "harness.h"

#include "qpair/qpair.h"

enum { DEPTH = 16, ANSWERS = 2 * DEPTH / 4, TIMEOUT_MS = 500 };

static const uint32_t modes[] = { 0, NVU_MOCK_SHADOW_DOORBELLS };

/* What the interrupted thread has in its processor's registers. */
struct late {
	volatile void *regs[2];
	uint32_t *shadows[2];
};

static void start(struct rig *rig, uint32_t mock_flags)
{
	rig_start(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | mock_flags, .ns_bytes = 64 << 20),
		  NVU_CTRL_OPTS(.admin_timeout_ms = 200, .ready_timeout_ms = 200),
		  NVU_QPAIR_OPTS(.depth = DEPTH, .io_timeout_ms = TIMEOUT_MS));
}

/* The queue pair is in use: both doorbells have been written, so that zero is not what they hold. */
static struct late interrupt(struct rig *rig)
{
	const struct nvu_qpair *qpair = rig->qpair;
	uint64_t before = rig_stats(rig).cq_doorbells;

	for (int turn = 0; turn < DEPTH / 2; turn++)
		assert_int_equal(rig_read(rig, 0, 1, 0), 0);
	assert_true(rig_stats(rig).cq_doorbells > before);
	assert_non_null(qpair->sq_doorbell.mapped);
	assert_non_null(qpair->cq_doorbell.mapped);
	return (struct late){ .regs = { qpair->sq_doorbell.mapped, qpair->cq_doorbell.mapped },
			      .shadows = { qpair->sq_doorbell.shadow, qpair->cq_doorbell.shadow } };
}

static void carry_on(const struct late *late, uint32_t value)
{
	for (int idx = 0; idx < 2; idx++) {
		if (late->shadows[idx])
			__atomic_store_n(late->shadows[idx], value, __ATOMIC_RELEASE);
		mmio_write32(late->regs[idx], value);
	}
}

/* All is well afterwards: commands are carried out once, and each call says so. */
static void go_on(struct rig *rig)
{
	uint64_t before = rig_mock_stats(rig).io_commands;

	assert_int_equal(nvu_mock_violations(rig->mock), 0);
	rig_settle(rig);
	for (int turn = 0; turn < 2 * DEPTH; turn++)
		assert_int_equal(rig_read(rig, 0, 1, 0), 0);
	assert_true(rig_mock_stats(rig).io_commands >= before + 2 * DEPTH);
	assert_int_equal(rig_stats(rig).bad_completions, 0);
	assert_int_equal(nvu_mock_violations(rig->mock), 0);
}

static void write_that_a_reset_overtakes_reaches_no_controller(void **state)
{
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(modes); row++) {
		start(rig, modes[row]);
		for (uint32_t turn = 0; turn < 5; turn++) {
			struct late late = interrupt(rig);

			assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
			carry_on(&late, 1 + turn);
			assert_int_equal(nvu_mock_violations(rig->mock), 0);
			/* Nor one that comes after more than one. */
			if (turn % 2)
				assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
			carry_on(&late, 7);
			go_on(rig);
		}
		rig_again(rig);
	}
}

static void write_that_a_function_reset_overtakes_reaches_no_controller(void **state)
{
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(modes); row++) {
		struct late late;

		start(rig, modes[row]);
		late = interrupt(rig);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_NEVER_DISABLED, .count = 1));
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		carry_on(&late, 3);
		go_on(rig);
		rig_again(rig);
	}
}

static void write_after_the_controller_was_given_up_reaches_no_controller(void **state)
{
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(modes); row++) {
		struct late late;

		start(rig, modes[row]);
		late = interrupt(rig);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_NEVER_READY));
		assert_int_not_equal(nvu_ctrl_reset(rig->ctrl), 0);
		carry_on(&late, 3);
		assert_int_equal(nvu_mock_violations(rig->mock), 0);
		nvu_mock_clear_faults(rig->mock);
		rig_again(rig);
	}
}

/* The address stays good for as long as there is a queue pair. */
static void write_after_the_close_reaches_no_controller(void **state)
{
	struct rig *rig = *state;
	struct late late;

	start(rig, 0);
	late = interrupt(rig);
	nvu_ctrl_close(rig->ctrl);
	rig->ctrl = NULL;
	carry_on(&late, 3);
	assert_int_equal(nvu_mock_violations(rig->mock), 0);
}

/* Queue pairs that do not follow at once are as safe as those that do. */
static void write_to_one_queue_while_another_is_back_reaches_no_controller(void **state)
{
	struct rig *rig = *state;
	struct nvu_qpair *other;
	struct late late;

	start(rig, 0);
	assert_int_equal(nvu_qpair_create(rig->ctrl, NVU_QPAIR_OPTS(.depth = DEPTH), &other), 0);
	late = interrupt(rig);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	for (int turn = 0; turn < 3; turn++)
		assert_int_equal(nvu_poll(other, &(struct nvu_cpl){ 0 }, 1), 0);
	assert_false(doorbell_gate_is_closed(&other->gate));
	carry_on(&late, 3);
	assert_int_equal(nvu_mock_violations(rig->mock), 0);
	go_on(rig);
	nvu_qpair_destroy(other);
}

/* The request for the mapping fails, among others: then the doorbell is written through the transport. */
static void doorbells_that_cannot_be_mapped_again_are_written_all_the_same(void **state)
{
	struct rig *rig = *state;
	uint32_t unmapped = 0;
	bool reached = true;

	for (uint64_t call = 1; reached; call++) {
		uint64_t before;

		start(rig, 0);
		assert_int_equal(rig_read(rig, 0, 1, 0), 0);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		before = rig_mock_stats(rig).transport_calls;
		nvu_mock_fail_call(rig->mock, call, -ENOMEM);
		for (int turn = 0; turn < 3; turn++)
			(void)rig_poll(rig, &(struct nvu_cpl){ 0 }, 1);
		reached = rig_mock_stats(rig).transport_calls - before >= call;
		nvu_mock_fail_call(rig->mock, 0, 0);
		if (rig->qpair->state == QPAIR_LIVE && !rig->qpair->sq_doorbell.mapped) {
			unmapped++;
			go_on(rig);
			/* The next life maps them. */
			assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
			go_on(rig);
			assert_non_null(rig->qpair->sq_doorbell.mapped);
		}
		rig_again(rig);
	}
	assert_int_equal(unmapped, 1);
}

/*
 * Burying fails, and the completion queue has as many answers as one doorbell write returns: the poll that finds
 * them would return them. Only the closed gate keeps it from that.
 */
static void doorbells_that_cannot_be_buried_are_not_written(void **state)
{
	struct rig *rig = *state;
	uint32_t unburied = 0;

	for (uint64_t call = 1; call < 4; call++) {
		struct nvu_cpl cpls[ANSWERS] = { { .status = -1 } };

		start(rig, 0);
		for (int idx = 0; idx < ANSWERS; idx++)
			assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 77), 0);
		assert_int_equal(nvu_submit(rig->qpair), 0);
		assert_int_equal(nvu_mock_step(rig->mock, ANSWERS), ANSWERS);
		nvu_mock_fail_call(rig->mock, call, -ENOMEM);
		(void)nvu_ctrl_reset(rig->ctrl);
		nvu_mock_fail_call(rig->mock, 0, 0);
		if (!rig->qpair->gate.doorbells.buried && rig->qpair->gate.doorbells.ops) {
			unburied++;
			assert_int_equal(nvu_poll(rig->qpair, cpls, ANSWERS), ANSWERS);
			assert_int_equal(cpls[0].user_data, 77);
			assert_int_equal(cpls[0].status, 0);
			go_on(rig);
		}
		rig_again(rig);
	}
	assert_int_equal(unburied, 1);
}

/* Burying fails at the close: no thread uses the queue pair then, so the mapping goes with it. */
static void close_that_cannot_bury_doorbells_leaves_the_queue_pair_usable(void **state)
{
	struct rig *rig = *state;
	bool buried = true;

	for (uint64_t call = 1; buried; call++) {
		assert_true(call < 100);
		start(rig, 0);
		assert_int_equal(rig_read(rig, 0, 1, 0), 0);
		nvu_mock_fail_call(rig->mock, call, -ENOMEM);
		nvu_ctrl_close(rig->ctrl);
		rig->ctrl = NULL;
		nvu_mock_fail_call(rig->mock, 0, 0);
		buried = rig->qpair->gate.doorbells.buried;
		assert_int_equal(nvu_poll(rig->qpair, &(struct nvu_cpl){ 0 }, 1), -ENODEV);
		rig_again(rig);
	}
}

/* The reset began between the two halves of a pair, as another thread may have it. */
static void pair_that_a_reset_divides_is_answered_and_not_published(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	start(rig, 0);
	assert_int_equal(
		nvu_compare_and_write(rig->qpair, rig->ns, 0, 1, rig->buf, 0, rig->buf, PAGE, 7),
		0);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	rig->qpair->bar = rig->qpair->sq.slot - 1;

	rig_reap(rig, &cpl, 1);

	assert_int_equal(cpl.status, -ECANCELED);
	assert_int_equal(cpl.user_data, 7);
	assert_int_equal(rig_read(rig, 0, 1, 0), 0);
	assert_int_equal(nvu_qpair_room(rig->qpair), DEPTH - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(write_that_a_reset_overtakes_reaches_no_controller),
		RIG_TEST(write_that_a_function_reset_overtakes_reaches_no_controller),
		RIG_TEST(write_after_the_controller_was_given_up_reaches_no_controller),
		RIG_TEST(write_after_the_close_reaches_no_controller),
		RIG_TEST(write_to_one_queue_while_another_is_back_reaches_no_controller),
		RIG_TEST(doorbells_that_cannot_be_buried_are_not_written),
		RIG_TEST(close_that_cannot_bury_doorbells_leaves_the_queue_pair_usable),
		RIG_TEST(pair_that_a_reset_divides_is_answered_and_not_published),
		RIG_TEST(doorbells_that_cannot_be_mapped_again_are_written_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
