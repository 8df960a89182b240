// SPDX-License-Identifier: MIT
/*
 * test_vfio_user_answer.c: what a server may answer: to another request, cut off, with limits of any size.
 */
#include "transport/vfio_user/answer.h"

#include "unit.h"

static const struct frame_header asked = { .id = 7, .command = FRAME_REGION_READ };

static struct frame message(struct frame_header header, const void *body, uint32_t len)
{
	struct frame frame = { .len = (uint32_t)sizeof(header) + len };

	header.size = frame.len;
	memcpy(frame.bytes, &header, sizeof(header));
	if (len)
		memcpy(frame.bytes + sizeof(header), body, len);
	return frame;
}

static void answer_decode_takes_the_answer_to_the_request_only(void **state)
{
	static const struct {
		const char *name;
		struct frame_header header;
		int ret, error;
	} rows[] = {
		{ "answer", { 7, FRAME_REGION_READ, 0, FRAME_TYPE_REPLY, 0 }, 0, 0 },
		{ "refusal",
		  { 7, FRAME_REGION_READ, 0, FRAME_TYPE_REPLY | FRAME_ERROR, 22 },
		  0,
		  22 },
		{ "refusal of 0",
		  { 7, FRAME_REGION_READ, 0, FRAME_TYPE_REPLY | FRAME_ERROR, 0 },
		  0,
		  EIO },
		{ "refusal of -1",
		  { 7, FRAME_REGION_READ, 0, FRAME_TYPE_REPLY | FRAME_ERROR, UINT32_MAX },
		  0,
		  EIO },
		{ "error without the flag",
		  { 7, FRAME_REGION_READ, 0, FRAME_TYPE_REPLY, 22 },
		  0,
		  0 },
		{ "another number", { 8, FRAME_REGION_READ, 0, FRAME_TYPE_REPLY, 0 }, -EPROTO, 0 },
		{ "another command",
		  { 7, FRAME_REGION_WRITE, 0, FRAME_TYPE_REPLY, 0 },
		  -EPROTO,
		  0 },
		{ "no type", { 7, FRAME_REGION_READ, 0, 2, 0 }, -EPROTO, 0 },
		{ "request", { 7, FRAME_REGION_READ, 0, FRAME_TYPE_COMMAND, 0 }, -EAGAIN, 0 },
	};

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++) {
		const struct frame in = message(rows[row].header, "body", 4);
		struct answer answer = { .error = -1 };

		assert_row(rows[row].name, answer_decode(&in, &asked, &answer) == rows[row].ret);
		if (rows[row].ret)
			continue;
		assert_row(rows[row].name, answer.error == rows[row].error);
		assert_row(rows[row].name, answer.len == 4 && !memcmp(answer.body, "body", 4));
	}
}

static int version(uint16_t major, const char *json, uint32_t json_len,
		   struct answer_limits *ret_limits)
{
	struct {
		struct frame_version version;
		char json[256];
	} body = { .version = { major, 3 } };
	const struct answer answer = { .body = (const uint8_t *)&body,
				       .len = (uint32_t)sizeof(body.version) + json_len };

	memcpy(body.json, json, json_len);
	return answer_version(&answer, ret_limits);
}

static void answer_version_without_limits_has_those_of_the_protocol(void **state)
{
	struct answer_limits limits;

	(void)state;
	assert_int_equal(version(0, "", 0, &limits), 0);
	assert_int_equal(limits.fds_max, 1);
	assert_int_equal(limits.data_max, FRAME_DATA_MAX);
	assert_int_equal(limits.maps_max, UINT16_MAX);
	assert_int_equal(limits.page_bytes, 4096);
}

static void answer_version_takes_what_the_server_says(void **state)
{
	static const char json[] = "{\"capabilities\":{\"max_msg_fds\":8,\"max_data_xfer_size\":64,"
				   "\"max_dma_maps\":60,\"pgsizes\":65536}}";
	struct answer_limits limits;

	(void)state;
	assert_int_equal(version(0, json, sizeof(json), &limits), 0);
	assert_int_equal(limits.fds_max, 1);
	assert_int_equal(limits.data_max, 64);
	assert_int_equal(limits.maps_max, 60);
	assert_int_equal(limits.page_bytes, 65536);
}

