/* SPDX-License-Identifier: MIT */
/*
 * test_perf_parts.c: the parts of perf that are pure: conversions, histogram, patterns, series.
 */
#include "histogram.h"
#include "parse.h"
#include "pattern.h"
#include "series.h"
#include "text.h"
#include "verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static void parse_size_knows_suffixes_and_refuses_the_rest(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes; /* 0: refused */
	} cases[] = {
		{ "512", 512 },	      { "4k", 4096 },	     { "4K", 4096 },
		{ "4KiB", 4096 },     { "8B", 8 },	     { "1M", 1 << 20 },
		{ "2G", 2ull << 30 }, { "1T", 1ull << 40 },  { "", 0 },
		{ "k", 0 },	      { "-1", 0 },	     { " 4k", 0 },
		{ "4kk", 0 },	      { "4iB", 0 },	     { "0x10", 0 },
		{ "4.5k", 0 },	      { "99999999999T", 0 },
	};
	uint64_t bytes;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bytes = 0;
		if (parse_size(cases[i].text, &bytes) != (cases[i].bytes != 0) ||
		    bytes != cases[i].bytes)
			fail_msg("%s: %llu", cases[i].text, (unsigned long long)bytes);
	}
}

static void parse_duration_knows_units_and_refuses_the_rest(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns; /* 0: refused */
	} cases[] = {
		{ "5", 5000000000 },
		{ "0.5", 500000000 },
		{ "500ms", 500000000 },
		{ "2m", 120000000000 },
		{ "1h", 3600000000000 },
		{ ".5s", 500000000 },
		{ "", 0 },
		{ "s", 0 },
		{ "-1", 0 },
		{ "inf", 0 },
		{ "5x", 0 },
		{ "1e300", 0 },
	};
	uint64_t ns;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ns = 0;
		if (parse_duration(cases[i].text, &ns) != (cases[i].ns != 0) || ns != cases[i].ns)
			fail_msg("%s: %llu", cases[i].text, (unsigned long long)ns);
	}
}

static void parse_range_needs_a_count_after_the_colon(void **state)
{
	uint64_t first = 1, count = 1;

	(void)state;
	assert_true(parse_range("7", &first, &count));
	assert_int_equal(first, 7);
	assert_int_equal(count, 0);

	assert_true(parse_range("7:9", &first, &count));
	assert_int_equal(count, 9);

	assert_false(parse_range("7:", &first, &count));
	assert_false(parse_range("7:0", &first, &count));
	assert_false(parse_range(":9", &first, &count));
}

