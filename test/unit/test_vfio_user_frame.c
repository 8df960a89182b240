// SPDX-License-Identifier: MIT
/*
 * test_vfio_user_frame.c: messages of vfio-user as another program may send them: whole, cut off, inconsistent.
 */
#include "transport/vfio_user/frame.h"
#include "unit.h"

enum { HEADER = 16 };

/* A whole request: its header, a body, data. */
static void build(struct frame *frame, uint16_t command, const void *body, uint32_t body_len,
		  const void *data, uint32_t data_len)
{
	const struct frame_header header = { .id = 7,
					     .command = command,
					     .size = HEADER + body_len + data_len };

	memcpy(frame->bytes, &header, sizeof(header));
	if (body_len)
		memcpy(frame->bytes + HEADER, body, body_len);
	if (data_len)
		memcpy(frame->bytes + HEADER + body_len, data, data_len);
	frame->len = header.size;
	frame->sent = 0;
}

static int decode(uint16_t command, const void *body, uint32_t body_len, const void *data,
		  uint32_t data_len, struct frame_request *ret_request)
{
	static struct frame frame;

	build(&frame, command, body, body_len, data, data_len);
	assert_int_equal(frame_missing(&frame), 0);
	return frame_decode(&frame, ret_request);
}

static void frame_missing_counts_the_header_then_the_message(void **state)
{
	struct frame frame = { .len = 0 };
	const uint32_t size = 48;

	(void)state;
	memcpy(frame.bytes + 4, &size, sizeof(size));

	assert_int_equal(frame_missing(&frame), HEADER);
	frame.len = 15;
	assert_int_equal(frame_missing(&frame), 1);
	frame.len = HEADER;
	assert_int_equal(frame_missing(&frame), 32);
	frame.len = 48;
	assert_int_equal(frame_missing(&frame), 0);
}

static void frame_missing_refuses_impossible_lengths(void **state)
{
	static const uint32_t sizes[] = { 0, 1, 15, FRAME_BYTES_MAX + 1, UINT32_MAX };

	(void)state;
	for (size_t row = 0; row < COUNT(sizes); row++) {
		struct frame frame = { .len = HEADER };

		memcpy(frame.bytes + 4, &sizes[row], sizeof(sizes[row]));
		assert_int_equal(frame_missing(&frame), -EPROTO);
	}
}

static void frame_decode_takes_what_clients_send(void **state)
{
	static const char json[] = "{\"capabilities\":{}}";
	const struct frame_version version = { 0, 1 };
	const struct frame_dma_map map = { 32, 3, 0x1000, 0x2000, 0x3000 };
	const struct frame_irq_set set = { 22, FRAME_IRQ_BOOL | FRAME_IRQ_TRIGGER, 2, 5, 2 };
	const struct frame_access read = { 0x14, 0, 4 };
	struct frame_request request;

	(void)state;
	assert_int_equal(decode(FRAME_VERSION, &version, 4, json, sizeof(json), &request), 0);
	assert_int_equal(request.header.id, 7);
	assert_int_equal(request.version.minor, 1);
	assert_string_equal((const char *)request.data, json);
	assert_int_equal(request.data_len, sizeof(json));
	assert_int_equal(decode(FRAME_DMA_MAP, &map, 32, NULL, 0, &request), 0);
	assert_int_equal(request.map.address, 0x2000);
	assert_int_equal(request.map.size, 0x3000);
	assert_int_equal(decode(FRAME_SET_IRQS, &set, 20, "\1", 2, &request), 0);
	assert_int_equal(request.set.start, 5);
	assert_int_equal(request.data[0], 1);
	assert_int_equal(decode(FRAME_REGION_READ, &read, 16, NULL, 0, &request), 0);
	assert_int_equal(request.access.offset, 0x14);
	assert_int_equal(decode(FRAME_RESET, NULL, 0, NULL, 0, &request), 0);
}

