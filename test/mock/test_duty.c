/* SPDX-License-Identifier: MIT */
/*
 * test_duty.c: what the driver owes a controller that is slow, stuck or gone. The mock notices what
 * is not done in order, see test/unit/test_mock_duty.c; each case ends without a violation.
 */
#include "harness.h"

#include "clock.h"

enum { SHORT_MS = 20, STEPS = 50 };

static const uint32_t transports[] = { 0, NVU_MOCK_TRAP_DOORBELLS, NVU_MOCK_SHADOW_DOORBELLS };

static int open_patiently(struct rig *rig, uint32_t flags, uint32_t ready_ms)
{
	return nvu_ctrl_open(rig_address(rig),
			     NVU_CTRL_OPTS(.flags = flags, .ready_timeout_ms = ready_ms,
					   .admin_timeout_ms = SHORT_MS, .io_timeout_ms = SHORT_MS,
					   .shutdown_timeout_ms = SHORT_MS),
			     &rig->ctrl);
}

static void create(struct rig *rig, uint32_t flags)
{
	rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | flags, .ns_bytes = 64 << 20));
}

static void equip(struct rig *rig)
{
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
	rig_equip(rig, NULL);
}

static void be_slow(struct rig *rig, uint64_t steps)
{
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_SLOW_READY, .delay = steps));
}

static void slow_controller_is_driven_in_order(void **state)
{
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(transports); row++) {
		struct nvu_cpl cpl;

		create(rig, transports[row]);
		be_slow(rig, STEPS);
		assert_int_equal(open_patiently(rig, 0, 0), 0);
		equip(rig);
		assert_int_equal(rig_write(rig, 0, 1, 0), 0);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		assert_int_equal(rig_poll(rig, &cpl, 1), 0);
		assert_int_equal(rig_read(rig, 0, 1, 0), 0);
		rig_again(rig);
	}
}

/* Firmware, or a driver that died, has enabled it, and it is starting still. */
static void controller_left_enabled_is_disabled_once_it_is_ready(void **state)
{
	struct rig *rig = *state;

	create(rig, 0);
	be_slow(rig, STEPS);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_ENABLED_NOW, .delay = STEPS));

	assert_int_equal(open_patiently(rig, NVU_CTRL_NO_DEVICE_RESET, 0), 0);

	equip(rig);
	assert_int_equal(rig_read(rig, 0, 1, 0), 0);
}

/* The caller's patience ends before it is ready: it is disabled after that all the same. */
static void controller_given_up_while_it_starts_is_disabled_once_it_is_ready(void **state)
{
	struct rig *rig = *state;

	create(rig, 0);
	be_slow(rig, 3000); /* a look at the clock and a step each take 10 us: 30 ms */

	assert_int_equal(open_patiently(rig, 0, SHORT_MS), -ETIMEDOUT);

	rig_assert_sentence("become ready");
}

/* RTD3E, in microseconds; beyond what nvu waits by itself, and bounded. */
static void shutdown_is_waited_for_as_long_as_the_controller_says(void **state)
{
	static const struct {
		uint8_t rtd3e[4];
		uint32_t ms;
	} rows[] = {
		{ { 0, 0, 0, 0 }, 5000 },
		{ { 0x00, 0x1b, 0xb7, 0x00 }, 12000 },
		{ { 0xff, 0xff, 0xff, 0xff }, 30000 },
	};
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(rows); row++) {
		struct nvu_mock_fault fault = { .size = sizeof(fault),
						.kind = NVU_MOCK_FAULT_PATCH,
						.cns = NVU_CNS_CTRL,
						.offset = offsetof(struct nvu_id_ctrl, rtd3e),
						.len = sizeof(rows[row].rtd3e) };
		uint64_t begin_ms;

		memcpy(fault.bytes, rows[row].rtd3e, sizeof(rows[row].rtd3e));
		create(rig, 0);
		rig_inject(rig, &fault);
		assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_NO_SHUTDOWN));
		begin_ms = clock_now_ms();
		nvu_ctrl_close(rig->ctrl);
		rig->ctrl = NULL;
		assert_in_range(clock_now_ms() - begin_ms, rows[row].ms, rows[row].ms + 100);
		rig_again(rig);
	}
}

