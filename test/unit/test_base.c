/* SPDX-License-Identifier: MIT */
/*
 * test_base.c: sentences, the log and the words for statuses.
 */
#include "base/error.h"
#include "base/log.h"
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
	log_line(LOG_INFO, "to no function");
	log_set(LOG_OFF, take_line, &sink);
	log_line(LOG_INFO, "not asked for");
	assert_int_equal(sink.lines, 0);
	log_set(LOG_INFO, take_line, &sink);
	log_line(LOG_INFO, "queue %d", 3);
	assert_int_equal(sink.lines, 1);
	assert_int_equal(sink.level, LOG_INFO);
	assert_string_equal(sink.last, "queue 3");
	log_set(LOG_INFO, NULL, NULL);
	log_line(LOG_INFO, "to no function");
	assert_int_equal(sink.lines, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sentence_may_quote_the_one_before),
		cmocka_unit_test(sentence_longer_than_its_memory_is_cut),
		cmocka_unit_test(log_passes_on_what_is_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
