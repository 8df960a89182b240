// SPDX-License-Identifier: MIT
/*
 * test_bringup.c: a controller that is slow, stuck, lying, fatal or gone at some step of bring-up or
 * shutdown. Opening fails with the right error and a sentence, closing returns, both in bounded
 * time; nothing is left behind, and the next opening of a controller that behaves works.
 */
#include "harness.h"

#include "clock.h"

enum {
	SHORT_MS = 20,
	OVERHEAD_MS = 2, /* for the looks at the clock of all that needs no waiting */
};

static int open_briefly(struct rig *rig, uint32_t flags)
{
	return nvu_ctrl_open(rig_address(rig),
			     NVU_CTRL_OPTS(.flags = flags, .ready_timeout_ms = SHORT_MS,
					   .admin_timeout_ms = SHORT_MS,
					   .shutdown_timeout_ms = SHORT_MS),
			     &rig->ctrl);
}

static const struct {
	const char *name;
	struct nvu_mock_fault fault;
	int error;
	const char *word;
} failures[] = {
#define ADMIN(number, ...)                                                          \
	{                                                                           \
		.size = sizeof(struct nvu_mock_fault), .qid = NVU_MOCK_ADMIN_QUEUE, \
		.opcode = (number), __VA_ARGS__                                     \
	}
#define IDENTIFY(number, ...)                                                       \
	{                                                                           \
		.size = sizeof(struct nvu_mock_fault), .qid = NVU_MOCK_ADMIN_QUEUE, \
		.opcode = NVU_ADMIN_IDENTIFY, .cns = (number), __VA_ARGS__          \
	}
#define REGISTER(number, what)                                                          \
	{                                                                               \
		.size = sizeof(struct nvu_mock_fault), .kind = NVU_MOCK_FAULT_REGISTER, \
		.offset = (number), .value = (what)                                     \
	}
	{ "never ready",
	  { .size = sizeof(struct nvu_mock_fault), .kind = NVU_MOCK_FAULT_NEVER_READY },
	  -ETIMEDOUT,
	  "become ready" },
	{ "CAP all ones", REGISTER(NVU_REG_CAP, UINT64_MAX), -ENODEV, "all ones" },
	{ "CAP zero", REGISTER(NVU_REG_CAP, 0), -ENOTSUP, "CAP" },
	{ "queues of one entry", REGISTER(NVU_REG_CAP, NVU_CAP_CSS_NVM), -ENOTSUP, "CAP.MQES" },
	{ "no NVM commands", REGISTER(NVU_REG_CAP, 65535 | NVU_BITS(38, 38)), -ENOTSUP, "CAP.CSS" },
	{ "no command set is named", REGISTER(NVU_REG_CAP, 65535), 0, "" },
	{ "MPSMIN over MPSMAX",
	  REGISTER(NVU_REG_CAP, 65535 | NVU_CAP_CSS_NVM | 3ull << 48 | 2ull << 52), -ENOTSUP,
	  "CAP.MPSMIN" },
	{ "pages of 128 MiB",
	  REGISTER(NVU_REG_CAP, 65535 | NVU_CAP_CSS_NVM | 15ull << 48 | 15ull << 52), -ENOTSUP,
	  "pages" },
	{ "doorbells past the BAR", REGISTER(NVU_REG_CAP, 65535 | NVU_CAP_CSS_NVM | NVU_CAP_DSTRD),
	  -ENOTSUP, "doorbells" },
	{ "CSTS all ones", REGISTER(NVU_REG_CSTS, UINT32_MAX), -ENODEV, "gone" },
	{ "CSTS always ready", REGISTER(NVU_REG_CSTS, 1), -ETIMEDOUT, "stop" },
	{ "CSTS always fatal", REGISTER(NVU_REG_CSTS, 2), -EIO, "CSTS.CFS" },
	{ "CSTS always zero", REGISTER(NVU_REG_CSTS, 0), -ETIMEDOUT, "become ready" },
	{ "CC all ones", REGISTER(NVU_REG_CC, UINT32_MAX), 0, "" },
	{ "queues are not granted",
	  ADMIN(NVU_ADMIN_SET_FEATURES, .kind = NVU_MOCK_FAULT_STATUS,
		.status = NVU_SC_INVALID_FIELD),
	  0, "" },
	{ "fatal when asked for queues", ADMIN(NVU_ADMIN_SET_FEATURES, .kind = NVU_MOCK_FAULT_CFS),
	  -EIO, "CSTS.CFS" },
	{ "silent when asked for queues",
	  ADMIN(NVU_ADMIN_SET_FEATURES, .kind = NVU_MOCK_FAULT_DROP), -ETIMEDOUT,
	  "not answered within" },
	{ "identify fails",
	  IDENTIFY(NVU_CNS_CTRL, .kind = NVU_MOCK_FAULT_STATUS, .status = NVU_SC_INTERNAL),
	  NVU_SC_INTERNAL, "Identify" },
	{ "identify is lost", IDENTIFY(NVU_CNS_CTRL, .kind = NVU_MOCK_FAULT_DROP), -ETIMEDOUT,
	  "Identify" },
	{ "identify with a wrong CID",
	  IDENTIFY(NVU_CNS_CTRL, .kind = NVU_MOCK_FAULT_UNKNOWN_CID, .value = 0x7777), -ETIMEDOUT,
	  "Identify" },
	{ "identify with a wrong queue",
	  IDENTIFY(NVU_CNS_CTRL, .kind = NVU_MOCK_FAULT_WRONG_SQID, .value = 1), -ETIMEDOUT,
	  "Identify" },
	{ "identify with a wrong phase", IDENTIFY(NVU_CNS_CTRL, .kind = NVU_MOCK_FAULT_WRONG_PHASE),
	  -ETIMEDOUT, "Identify" },
	{ "identify answered twice", IDENTIFY(NVU_CNS_CTRL, .kind = NVU_MOCK_FAULT_DUPLICATE_CID),
	  0, "" },
	{ "gone in identify", IDENTIFY(NVU_CNS_CTRL, .kind = NVU_MOCK_FAULT_GONE), -ENODEV,
	  "gone" },
	{ "fatal in the namespace list",
	  IDENTIFY(NVU_CNS_ACTIVE_NS_LIST, .kind = NVU_MOCK_FAULT_CFS), -EIO, "CSTS.CFS" },
	{ "namespace list fails",
	  IDENTIFY(NVU_CNS_ACTIVE_NS_LIST, .kind = NVU_MOCK_FAULT_STATUS,
		   .status = NVU_SC_INVALID_FIELD),
	  0, "" },
	{ "namespace cannot be identified",
	  IDENTIFY(NVU_MOCK_CNS_ZERO, .kind = NVU_MOCK_FAULT_STATUS, .status = NVU_SC_INVALID_NS),
	  0, "" },
	{ "namespace is lost", IDENTIFY(NVU_MOCK_CNS_ZERO, .kind = NVU_MOCK_FAULT_DROP), -ETIMEDOUT,
	  "Identify" },
	{ "descriptors fail",
	  IDENTIFY(NVU_CNS_NS_DESC_LIST, .kind = NVU_MOCK_FAULT_STATUS,
		   .status = NVU_SC_INVALID_FIELD),
	  0, "" },
	{ "gone in descriptors", IDENTIFY(NVU_CNS_NS_DESC_LIST, .kind = NVU_MOCK_FAULT_GONE),
	  -ENODEV, "gone" },
};