static void frame_decode_takes_bodies_of_their_length_only(void **state)
{
	static const struct {
		uint16_t command, len;
	} rows[] = {
		{ FRAME_VERSION, 3 },	{ FRAME_DMA_MAP, 31 },	       { FRAME_DMA_UNMAP, 23 },
		{ FRAME_GET_INFO, 15 }, { FRAME_GET_REGION_INFO, 31 }, { FRAME_GET_IRQ_INFO, 15 },
		{ FRAME_SET_IRQS, 19 }, { FRAME_REGION_READ, 15 },     { FRAME_REGION_WRITE, 15 },
		{ FRAME_GET_INFO, 0 },
	};
	const uint8_t ones[32] = { 1 };
	struct frame_request request;

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++)
		assert_int_equal(decode(rows[row].command, ones, rows[row].len, NULL, 0, &request),
				 -EINVAL);
}

static void frame_decode_knows_its_commands_only(void **state)
{
	static const uint16_t others[] = { 0, 6, 11, 12, 14, 15, 16, 17, 18, 19, UINT16_MAX };
	const uint8_t zeroes[64] = { 0 };
	struct frame_request request;

	(void)state;
	for (size_t row = 0; row < COUNT(others); row++)
		assert_int_equal(decode(others[row], zeroes, 64, NULL, 0, &request), -ENOTSUP);
}

static void frame_decode_refuses_replies(void **state)
{
	struct frame frame;
	struct frame_request request;
	const uint32_t reply = FRAME_TYPE_REPLY;

	(void)state;
	build(&frame, FRAME_RESET, NULL, 0, NULL, 0);
	memcpy(frame.bytes + 8, &reply, sizeof(reply));

	assert_int_equal(frame_decode(&frame, &request), -EPROTO);
}

static void frame_decode_checks_versions(void **state)
{
	const struct frame_version one = { 1, 0 }, zero = { 0, 0 };
	struct frame_request request;

	(void)state;
	assert_int_equal(decode(FRAME_VERSION, &one, 4, NULL, 0, &request), -ENOTSUP);
	assert_int_equal(decode(FRAME_VERSION, &zero, 4, NULL, 0, &request), 0);
	assert_int_equal(decode(FRAME_VERSION, &zero, 4, "{}", 2, &request), -EINVAL);
	assert_int_equal(decode(FRAME_VERSION, &zero, 4, "{}", 3, &request), 0);
}

static void frame_decode_checks_mappings(void **state)
{
	static const struct {
		const char *name;
		struct frame_dma_map map;
		int expected;
	} rows[] = {
		{ "read only", { 32, 1, 0, 0, 4096 }, 0 },
		{ "the last page", { 32, 3, 0, UINT64_MAX - 4095, 4096 }, 0 },
		{ "argsz", { 31, 3, 0, 0, 4096 }, -EINVAL },
		{ "no direction", { 32, 0, 0, 0, 4096 }, -EINVAL },
		{ "unknown flag", { 32, 5, 0, 0, 4096 }, -EINVAL },
		{ "empty", { 32, 3, 0, 0, 0 }, -EINVAL },
		{ "address past the end", { 32, 3, 0, UINT64_MAX - 4094, 4096 }, -EINVAL },
		{ "offset past the end", { 32, 3, UINT64_MAX - 4094, 0, 4096 }, -EINVAL },
		{ "everything twice", { 32, 3, 0, 2, UINT64_MAX }, -EINVAL },
	};
	struct frame_request request;

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++)
		assert_row(rows[row].name, decode(FRAME_DMA_MAP, &rows[row].map, 32, NULL, 0,
						  &request) == rows[row].expected);
}

static void frame_decode_checks_unmappings(void **state)
{
	static const struct {
		const char *name;
		struct frame_dma_unmap unmap;
		int expected;
	} rows[] = {
		{ "one", { 24, 0, 4096, 4096 }, 0 },
		{ "the upper half", { 24, 0, 1ull << 63, 1ull << 63 }, 0 },
		{ "all", { 24, FRAME_UNMAP_ALL, 0, 0 }, 0 },
		{ "dirty pages", { 24, 1, 4096, 4096 }, -EINVAL },
		{ "empty", { 24, 0, 4096, 0 }, -EINVAL },
		{ "past the end", { 24, 0, 1ull << 63, (1ull << 63) + 1 }, -EINVAL },
	};
	struct frame_request request;

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++)
		assert_row(rows[row].name, decode(FRAME_DMA_UNMAP, &rows[row].unmap, 24, NULL, 0,
						  &request) == rows[row].expected);
}

