// SPDX-License-Identifier: MIT
/*
 * test_qpair.c: making and ending queue pairs: many at once, identifiers used again, creation that
 * the controller refuses or never answers, destruction with commands in flight; latencies,
 * callbacks.
 */
#include "harness.h"

#include "clock.h"

#include <nvu/callback.h>

/* STEPS: more than the mock takes while nvu waits 5 ms. */
enum { QUEUES = 128, STEPS = 300000 };

static void create_many_queue_pairs_that_all_work(void **state)
{
	struct rig *rig = *state;
	struct nvu_qpair *qpairs[QUEUES];

	rig_open(rig, NULL, NULL);
	assert_int_equal(nvu_dma_alloc(rig->ctrl, PAGE, &rig->buf), 0);
	for (uint32_t idx = 0; idx < QUEUES; idx++) {
		assert_int_equal(
			nvu_qpair_create(rig->ctrl, NVU_QPAIR_OPTS(.depth = 2 + idx), &qpairs[idx]),
			0);
		assert_int_equal(nvu_qpair_id(qpairs[idx]), idx + 1);
	}

	for (uint32_t turn = 0; turn < 3; turn++)
		for (uint32_t idx = 0; idx < QUEUES; idx++) {
			rig->qpair = qpairs[idx];
			assert_int_equal(rig_read(rig, 0, 1, 0), 0);
		}
	rig->qpair = NULL;
	for (uint32_t idx = 0; idx < QUEUES; idx++)
		nvu_qpair_destroy(qpairs[(idx * 37) % QUEUES]);
}

static void create_beyond_the_granted_queues_is_enospc(void **state)
{
	struct rig *rig = *state;
	struct nvu_qpair *qpairs[3], *extra = NULL;

	rig_open(rig, NULL, NVU_CTRL_OPTS(.io_queues = 3));
	for (int idx = 0; idx < 3; idx++)
		assert_int_equal(nvu_qpair_create(rig->ctrl, NULL, &qpairs[idx]), 0);

	assert_int_equal(nvu_qpair_create(rig->ctrl, NULL, &extra), -ENOSPC);
	rig_assert_sentence("all 3 queue pairs");
	assert_null(extra);

	nvu_qpair_destroy(qpairs[1]);
	assert_int_equal(nvu_qpair_create(rig->ctrl, NULL, &qpairs[1]), 0);
	assert_int_equal(nvu_qpair_id(qpairs[1]), 2);
	for (int idx = 0; idx < 3; idx++)
		nvu_qpair_destroy(qpairs[idx]);
}

static void create_and_destroy_many_times_leaves_nothing(void **state)
{
	struct rig *rig = *state;
	uint64_t mappings;

	rig_open(rig, NULL, NVU_CTRL_OPTS(.io_queues = 2));
	mappings = rig_mock_stats(rig).dma_mappings;
	for (uint32_t turn = 0; turn < 500; turn++) {
		rig_equip(rig, NVU_QPAIR_OPTS(.depth = 2 + turn * 7 % 1000));
		assert_int_equal(nvu_qpair_id(rig->qpair), 1);
		assert_int_equal(rig_read(rig, 0, 1, 0), 0);
		nvu_qpair_destroy(rig->qpair);
		rig->qpair = NULL;
		assert_int_equal(nvu_dma_free(rig->buf), 0);
		rig->buf = NULL;
		/* Page lists of freed buffers are kept for the next. */
		assert_in_range(rig_mock_stats(rig).dma_mappings, mappings, mappings + 1);
	}
}

static void create_takes_the_largest_and_smallest_queue(void **state)
{
	struct rig *rig = *state;

	rig_open(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .max_entries = 2), NULL);
	rig_equip(rig, NULL);

	assert_int_equal(nvu_qpair_depth(rig->qpair), 1);
	for (int turn = 0; turn < 5; turn++)
		assert_int_equal(rig_read(rig, 0, 1, 0), 0);
}