static void open_of_a_misbehaving_controller_fails_with_a_reason(void **state)
{
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(failures); row++) {
		uint64_t begin_ms = clock_now_ms();
		int ret;

		rig_create(rig, NULL);
		rig->inconsistent = failures[row].fault.kind == NVU_MOCK_FAULT_REGISTER;
		rig_inject(rig, &failures[row].fault);
		ret = open_briefly(rig, 0);
		if (ret != failures[row].error)
			fail_msg("%s: %d: %s", failures[row].name, ret, nvu_last_error());
		assert_true(ret ? !rig->ctrl : !!rig->ctrl);
		if (ret)
			rig_assert_sentence(failures[row].word);
		if (ret == -ETIMEDOUT)
			assert_true(clock_now_ms() - begin_ms >= SHORT_MS);
		/* It does not get ready, then it does not stop either. */
		assert_true(clock_now_ms() - begin_ms <= 2 * SHORT_MS + OVERHEAD_MS);
		rig_close(rig);
		nvu_mock_clear_faults(rig->mock);
		assert_int_equal(open_briefly(rig, 0), 0);
		assert_int_equal(nvu_ctrl_info(rig->ctrl)->namespaces, 1);
		rig_again(rig);
	}
}

/* A refused shutdown notification, a CSTS.RDY that stays: closing gives up in time. */
static void close_of_a_stuck_controller_returns(void **state)
{
	struct rig *rig = *state;
	const enum nvu_mock_fault_kind kinds[] = { NVU_MOCK_FAULT_NO_SHUTDOWN,
						   NVU_MOCK_FAULT_NEVER_DISABLED,
						   NVU_MOCK_FAULT_CFS_NOW,
						   NVU_MOCK_FAULT_GONE_NOW };

	for (size_t row = 0; row < COUNT(kinds); row++) {
		uint64_t begin_ms = clock_now_ms();

		rig_create(rig, NULL);
		assert_int_equal(open_briefly(rig, 0), 0);
		assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
		rig_equip(rig, NULL);
		rig_queue_reads(rig, 5, 0);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = kinds[row]));
		rig_close(rig);
		assert_true(clock_now_ms() - begin_ms <= SHORT_MS + OVERHEAD_MS);
		assert_int_equal(rig_mock_stats(rig).dma_mappings, rig->mappings);
		nvu_mock_clear_faults(rig->mock);
		assert_int_equal(open_briefly(rig, 0), 0);
		rig_again(rig);
	}
}

