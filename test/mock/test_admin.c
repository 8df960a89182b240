// SPDX-License-Identifier: MIT
/*
 * test_admin.c: admin commands of the program's own, and asynchronous events.
 */
#include "harness.h"

#include "clock.h"

#include <pthread.h>
#include <stdlib.h>

/* More than the mock takes while nvu waits a millisecond. */
enum { STEPS = 200000 };

static struct nvu_sqe log_command(uint8_t page, uint32_t bytes)
{
	return (struct nvu_sqe){ .opcode = NVU_ADMIN_GET_LOG_PAGE,
				 .nsid = nvu_le32_put(UINT32_MAX),
				 .cdw10 = nvu_le32_put((bytes / 4 - 1) << 16 | page) };
}

static void admin_identify_returns_the_controllers_data(void **state)
{
	struct rig *rig = *state;
	struct nvu_id_ctrl id;
	const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_IDENTIFY,
				     .cdw10 = nvu_le32_put(NVU_CNS_CTRL) };

	rig_open(rig, NULL, NULL);

	assert_int_equal(nvu_admin(rig->ctrl, &cmd, &id, sizeof(id), 0, NULL), 0);

	assert_memory_equal(&id, nvu_ctrl_identify(rig->ctrl), sizeof(id));
}

static void admin_log_page_of_any_length_is_copied_back(void **state)
{
	struct rig *rig = *state;
	const uint32_t lengths[] = { 512, 516, 4096, 4100, 12288, 1 << 20 };
	uint8_t *data = malloc(1 << 20);

	assert_non_null(data);
	rig_open(rig, NULL, NULL);
	for (size_t idx = 0; idx < COUNT(lengths); idx++) {
		uint32_t dwords = lengths[idx] / 4 - 1;
		struct nvu_sqe cmd = log_command(NVU_LOG_SMART, 4);

		cmd.cdw10 = nvu_le32_put((dwords & 0xffff) << 16 | NVU_LOG_SMART);
		cmd.cdw11 = nvu_le32_put(dwords >> 16);
		memset(data, 0xff, 1 << 20);
		assert_int_equal(nvu_admin(rig->ctrl, &cmd, data, lengths[idx], 0, NULL), 0);
		assert_int_equal(data[1] | data[2] << 8, 310); /* kelvin */
		assert_int_equal(data[lengths[idx] - 1], 0);
		assert_true(lengths[idx] == 1 << 20 || data[lengths[idx]] == 0xff);
	}
	free(data);
}

static void admin_feature_is_set_and_read_back(void **state)
{
	struct rig *rig = *state;
	const struct nvu_sqe set = { .opcode = NVU_ADMIN_SET_FEATURES,
				     .cdw10 = nvu_le32_put(NVU_FEAT_ARBITRATION),
				     .cdw11 = nvu_le32_put(0x01020305) };
	const struct nvu_sqe get = { .opcode = NVU_ADMIN_GET_FEATURES,
				     .cdw10 = nvu_le32_put(NVU_FEAT_ARBITRATION) };
	uint64_t result = 77;

	rig_open(rig, NULL, NULL);

	assert_int_equal(nvu_admin(rig->ctrl, &set, NULL, 0, 0, NULL), 0);
	assert_int_equal(nvu_admin(rig->ctrl, &get, NULL, 0, 0, &result), 0);

	assert_int_equal(result, 0x01020305);
}

static void admin_failed_command_returns_its_status(void **state)
{
	struct rig *rig = *state;
	const struct nvu_sqe cmd = log_command(0x7f, 512);
	uint8_t data[512] = { 0xaa };
	uint64_t result = 77;

	rig_open(rig, NULL, NULL);

	assert_int_equal(nvu_admin(rig->ctrl, &cmd, data, sizeof(data), 0, &result),
			 NVU_SC_INVALID_LOG_PAGE);

	rig_assert_sentence("02h");
	assert_int_equal(result, 77);
	assert_int_equal(data[0], 0xaa);
}