/* What Create I/O CQ and SQ can be answered with. */
static const struct {
	uint32_t opcode;
	uint16_t status;
} refusals[] = {
	{ NVU_ADMIN_CREATE_CQ, NVU_SC_INVALID_QUEUE_SIZE },
	{ NVU_ADMIN_CREATE_SQ, NVU_SC_INVALID_QUEUE_SIZE },
	{ NVU_ADMIN_CREATE_CQ, NVU_SC_INVALID_QID },
	{ NVU_ADMIN_CREATE_SQ, NVU_SC_INVALID_CQ },
	{ NVU_ADMIN_CREATE_CQ, NVU_SC_INTERNAL | NVU_MOCK_DNR },
	{ NVU_ADMIN_CREATE_SQ, 0x7ff },
	{ NVU_ADMIN_CREATE_CQ, 0x700 },
};

static void create_refused_by_the_controller_returns_its_status(void **state)
{
	struct rig *rig = *state;
	struct nvu_qpair *qpair = NULL;
	uint64_t mappings;

	rig_open(rig, NULL, NVU_CTRL_OPTS(.io_queues = 1));
	mappings = rig_mock_stats(rig).dma_mappings;
	for (size_t idx = 0; idx < COUNT(refusals); idx++) {
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .count = 1,
					       .qid = NVU_MOCK_ADMIN_QUEUE,
					       .opcode = refusals[idx].opcode,
					       .status = refusals[idx].status));

		assert_int_equal(nvu_qpair_create(rig->ctrl, NULL, &qpair),
				 refusals[idx].status & 0x7ff);

		assert_null(qpair);
		rig_assert_sentence("failed");
		assert_string_not_equal(nvu_strerror(refusals[idx].status & 0x7ff), "");
		assert_int_equal(rig_mock_stats(rig).dma_mappings, mappings);
	}
	rig_equip(rig, NULL);
	assert_int_equal(rig_read(rig, 0, 1, 0), 0);
}

/* The command was lost, or comes late: the memory that it names must not serve anything else. */
static void create_never_answered_leaves_a_controller_that_works(void **state)
{
	struct rig *rig = *state;
	const uint32_t opcodes[] = { NVU_ADMIN_CREATE_CQ, NVU_ADMIN_CREATE_SQ };
	const enum nvu_mock_fault_kind kinds[] = { NVU_MOCK_FAULT_DROP, NVU_MOCK_FAULT_DELAY };

	for (uint32_t row = 0; row < 4; row++) {
		struct nvu_qpair *qpair = NULL;

		rig_open(rig, NULL, NVU_CTRL_OPTS(.admin_timeout_ms = 5));
		rig_inject(rig,
			   NVU_MOCK_FAULT(.kind = kinds[row / 2], .count = 1, .delay = STEPS,
					  .qid = NVU_MOCK_ADMIN_QUEUE, .opcode = opcodes[row % 2]));
		assert_int_equal(nvu_qpair_create(rig->ctrl, NULL, &qpair), -ETIMEDOUT);
		assert_null(qpair);
		rig_assert_sentence("not answered");
		rig_equip(rig, NULL);
		for (uint32_t turn = 0; turn < STEPS; turn++)
			(void)nvu_mock_step(rig->mock, 1);
		assert_int_equal(rig_read(rig, 0, 1, 0), 0);
		rig_again(rig);
	}
}

static void create_that_cannot_be_undone_resets_the_controller(void **state)
{
	struct rig *rig = *state;
	const uint32_t opcodes[] = { NVU_ADMIN_CREATE_SQ, NVU_ADMIN_DELETE_CQ };
	struct nvu_qpair *qpair = NULL;
	uint64_t resets;

	rig_open(rig, NULL, NULL);
	resets = rig_mock_stats(rig).resets;
	for (size_t idx = 0; idx < COUNT(opcodes); idx++)
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .count = 1,
					       .qid = NVU_MOCK_ADMIN_QUEUE, .opcode = opcodes[idx],
					       .status = NVU_SC_INTERNAL));

	assert_int_equal(nvu_qpair_create(rig->ctrl, NULL, &qpair), -EIO);

	assert_null(qpair);
	rig_assert_sentence("04h");
	assert_int_equal(rig_mock_stats(rig).resets, resets + 1);
	rig_equip(rig, NULL);
	assert_int_equal(rig_read(rig, 0, 1, 0), 0);
}

