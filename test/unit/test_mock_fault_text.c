// SPDX-License-Identifier: MIT
/*
 * test_mock_fault_text.c: faults in the words of an address.
 */
#include "base/error.h"
#include "mock/faults/kind.h"
#include "mock/life/config.h"
#include "mock/life/fault_text.h"
#include "unit.h"

static int parse(const char *text, struct nvu_mock_fault *ret_fault)
{
	return mock_fault_parse(text, strlen(text), ret_fault);
}

static void fault_parse_kind_alone_matches_anything(void **state)
{
	struct nvu_mock_fault fault;

	(void)state;
	assert_int_equal(parse("drop", &fault), 0);

	assert_int_equal(fault.size, sizeof(fault));
	assert_int_equal(fault.kind, NVU_MOCK_FAULT_DROP);
	assert_int_equal(fault.qid, 0);
	assert_int_equal(fault.opcode, 0);
	assert_int_equal(fault.count, 0);
}

static void fault_parse_takes_every_field(void **state)
{
	struct nvu_mock_fault fault;

	(void)state;
	assert_int_equal(parse("patch:op=6:qid=3:cns=1:nsid=0xffffffff:skip=2:count=3:"
			       "status=0x4281:delay=18446744073709551615:value=0xfedcba9876543210:"
			       "offset=4095:bytes=00fFA5",
			       &fault),
			 0);

	assert_int_equal(fault.kind, NVU_MOCK_FAULT_PATCH);
	assert_int_equal(fault.opcode, 6);
	assert_int_equal(fault.qid, 3);
	assert_int_equal(fault.cns, 1);
	assert_int_equal(fault.nsid, UINT32_MAX);
	assert_int_equal(fault.skip, 2);
	assert_int_equal(fault.count, 3);
	assert_int_equal(fault.status, NVU_MOCK_DNR | 0x281);
	assert_true(fault.delay == UINT64_MAX);
	assert_true(fault.value == 0xfedcba9876543210);
	assert_int_equal(fault.offset, 4095);
	assert_int_equal(fault.len, 3);
	assert_memory_equal(fault.bytes, "\x00\xff\xa5", 3);
}

/* Zero in the struct means anything: one that is written out is zero. */
static void fault_parse_words_and_zeroes(void **state)
{
	static const struct {
		const char *text;
		int32_t qid;
		uint32_t opcode, cns;
	} rows[] = {
		{ "drop:op=read", 0, NVU_CMD_READ, 0 },
		{ "drop:op=write", 0, NVU_CMD_WRITE, 0 },
		{ "drop:op=write-zeroes", 0, NVU_CMD_WRITE_ZEROES, 0 },
		{ "drop:op=identify", NVU_MOCK_ADMIN_QUEUE, NVU_ADMIN_IDENTIFY, 0 },
		{ "drop:op=device-self-test:qid=any", NVU_MOCK_ANY_QUEUE, NVU_ADMIN_SELF_TEST, 0 },
		{ "drop:qid=3:op=abort", 3, NVU_ADMIN_ABORT, 0 },
		{ "drop:op=flush", 0, NVU_MOCK_OPCODE_ZERO, 0 },
		{ "drop:op=0", 0, NVU_MOCK_OPCODE_ZERO, 0 },
		{ "drop:qid=admin", NVU_MOCK_ADMIN_QUEUE, 0, 0 },
		{ "drop:qid=0", NVU_MOCK_ADMIN_QUEUE, 0, 0 },
		{ "drop:qid=any", NVU_MOCK_ANY_QUEUE, 0, 0 },
		{ "drop:cns=0", 0, 0, NVU_MOCK_CNS_ZERO },
	};

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++) {
		struct nvu_mock_fault fault;

		if (parse(rows[row].text, &fault) || fault.qid != rows[row].qid ||
		    fault.opcode != rows[row].opcode || fault.cns != rows[row].cns)
			fail_msg("%s", rows[row].text);
	}
}

#define WORD(text) text
#define NO_WORD NULL
#define FAULT(symbol, word, ...) { NVU_MOCK_FAULT_##symbol, word },
static const struct {
	enum nvu_mock_fault_kind kind;
	const char *word;
} kinds[] = {
#include "mock/faults/faults.def"
};
#undef FAULT
#undef WORD
#undef NO_WORD