/* Reads in flight; then the controller does not stop any more, or is not there any more. */
static void stick(struct rig *rig, enum nvu_mock_fault_kind kind)
{
	create(rig, 0);
	assert_int_equal(open_patiently(rig, 0, SHORT_MS), 0);
	equip(rig);
	rig_queue_reads(rig, 5, 0);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = kind));
}

static const enum nvu_mock_fault_kind ends[] = { NVU_MOCK_FAULT_NEVER_DISABLED,
						 NVU_MOCK_FAULT_GONE_NOW };

static void stuck_controller_is_cut_off_before_its_memory_is_freed(void **state)
{
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(ends); row++) {
		stick(rig, ends[row]);
		rig_again(rig); /* queue pair, buffer, controller */
		stick(rig, ends[row]);
		nvu_ctrl_close(rig->ctrl);
		rig->ctrl = NULL;
		rig_again(rig); /* then the queue pair */
	}
}

/* A reset that fails gives the controller up: from then on it reaches no memory. */
static void controller_given_up_is_cut_off(void **state)
{
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(ends); row++) {
		struct nvu_cpl cpls[8];
		int ret;

		stick(rig, ends[row]);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_NEVER_READY));
		ret = nvu_ctrl_reset(rig->ctrl);
		assert_true(ret == -ENODEV || ret == -ETIMEDOUT);
		for (int turn = 0; turn < 20; turn++)
			(void)rig_poll(rig, cpls, COUNT(cpls));
		nvu_qpair_destroy(rig->qpair);
		rig->qpair = NULL;
		rig_again(rig);
	}
}

/* A raw command that the mock does not know, with every field set, leaves its slot behind. */
static void stain_slots(struct rig *rig)
{
	struct nvu_sqe stain;

	memset(&stain, 0xff, sizeof(stain));
	stain.opcode = 0x99;
	stain.flags = 0;
	for (uint32_t slot = 0; slot < 4; slot++) {
		assert_int_equal(nvu_io(rig->qpair, &stain, NULL, 0, 0, 0), 0);
		assert_int_equal(rig_status(rig), NVU_SC_INVALID_OPCODE);
	}
}

/* Fields that a command does not have are zero, whatever its slot held before. */
static void reserved_fields_are_cleared(void **state)
{
	struct rig *rig = *state;

	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.depth = 4));
	for (int turn = 0; turn < 2; turn++) {
		stain_slots(rig);
		for (uint32_t slot = 0; slot < 4; slot++)
			assert_int_equal(rig_write(rig, slot, 1 + slot * 4, 0), 0);
		stain_slots(rig);
		for (uint32_t slot = 0; slot < 4; slot++)
			assert_int_equal(rig_read(rig, slot, 1 + slot * 8, 512), 0);
		stain_slots(rig);
		for (uint32_t slot = 0; slot < 4; slot++) {
			assert_int_equal(nvu_flush(rig->qpair, rig->ns, 0), 0);
			assert_int_equal(rig_status(rig), 0);
		}
	}
}

/* Raw commands come with PRPs, whatever their flags say of SGLs. */
static void raw_command_with_sgl_bits_is_sent_with_prps(void **state)
{
	const struct nvu_sqe read = { .opcode = NVU_CMD_READ,
				      .flags = 0x40,
				      .nsid = nvu_le32_put(1) };
	struct rig *rig = *state;

	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(nvu_io(rig->qpair, &read, rig->buf, 0, 512, 0), 0);
	assert_int_equal(rig_status(rig), 0);
}