static void histogram_bucket_is_within_its_bounds_everywhere(void **state)
{
	(void)state;
	for (uint32_t shift = 0; shift < 64; shift++) {
		for (uint64_t near = 0; near < 3; near++) {
			uint64_t value = (1ull << shift) + near - 1;
			uint32_t idx = histogram_bucket(value);

			assert_true(idx < HISTOGRAM_BUCKETS);
			assert_true(histogram_bucket_low(idx) <= value);
			if (idx + 1 < HISTOGRAM_BUCKETS)
				assert_true(histogram_bucket_low(idx + 1) > value);
		}
	}
	assert_int_equal(histogram_bucket(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
}

static void histogram_percentile_of_1_to_100000_is_right_within_half_a_percent(void **state)
{
	static const double percents[] = { 1, 50, 90, 99, 99.9, 99.99 };
	struct histogram *histogram = malloc(sizeof(*histogram));

	(void)state;
	assert_non_null(histogram);
	histogram_init(histogram);
	for (uint64_t value = 1; value <= 100000; value++)
		histogram_add(histogram, value);

	for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
		double exact = 1000 * percents[i];
		double found = (double)histogram_percentile(histogram, percents[i]);

		assert_true(found > exact * 0.995 && found < exact * 1.005);
	}
	assert_int_equal(histogram_percentile(histogram, 100), 100000);
	assert_int_equal(histogram_count(histogram), 100000);
	assert_true(histogram_average(histogram) == 50000.5);
	free(histogram);
}

static void histogram_add_of_a_negative_time_counts_as_0(void **state)
{
	struct histogram *histogram = malloc(sizeof(*histogram));

	(void)state;
	assert_non_null(histogram);
	histogram_init(histogram);
	histogram_add(histogram, (uint64_t)-5);

	assert_int_equal(histogram->max, 0);
	assert_int_equal(histogram_percentile(histogram, 50), 0);
	free(histogram);
}

static void pattern_check_tells_a_block_that_went_elsewhere(void **state)
{
	struct pattern written = {
		.lba = 10, .blocks = 2, .block_bytes = 512, .seed = 1, .generation = 3
	};
	struct pattern wanted = written;
	char data[1024], why[VERIFY_WHY_BYTES];

	(void)state;
	pattern_fill(&written, data);
	assert_true(pattern_check(&wanted, data, why, sizeof(why)));

	wanted.lba = 20;
	assert_false(pattern_check(&wanted, data, why, sizeof(why)));
	assert_string_equal(why, "block 20 holds the data of block 10");
}

static void pattern_check_tells_an_old_write_and_another_seed(void **state)
{
	struct pattern written = {
		.lba = 10, .blocks = 1, .block_bytes = 4096, .seed = 1, .generation = 3
	};
	struct pattern wanted = written;
	char data[4096], why[VERIFY_WHY_BYTES];

	(void)state;
	pattern_fill(&written, data);
	wanted.generation = 4;
	assert_false(pattern_check(&wanted, data, why, sizeof(why)));
	assert_string_equal(why, "block 10 holds its data of write 3 instead of write 4");

	wanted = written;
	wanted.seed = 2;
	assert_false(pattern_check(&wanted, data, why, sizeof(why)));
	assert_non_null(strstr(why, "is wrong from byte 8"));
}

static void pattern_check_finds_each_single_byte(void **state)
{
	struct pattern pattern = {
		.lba = 5, .blocks = 1, .block_bytes = 1024, .seed = 9, .generation = 1
	};
	char data[1024], why[VERIFY_WHY_BYTES];

	(void)state;
	pattern_fill(&pattern, data);
	for (size_t i = 0; i < sizeof(data); i++) {
		data[i] ^= 0x10;
		assert_false(pattern_check(&pattern, data, why, sizeof(why)));
		data[i] ^= 0x10;
	}
	assert_true(pattern_check(&pattern, data, why, sizeof(why)));
}

static void verify_begin_never_gives_a_unit_to_two_slots(void **state)
{
	struct pattern first = { .blocks = 1, .block_bytes = 512, .seed = 1 };
	struct verify verify;
	char data[4][512];

	(void)state;
	assert_int_equal(verify_init(&verify, &first, 4, 4), 0);
	for (uint64_t slot = 0; slot < 4; slot++)
		assert_int_equal(verify_begin(&verify, slot, 2, true, data[slot]), (2 + slot) % 4);

	assert_true(verify_end(&verify, 1, true, false, data[1]));   /* to be read back */
	assert_false(verify_end(&verify, 1, false, false, data[1])); /* read, and right */
	assert_int_equal(verify_begin(&verify, 1, 0, false, data[1]), 3);
	assert_int_equal(verify.mismatches, 0);
	assert_false(verify_end(&verify, 1, false, false, data[0]));
	assert_int_equal(verify.mismatches, 1);
	verify_fini(&verify);
}

static void series_add_thins_out_and_keeps_the_rates(void **state)
{
	struct series *series = malloc(sizeof(*series));
	uint64_t step = SERIES_STEP_MS * 1000000ull;

	(void)state;
	assert_non_null(series);
	series_init(series);
	for (uint64_t i = 0; i < 10 * SERIES_MAX; i++)
		series_add(series, i * step, i * 100);

	assert_true(series->count > SERIES_MAX / 2 && series->count <= SERIES_MAX);
	for (uint32_t i = 1; i < series->count; i++)
		assert_true(series_rate(series, i) == 1000.0);
	free(series);
}

static void text_number_separates_thousands(void **state)
{
	char text[TEXT_NUMBER_BYTES];

	(void)state;
	assert_string_equal(text_number(text, 0), "0");
	assert_string_equal(text_number(text, 999), "999");
	assert_string_equal(text_number(text, 1000), "1,000");
	assert_string_equal(text_number(text, 12345678), "12,345,678");
	assert_string_equal(text_bytes(text, 4096), "4 KiB");
	assert_string_equal(text_bytes(text, 3ull << 29), "1.5 GiB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_size_knows_suffixes_and_refuses_the_rest),
		cmocka_unit_test(parse_duration_knows_units_and_refuses_the_rest),
		cmocka_unit_test(parse_range_needs_a_count_after_the_colon),
		cmocka_unit_test(histogram_bucket_is_within_its_bounds_everywhere),
		cmocka_unit_test(
			histogram_percentile_of_1_to_100000_is_right_within_half_a_percent),
		cmocka_unit_test(histogram_add_of_a_negative_time_counts_as_0),
		cmocka_unit_test(pattern_check_tells_a_block_that_went_elsewhere),
		cmocka_unit_test(pattern_check_tells_an_old_write_and_another_seed),
		cmocka_unit_test(pattern_check_finds_each_single_byte),
		cmocka_unit_test(verify_begin_never_gives_a_unit_to_two_slots),
		cmocka_unit_test(series_add_thins_out_and_keeps_the_rates),
		cmocka_unit_test(text_number_separates_thousands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
