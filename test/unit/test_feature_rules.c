/* SPDX-License-Identifier: MIT */
/*
 * test_feature_rules.c: which features are set again after a reset, and which commands are about one
 * setting.
 */
#include "ctrl/feature_rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct nvu_sqe command(uint32_t cdw10, uint32_t nsid, uint32_t cdw11, uint32_t cdw14)
{
	return (struct nvu_sqe){ .opcode = NVU_ADMIN_SET_FEATURES,
				 .nsid = nvu_le32_put(nsid),
				 .cdw10 = nvu_le32_put(cdw10),
				 .cdw11 = nvu_le32_put(cdw11),
				 .cdw14 = nvu_le32_put(cdw14) };
}

static void fate_of_each_feature(void **state)
{
	static const struct {
		uint8_t first, last;
		enum feature_fate fate;
	} rows[] = {
		{ 0x00, 0x00, FEATURE_UNKNOWN },  { 0x01, 0x06, FEATURE_RESTORED },
		{ 0x07, 0x07, FEATURE_LEFT },	  { 0x08, 0x08, FEATURE_RESTORED },
		{ 0x09, 0x09, FEATURE_LEFT },	  { 0x0a, 0x0c, FEATURE_RESTORED },
		{ 0x0d, 0x0d, FEATURE_LOST },	  { 0x0e, 0x0e, FEATURE_CLOCK },
		{ 0x0f, 0x13, FEATURE_RESTORED }, { 0x14, 0x14, FEATURE_LEFT },
		{ 0x15, 0x18, FEATURE_RESTORED }, { 0x19, 0x1a, FEATURE_LEFT },
		{ 0x1b, 0x1c, FEATURE_RESTORED }, { 0x1d, 0x1d, FEATURE_LEFT },
		{ 0x1e, 0x1e, FEATURE_RESTORED }, { 0x1f, 0x1f, FEATURE_LEFT },
		{ 0x20, 0x20, FEATURE_RESTORED }, { 0x21, 0x21, FEATURE_LEFT },
		{ 0x22, 0x77, FEATURE_UNKNOWN },  { 0x78, 0x79, FEATURE_LEFT },
		{ 0x7a, 0x7c, FEATURE_UNKNOWN },  { 0x7d, 0x7f, FEATURE_RESTORED },
		{ 0x80, 0x80, FEATURE_LEFT },	  { 0x81, 0x82, FEATURE_RESTORED },
		{ 0x83, 0x85, FEATURE_LEFT },	  { 0x86, 0xff, FEATURE_UNKNOWN },
	};
	uint32_t fid = 0;

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++)
		for (assert_int_equal(fid, rows[row].first); fid <= rows[row].last; fid++) {
			const struct nvu_sqe cmd = command(fid, 0, 0, 0);

			assert_int_equal(feature_fate(&cmd), rows[row].fate);
		}
	assert_int_equal(fid, 0x100);
}