/* By a raw command that names the address, as a device that errs would. */
static void buffer_to_be_read_only_is_not_written(void **state)
{
	struct rig *rig = *state;
	struct nvu_dma *buf;
	struct nvu_sqe read = { .opcode = NVU_CMD_READ, .nsid = nvu_le32_put(1) };

	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(nvu_dma_alloc_opts(rig->ctrl, PAGE,
					    NVU_DMA_OPTS(.flags = NVU_DMA_DEVICE_READS_ONLY), &buf),
			 0);
	read.prp1 = nvu_le64_put(nvu_dma_iova(buf));
	assert_int_equal(nvu_io(rig->qpair, &read, NULL, 0, 0, 0), 0);
	assert_int_equal(rig_status(rig), NVU_SC_DATA_TRANSFER_ERROR);
	assert_int_equal(nvu_mock_violations(rig->mock), 1);
	assert_non_null(strstr(nvu_mock_violation(rig->mock, 0), "not mapped for it"));
	rig->inconsistent = true; /* asked for */
	assert_int_equal(nvu_dma_free(buf), 0);
}

/* The controller is awake and looks at the shadow by itself until it has nothing to do. */
static void shadow_doorbell_spares_the_register(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpls[8];

	create(rig, NVU_MOCK_SHADOW_DOORBELLS);
	assert_int_equal(open_patiently(rig, 0, 0), 0);
	equip(rig);
	assert_int_equal(rig_read(rig, 0, 1, 0), 0);
	for (uint64_t idx = 0; idx < 5; idx++)
		rig_queue_reads(rig, 1, idx);

	/* One for the first of the five: it passes the event index, which stays where it is. */
	assert_int_equal(rig_stats(rig).sq_doorbells, 6);
	assert_int_equal(rig_stats(rig).cq_doorbells, 0);
	assert_int_equal(rig_stats(rig).doorbell_registers, 2);
	rig_reap(rig, cpls, 5);
}

/* More commands than the admin queue has entries, in each life of the controller. */
static void admin_queue_of_a_controller_that_looks_at_its_shadow_works(void **state)
{
	static const uint32_t flags[] = { 0, NVU_MOCK_TRAP_DOORBELLS };
	const struct nvu_sqe identify = { .opcode = NVU_ADMIN_IDENTIFY,
					  .cdw10 = nvu_le32_put(NVU_CNS_CTRL) };
	static uint8_t page[4096];
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(flags); row++) {
		create(rig, NVU_MOCK_SHADOW_DOORBELLS | NVU_MOCK_SHADOW_ADMIN | flags[row]);
		assert_int_equal(open_patiently(rig, 0, 0), 0);
		equip(rig);
		for (int life = 0; life < 3; life++) {
			for (int turn = 0; turn < 100; turn++)
				assert_int_equal(nvu_admin(rig->ctrl, &identify, page, sizeof(page),
							   0, NULL),
						 0);
			assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
			rig_settle(rig);
		}
		assert_int_equal(rig_mock_stats(rig).resets, 1 + 3);
		rig_again(rig);
	}
}

/* The page of shadow doorbells holds tail and head of the queues that had the identifier before. */
static void new_queue_begins_with_doorbells_of_its_own(void **state)
{
	struct rig *rig = *state;

	create(rig, NVU_MOCK_SHADOW_DOORBELLS);
	assert_int_equal(open_patiently(rig, 0, 0), 0);
	equip(rig);
	for (int turn = 0; turn < 3; turn++) {
		for (uint64_t lba = 0; lba < 100; lba++)
			assert_int_equal(rig_read(rig, lba, 1, 0), 0);
		assert_true(rig_stats(rig).cq_doorbells > 0);
		nvu_qpair_destroy(rig->qpair);
		assert_int_equal(nvu_qpair_create(rig->ctrl, NULL, &rig->qpair), 0);
	}
}

