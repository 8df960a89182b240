// SPDX-License-Identifier: MIT
/*
 * test_mock_config.c: mock addresses and options.
 */
#include "base/error.h"
#include "mock/life/config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void parse_empty_gives_the_defaults(void **state)
{
	struct mock_config config;

	(void)state;
	assert_int_equal(mock_config_parse("", &config), 0);

	assert_int_equal(config.opts.ns_bytes, 1ull << 30);
	assert_int_equal(config.opts.lba_bytes, 512);
	assert_int_equal(config.opts.namespaces, 1);
	assert_int_equal(config.opts.max_entries, 65536);
	assert_int_equal(config.opts.io_queues, 128);
	assert_int_equal(config.opts.mdts, 8);
	assert_int_equal(config.opts.ready_timeout_ms, 500);
	assert_null(config.opts.backing);
	assert_string_equal(config.opts.serial, "nvu-mock");
	assert_false(config.sized);
}

static void parse_every_key_is_taken(void **state)
{
	struct mock_config config;

	(void)state;
	assert_int_equal(mock_config_parse("size=2G,lba=4096,ns=3,mdts=0,queues=4,entries=64,"
					   "dstrd=2,to_ms=700,latency_us=80,file=/tmp/x,"
					   "serial=abc,null,stepped,trap,shadow,csi=2,"
					   "cache=1M,atomic=8,seed=7",
					   &config),
			 0);

	assert_int_equal(config.opts.ns_bytes, 2ull << 30);
	assert_int_equal(config.opts.lba_bytes, 4096);
	assert_int_equal(config.opts.namespaces, 3);
	assert_int_equal(config.opts.mdts, MOCK_MDTS_NONE);
	assert_int_equal(config.opts.io_queues, 4);
	assert_int_equal(config.opts.max_entries, 64);
	assert_int_equal(config.opts.dstrd, 2);
	assert_int_equal(config.opts.ready_timeout_ms, 1000);
	assert_int_equal(config.opts.latency_us, 80);
	assert_string_equal(config.opts.backing, "/tmp/x");
	assert_string_equal(config.opts.serial, "abc");
	assert_int_equal(config.opts.flags, 0xf);
	assert_int_equal(config.opts.csi, 2);
	assert_int_equal(config.opts.cache_bytes, 1 << 20);
	assert_int_equal(config.opts.atomic_blocks, 8);
	assert_int_equal(config.opts.seed, 7);
}

static void parse_sizes_take_suffixes(void **state)
{
	static const struct {
		const char *target;
		uint64_t bytes;
	} cases[] = {
		{ "size=512", 512 },	     { "size=64K", 64 << 10 },	  { "size=64k", 64 << 10 },
		{ "size=3M", 3 << 20 },	     { "size=1G", 1ull << 30 },	  { "size=2T", 2ull << 40 },
		{ "size=1048576", 1 << 20 }, { "size=64T", 64ull << 40 },
	};
	struct mock_config config;

	(void)state;
	for (size_t idx = 0; idx < sizeof(cases) / sizeof(cases[0]); idx++) {
		print_message("%s\n", cases[idx].target);
		assert_int_equal(mock_config_parse(cases[idx].target, &config), 0);
		assert_int_equal(config.opts.ns_bytes, cases[idx].bytes);
		assert_true(config.sized);
	}
}

