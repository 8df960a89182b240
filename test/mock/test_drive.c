// SPDX-License-Identifier: MIT
/*
 * test_drive.c: drives that are slow, unusual or partly dead: registers that cannot be read for a while,
 * optional commands that are refused or lost, no I/O queues, firmware that is activated, more namespaces
 * than usual.
 */
#include "harness.h"

#include <poll.h>

enum { SHORT_MS = 20 };

static int open_briefly(struct rig *rig)
{
	return nvu_ctrl_open(
		rig_address(rig),
		NVU_CTRL_OPTS(.ready_timeout_ms = SHORT_MS, .admin_timeout_ms = SHORT_MS,
			      .io_timeout_ms = 10 * SHORT_MS, .shutdown_timeout_ms = SHORT_MS),
		&rig->ctrl);
}

/* Mock, controller with short timeouts, queue pair and buffer. */
static void start(struct rig *rig, const struct nvu_mock_opts *mock_opts)
{
	rig_create(rig, mock_opts);
	assert_int_equal(open_briefly(rig), 0);
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
	rig_equip(rig, NULL);
}

/* Until the periodic look has seen what there is to be seen. */
static void look(struct rig *rig)
{
	double end = rig_now() + 0.2;
	struct nvu_cpl cpl;

	while (rig_now() < end)
		(void)rig_poll(rig, &cpl, 1);
}

static void all_ones_for_a_moment_are_waited_for(void **state)
{
	struct rig *rig = *state;

	for (uint32_t count = 1; count <= 4; count++)
		for (uint64_t value = 0; value <= NVU_MOCK_ONES_CONFIG; value++) {
			uint64_t resets;

			start(rig, NULL);
			resets = rig_mock_stats(rig).resets;
			assert_int_equal(rig_read(rig, 0, 8, 0), 0);
			rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_ALL_ONES,
						       .value = value, .count = count));
			look(rig);
			assert_int_equal(rig_read(rig, 0, 8, 0), 0);
			assert_int_equal(rig_mock_stats(rig).resets, resets);
			rig_again(rig);
		}
}

static void all_ones_when_opened_or_reset_are_waited_for(void **state)
{
	struct rig *rig = *state;

	for (uint32_t skip = 0; skip < 12; skip++) {
		rig_create(rig, NULL);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_ALL_ONES, .skip = skip,
					       .count = 2));
		assert_int_equal(open_briefly(rig), 0);
		assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
		rig_equip(rig, NULL);
		nvu_mock_clear_faults(rig->mock);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_ALL_ONES, .skip = skip,
					       .count = 2));
		assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
		nvu_mock_clear_faults(rig->mock);
		look(rig);
		assert_int_equal(rig_read(rig, 0, 8, 0), 0);
		rig_again(rig);
	}
}

static void all_ones_until_a_reset_cost_a_function_reset(void **state)
{
	struct rig *rig = *state;

	start(rig, NULL);
	rig_inject(rig,
		   NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_ALL_ONES, .value = NVU_MOCK_ONES_RESET));
	look(rig);
	assert_int_equal(rig_read(rig, 0, 8, 0), 0);
	rig_close(rig);

	rig_inject(rig,
		   NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_ALL_ONES, .value = NVU_MOCK_ONES_RESET));
	assert_int_equal(open_briefly(rig), 0);
}

static void all_ones_in_configuration_space_too_are_the_end(void **state)
{
	struct rig *rig = *state;
	struct nvu_event event;

	start(rig, NULL);
	rig_inject(rig,
		   NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_ALL_ONES, .value = NVU_MOCK_ONES_CONFIG));
	assert_int_equal(nvu_ctrl_service(rig->ctrl, &event), -ENODEV);
	rig_assert_sentence("configuration space");
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), -ENODEV);
	nvu_mock_clear_faults(rig->mock);
	rig_close(rig);
	assert_int_equal(open_briefly(rig), 0);
}