/* The controller first, its queue pair and buffer later. */
static void close_of_a_stuck_controller_before_its_queue_pair_returns(void **state)
{
	struct rig *rig = *state;
	const enum nvu_mock_fault_kind kinds[] = { NVU_MOCK_FAULT_DROP, NVU_MOCK_FAULT_STATUS,
						   NVU_MOCK_FAULT_CFS, NVU_MOCK_FAULT_GONE };

	for (size_t row = 0; row < COUNT(kinds); row++) {
		uint64_t begin_ms = clock_now_ms();

		rig_create(rig, NULL);
		assert_int_equal(open_briefly(rig, 0), 0);
		assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
		rig_equip(rig, NULL);
		rig_queue_reads(rig, 5, 0);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = kinds[row], .qid = NVU_MOCK_ADMIN_QUEUE,
					       .status = NVU_SC_INTERNAL));
		nvu_ctrl_close(rig->ctrl);
		rig->ctrl = NULL;
		assert_true(clock_now_ms() - begin_ms <= SHORT_MS + OVERHEAD_MS);
		rig_again(rig);
	}
}

static void open_without_device_reset_takes_over_a_fatal_controller(void **state)
{
	struct rig *rig = *state;

	rig_create(rig, NULL);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_CFS_NOW));

	assert_int_equal(open_briefly(rig, NVU_CTRL_NO_DEVICE_RESET), -EIO);
	rig_assert_sentence("CSTS.CFS");

	assert_int_equal(open_briefly(rig, 0), 0);
}

static void open_of_a_vanished_controller_is_enodev(void **state)
{
	struct rig *rig = *state;

	rig_create(rig, NULL);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE_NOW));

	assert_int_equal(open_briefly(rig, NVU_CTRL_NO_DEVICE_RESET), -ENODEV);

	rig_assert_sentence("plugged in");
}

/* CAP.TO is believed where the caller says nothing. */
static void open_waits_as_long_as_the_controller_says(void **state)
{
	struct rig *rig = *state;
	uint64_t begin_ms;

	rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ready_timeout_ms = 500));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_NEVER_READY));
	begin_ms = clock_now_ms();

	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), -ETIMEDOUT);

	rig_assert_sentence("within 500 ms");
	/* Once for being ready, once for having stopped. */
	assert_in_range(clock_now_ms() - begin_ms, 2 * 500, 2 * 500 + OVERHEAD_MS);
}

/* What CSTS reads as, a digit for each time: 0, 1 ready, 2 fatal, 3 both; then it is the truth. */
static const struct {
	const char *reads;
	int error;
} flappings[] = {
	{ "0000000000", 0 }, /* slow to start */
	{ "11110000", 0 },   /* slow to stop, though it has never run */
	{ "1010101010", 0 }, /* undecided */
	{ "0101010101010101010101", 0 },
	{ "0002", -EIO }, /* fatal while it starts */
	{ "220001", 0 },  /* fatal before */
	{ "332110", 0 },
	{ "2220001", -EIO },
};

static void ready_that_comes_early_late_or_flaps_is_survived(void **state)
{
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(flappings); row++) {
		int ret;

		rig_create(rig, NULL);
		for (const char *read = flappings[row].reads; *read; read++)
			rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_REGISTER, .count = 1,
						       .offset = NVU_REG_CSTS,
						       .value = (uint64_t)(*read - '0')));
		ret = open_briefly(rig, NVU_CTRL_NO_DEVICE_RESET);
		if (ret != flappings[row].error)
			fail_msg("%s: %d: %s", flappings[row].reads, ret, nvu_last_error());
		if (!ret) {
			assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
			rig_equip(rig, NULL);
			assert_int_equal(rig_read(rig, 0, 1, 0), 0);
		}
		rig_close(rig);
		nvu_mock_clear_faults(rig->mock);
		assert_int_equal(open_briefly(rig, 0), 0);
		rig_again(rig);
	}
}