static void parse_bad_input_is_refused_in_words(void **state)
{
	static const struct {
		const char *target;
		const char *words;
	} cases[] = {
		{ "size=banana", "size=banana: expected a number" },
		{ "size=", "size=: expected a number" },
		{ "size", "size needs a value, such as size=1G" },
		{ "size=0", "expected a number from 512" },
		{ "size=-1", "size=-1" },
		{ "size=1X", "size=1X" },
		{ "size=1GG", "size=1GG" },
		{ "size=1 G", "size=1 G" },
		{ "size=99999999999999999999", "size=99999999999999999999" },
		{ "size=65T", "size=65T" },
		{ "size=18446744073709551615T", "size=184" },
		{ "size=1000", "multiple of the block size 512" },
		{ "lba=1000", "expected 512, 1024, 2048 or 4096" },
		{ "lba=4K", "lba=4K" },
		{ "ns=0", "ns=0: expected a number from 1 to 131072" },
		{ "ns=131073", "ns=131073" },
		{ "mdts=21", "mdts=21" },
		{ "queues=65536", "queues=65536" },
		{ "entries=1", "entries=1: expected a number from 2 to 65536" },
		{ "entries=65537", "entries=65537" },
		{ "dstrd=16", "dstrd=16" },
		{ "queues=65535,dstrd=15", "of doorbells" },
		{ "to_ms=127501", "to_ms=127501" },
		{ "null=1", "the flag takes no value" },
		{ "csi=3", "csi=3: expected a number from 0 to 2" },
		{ "sise=1G", "unknown key \"sise\"; known are size, lba" },
		{ "=1", "unknown key" },
		{ ",", "unknown key \"\"" },
		{ "size=1G,,null", "unknown key \"\"" },
		{ "size=1G,", "unknown key \"\"" },
		{ "ns=1,ns=2", "ns is given twice" },
		{ "serial=123456789012345678901", "expected 1 to 20 characters" },
		{ "serial=\x01", "printable" },
		{ "file=", "file=" },
		{ "id=1,null", "no other key" },
		{ "id=0", "id=0" },
		{ "id=x", "id=x" },
	};
	struct mock_config config = { .id = 77 };

	(void)state;
	for (size_t idx = 0; idx < sizeof(cases) / sizeof(cases[0]); idx++) {
		int ret = mock_config_parse(cases[idx].target, &config);

		if (ret != -EINVAL || !strstr(error_get(), cases[idx].words))
			print_message("%s: %d, %s\n", cases[idx].target, ret, error_get());
		assert_int_equal(ret, -EINVAL);
		assert_non_null(strstr(error_get(), cases[idx].words));
		assert_int_equal(config.id, 77); /* untouched */
	}
}

static void parse_long_input_is_refused(void **state)
{
	struct mock_config config;
	char *target = malloc(10000);

	(void)state;
	memset(target, 'a', 9999);
	memcpy(target, "file=", 5);
	target[9999] = '\0';

	assert_int_equal(mock_config_parse(target, &config), -EINVAL);
	free(target);
}

static void from_opts_fills_in_defaults(void **state)
{
	struct mock_config config;

	(void)state;
	assert_int_equal(mock_config_from_opts(NVU_MOCK_OPTS(.lba_bytes = 4096), &config), 0);
	assert_int_equal(config.opts.lba_bytes, 4096);
	assert_int_equal(config.opts.ns_bytes, 1ull << 30);
	assert_int_equal(mock_config_from_opts(NULL, &config), 0);
	assert_int_equal(config.opts.lba_bytes, 512);
}

static void from_opts_bad_option_is_refused(void **state)
{
	const struct nvu_mock_opts *cases[] = {
		NVU_MOCK_OPTS(.lba_bytes = 513),
		NVU_MOCK_OPTS(.lba_bytes = 8192),
		NVU_MOCK_OPTS(.ns_bytes = 700),
		NVU_MOCK_OPTS(.max_entries = 1),
		NVU_MOCK_OPTS(.metadata_bytes = 4097),
		NVU_MOCK_OPTS(.metadata_bytes = 8, .backing = "disk.img"),
		NVU_MOCK_OPTS(.metadata_bytes = 8, .csi = 2),
		NVU_MOCK_OPTS(.metadata_bytes = 7, .protection = 1),
		NVU_MOCK_OPTS(.metadata_bytes = 8, .protection = 1, .pif = 1),
		NVU_MOCK_OPTS(.metadata_bytes = 8, .protection = 1, .storage_tag_bits = 33),
		NVU_MOCK_OPTS(.metadata_bytes = 8, .protection = 4),
		NVU_MOCK_OPTS(.metadata_bytes = 8, .pif = 1),
		NVU_MOCK_OPTS(.interleaved = 1),
		NVU_MOCK_OPTS(.protection = 1),
		NVU_MOCK_OPTS(.mdts = 21),
		NVU_MOCK_OPTS(.sgls = 3),
		NVU_MOCK_OPTS(.sgls = 1 << 16),
		NVU_MOCK_OPTS(.sgls = 1 << 20 | 1),
		NVU_MOCK_OPTS(.flags = 1u << 30),
		NVU_MOCK_OPTS(.namespaces = 131073),
		NVU_MOCK_OPTS(.serial = "123456789012345678901"),
		&(struct nvu_mock_opts){ 0 },
	};
	struct mock_config config;

	(void)state;
	for (size_t idx = 0; idx < sizeof(cases) / sizeof(cases[0]); idx++)
		assert_int_equal(mock_config_from_opts(cases[idx], &config), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_empty_gives_the_defaults),
		cmocka_unit_test(parse_every_key_is_taken),
		cmocka_unit_test(parse_sizes_take_suffixes),
		cmocka_unit_test(parse_bad_input_is_refused_in_words),
		cmocka_unit_test(parse_long_input_is_refused),
		cmocka_unit_test(from_opts_fills_in_defaults),
		cmocka_unit_test(from_opts_bad_option_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