static void destroy_with_commands_in_flight_ends_them(void **state)
{
	struct rig *rig = *state;
	uint8_t before[PAGE];

	rig_start(rig, NULL, NULL, NULL);
	rig_queue_reads(rig, 100, 0);
	(void)nvu_mock_step(rig->mock, 50);
	memset(rig->data, 0x77, RIG_DATA_BYTES);
	memcpy(before, rig->data + 60 * PAGE, PAGE);

	nvu_qpair_destroy(rig->qpair);
	rig->qpair = NULL;
	(void)nvu_mock_step(rig->mock, 1000);

	assert_memory_equal(rig->data + 60 * PAGE, before, PAGE);
	assert_int_equal(nvu_dma_free(rig->buf), 0);
	rig->buf = NULL;
	rig_equip(rig, NULL);
	assert_int_equal(rig_read(rig, 0, 1, 0), 0);
}

static void destroy_with_unpublished_commands_forgets_them(void **state)
{
	struct rig *rig = *state;
	uint64_t commands;

	rig_start(rig, NULL, NULL, NULL);
	commands = rig_mock_stats(rig).io_commands;
	for (uint64_t idx = 0; idx < 10; idx++)
		assert_int_equal(nvu_write(rig->qpair, rig->ns, 0, 1, rig->buf, 0, idx), 0);

	nvu_qpair_destroy(rig->qpair);
	rig->qpair = NULL;
	(void)nvu_mock_step(rig->mock, 1000);

	assert_int_equal(rig_mock_stats(rig).io_commands, commands);
}

static void destroy_after_the_controller_only_frees(void **state)
{
	struct rig *rig = *state;

	rig_start(rig, NULL, NULL, NULL);
	rig_queue_reads(rig, 10, 0);
	nvu_ctrl_close(rig->ctrl);
	rig->ctrl = NULL;

	assert_int_equal(nvu_dma_free(rig->buf), 0);
	rig->buf = NULL;
	nvu_qpair_destroy(rig->qpair);
	rig->qpair = NULL;

	assert_int_equal(rig_mock_stats(rig).dma_mappings, rig->mappings);
}

/* The controller first: what it had answered is the truth, the rest is cancelled, and that is all. */
static void close_leaves_its_queue_pairs_to_answer_their_commands(void **state)
{
	struct rig *rig = *state;
	const struct nvu_sqe cmd = { .opcode = NVU_CMD_FLUSH, .nsid = nvu_le32_put(1) };
	const uint32_t flags[] = { 0, NVU_QPAIR_RETRY };

	for (size_t row = 0; row < COUNT(flags); row++) {
		struct batch batch;

		rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.depth = 32, .flags = flags[row]));
		batch_start(&batch, rig, 20);
		(void)nvu_mock_step(rig->mock, 7);
		assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 20), 0);
		batch.ledger.accepted++;
		nvu_ctrl_close(rig->ctrl);
		rig->ctrl = NULL;

		/* Not nvu_read(): the namespace has gone. */
		assert_int_equal(nvu_io(rig->qpair, &cmd, NULL, 0, 0, 99), -ENODEV);
		assert_int_equal(nvu_submit(rig->qpair), -ENODEV);
		batch_finish(&batch, rig);

		/* The controller works on until its queues are deleted. */
		assert_in_range(batch_count(&batch, 0), 7, 20);
		assert_int_equal(batch_count(&batch, -ECANCELED), 21 - batch_count(&batch, 0));
		assert_int_equal(rig_poll(rig, &(struct nvu_cpl){ 0 }, 1), -ENODEV);
		rig_assert_sentence("closed");
		rig_again(rig);
	}
}

/* Deleting fails: only a reset makes sure that the device lets go of the memory. */
static void destroy_refused_by_the_controller_resets_it(void **state)
{
	struct rig *rig = *state;
	const uint32_t opcodes[] = { NVU_MOCK_OPCODE_ZERO, NVU_ADMIN_DELETE_CQ };

	rig_start(rig, NULL, NULL, NULL);
	for (size_t idx = 0; idx < COUNT(opcodes); idx++) {
		uint64_t resets = rig_mock_stats(rig).resets;
		struct nvu_qpair *other;

		assert_int_equal(nvu_qpair_create(rig->ctrl, NULL, &other), 0);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .count = 1,
					       .qid = NVU_MOCK_ADMIN_QUEUE, .opcode = opcodes[idx],
					       .status = NVU_SC_INTERNAL));
		nvu_qpair_destroy(other);
		assert_int_equal(rig_mock_stats(rig).resets, resets + 1);
		/* The other one has lost its queues, and gets them again. */
		for (int turn = 0; turn < 200; turn++)
			assert_int_equal(rig_poll(rig, &(struct nvu_cpl){ 0 }, 1), 0);
		assert_int_equal(rig_read(rig, 0, 1, 0), 0);
	}
}

