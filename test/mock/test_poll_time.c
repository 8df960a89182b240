// SPDX-License-Identifier: MIT
/*
 * test_poll_time.c: how long one poll takes, in virtual time, while the controller fails, is reset, comes back slowly or
 * not at all: polls do not wait for it. All commands are answered, and the program learns of the end.
 */
#include "harness.h"

#include "clock.h"

enum {
	POLL_NS = 1000000,
	CALL_NS = 200000,
	TIMEOUT_MS = 30,
	IO_TIMEOUT_MS = 200,
	PATIENCE_MS = 20000,
	COMMANDS = 4,
};

static const struct {
	const char *name;
	struct nvu_mock_fault faults[3];
	int end;	     /* what polls return in the end; 0: it works again */
	uint32_t timeout_ms; /* of I/O commands; 0: longer than all of it */
} rows[] = {
	{ .name = "fatal", .faults = { { .kind = NVU_MOCK_FAULT_CFS_NOW } } },
	{ .name = "fatal, slow",
	  .faults = { { .kind = NVU_MOCK_FAULT_CFS_NOW },
		      { .kind = NVU_MOCK_FAULT_SLOW_READY, .delay = 15 } } },
	{ .name = "fatal, slow to answer",
	  .faults = { { .kind = NVU_MOCK_FAULT_CFS_NOW },
		      { .kind = NVU_MOCK_FAULT_DELAY,
			.qid = NVU_MOCK_ADMIN_QUEUE,
			.opcode = NVU_ADMIN_IDENTIFY,
			.delay = 15 } } },
	{ .name = "fatal, a command lost",
	  .faults = { { .kind = NVU_MOCK_FAULT_CFS_NOW },
		      { .kind = NVU_MOCK_FAULT_DROP,
			.qid = NVU_MOCK_ADMIN_QUEUE,
			.opcode = NVU_ADMIN_IDENTIFY,
			.count = 1 } } },
	{ .name = "fatal, does not stop",
	  .faults = { { .kind = NVU_MOCK_FAULT_CFS_NOW },
		      { .kind = NVU_MOCK_FAULT_NEVER_DISABLED, .count = 1 } } },
	{ .name = "fatal, does not come back",
	  .faults = { { .kind = NVU_MOCK_FAULT_CFS_NOW }, { .kind = NVU_MOCK_FAULT_NEVER_READY } },
	  .end = -EIO },
	{ .name = "silent for a while",
	  .faults = { { .kind = NVU_MOCK_FAULT_ALL_ONES, .count = 10 } } },
	{ .name = "silent until a reset",
	  .faults = { { .kind = NVU_MOCK_FAULT_ALL_ONES, .value = NVU_MOCK_ONES_RESET } } },
	{ .name = "fatal, creates no queues",
	  .faults = { { .kind = NVU_MOCK_FAULT_CFS_NOW },
		      { .kind = NVU_MOCK_FAULT_STATUS,
			.qid = NVU_MOCK_ADMIN_QUEUE,
			.opcode = NVU_ADMIN_CREATE_CQ,
			.status = NVU_SC_INTERNAL | NVU_MOCK_DNR } },
	  .end = -EIO },
	{ .name = "silent, and commands late",
	  .faults = { { .kind = NVU_MOCK_FAULT_ALL_ONES, .value = NVU_MOCK_ONES_RESET },
		      { .kind = NVU_MOCK_FAULT_DROP, .opcode = NVU_CMD_READ, .count = COMMANDS },
		      { .kind = NVU_MOCK_FAULT_DROP,
			.qid = NVU_MOCK_ADMIN_QUEUE,
			.opcode = NVU_ADMIN_ABORT } },
	  .timeout_ms = TIMEOUT_MS / 2 },
	{ .name = "commands lost, and Aborts",
	  .faults = { { .kind = NVU_MOCK_FAULT_DROP, .opcode = NVU_CMD_READ, .count = COMMANDS },
		      { .kind = NVU_MOCK_FAULT_DROP,
			.qid = NVU_MOCK_ADMIN_QUEUE,
			.opcode = NVU_ADMIN_ABORT } },
	  .timeout_ms = TIMEOUT_MS / 2 },
	{ .name = "commands lost, slow to abort",
	  .faults = { { .kind = NVU_MOCK_FAULT_DROP, .opcode = NVU_CMD_READ, .count = COMMANDS },
		      { .kind = NVU_MOCK_FAULT_DELAY,
			.qid = NVU_MOCK_ADMIN_QUEUE,
			.opcode = NVU_ADMIN_ABORT,
			.delay = 15 } },
	  .timeout_ms = TIMEOUT_MS / 2 },
	{ .name = "commands lost, slow to delete a submission queue",
	  .faults = { { .kind = NVU_MOCK_FAULT_DROP, .opcode = NVU_CMD_READ, .count = COMMANDS },
		      { .kind = NVU_MOCK_FAULT_DELAY,
			.qid = NVU_MOCK_ADMIN_QUEUE,
			.opcode = NVU_MOCK_OPCODE_ZERO,
			.delay = 15 } },
	  .timeout_ms = TIMEOUT_MS / 2 },
	{ .name = "commands lost, and the deletion of a submission queue",
	  .faults = { { .kind = NVU_MOCK_FAULT_DROP, .opcode = NVU_CMD_READ, .count = COMMANDS },
		      { .kind = NVU_MOCK_FAULT_DROP,
			.qid = NVU_MOCK_ADMIN_QUEUE,
			.opcode = NVU_MOCK_OPCODE_ZERO } },
	  .timeout_ms = TIMEOUT_MS / 2 },
	{ .name = "commands lost, slow to delete a completion queue",
	  .faults = { { .kind = NVU_MOCK_FAULT_DROP, .opcode = NVU_CMD_READ, .count = COMMANDS },
		      { .kind = NVU_MOCK_FAULT_DELAY,
			.qid = NVU_MOCK_ADMIN_QUEUE,
			.opcode = NVU_ADMIN_DELETE_CQ,
			.delay = 15 } },
	  .timeout_ms = TIMEOUT_MS / 2 },
	{ .name = "commands lost, and the deletion of a completion queue",
	  .faults = { { .kind = NVU_MOCK_FAULT_DROP, .opcode = NVU_CMD_READ, .count = COMMANDS },
		      { .kind = NVU_MOCK_FAULT_DROP,
			.qid = NVU_MOCK_ADMIN_QUEUE,
			.opcode = NVU_ADMIN_DELETE_CQ } },
	  .timeout_ms = TIMEOUT_MS / 2 },
	{ .name = "commands lost, slow to create a completion queue",
	  .faults = { { .kind = NVU_MOCK_FAULT_DROP, .opcode = NVU_CMD_READ, .count = COMMANDS },
		      { .kind = NVU_MOCK_FAULT_DELAY,
			.qid = NVU_MOCK_ADMIN_QUEUE,
			.opcode = NVU_ADMIN_CREATE_CQ,
			.delay = 15 } },
	  .timeout_ms = TIMEOUT_MS / 2 },
	{ .name = "commands lost, and the creation of a completion queue",
	  .faults = { { .kind = NVU_MOCK_FAULT_DROP, .opcode = NVU_CMD_READ, .count = COMMANDS },
		      { .kind = NVU_MOCK_FAULT_DROP,
			.qid = NVU_MOCK_ADMIN_QUEUE,
			.opcode = NVU_ADMIN_CREATE_CQ,
			.count = 1 } },
	  .timeout_ms = TIMEOUT_MS / 2 },
	{ .name = "commands lost, slow to create a submission queue",
	  .faults = { { .kind = NVU_MOCK_FAULT_DROP, .opcode = NVU_CMD_READ, .count = COMMANDS },
		      { .kind = NVU_MOCK_FAULT_DELAY,
			.qid = NVU_MOCK_ADMIN_QUEUE,
			.opcode = NVU_ADMIN_CREATE_SQ,
			.delay = 15 } },
	  .timeout_ms = TIMEOUT_MS / 2 },
	{ .name = "commands lost, and the creation of a submission queue",
	  .faults = { { .kind = NVU_MOCK_FAULT_DROP, .opcode = NVU_CMD_READ, .count = COMMANDS },
		      { .kind = NVU_MOCK_FAULT_DROP,
			.qid = NVU_MOCK_ADMIN_QUEUE,
			.opcode = NVU_ADMIN_CREATE_SQ,
			.count = 1 } },
	  .timeout_ms = TIMEOUT_MS / 2 },
	{ .name = "commands lost, a submission queue is refused",
	  .faults = { { .kind = NVU_MOCK_FAULT_DROP, .opcode = NVU_CMD_READ, .count = COMMANDS },
		      { .kind = NVU_MOCK_FAULT_STATUS,
			.qid = NVU_MOCK_ADMIN_QUEUE,
			.opcode = NVU_ADMIN_CREATE_SQ,
			.status = NVU_SC_INTERNAL | NVU_MOCK_DNR,
			.count = 1 } },
	  .timeout_ms = TIMEOUT_MS / 2 },
	{ .name = "gone", .faults = { { .kind = NVU_MOCK_FAULT_GONE_NOW } }, .end = -ENODEV },
};