static void commands_about_one_setting(void **state)
{
	static const struct {
		uint32_t one[4], other[4]; /* CDW10, NSID, CDW11, CDW14 */
		bool same;
	} rows[] = {
		/* The value is not what it is about; nor is Save, nor an NSID that does not matter. */
		{ { 0x06, 0, 0, 0 }, { 0x06, 0, 1, 0 }, true },
		{ { 0x06, 0, 0, 0 }, { 1u << 31 | 0x06, UINT32_MAX, 1, 0 }, true },
		{ { 0x06, 0, 0, 0 }, { 0x0a, 0, 0, 0 }, false },
		{ { 0x02, 0, 0x21, 0 }, { 0x02, 0, 0x00, 0 }, true },
		/* By namespace. */
		{ { 0x03, 1, 0, 0 }, { 0x03, 1, 3, 0 }, true },
		{ { 0x03, 1, 0, 0 }, { 0x03, 2, 0, 0 }, false },
		{ { 0x05, 1, 0, 0 }, { 0x05, 2, 0, 0 }, false },
		{ { 0x05, UINT32_MAX, 0, 0 }, { 0x05, 2, 0, 0 }, false },
		{ { 0x82, 1, 0, 0 }, { 0x82, 2, 0, 0 }, false },
		{ { 0x82, 1, 0, 0 }, { 0x82, 1, 0xe, 0 }, true },
		/* By a part of CDW11. */
		{ { 0x04, 0, 0x000150, 0 }, { 0x04, 0, 0x000151, 0 }, true },
		{ { 0x04, 0, 0x000150, 0 }, { 0x04, 0, 0x010150, 0 }, false },
		{ { 0x04, 0, 0x000150, 0 }, { 0x04, 0, 0x100150, 0 }, false },
		{ { 0x12, 0, 1, 0 }, { 0x12, 0, 2, 0 }, false },
		{ { 0x13, 0, 1, 0 }, { 0x13, 0, 2, 0 }, false },
		{ { 0x18, 0, 0x10001, 0 }, { 0x18, 0, 0x20001, 0 }, true },
		{ { 0x18, 0, 1, 0 }, { 0x18, 0, 2, 0 }, false },
		{ { 0x1c, 0, 0xc0, 0 }, { 0x1c, 0, 0xc1, 0 }, false },
		{ { 0x1e, 1, 4, 0 }, { 0x1e, 1, 5, 0 }, false },
		{ { 0x1e, 1, 4, 0 }, { 0x1e, 2, 4, 0 }, false },
		/* A vendor's. */
		{ { 0xc0, 0, 1, 0 }, { 0xc0, 0, 1, 0 }, true },
		{ { 0xc0, 0, 1, 0 }, { 0xc0, 0, 2, 0 }, false },
		{ { 0xc0, 0, 1, 0 }, { 0xc0, 1, 1, 0 }, false },
		{ { 0xc0, 0, 1, 0 }, { 0xc0, 0, 1, 3 }, false },
	};

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++) {
		const uint32_t *a = rows[row].one, *b = rows[row].other;
		const struct nvu_sqe one = command(a[0], a[1], a[2], a[3]);
		const struct nvu_sqe other = command(b[0], b[1], b[2], b[3]);
		const struct feature_setting former = { &one, NULL, 0 },
					     later = { &other, NULL, 0 };

		if (feature_same(&former, &later) != rows[row].same)
			fail_msg("row %zu", row);
		assert_int_equal(feature_same(&later, &former), rows[row].same);
	}
}

static bool same_metadata(uint32_t cdw11, const uint8_t *one, size_t one_len, const uint8_t *other,
			  size_t other_len)
{
	const struct nvu_sqe cmd = command(0x7e, 0, cdw11, 0);
	const struct feature_setting former = { &cmd, one, one_len };
	const struct feature_setting later = { &cmd, other, other_len };

	return feature_same(&former, &later);
}

/* Elements of one type replace each other; appended ones do not. What is cut short is its own. */
static void metadata_are_distinguished_by_their_elements(void **state)
{
	static const uint8_t type_1[] = { 1, 0, 1, 0, 2, 0, 'a', 'b' };
	static const uint8_t type_1_longer[] = { 1, 0, 1, 0, 3, 0, 'c', 'd', 'e' };
	static const uint8_t type_2[] = { 1, 0, 2, 0, 2, 0, 'a', 'b' };
	static const uint8_t both[] = { 2, 0, 1, 0, 2, 0, 'a', 'b', 2, 0, 1, 0, 'c' };
	static const uint8_t cut[] = { 2, 0, 1, 0, 0xff, 0xff };

	(void)state;
#define SAME(cdw11, a, b) same_metadata(cdw11, a, sizeof(a), b, sizeof(b))
	assert_true(SAME(0, type_1, type_1_longer));
	assert_false(SAME(0, type_1, type_2));
	assert_false(SAME(0, type_1, both));
	assert_true(SAME(0, both, both));
	assert_false(SAME(0x4000, type_1, type_1));
	assert_true(SAME(0x2000, type_1, type_1));
	assert_false(SAME(0, cut, cut));
	assert_false(same_metadata(0, type_1, 1, type_1, 1));
	assert_false(same_metadata(0, NULL, 0, NULL, 0));
}

static void features_of_a_namespace(void **state)
{
	const struct nvu_sqe ranges = command(0x03, 2, 0, 0), cache = command(0x06, 2, 0, 0);
	const struct nvu_sqe all = command(0x05, UINT32_MAX, 0, 0);
	const struct nvu_sqe vendors = command(0xc0, 2, 0, 0);

	(void)state;
	assert_true(feature_is_of_namespace(&ranges, 2));
	assert_false(feature_is_of_namespace(&ranges, 1));
	assert_false(feature_is_of_namespace(&cache, 2));
	assert_false(feature_is_of_namespace(&all, 2));
	assert_true(feature_is_of_namespace(&vendors, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fate_of_each_feature),
		cmocka_unit_test(commands_about_one_setting),
		cmocka_unit_test(metadata_are_distinguished_by_their_elements),
		cmocka_unit_test(features_of_a_namespace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