/* What Set Features returns: how many queues are granted, 0's based. The mock grants two. */
static const struct {
	uint64_t result;
	uint32_t queues;
} grants[] = {
	{ 0x00010001, 2 }, { 0, 1 },	      { 0xffff0000, 1 }, { 0x0000ffff, 1 },
	{ UINT64_MAX, 8 }, { 0x00030007, 4 }, { 0x7fffffff, 8 },
};

static void number_of_queues_of_any_value_is_bounded(void **state)
{
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(grants); row++) {
		struct nvu_qpair *qpairs[9] = { NULL };
		uint32_t count = 0;

		rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .io_queues = 2));
		rig->inconsistent = true; /* and takes the driver at its own word */
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_RESULT, .count = 1,
					       .qid = NVU_MOCK_ADMIN_QUEUE,
					       .opcode = NVU_ADMIN_SET_FEATURES,
					       .value = grants[row].result));
		assert_int_equal(
			nvu_ctrl_open(rig_address(rig), NVU_CTRL_OPTS(.io_queues = 8), &rig->ctrl),
			0);
		assert_int_equal(nvu_ctrl_info(rig->ctrl)->io_queues, grants[row].queues);

		while (count < 9 && !nvu_qpair_create(rig->ctrl, NULL, &qpairs[count]))
			count++;

		assert_int_equal(count, grants[row].queues < 2 ? 1 : 2);
		assert_string_not_equal(nvu_last_error(), "");
		while (count)
			nvu_qpair_destroy(qpairs[--count]);
		rig_again(rig);
	}
}

/* The registers have room for the doorbells of two: no others are asked for or handed out. */
static void number_of_queues_is_bounded_by_the_doorbells(void **state)
{
	struct rig *rig = *state;

	rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .io_queues = 2, .dstrd = 10));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_RESULT, .qid = NVU_MOCK_ADMIN_QUEUE,
				       .opcode = NVU_ADMIN_SET_FEATURES, .value = 0x00070007));

	assert_int_equal(nvu_ctrl_open(rig_address(rig), NVU_CTRL_OPTS(.io_queues = 8), &rig->ctrl),
			 0);

	assert_int_equal(nvu_ctrl_info(rig->ctrl)->io_queues, 2);
}

/* The queue pair beyond ends alone; the first one, and the controller, go on. */
static void queue_pair_beyond_what_a_reset_grants_ends_alone(void **state)
{
	struct rig *rig = *state;
	struct nvu_qpair *second = NULL, *third = NULL;
	struct nvu_cpl cpl;

	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(nvu_qpair_create(rig->ctrl, NULL, &second), 0);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_RESULT, .qid = NVU_MOCK_ADMIN_QUEUE,
				       .opcode = NVU_ADMIN_SET_FEATURES));
	assert_int_equal(nvu_read(second, rig->ns, 0, 1, rig->buf, 0, 7), 0);
	assert_int_equal(nvu_submit(second), 0);

	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);

	assert_int_equal(nvu_ctrl_info(rig->ctrl)->io_queues, 1);
	assert_int_equal(nvu_poll(second, &cpl, 1), 1);
	assert_int_equal(cpl.user_data, 7);
	assert_int_equal(cpl.status, -ECANCELED);
	assert_int_equal(nvu_poll(second, &cpl, 1), -ENOSPC);
	rig_assert_sentence("queue pair 2 has ended: since a reset the controller grants 1 queue");
	assert_int_equal(nvu_read(second, rig->ns, 0, 1, rig->buf, 0, 8), -ENOSPC);
	rig_assert_sentence("queue pair 2 has ended");
	assert_int_equal(nvu_qpair_create(rig->ctrl, NULL, &third), -ENOSPC);
	nvu_qpair_destroy(second);

	assert_int_equal(rig_poll(rig, &cpl, 1), 0); /* learns of the reset */
	rig_settle(rig);
	assert_int_equal(rig_read(rig, 0, 1, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(number_of_queues_of_any_value_is_bounded),
		RIG_TEST(number_of_queues_is_bounded_by_the_doorbells),
		RIG_TEST(queue_pair_beyond_what_a_reset_grants_ends_alone),
		RIG_TEST(ready_that_comes_early_late_or_flaps_is_survived),
		RIG_TEST(open_of_a_misbehaving_controller_fails_with_a_reason),
		RIG_TEST(close_of_a_stuck_controller_returns),
		RIG_TEST(close_of_a_stuck_controller_before_its_queue_pair_returns),
		RIG_TEST(open_without_device_reset_takes_over_a_fatal_controller),
		RIG_TEST(open_of_a_vanished_controller_is_enodev),
		RIG_TEST(open_waits_as_long_as_the_controller_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