static void admin_reserved_commands_are_eperm(void **state)
{
	struct rig *rig = *state;
	const uint8_t reserved[] = { NVU_ADMIN_DELETE_SQ,   NVU_ADMIN_CREATE_SQ,
				     NVU_ADMIN_DELETE_CQ,   NVU_ADMIN_CREATE_CQ,
				     NVU_ADMIN_ASYNC_EVENT, NVU_ADMIN_DOORBELL_BUFFER };
	uint64_t commands;

	rig_open(rig, NULL, NULL);
	commands = rig_mock_stats(rig).admin_commands;
	for (size_t idx = 0; idx < COUNT(reserved); idx++) {
		const struct nvu_sqe cmd = { .opcode = reserved[idx] };

		assert_int_equal(nvu_admin(rig->ctrl, &cmd, NULL, 0, 0, NULL), -EPERM);
		rig_assert_sentence("only the library itself");
	}
	assert_int_equal(rig_mock_stats(rig).admin_commands, commands);
}

static void admin_wrong_data_is_refused(void **state)
{
	struct rig *rig = *state;
	const struct nvu_sqe cmd = log_command(NVU_LOG_SMART, 512);
	const size_t lengths[] = { 1, 2, 511, (1 << 20) + 4, SIZE_MAX, SIZE_MAX - 3 };
	uint8_t data[512];

	rig_open(rig, NULL, NULL);
	for (size_t idx = 0; idx < COUNT(lengths); idx++) {
		assert_int_equal(nvu_admin(rig->ctrl, &cmd, data, lengths[idx], 0, NULL), -EINVAL);
		rig_assert_sentence("multiple of 4");
	}
	assert_int_equal(nvu_admin(rig->ctrl, &cmd, NULL, 512, 0, NULL), -EINVAL);
	rig_assert_sentence("data is NULL");
}

static void admin_lost_command_is_etimedout_and_the_next_one_works(void **state)
{
	struct rig *rig = *state;
	const struct nvu_sqe cmd = log_command(NVU_LOG_SMART, 512);
	uint8_t data[512] = { 0xaa };
	uint64_t begin_ms;

	rig_open(rig, NULL, NULL);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .qid = NVU_MOCK_ADMIN_QUEUE,
				       .count = 1));
	begin_ms = clock_now_ms();

	assert_int_equal(nvu_admin(rig->ctrl, &cmd, data, sizeof(data), 20, NULL), -ETIMEDOUT);

	rig_assert_sentence("within 20 ms");
	assert_in_range(clock_now_ms() - begin_ms, 20, 21);
	assert_int_equal(data[0], 0xaa);
	assert_int_equal(nvu_admin(rig->ctrl, &cmd, data, sizeof(data), 0, NULL), 0);
	assert_int_equal(data[0], 0);
}

/* Neither the caller nor an option says how long: 10 s. */
static void admin_lost_command_is_given_up_after_the_usual_time(void **state)
{
	struct rig *rig = *state;
	const struct nvu_sqe cmd = log_command(NVU_LOG_SMART, 512);
	uint8_t data[512];
	uint64_t begin_ms;

	rig_open(rig, NULL, NULL);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .qid = NVU_MOCK_ADMIN_QUEUE,
				       .count = 1));
	begin_ms = clock_now_ms();

	assert_int_equal(nvu_admin(rig->ctrl, &cmd, data, sizeof(data), 0, NULL), -ETIMEDOUT);

	assert_in_range(clock_now_ms() - begin_ms, 10000, 10001);
}

/* The controller may still write to the memory of a command that was given up. */
static void admin_late_answer_never_lands_in_another_buffer(void **state)
{
	struct rig *rig = *state;
	const struct nvu_sqe cmd = log_command(NVU_LOG_SMART, 512);
	uint8_t data[512] = { 0xaa }, zeroes[512] = { 0 };
	struct nvu_dma *buf;
	uint64_t completions;

	rig_open(rig, NULL, NULL);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .qid = NVU_MOCK_ADMIN_QUEUE,
				       .delay = STEPS, .count = 1));
	assert_int_equal(nvu_admin(rig->ctrl, &cmd, data, sizeof(data), 1, NULL), -ETIMEDOUT);

	assert_int_equal(nvu_dma_alloc(rig->ctrl, PAGE, &buf), 0);
	completions = rig_mock_stats(rig).completions;
	for (int turn = 0; turn <= STEPS; turn++)
		(void)nvu_mock_step(rig->mock, 1);
	assert_int_equal(rig_mock_stats(rig).completions, completions + 1);

	assert_memory_equal(nvu_dma_addr(buf), zeroes, sizeof(zeroes));
	assert_int_equal(data[0], 0xaa);
	assert_int_equal(nvu_dma_free(buf), 0);
}