static void refused_queues_leave_the_admin_commands(void **state)
{
	struct rig *rig = *state;
	const struct nvu_sqe smart = { .opcode = NVU_ADMIN_GET_LOG_PAGE,
				       .nsid = nvu_le32_put(UINT32_MAX),
				       .cdw10 = nvu_le32_put(NVU_LOG_SMART | 127u << 16) };
	uint8_t log[512];
	struct nvu_qpair *qpair = NULL;

	rig_create(rig, NULL);
	rig_inject(rig,
		   NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .qid = NVU_MOCK_ADMIN_QUEUE,
				  .opcode = NVU_ADMIN_SET_FEATURES, .status = NVU_SC_INTERNAL));
	assert_int_equal(open_briefly(rig), 0);

	assert_int_equal(nvu_ctrl_info(rig->ctrl)->io_queues, 0);
	assert_int_equal(nvu_ctrl_info(rig->ctrl)->namespaces, 1);
	assert_int_equal(nvu_admin(rig->ctrl, &smart, log, sizeof(log), 0, NULL), 0);
	assert_int_equal(nvu_qpair_create(rig->ctrl, NULL, &qpair), -EIO);
	rig_assert_sentence("Number of Queues");
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_int_equal(nvu_qpair_create(rig->ctrl, NULL, &qpair), -EIO);

	/* Mended, for instance by new firmware. */
	nvu_mock_clear_faults(rig->mock);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
	rig_equip(rig, NULL);
	assert_int_equal(rig_read(rig, 0, 8, 0), 0);
}

/* What a controller need not have, or was not asked to have before some version. */
static const struct {
	const char *name;
	uint32_t opcode, cns;
} optional[] = {
	{ "active namespace list", NVU_ADMIN_IDENTIFY, NVU_CNS_ACTIVE_NS_LIST },
	{ "namespace identification descriptors", NVU_ADMIN_IDENTIFY, NVU_CNS_NS_DESC_LIST },
	{ "doorbell buffer", NVU_ADMIN_DOORBELL_BUFFER, 0 },
	{ "events", NVU_ADMIN_ASYNC_EVENT, 0 },
};

static void check_optional(struct rig *rig, size_t row, enum nvu_mock_fault_kind kind,
			   uint16_t status)
{
	print_message("%s\n", optional[row].name);
	rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | NVU_MOCK_SHADOW_DOORBELLS,
				      .namespaces = 3, .ns_bytes = 1 << 20));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = kind, .qid = NVU_MOCK_ADMIN_QUEUE,
				       .opcode = optional[row].opcode, .cns = optional[row].cns,
				       .status = status, .delay = 2000));
	assert_int_equal(open_briefly(rig), 0);
	assert_int_equal(nvu_ctrl_info(rig->ctrl)->namespaces, 3);
	assert_int_equal(nvu_ns_next(rig->ctrl, 1), 2);
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
	assert_int_equal(nvu_ns_info(rig->ns)->block_bytes, 512);
	rig_equip(rig, NULL);
	for (int turn = 0; turn < 3000; turn++)
		(void)nvu_mock_step(rig->mock, 1);
	for (uint64_t lba = 0; lba < 40; lba++)
		assert_int_equal(rig_write(rig, lba, 1, 0), 0);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	look(rig);
	assert_int_equal(rig_read(rig, 0, 8, 0), 0);
	rig_again(rig);
}

static void optional_command_is_refused_and_the_drive_works(void **state)
{
	for (size_t row = 0; row < COUNT(optional); row++)
		check_optional(*state, row, NVU_MOCK_FAULT_STATUS, NVU_SC_INVALID_FIELD);
}

static void optional_command_is_lost_and_the_drive_works(void **state)
{
	for (size_t row = 0; row < COUNT(optional); row++)
		check_optional(*state, row, NVU_MOCK_FAULT_DROP, 0);
}

static void optional_command_is_answered_too_late_and_the_drive_works(void **state)
{
	for (size_t row = 0; row + 1 < COUNT(optional); row++)
		check_optional(*state, row, NVU_MOCK_FAULT_DELAY, 0);
}

static void command_of_a_drive_not_ready_is_sent_again(void **state)
{
	struct rig *rig = *state;
	static const uint16_t statuses[] = { NVU_SC_NS_NOT_READY, NVU_SC_MEDIA_NOT_READY };

	for (uint32_t skip = 0; skip < 6; skip++) {
		rig_create(rig, NULL);
		rig_inject(
			rig,
			NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .qid = NVU_MOCK_ADMIN_QUEUE,
				       .opcode = skip ? NVU_ADMIN_IDENTIFY : NVU_ADMIN_SET_FEATURES,
				       .skip = skip ? skip - 1 : 0, .count = 3,
				       .status = statuses[skip % 2]));
		assert_int_equal(open_briefly(rig), 0);
		assert_int_equal(nvu_ctrl_info(rig->ctrl)->namespaces, 1);
		assert_int_equal(nvu_ctrl_info(rig->ctrl)->io_queues, 128);
		rig_again(rig);
	}
}