static void frame_decode_checks_indexes_and_sizes(void **state)
{
	const struct frame_region_info region = { .argsz = 32, .index = 9 },
				       small = { .argsz = 31, .index = 0 };
	const struct frame_irq_info irq = { .argsz = 16, .index = 5 }, few = { .argsz = 15 };
	const struct frame_info info = { .argsz = 15 };
	struct frame_request request;

	(void)state;
	assert_int_equal(decode(FRAME_GET_REGION_INFO, &region, 32, NULL, 0, &request), -EINVAL);
	assert_int_equal(decode(FRAME_GET_REGION_INFO, &small, 32, NULL, 0, &request), -EINVAL);
	assert_int_equal(decode(FRAME_GET_IRQ_INFO, &irq, 16, NULL, 0, &request), -EINVAL);
	assert_int_equal(decode(FRAME_GET_IRQ_INFO, &few, 16, NULL, 0, &request), -EINVAL);
	assert_int_equal(decode(FRAME_GET_INFO, &info, 16, NULL, 0, &request), -EINVAL);
}

static void frame_decode_checks_interrupts(void **state)
{
	static const struct {
		const char *name;
		uint32_t flags, data;
		int expected;
	} rows[] = {
		{ "descriptors", FRAME_IRQ_FDS | FRAME_IRQ_TRIGGER, 0, 0 },
		{ "unmask", FRAME_IRQ_NONE | FRAME_IRQ_UNMASK, 0, 0 },
		{ "booleans", FRAME_IRQ_BOOL | FRAME_IRQ_MASK, 4, 0 },
		{ "too few booleans", FRAME_IRQ_BOOL | FRAME_IRQ_MASK, 3, -EINVAL },
		{ "no data", FRAME_IRQ_TRIGGER, 0, -EINVAL },
		{ "no action", FRAME_IRQ_NONE, 0, -EINVAL },
		{ "two kinds of data", FRAME_IRQ_NONE | FRAME_IRQ_BOOL | FRAME_IRQ_MASK, 4,
		  -EINVAL },
		{ "two actions", FRAME_IRQ_NONE | FRAME_IRQ_MASK | FRAME_IRQ_UNMASK, 0, -EINVAL },
		{ "unknown", FRAME_IRQ_NONE | FRAME_IRQ_MASK | 64, 0, -EINVAL },
	};
	struct frame_request request;

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++) {
		const struct frame_irq_set set = { 20, rows[row].flags, 2, 0, 4 };

		assert_row(rows[row].name, decode(FRAME_SET_IRQS, &set, 20, "\1\1\1\1",
						  rows[row].data, &request) == rows[row].expected);
	}
}

static void frame_has_irqs_does_not_overflow(void **state)
{
	static const struct {
		uint32_t start, count, have;
		bool expected;
	} rows[] = {
		{ 0, 4, 4, true },	     { 4, 0, 4, true },		  { 3, 1, 4, true },
		{ 3, 2, 4, false },	     { 5, 0, 4, false },	  { 0, 5, 4, false },
		{ UINT32_MAX, 2, 4, false }, { 1, UINT32_MAX, 4, false }, { 0, 0, 0, true },
	};

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++) {
		const struct frame_irq_set set = { .start = rows[row].start,
						   .count = rows[row].count };

		assert_int_equal(frame_has_irqs(&set, rows[row].have), rows[row].expected);
	}
}

static void frame_decode_checks_accesses(void **state)
{
	static const struct {
		const char *name;
		uint16_t command;
		uint64_t offset;
		uint32_t count, data;
		int expected;
	} rows[] = {
		{ "write", FRAME_REGION_WRITE, 0, 4, 4, 0 },
		{ "largest read", FRAME_REGION_READ, 0, FRAME_DATA_MAX, 0, 0 },
		{ "too large", FRAME_REGION_READ, 0, FRAME_DATA_MAX + 1, 0, -EINVAL },
		{ "nothing", FRAME_REGION_READ, 0, 0, 0, -EINVAL },
		{ "past the end", FRAME_REGION_READ, UINT64_MAX, 2, 0, -EINVAL },
		{ "a read with data", FRAME_REGION_READ, 0, 4, 4, -EINVAL },
		{ "too few data", FRAME_REGION_WRITE, 0, 4, 3, -EINVAL },
		{ "too many data", FRAME_REGION_WRITE, 0, 4, 5, -EINVAL },
	};
	struct frame_request request;

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++) {
		const struct frame_access access = { rows[row].offset, 0, rows[row].count };

		assert_row(rows[row].name, decode(rows[row].command, &access, 16, "12345",
						  rows[row].data, &request) == rows[row].expected);
	}
}