/* A controller whose smallest page is 8 KiB: lists are built per command, in memory of its own. */
static void admin_list_of_a_command_given_up_is_not_overwritten(void **state)
{
	struct rig *rig = *state;
	static uint8_t data[65536], expected[sizeof(data)];
	const struct nvu_sqe cmd = log_command(NVU_LOG_SMART, sizeof(data));
	struct nvu_dma *innocent;
	uint64_t cap;

	rig_open(rig, NULL, NULL);
	cap = nvu_ctrl_info(rig->ctrl)->cap | NVU_PUT(NVU_CAP_MPSMIN, 1);
	rig_close(rig);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_REGISTER, .offset = NVU_REG_CAP,
				       .value = cap));
	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
	assert_int_equal(nvu_ctrl_info(rig->ctrl)->page_bytes, 8192);
	rig_inject(rig,
		   NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DELAY, .qid = NVU_MOCK_ADMIN_QUEUE,
				  .opcode = NVU_ADMIN_GET_LOG_PAGE, .delay = STEPS, .count = 1));
	assert_int_equal(nvu_admin(rig->ctrl, &cmd, data, sizeof(data), 1, NULL), -ETIMEDOUT);
	assert_int_equal(nvu_admin(rig->ctrl, &cmd, data, sizeof(data), 0, NULL), 0);

	/* Where the second command's data were. */
	assert_int_equal(nvu_dma_alloc(rig->ctrl, sizeof(data), &innocent), 0);
	memset(nvu_dma_addr(innocent), 0xee, sizeof(data));
	memset(expected, 0xee, sizeof(expected));
	for (int turn = 0; turn <= STEPS; turn++)
		(void)nvu_mock_step(rig->mock, 1);

	assert_memory_equal(nvu_dma_addr(innocent), expected, sizeof(expected));
	assert_int_equal(nvu_dma_free(innocent), 0);
}

static void admin_many_lost_commands_end_in_a_clear_refusal(void **state)
{
	struct rig *rig = *state;
	const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_GET_FEATURES,
				     .cdw10 = nvu_le32_put(NVU_FEAT_ARBITRATION) };
	int ret = -ETIMEDOUT, lost = 0;

	rig_open(rig, NULL, NULL);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .qid = NVU_MOCK_ADMIN_QUEUE));
	while (ret == -ETIMEDOUT && lost++ < 100)
		ret = nvu_admin(rig->ctrl, &cmd, NULL, 0, 1, NULL);
	assert_int_equal(ret, -EAGAIN);
	rig_assert_sentence("reset the controller");
	nvu_mock_clear_faults(rig->mock);

	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);

	assert_int_equal(nvu_admin(rig->ctrl, &cmd, NULL, 0, 0, NULL), 0);
}

struct caller {
	pthread_t thread;
	struct nvu_ctrl *ctrl;
	uint32_t value;
	int failures;
};

static void *send_commands(void *arg)
{
	struct caller *caller = arg;

	for (int turn = 0; turn < 300; turn++) {
		uint8_t data[PAGE];
		const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_IDENTIFY,
					     .nsid = nvu_le32_put(caller->value),
					     .cdw10 = nvu_le32_put(NVU_CNS_NS) };
		uint64_t blocks;

		caller->failures += nvu_admin(caller->ctrl, &cmd, data, sizeof(data), 0, NULL) != 0;
		memcpy(&blocks, data, sizeof(blocks));
		caller->failures += blocks != 2048;
	}
	return NULL;
}