static void command_of_a_drive_not_ready_is_sent_again_within_its_time(void **state)
{
	struct rig *rig = *state;
	const struct nvu_mock_fault fault = { .size = sizeof(fault),
					      .kind = NVU_MOCK_FAULT_STATUS,
					      .cns = NVU_CNS_CTRL,
					      .status = NVU_SC_NS_NOT_READY };
	struct nvu_mock_fault forbidden = fault;

	rig_create(rig, NULL);
	rig_inject(rig, &fault);
	assert_int_equal(open_briefly(rig), NVU_SC_NS_NOT_READY);
	nvu_mock_clear_faults(rig->mock);

	forbidden.status |= NVU_MOCK_DNR;
	forbidden.count = 1;
	rig_inject(rig, &forbidden);
	assert_int_equal(open_briefly(rig), NVU_SC_NS_NOT_READY);
	assert_int_equal(open_briefly(rig), 0);
}

static void pause_for_firmware_stops_the_escalation(void **state)
{
	struct rig *rig = *state;
	const uint8_t mtfa[2] = { 20, 0 }; /* 2 s */
	struct nvu_mock_fault patch = { .size = sizeof(patch),
					.kind = NVU_MOCK_FAULT_PATCH,
					.cns = NVU_CNS_CTRL,
					.offset = 270,
					.len = sizeof(mtfa) };
	uint64_t resets, aborts;

	memcpy(patch.bytes, mtfa, sizeof(mtfa));
	rig_create(rig, NVU_MOCK_OPTS(.ns_bytes = 1 << 20));
	rig_inject(rig, &patch);
	assert_int_equal(nvu_ctrl_open(rig_address(rig),
				       NVU_CTRL_OPTS(.io_timeout_ms = 100, .admin_timeout_ms = 100),
				       &rig->ctrl),
			 0);
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
	rig_equip(rig, NULL);
	resets = rig_mock_stats(rig).resets;
	aborts = rig_mock_stats(rig).admin_commands;

	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_PAUSE_NOW, .delay = 400000));
	assert_int_equal(rig_read(rig, 0, 8, 0), 0);
	assert_int_equal(rig_mock_stats(rig).resets, resets);
	assert_int_equal(rig_mock_stats(rig).admin_commands, aborts);

	/* An admin command waits as well, although its time is shorter. */
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_PAUSE_NOW, .delay = 400000));
	assert_int_equal(nvu_admin(rig->ctrl,
				   &(struct nvu_sqe){ .opcode = NVU_ADMIN_GET_FEATURES,
						      .cdw10 = nvu_le32_put(1) },
				   NULL, 0, 0, NULL),
			 0);
}

static void pause_longer_than_it_may_be_is_ended(void **state)
{
	struct rig *rig = *state;
	uint64_t resets;

	start(rig, NULL); /* MTFA says nothing: the time of an admin command, 20 ms */
	resets = rig_mock_stats(rig).resets;
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_PAUSE_NOW, .delay = UINT32_MAX));
	rig_queue_reads(rig, 1, 0);
	assert_int_equal(rig_status(rig), -ETIMEDOUT);
	assert_true(rig_mock_stats(rig).resets > resets);
	rig_settle(rig);
	assert_int_equal(rig_read(rig, 0, 8, 0), 0);
}

static void ready_timeout_of_crto_is_waited_for(void **state)
{
	struct rig *rig = *state;
	static const struct {
		uint32_t crms, crto;
		const char *word;
	} rows[] = {
		{ 1, 2, "within 1000 ms" },
		{ 2, 2 << 16 | 3, "within 1000 ms" },
		{ 3, 3 << 16 | 2, "within 1000 ms" },
	};

	for (size_t row = 0; row < COUNT(rows); row++) {
		rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .crms = rows[row].crms,
					      .crto = rows[row].crto));
		assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
		rig_close(rig);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_NEVER_READY, .count = 1));
		assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), -ETIMEDOUT);
		rig_assert_sentence(rows[row].word);
		rig_again(rig);
	}
}

