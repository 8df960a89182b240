/* SPDX-License-Identifier: MIT */
/*
 * test_base.c: sentences, the log and the words for statuses.
 */
#include "base/error.h"
#include "base/log.h"
#include "base/words.h"
#include "unit.h"

static void sentence_may_quote_the_one_before(void **state)
{
	(void)state;
	assert_int_equal(error_set(-EIO, "the disk is on fire"), -EIO);
	assert_int_equal(error_set(-ENODEV, "open: %s (%d)", error_get(), 7), -ENODEV);
	assert_string_equal(error_get(), "open: the disk is on fire (7)");
}

static void sentence_longer_than_its_memory_is_cut(void **state)
{
	char text[2000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(error_set(-EIO, "%s", text), -EIO);
	assert_in_range(strlen(error_get()), 100, 1000);
}

struct sink {
	uint32_t lines;
	int level;
	char last[300];
};

static void take_line(void *arg, int level, const char *line)
{
	struct sink *sink = arg;

	sink->lines++;
	sink->level = level;
	(void)snprintf(sink->last, sizeof(sink->last), "%s", line);
}

static void log_passes_on_what_is_asked_for(void **state)
{
	struct sink sink = { 0 };

	(void)state;
	log_line(LOG_INFO, "to nobody");
	log_set(LOG_OFF, take_line, &sink);
	log_line(LOG_INFO, "not asked for");
	assert_int_equal(sink.lines, 0);
	log_set(LOG_INFO, take_line, &sink);
	log_line(LOG_INFO, "queue %d", 3);
	assert_int_equal(sink.lines, 1);
	assert_int_equal(sink.level, LOG_INFO);
	assert_string_equal(sink.last, "queue 3");
	log_set(LOG_INFO, NULL, NULL);
	log_line(LOG_INFO, "to nobody");
	assert_int_equal(sink.lines, 1);
}

static void words_are_those_of_the_specification(void **state)
{
	static const struct {
		uint16_t status;
		const char *word;
	} rows[] = {
		{ 0x001, "opcode" },
		{ 0x002, "field" },
		{ 0x004, "transferred" },
		{ 0x006, "internal" },
		{ 0x007, "aborted on request" },
		{ 0x00b, "namespace" },
		{ 0x080, "end" },
		{ 0x281, "read" },
		{ 0x6ff, "" },
	};

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++)
		if (!strstr(words_status(rows[row].status), rows[row].word))
			fail_msg("status %#x: \"%s\" does not say \"%s\"", rows[row].status,
				 words_status(rows[row].status), rows[row].word);
	assert_string_equal(words_admin_opcode(0x06), "Identify");
	assert_string_equal(words_admin_opcode(0x05), "Create I/O Completion Queue");
	assert_string_not_equal(words_admin_opcode(0xff), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sentence_may_quote_the_one_before),
		cmocka_unit_test(sentence_longer_than_its_memory_is_cut),
		cmocka_unit_test(log_passes_on_what_is_asked_for),
		cmocka_unit_test(words_are_those_of_the_specification),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