static void admin_commands_of_many_threads_have_their_own_answers(void **state)
{
	struct rig *rig = *state;
	struct caller callers[4];

	rig_open(rig, NVU_MOCK_OPTS(.namespaces = 4, .ns_bytes = 1 << 20), NULL);
	for (uint32_t idx = 0; idx < COUNT(callers); idx++) {
		callers[idx] = (struct caller){ .ctrl = rig->ctrl, .value = idx + 1 };
		assert_int_equal(
			pthread_create(&callers[idx].thread, NULL, send_commands, &callers[idx]),
			0);
	}
	for (uint32_t idx = 0; idx < COUNT(callers); idx++) {
		assert_int_equal(pthread_join(callers[idx].thread, NULL), 0);
		assert_int_equal(callers[idx].failures, 0);
	}
}

/* A stepped mock takes the requests and answers them when it works. */
static int service(struct rig *rig, struct nvu_event *event)
{
	(void)nvu_mock_step(rig->mock, 100);
	return nvu_ctrl_service(rig->ctrl, event);
}

static void event_is_handed_on_once(void **state)
{
	struct rig *rig = *state;
	struct nvu_event event = { 0 };

	rig_open(rig, NULL, NULL);
	assert_int_equal(service(rig, &event), 0);
	assert_int_equal(nvu_mock_event(rig->mock, 1, 2, NVU_LOG_SMART), 0);

	assert_int_equal(service(rig, &event), 1);

	assert_int_equal(event.type, 1);
	assert_int_equal(event.info, 2);
	assert_int_equal(event.log_page, NVU_LOG_SMART);
	assert_int_equal(service(rig, &event), 0);
}

static void event_waits_for_a_caller_who_takes_it(void **state)
{
	struct rig *rig = *state;
	struct nvu_event event = { 0 };

	rig_open(rig, NULL, NULL);
	assert_int_equal(nvu_mock_event(rig->mock, 2, 0, NVU_LOG_CHANGED_NS), 0);

	for (int turn = 0; turn < 10; turn++)
		assert_int_equal(service(rig, NULL), 0);

	assert_int_equal(service(rig, &event), 1);
	assert_int_equal(event.type, 2);
}

static void event_of_a_type_comes_again_after_its_log_page_was_read(void **state)
{
	struct rig *rig = *state;
	struct nvu_sqe cmd = log_command(NVU_LOG_SMART, 512);
	struct nvu_event event;
	uint8_t data[512];

	rig_open(rig, NULL, NULL);
	for (uint8_t info = 0; info < 50; info++)
		assert_int_equal(nvu_mock_event(rig->mock, 1, info, NVU_LOG_SMART), 0);

	for (uint8_t info = 0; info < 50; info++) {
		assert_int_equal(service(rig, &event), 1);
		assert_int_equal(event.info, info);
		assert_int_equal(service(rig, &event), 0); /* masked */
		assert_int_equal(nvu_admin(rig->ctrl, &cmd, data, sizeof(data), 0, NULL), 0);
	}
}

static void events_of_all_types_arrive_in_order(void **state)
{
	struct rig *rig = *state;
	struct nvu_event event;

	rig_open(rig, NULL, NULL);
	for (uint8_t type = 0; type < 8; type++)
		assert_int_equal(nvu_mock_event(rig->mock, type, type, type), 0);

	for (uint8_t type = 0; type < 8; type++) {
		int ret = 0;

		for (int turn = 0; turn < 10 && !ret; turn++)
			ret = service(rig, &event);
		assert_int_equal(ret, 1);
		assert_int_equal(event.type, type);
	}
}

/* A controller that answers each request at once, without an end. */
static void event_flood_is_bounded_and_admin_commands_get_through(void **state)
{
	struct rig *rig = *state;
	const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_GET_FEATURES,
				     .cdw10 = nvu_le32_put(NVU_FEAT_ARBITRATION) };
	struct nvu_event event;
	int events = 0;

	rig_create(rig, NULL);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .qid = NVU_MOCK_ADMIN_QUEUE,
				       .opcode = NVU_ADMIN_ASYNC_EVENT, .status = NVU_SC_SUCCESS));
	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);

	for (int turn = 0; turn < 1000; turn++) {
		assert_int_equal(service(rig, NULL), 0);
		assert_int_equal(nvu_admin(rig->ctrl, &cmd, NULL, 0, 0, NULL), 0);
	}
	nvu_mock_clear_faults(rig->mock);
	while (service(rig, &event) == 1)
		events++;

	assert_in_range(events, 1, 64);
}