/* Commands that were only queued when a reset came; the program publishes while it learns of it. */
static void no_doorbell_is_written_while_the_queues_are_gone(void **state)
{
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(transports); row++) {
		struct nvu_cpl cpl;
		uint32_t answered = 0;

		create(rig, transports[row]);
		assert_int_equal(open_patiently(rig, 0, 0), 0);
		equip(rig);
		for (uint64_t idx = 0; idx < 5; idx++)
			assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, idx), 0);
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		for (int turn = 0; turn < 100 && answered < 5; turn++) {
			answered += (uint32_t)rig_poll(rig, &cpl, 1);
			assert_int_equal(nvu_submit(rig->qpair), 0);
		}
		assert_int_equal(answered, 5);
		rig_again(rig);
	}
}

/* An option of the queue pair, not of its controller. */
static void queue_pair_has_a_deadline_of_its_own(void **state)
{
	struct rig *rig = *state;
	uint64_t begin_ms;

	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.io_timeout_ms = 200));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1));
	begin_ms = clock_now_ms();

	assert_int_equal(rig_read(rig, 0, 1, 0), -ETIMEDOUT);

	assert_in_range(clock_now_ms() - begin_ms, 200, 600);
}

/* Nor is it what an earlier command has left in the same memory. */
static void data_that_are_not_returned_are_zero(void **state)
{
	struct rig *rig = *state;

	create(rig, 0);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_LENGTH, .cns = NVU_MOCK_CNS_ZERO));
	assert_int_equal(open_patiently(rig, 0, 0), 0);
	assert_int_equal(nvu_ns_next(rig->ctrl, 0), 0); /* it has no blocks */
}

/* How many admin commands opening takes, of a controller that takes `count` requests for events. */
static uint64_t commands_to_open(struct rig *rig, uint8_t aerl)
{
	uint64_t commands;

	create(rig, 0);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_PATCH, .cns = NVU_CNS_CTRL,
				       .offset = offsetof(struct nvu_id_ctrl, aerl), .len = 1,
				       .bytes = { aerl }));
	assert_int_equal(open_patiently(rig, 0, 0), 0);
	assert_int_equal(nvu_ctrl_info(rig->ctrl)->aerl, aerl + 1);
	(void)nvu_mock_step(rig->mock, UINT32_MAX);
	commands = rig_mock_stats(rig).admin_commands;
	rig_again(rig);
	return commands;
}

static void no_more_events_are_asked_for_than_the_controller_takes(void **state)
{
	struct rig *rig = *state;
	uint64_t one = commands_to_open(rig, 0);

	assert_int_equal(commands_to_open(rig, 1), one + 1);
	assert_int_equal(commands_to_open(rig, 3), one + 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(slow_controller_is_driven_in_order),
		RIG_TEST(controller_left_enabled_is_disabled_once_it_is_ready),
		RIG_TEST(controller_given_up_while_it_starts_is_disabled_once_it_is_ready),
		RIG_TEST(shutdown_is_waited_for_as_long_as_the_controller_says),
		RIG_TEST(stuck_controller_is_cut_off_before_its_memory_is_freed),
		RIG_TEST(controller_given_up_is_cut_off),
		RIG_TEST(reserved_fields_are_cleared),
		RIG_TEST(raw_command_with_sgl_bits_is_sent_with_prps),
		RIG_TEST(buffer_to_be_read_only_is_not_written),
		RIG_TEST(shadow_doorbell_spares_the_register),
		RIG_TEST(admin_queue_of_a_controller_that_looks_at_its_shadow_works),
		RIG_TEST(new_queue_begins_with_doorbells_of_its_own),
		RIG_TEST(no_doorbell_is_written_while_the_queues_are_gone),
		RIG_TEST(queue_pair_has_a_deadline_of_its_own),
		RIG_TEST(data_that_are_not_returned_are_zero),
		RIG_TEST(no_more_events_are_asked_for_than_the_controller_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