static void latency_histogram_counts_every_command(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpls[64];
	uint64_t buckets[64], sum = 0;

	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.flags = NVU_QPAIR_LATENCY));
	for (uint32_t batch = 1; batch <= 64; batch++) {
		rig_queue_reads(rig, batch, 0);
		rig_reap(rig, cpls, batch);
	}

	assert_int_equal(nvu_qpair_latency(rig->qpair, buckets, 64), 0);

	for (size_t idx = 0; idx < COUNT(buckets); idx++)
		sum += buckets[idx];
	assert_int_equal(sum, 64 * 65 / 2);
}

/* From the doorbell to the poll: 4 ms are between 2^21 and 2^22 ns. */
static void latency_is_counted_where_it_belongs(void **state)
{
	struct rig *rig = *state;
	uint64_t buckets[64];
	struct nvu_cpl cpl;

	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.flags = NVU_QPAIR_LATENCY));
	rig_queue_reads(rig, 1, 0);
	(void)nvu_mock_step(rig->mock, 1);
	clock_advance_ms(4);
	assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 1);

	assert_int_equal(nvu_qpair_latency(rig->qpair, buckets, 64), 0);

	assert_int_equal(buckets[21], 1);
}

static void latency_without_the_flag_is_einval(void **state)
{
	struct rig *rig = *state;
	uint64_t buckets[64];

	rig_start(rig, NULL, NULL, NULL);

	assert_int_equal(nvu_qpair_latency(rig->qpair, buckets, 64), -EINVAL);
	rig_assert_sentence("NVU_QPAIR_LATENCY");
}

struct request {
	struct nvu_callback cb;
	struct rig *rig;
	int called, status;
	int again; /* how often the callback queues itself again */
};

static void request_done(struct nvu_callback *self, const struct nvu_cpl *cpl)
{
	struct request *request = (struct request *)self;

	request->called++;
	request->status = cpl->status;
	if (request->again-- > 0)
		(void)nvu_read(request->rig->qpair, request->rig->ns, 0, 1, request->rig->buf, 0,
			       nvu_callback_data(self));
}

static void callbacks_are_called_once_each_and_may_queue_more(void **state)
{
	struct rig *rig = *state;
	struct request requests[50];
	int total = 0;

	rig_start(rig, NULL, NULL, NULL);
	for (int idx = 0; idx < 50; idx++) {
		requests[idx] = (struct request){ { request_done }, rig, 0, 7, idx % 4 };
		assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0,
					  nvu_callback_data(&requests[idx].cb)),
				 0);
	}

	for (int turn = 0; turn < 200; turn++) {
		(void)nvu_submit(rig->qpair);
		(void)nvu_mock_step(rig->mock, 1000);
		total += nvu_poll_callbacks(rig->qpair, 40);
	}

	for (int idx = 0; idx < 50; idx++) {
		assert_int_equal(requests[idx].called, 1 + idx % 4);
		assert_int_equal(requests[idx].status, 0);
		total -= requests[idx].called;
	}
	assert_int_equal(total, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(close_leaves_its_queue_pairs_to_answer_their_commands),
		RIG_TEST(create_many_queue_pairs_that_all_work),
		RIG_TEST(create_beyond_the_granted_queues_is_enospc),
		RIG_TEST(create_and_destroy_many_times_leaves_nothing),
		RIG_TEST(create_takes_the_largest_and_smallest_queue),
		RIG_TEST(create_refused_by_the_controller_returns_its_status),
		RIG_TEST(create_never_answered_leaves_a_controller_that_works),
		RIG_TEST(create_that_cannot_be_undone_resets_the_controller),
		RIG_TEST(destroy_with_commands_in_flight_ends_them),
		RIG_TEST(destroy_with_unpublished_commands_forgets_them),
		RIG_TEST(destroy_after_the_controller_only_frees),
		RIG_TEST(destroy_refused_by_the_controller_resets_it),
		RIG_TEST(latency_histogram_counts_every_command),
		RIG_TEST(latency_is_counted_where_it_belongs),
		RIG_TEST(latency_without_the_flag_is_einval),
		RIG_TEST(callbacks_are_called_once_each_and_may_queue_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