/* An address can ask for every kind that does not act at once, by a name of its own; an error lists them. */
static void fault_parse_knows_every_kind(void **state)
{
	static const char names[] =
		"status drop delay unknown-cid duplicate-cid wrong-sqid wrong-sqhd wrong-phase "
		"corrupt patch cfs gone never-ready never-disabled no-shutdown register "
		"ignore result flood length endless resize reformat slow-ready all-ones power-loss";
	const char *name = names;
	struct nvu_mock_fault fault;

	(void)state;
	for (size_t idx = 0; idx < COUNT(kinds); idx++) {
		const size_t len = strcspn(name, " ");

		if (!kinds[idx].word)
			continue;
		assert_int_equal(strlen(kinds[idx].word), len);
		assert_memory_equal(kinds[idx].word, name, len);
		assert_int_equal(mock_fault_parse(name, len, &fault), 0);
		assert_int_equal(fault.kind, kinds[idx].kind);
		assert_int_equal(parse("no-such-kind", &fault), -EINVAL);
		assert_non_null(strstr(error_get(), kinds[idx].word));
		name += len + (name[len] == ' ');
	}
	assert_string_equal(name, "");
}

static void fault_kind_of_no_row_is_unknown(void **state)
{
	(void)state;
	assert_null(mock_fault_kind((enum nvu_mock_fault_kind)0));
	assert_null(mock_fault_kind((enum nvu_mock_fault_kind)(COUNT(kinds) + 1)));
	for (size_t idx = 0; idx < COUNT(kinds); idx++)
		assert_int_equal(mock_fault_kind(kinds[idx].kind)->symbol, kinds[idx].kind);
}

static const struct {
	const char *text;
	const char *words;
} bad[] = {
	{ "", "unknown fault \"\"; known are status, drop" },
	{ "dropp", "unknown fault \"dropp\"" },
	{ "drop:", "unknown \"\"; a kind may be followed by op" },
	{ "drop:op", "unknown \"op\"" },
	{ "drop:opp=1", "unknown \"opp=1\"" },
	{ "drop:op=",
	  "op=: expected a command, such as read or write-zeroes, or a number up to 255" },
	{ "drop:op=256", "op=256" },
	{ "drop:op=rea", "op=rea" },
	{ "drop:op=reads", "op=reads" },
	{ "drop:op=Read", "op=Read" },
	{ "drop:qid=-1", "qid=-1: expected admin, any or a number up to 65535" },
	{ "drop:status=0x8000", "status=0x8000" },
	{ "drop:skip=4294967296", "skip=4294967296" },
	{ "drop:value=0x10000000000000000", "value=0x1" },
	{ "drop:value=0x", "value=0x" },
	{ "drop:value=1 ", "value=1 " },
	{ "patch:bytes=", "bytes=: expected 1 to 64 bytes" },
	{ "patch:bytes=0", "two hexadecimal digits" },
	{ "patch:bytes=0g", "bytes=0g" },
};

static void fault_parse_bad_input_is_refused_in_words(void **state)
{
	struct nvu_mock_fault fault = { .offset = 77 };
	char long_patch[8 + 6 + 130 + 1] = "patch:bytes=";

	(void)state;
	for (size_t row = 0; row < COUNT(bad); row++)
		if (parse(bad[row].text, &fault) != -EINVAL ||
		    !strstr(error_get(), bad[row].words) || fault.offset != 77)
			fail_msg("%s: %s", bad[row].text, error_get());
	memset(long_patch + 12, '0', 130);
	assert_int_equal(parse(long_patch, &fault), -EINVAL);
}

static void config_parse_takes_several_faults(void **state)
{
	struct mock_config config;

	(void)state;
	assert_int_equal(mock_config_parse("fault=drop:count=1,null,fault=cfs:skip=5", &config), 0);

	assert_int_equal(config.fault_count, 2);
	assert_int_equal(config.faults[0].kind, NVU_MOCK_FAULT_DROP);
	assert_int_equal(config.faults[1].kind, NVU_MOCK_FAULT_CFS);
	assert_int_equal(config.faults[1].skip, 5);
}

static void config_parse_too_many_faults_are_refused(void **state)
{
	char target[256] = "fault=drop";
	struct mock_config config;

	(void)state;
	for (int idx = 1; idx < MOCK_CONFIG_FAULTS; idx++)
		strcat(target, ",fault=drop");
	assert_int_equal(mock_config_parse(target, &config), 0);
	strcat(target, ",fault=drop");
	assert_int_equal(mock_config_parse(target, &config), -EINVAL);
	assert_non_null(strstr(error_get(), "more than 8 faults"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fault_parse_kind_alone_matches_anything),
		cmocka_unit_test(fault_parse_takes_every_field),
		cmocka_unit_test(fault_parse_words_and_zeroes),
		cmocka_unit_test(fault_parse_knows_every_kind),
		cmocka_unit_test(fault_kind_of_no_row_is_unknown),
		cmocka_unit_test(fault_parse_bad_input_is_refused_in_words),
		cmocka_unit_test(config_parse_takes_several_faults),
		cmocka_unit_test(config_parse_too_many_faults_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