static void event_requests_that_are_refused_are_not_repeated(void **state)
{
	struct rig *rig = *state;
	uint64_t commands;

	rig_create(rig, NULL);
	rig_inject(rig,
		   NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_STATUS, .qid = NVU_MOCK_ADMIN_QUEUE,
				  .opcode = NVU_ADMIN_ASYNC_EVENT, .status = NVU_SC_AER_LIMIT));
	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
	for (int turn = 0; turn < 10; turn++)
		assert_int_equal(service(rig, NULL), 0);
	commands = rig_mock_stats(rig).admin_commands;

	for (int turn = 0; turn < 100; turn++)
		assert_int_equal(service(rig, NULL), 0);

	assert_int_equal(rig_mock_stats(rig).admin_commands, commands);
}

static void service_tells_of_a_failed_controller(void **state)
{
	struct rig *rig = *state;

	rig_open(rig, NULL, NULL);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_CFS_NOW));

	assert_int_equal(nvu_ctrl_service(rig->ctrl, NULL), -EIO);
	rig_assert_sentence("CSTS.CFS");

	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE_NOW));
	assert_int_equal(nvu_ctrl_service(rig->ctrl, NULL), -ENODEV);
	rig_assert_sentence("gone");
}

/* Between two reads of it: what was not returned stays the caller's, what is too much stays out. */
static void admin_log_page_that_changes_its_length_stays_in_its_place(void **state)
{
	struct rig *rig = *state;
	const struct nvu_sqe cmd = log_command(NVU_LOG_ERROR, 1024);
	const uint64_t lengths[] = { 1024, 64, 0, 4096, 1 << 20, 512, 1028 };
	uint8_t data[2 * PAGE];

	rig_open(rig, NULL, NULL);
	for (size_t idx = 0; idx < COUNT(lengths); idx++) {
		size_t returned = lengths[idx] < 1024 ? lengths[idx] : 1024;

		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_LENGTH, .cns = NVU_LOG_ERROR,
					       .opcode = NVU_ADMIN_GET_LOG_PAGE, .count = 1,
					       .value = lengths[idx]));
		memset(data, 0xa5, sizeof(data));
		assert_int_equal(nvu_admin(rig->ctrl, &cmd, data, 1024, 0, NULL), 0);
		for (size_t at = 0; at < sizeof(data); at++)
			assert_int_equal(data[at], at < returned ? 0 : 0xa5);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(admin_log_page_that_changes_its_length_stays_in_its_place),
		RIG_TEST(admin_identify_returns_the_controllers_data),
		RIG_TEST(admin_log_page_of_any_length_is_copied_back),
		RIG_TEST(admin_feature_is_set_and_read_back),
		RIG_TEST(admin_failed_command_returns_its_status),
		RIG_TEST(admin_reserved_commands_are_eperm),
		RIG_TEST(admin_wrong_data_is_refused),
		RIG_TEST(admin_lost_command_is_etimedout_and_the_next_one_works),
		RIG_TEST(admin_lost_command_is_given_up_after_the_usual_time),
		RIG_TEST(admin_late_answer_never_lands_in_another_buffer),
		RIG_TEST(admin_list_of_a_command_given_up_is_not_overwritten),
		RIG_TEST(admin_many_lost_commands_end_in_a_clear_refusal),
		RIG_TEST(admin_commands_of_many_threads_have_their_own_answers),
		RIG_TEST(event_is_handed_on_once),
		RIG_TEST(event_waits_for_a_caller_who_takes_it),
		RIG_TEST(event_of_a_type_comes_again_after_its_log_page_was_read),
		RIG_TEST(events_of_all_types_arrive_in_order),
		RIG_TEST(event_flood_is_bounded_and_admin_commands_get_through),
		RIG_TEST(event_requests_that_are_refused_are_not_repeated),
		RIG_TEST(service_tells_of_a_failed_controller),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