static void offline_virtual_function_is_named_as_such(void **state)
{
	struct rig *rig = *state;

	rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | NVU_MOCK_OFFLINE));
	assert_int_equal(open_briefly(rig), -ENODEV);
	rig_assert_sentence("virtual function is offline");
}

static void release_request_is_one_event_among_others(void **state)
{
	struct rig *rig = *state;
	struct nvu_event event;
	int fd;

	rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | NVU_MOCK_RELEASE));
	assert_int_equal(open_briefly(rig), 0);
	fd = nvu_ctrl_release_fd(rig->ctrl);
	assert_true(fd >= 0);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_RELEASE_NOW));
	assert_int_equal(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 0), 1);
	assert_int_equal(nvu_mock_event(rig->mock, 1, 2, NVU_LOG_SMART), 0);
	(void)nvu_mock_step(rig->mock, 10);

	assert_int_equal(nvu_ctrl_service(rig->ctrl, &event), 1);
	assert_int_equal(event.type, NVU_EVENT_RELEASE);
	rig_inject(rig,
		   NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_RELEASE_NOW)); /* as the kernel does */
	assert_int_equal(nvu_ctrl_service(rig->ctrl, &event), 1);
	assert_int_equal(event.type, 1);
	assert_int_equal(nvu_ctrl_service(rig->ctrl, &event), 0);
}

static void release_request_reaches_a_program_whose_controller_has_failed(void **state)
{
	struct rig *rig = *state;
	struct nvu_event event;

	for (int given_up = 0; given_up < 2; given_up++) {
		rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | NVU_MOCK_RELEASE));
		assert_int_equal(open_briefly(rig), 0);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE_NOW));
		assert_int_equal(nvu_ctrl_service(rig->ctrl, &event), -ENODEV);
		assert_int_equal(given_up ? nvu_ctrl_reset(rig->ctrl) : -ENODEV, -ENODEV);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_RELEASE_NOW));
		assert_int_equal(nvu_ctrl_service(rig->ctrl, &event), 1);
		assert_int_equal(event.type, NVU_EVENT_RELEASE);
		rig_again(rig);
	}
}

static void format_above_nlbaf_is_used_when_nulbaf_covers_it(void **state)
{
	struct rig *rig = *state;
	struct nvu_mock_fault flbas = { .size = sizeof(flbas),
					.kind = NVU_MOCK_FAULT_PATCH,
					.cns = NVU_MOCK_CNS_ZERO,
					.offset = 26,
					.len = 1,
					.bytes = { 1 << 5 | 2 } }; /* format 18 */
	struct nvu_mock_fault nulbaf = { .size = sizeof(nulbaf),
					 .kind = NVU_MOCK_FAULT_PATCH,
					 .cns = NVU_MOCK_CNS_ZERO,
					 .offset = 82,
					 .len = 1 };
	struct nvu_mock_fault format = { .size = sizeof(format),
					 .kind = NVU_MOCK_FAULT_PATCH,
					 .cns = NVU_MOCK_CNS_ZERO,
					 .offset = 128 + 18 * 4,
					 .len = 4,
					 .bytes = { 0, 0, 12, 0 } };

	for (uint8_t unique = 14; unique <= 15; unique++) {
		/* NLBAF is 3: formats 0 to 3, and as many again. */
		nulbaf.bytes[0] = unique;
		rig_create(rig, NULL);
		rig_inject(rig, &flbas);
		rig_inject(rig, &nulbaf);
		rig_inject(rig, &format);
		assert_int_equal(open_briefly(rig), 0);
		assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
		assert_int_equal(nvu_ns_info(rig->ns)->lbaf, 18);
		assert_int_equal(nvu_ns_info(rig->ns)->block_bytes, unique == 15 ? 4096 : 0);
		rig_again(rig);
	}
}