static void start(struct rig *rig, size_t row, uint32_t flags)
{
	rig_start(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = 1 << 20),
		  NVU_CTRL_OPTS(.ready_timeout_ms = TIMEOUT_MS, .admin_timeout_ms = TIMEOUT_MS),
		  NVU_QPAIR_OPTS(.depth = 8, .flags = flags,
				 .io_timeout_ms = rows[row].timeout_ms ? rows[row].timeout_ms
								       : IO_TIMEOUT_MS));
	for (size_t i = 0; i < COUNT(rows[row].faults) && rows[row].faults[i].kind; i++) {
		struct nvu_mock_fault fault = rows[row].faults[i];

		fault.size = sizeof(fault);
		rig_inject(rig, &fault);
	}
}

/* A poll, in which the controller does not work; then it does, and time passes. */
static int turn(struct rig *rig, struct nvu_cpl *cpl, const char *name)
{
	uint64_t from_ns = clock_now_ns(), took_ns;
	int ret = nvu_poll(rig->qpair, cpl, 1);

	took_ns = clock_now_ns() - from_ns;
	if (took_ns > POLL_NS)
		fail_msg("%s: a poll has taken %llu us", name, (unsigned long long)took_ns / 1000);
	(void)nvu_mock_step(rig->mock, 1);
	clock_advance_ms(1);
	return ret;
}