static void answer_version_refuses_limits_that_leave_no_room(void **state)
{
	static const struct {
		const char *json;
		int ret;
	} rows[] = {
		{ "{\"max_msg_fds\":0}", -ERANGE },
		{ "{\"max_data_xfer_size\":7}", -ERANGE },
		{ "{\"max_data_xfer_size\":8}", 0 },
		{ "{\"max_dma_maps\":0}", -ERANGE },
		{ "{\"pgsizes\":0}", -ERANGE },
		{ "{\"pgsizes\":4194304}", -ERANGE },
		{ "{\"pgsizes\":6291456}", 0 }, /* 2 MiB and 4 MiB */
		{ "{\"pgsizes\":18446744073709551615}", 0 },
		{ "{\"max_dma_maps\":99999999999999999999}", 0 },
		{ "{\"max_dma_maps\":\"x\"}", 0 },
		{ "no json", 0 },
	};
	struct answer_limits limits;

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++)
		assert_row(rows[row].json,
			   version(0, rows[row].json, (uint32_t)strlen(rows[row].json) + 1,
				   &limits) == rows[row].ret);
	assert_int_equal(version(1, "", 1, &limits), -ENOTSUP);
	assert_int_equal(version(0, "{}", 2, &limits), -EPROTO); /* no NUL behind it */
}

static void answers_that_are_too_short_are_refused(void **state)
{
	uint8_t body[64] = { 0 };
	struct answer answer = { .body = body };
	struct answer_limits limits;
	struct frame_info info;
	struct frame_region_info region;
	struct frame_irq_info irq;

	(void)state;
	for (; answer.len < sizeof(struct frame_version); answer.len++)
		assert_int_equal(answer_version(&answer, &limits), -EPROTO);
	for (; answer.len < sizeof(info); answer.len++) {
		assert_int_equal(answer_info(&answer, &info), -EPROTO);
		assert_int_equal(answer_irq(&answer, 0, &irq), -EPROTO);
	}
	assert_int_equal(answer_info(&answer, &info), 0);
	assert_int_equal(answer_irq(&answer, 0, &irq), 0);
	assert_int_equal(answer_irq(&answer, 1, &irq), -EPROTO);
	for (; answer.len < sizeof(region); answer.len++)
		assert_int_equal(answer_region(&answer, 0, &region), -EPROTO);
	assert_int_equal(answer_region(&answer, 0, &region), 0);
	assert_int_equal(answer_region(&answer, 7, &region), -EPROTO);
	answer.error = EIO;
	assert_int_equal(answer_info(&answer, &info), -EPROTO);
}

static void answer_read_copies_what_was_asked_for_only(void **state)
{
	const struct frame_access want = { 0x14, FRAME_BAR0, 4 };
	const struct {
		const char *name;
		struct frame_access access;
		uint32_t len;
		int ret;
	} rows[] = {
		{ "as asked", want, 4, 0 },
		{ "fewer bytes", want, 3, -EPROTO },
		{ "more bytes", want, 5, -EPROTO },
		{ "another place", { 0x18, FRAME_BAR0, 4 }, 4, -EPROTO },
		{ "another region", { 0x14, FRAME_CONFIG, 4 }, 4, -EPROTO },
		{ "another count", { 0x14, FRAME_BAR0, 8 }, 4, -EPROTO },
	};
	struct {
		struct frame_access access;
		char data[8];
	} body = { .data = "abcdefg" };

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++) {
		const struct answer answer = { .body = (const uint8_t *)&body,
					       .len = (uint32_t)sizeof(want) + rows[row].len };
		char data[8] = "-------";

		body.access = rows[row].access;
		assert_row(rows[row].name, answer_read(&answer, &want, data) == rows[row].ret);
		assert_row(rows[row].name, !memcmp(data, rows[row].ret ? "-------" : "abcd---", 8));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answer_decode_takes_the_answer_to_the_request_only),
		cmocka_unit_test(answer_version_without_limits_has_those_of_the_protocol),
		cmocka_unit_test(answer_version_takes_what_the_server_says),
		cmocka_unit_test(answer_version_refuses_limits_that_leave_no_room),
		cmocka_unit_test(answers_that_are_too_short_are_refused),
		cmocka_unit_test(answer_read_copies_what_was_asked_for_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