static void frame_reply_has_the_requests_id_and_the_body(void **state)
{
	const struct frame_header request = { .id = 9, .command = FRAME_GET_INFO, .size = 32 };
	struct frame_header reply;
	struct frame out;

	(void)state;
	frame_reply(&out, &request, "abc", 3);

	memcpy(&reply, out.bytes, sizeof(reply));
	assert_int_equal(reply.id, 9);
	assert_int_equal(reply.command, FRAME_GET_INFO);
	assert_int_equal(reply.size, 19);
	assert_int_equal(reply.flags, FRAME_TYPE_REPLY);
	assert_int_equal(out.len, 19);
	assert_memory_equal(out.bytes + HEADER, "abc", 3);
}

static void frame_refuse_has_the_error_and_no_body(void **state)
{
	const struct frame_header request = { .id = 9, .command = FRAME_RESET, .size = 16 };
	struct frame_header reply;
	struct frame out;

	(void)state;
	frame_refuse(&out, &request, EINVAL);

	memcpy(&reply, out.bytes, sizeof(reply));
	assert_int_equal(reply.size, HEADER);
	assert_int_equal(reply.flags, FRAME_TYPE_REPLY | FRAME_ERROR);
	assert_int_equal(reply.error, EINVAL);
}

static void frame_capability_finds_numbers(void **state)
{
	static const struct {
		const char *json;
		bool found;
		uint64_t value;
	} rows[] = {
		{ "{\"capabilities\":{\"max_fds\":16}}", true, 16 },
		{ "{\"max_fds\" : \t0}", true, 0 },
		{ "\"max_fds\":18446744073709551615", true, UINT64_MAX },
		{ "\"max_fds\":18446744073709551616", false, 0 },
		{ "\"max_fds\":99999999999999999999", false, 0 },
		{ "\"max_fds\":true", false, 0 },
		{ "\"max_fds\":-1", false, 0 },
		{ "\"max_fds\":", false, 0 },
		{ "\"max_fds\"", false, 0 },
		{ "\"max_fds", false, 0 },
		{ "\"a\":\"max_fds\",\"max_fds\":3", true, 3 },
		{ "\"max_fdss\":3", false, 0 },
		{ "max_fds:3", false, 0 },
		{ "", false, 0 },
	};

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++) {
		uint64_t value = 0;
		bool found = frame_capability((const uint8_t *)rows[row].json,
					      (uint32_t)strlen(rows[row].json), "max_fds", &value);

		assert_row(rows[row].json, found == rows[row].found && value == rows[row].value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frame_missing_counts_the_header_then_the_message),
		cmocka_unit_test(frame_missing_refuses_impossible_lengths),
		cmocka_unit_test(frame_decode_takes_what_clients_send),
		cmocka_unit_test(frame_decode_takes_bodies_of_their_length_only),
		cmocka_unit_test(frame_decode_knows_its_commands_only),
		cmocka_unit_test(frame_decode_refuses_replies),
		cmocka_unit_test(frame_decode_checks_versions),
		cmocka_unit_test(frame_decode_checks_mappings),
		cmocka_unit_test(frame_decode_checks_unmappings),
		cmocka_unit_test(frame_decode_checks_indexes_and_sizes),
		cmocka_unit_test(frame_decode_checks_interrupts),
		cmocka_unit_test(frame_has_irqs_does_not_overflow),
		cmocka_unit_test(frame_decode_checks_accesses),
		cmocka_unit_test(frame_reply_has_the_requests_id_and_the_body),
		cmocka_unit_test(frame_refuse_has_the_error_and_no_body),
		cmocka_unit_test(frame_capability_finds_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