/* The controller lists them only after the host has set LBAFEE, which it does after each reset. */
static void format_above_16_is_used_when_the_drive_offers_it(void **state)
{
	struct rig *rig = *state;

	for (int lost = 0; lost < 3; lost++) {
		rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | NVU_MOCK_EXTENDED_FORMATS,
					      .lba_bytes = 4096));
		if (lost)
			rig_inject(rig, NVU_MOCK_FAULT(.kind = lost == 1 ? NVU_MOCK_FAULT_DROP
									 : NVU_MOCK_FAULT_STATUS,
						       .qid = NVU_MOCK_ADMIN_QUEUE, .skip = 1,
						       .status = NVU_SC_INVALID_FIELD,
						       .opcode = NVU_ADMIN_SET_FEATURES));
		assert_int_equal(open_briefly(rig), 0);
		assert_int_equal(nvu_ctrl_info(rig->ctrl)->namespaces, !lost);
		if (!lost) {
			assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
			assert_int_equal(nvu_ns_info(rig->ns)->lbaf, 19);
			assert_int_equal(nvu_ns_info(rig->ns)->block_bytes, 4096);
			assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
			assert_int_equal(nvu_admin(rig->ctrl,
						   &(struct nvu_sqe){ .opcode = NVU_ADMIN_IDENTIFY,
								      .nsid = nvu_le32_put(1) },
						   (uint8_t[PAGE]){ 0 }, PAGE, 0, NULL),
					 0);
		}
		rig_again(rig);
	}
}

static void more_than_4096_namespaces_are_all_found(void **state)
{
	struct rig *rig = *state;
	const struct nvu_ns *ns;

	rig_create(rig,
		   NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .namespaces = 5000, .ns_bytes = 4096));
	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
	assert_int_equal(nvu_ctrl_info(rig->ctrl)->namespaces, 5000);
	assert_int_equal(nvu_ns_get(rig->ctrl, 5000, &ns), 0);
	assert_int_equal(nvu_ns_next(rig->ctrl, 4999), 5000);
	assert_int_equal(nvu_ns_next(rig->ctrl, 5000), 0);
}

static void more_namespaces_than_nvu_takes_are_reported(void **state)
{
	struct rig *rig = *state;

	rig_create(rig,
		   NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .namespaces = 65537, .ns_bytes = 4096));
	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), -EPROTO);
	rig_assert_sentence("more than 65536 active namespaces");
}

/* A drive with doorbells up to 17 GiB into BAR0: those whose offsets have 32 bits are used. */
static void doorbells_behind_4_gib_are_not_used(void **state)
{
	struct rig *rig = *state;

	rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .dstrd = 15, .io_queues = 20000));
	assert_int_equal(
		nvu_ctrl_open(rig_address(rig), NVU_CTRL_OPTS(.io_queues = 65535), &rig->ctrl), 0);
	assert_int_equal(nvu_ctrl_info(rig->ctrl)->io_queues, 16383);
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
	rig_equip(rig, NULL);
	assert_int_equal(rig_read(rig, 0, 8, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(all_ones_for_a_moment_are_waited_for),
		RIG_TEST(all_ones_when_opened_or_reset_are_waited_for),
		RIG_TEST(all_ones_until_a_reset_cost_a_function_reset),
		RIG_TEST(all_ones_in_configuration_space_too_are_the_end),
		RIG_TEST(refused_queues_leave_the_admin_commands),
		RIG_TEST(optional_command_is_refused_and_the_drive_works),
		RIG_TEST(optional_command_is_lost_and_the_drive_works),
		RIG_TEST(optional_command_is_answered_too_late_and_the_drive_works),
		RIG_TEST(command_of_a_drive_not_ready_is_sent_again),
		RIG_TEST(command_of_a_drive_not_ready_is_sent_again_within_its_time),
		RIG_TEST(pause_for_firmware_stops_the_escalation),
		RIG_TEST(pause_longer_than_it_may_be_is_ended),
		RIG_TEST(ready_timeout_of_crto_is_waited_for),
		RIG_TEST(offline_virtual_function_is_named_as_such),
		RIG_TEST(release_request_is_one_event_among_others),
		RIG_TEST(release_request_reaches_a_program_whose_controller_has_failed),
		RIG_TEST(format_above_nlbaf_is_used_when_nulbaf_covers_it),
		RIG_TEST(format_above_16_is_used_when_the_drive_offers_it),
		RIG_TEST(more_than_4096_namespaces_are_all_found),
		RIG_TEST(more_namespaces_than_nvu_takes_are_reported),
		RIG_TEST(doorbells_behind_4_gib_are_not_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