/* Polls until all are answered, and until the end where there is one. */
static void poll_all(struct rig *rig, size_t row)
{
	const char *name = rows[row].name;
	uint64_t from_ms = clock_now_ms();
	uint32_t answered = 0;
	int ret = 0;

	while (answered < COMMANDS || (rows[row].end && ret >= 0)) {
		struct nvu_cpl cpl;

		ret = turn(rig, &cpl, name);
		answered += ret > 0;
		if (clock_now_ms() - from_ms > PATIENCE_MS)
			fail_msg("%s: %u are answered, a poll returns %d", name, answered, ret);
		if (ret < 0)
			break;
	}
	assert_int_equal(answered, COMMANDS);
	assert_int_equal(ret < 0 ? ret : 0, rows[row].end);
}

static void no_poll_waits_for_a_controller_that_fails(void **state)
{
	static const uint32_t flags[] = { 0, NVU_QPAIR_RETRY, NVU_QPAIR_LATENCY };
	struct rig *rig = *state;

	for (size_t i = 0; i < COUNT(rows) * COUNT(flags); i++) {
		size_t row = i / COUNT(flags);

		start(rig, row, flags[i % COUNT(flags)]);
		rig_queue_reads(rig, COMMANDS, 0);
		poll_all(rig, row);
		nvu_mock_clear_faults(rig->mock);
		if (!rows[row].end) {
			rig_settle(rig);
			assert_int_equal(rig_write(rig, 0, 8, 0), 0);
		}
		rig_again(rig);
	}
}

/* A program that sends nothing, and polls only. */
static void no_poll_of_an_idle_queue_pair_waits(void **state)
{
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(rows); row++) {
		struct nvu_cpl cpl;
		int ret = 0;

		start(rig, row, 0);
		for (uint32_t i = 0; i < 3000 && !ret; i++)
			ret = turn(rig, &cpl, rows[row].name);
		assert_int_equal(ret, rows[row].end);
		nvu_mock_clear_faults(rig->mock);
		if (!ret) {
			rig_settle(rig);
			assert_int_equal(rig_write(rig, 0, 8, 0), 0);
		}
		rig_again(rig);
	}
}

static void poll_for_admin_commands_does_not_wait_for_registers(void **state)
{
	const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_GET_FEATURES,
				     .cdw10 = nvu_le32_put(NVU_FEAT_NUM_QUEUES) };
	struct rig *rig = *state;
	struct nvu_cpl cpl = { .status = 1 };
	int ret = 0;

	rig_open(rig, NULL, NVU_CTRL_OPTS(.ready_timeout_ms = TIMEOUT_MS));
	assert_int_equal(nvu_admin_start(rig->ctrl, &cmd, NULL, 0, 0, 7), 0);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_ALL_ONES, .count = 10));
	for (uint32_t i = 0; i < 20 && !ret; i++) {
		uint64_t from_ns = clock_now_ns();

		ret = nvu_admin_poll(rig->ctrl, &cpl, 1);
		assert_in_range(clock_now_ns() - from_ns, 0, CALL_NS);
		clock_advance_ms(1);
	}
	assert_int_equal(ret, 0);
	(void)nvu_mock_step(rig->mock, 1);
	assert_int_equal(nvu_admin_poll(rig->ctrl, &cpl, 1), 1);
	assert_int_equal(cpl.status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(no_poll_waits_for_a_controller_that_fails),
		RIG_TEST(no_poll_of_an_idle_queue_pair_waits),
		RIG_TEST(poll_for_admin_commands_does_not_wait_for_registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
