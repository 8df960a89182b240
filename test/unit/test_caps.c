/* SPDX-License-Identifier: MIT */
/*
 * test_caps.c: what a controller may say of itself, and what is not believed.
 */
#include "base/error.h"
#include "ctrl/caps.h"
#include "unit.h"

#include <nvu/regs.h>

#define SANE (NVU_PUT(NVU_CAP_MQES, 1023) | NVU_PUT(NVU_CAP_TO, 30) | NVU_CAP_CSS_NVM)

static void decode_table(void **state)
{
	static const struct {
		const char *name;
		uint64_t cap;
		int ret;
		const char *says;
	} rows[] = {
		{ "sane", SANE, 0, NULL },
		{ "largest queue", SANE | NVU_CAP_MQES, 0, NULL },
		{ "nothing there", UINT64_MAX, -ENODEV, "all ones" },
		{ "queues of one entry", SANE & ~NVU_CAP_MQES, -ENOTSUP, "MQES" },
		{ "smallest page above largest", SANE | NVU_PUT(NVU_CAP_MPSMIN, 3), -ENOTSUP,
		  "MPSMIN" },
		{ "pages of 128 MiB", SANE | NVU_CAP_MPSMIN | NVU_CAP_MPSMAX, -ENOTSUP, "MPSMIN" },
		{ "no command set", SANE & ~NVU_CAP_CSS, -ENOTSUP, "command set" },
		{ "admin only", (SANE & ~NVU_CAP_CSS) | NVU_CAP_CSS_NOIO, -ENOTSUP, "command set" },
	};
	(void)state;

	for (uint32_t i = 0; i < COUNT(rows); i++) {
		struct ctrl_caps caps;
		int ret = caps_decode(rows[i].cap, &caps);

		assert_row(rows[i].name, ret == rows[i].ret);
		if (ret)
			assert_row(rows[i].name, strstr(error_get(), rows[i].says));
	}
}

static void decode_reads_each_field(void **state)
{
	struct ctrl_caps caps;
	uint64_t cap = SANE | NVU_PUT(NVU_CAP_DSTRD, 15) | NVU_CAP_CSS_CSI |
		       NVU_PUT(NVU_CAP_MPSMIN, 4) | NVU_PUT(NVU_CAP_MPSMAX, 4);
	(void)state;

	assert_int_equal(caps_decode(cap, &caps), 0);

	assert_int_equal(caps.max_entries, 1024);
	assert_int_equal(caps.ready_timeout_ms, 15000);
	assert_int_equal(caps.doorbell_stride, 131072);
	assert_int_equal(caps.page_shift, 16);
	assert_int_equal(caps.css, 6);
}

static void decode_timeout_zero_still_waits(void **state)
{
	struct ctrl_caps caps;
	(void)state;

	assert_int_equal(caps_decode(SANE & ~NVU_CAP_TO, &caps), 0);
	assert_int_equal(caps.ready_timeout_ms, 500);
}

static void doorbell_pairs_stay_inside_the_registers(void **state)
{
	static const struct {
		uint32_t stride;
		uint64_t reg_bytes;
		uint32_t pairs;
	} rows[] = {
		{ 4, 0x1000, 0 },	  { 4, 0x1004, 0 },	 { 4, 0x1008, 1 },
		{ 4, 0x2000, 512 },	  { 131072, 0x4000, 0 }, { 131072, 0x1000 + 131072 + 4, 1 },
		{ 4, 1ull << 40, 65536 }, { 4, 0, 0 },
	};
	(void)state;

	for (uint32_t i = 0; i < COUNT(rows); i++) {
		const struct ctrl_caps caps = { .doorbell_stride = rows[i].stride };

		assert_int_equal(caps_doorbell_pairs(&caps, rows[i].reg_bytes), rows[i].pairs);
	}
}

static void mdts_beyond_32_bits_is_no_limit(void **state)
{
	const struct ctrl_caps caps = { .page_shift = 12 };
	(void)state;

	assert_int_equal(caps_mdts_bytes(&caps, 0), UINT32_MAX);
	assert_int_equal(caps_mdts_bytes(&caps, 7), 512 << 10);
	assert_int_equal(caps_mdts_bytes(&caps, 19), 1u << 31);
	assert_int_equal(caps_mdts_bytes(&caps, 20), UINT32_MAX);
	assert_int_equal(caps_mdts_bytes(&caps, 255), UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decode_table),
		cmocka_unit_test(decode_reads_each_field),
		cmocka_unit_test(decode_timeout_zero_still_waits),
		cmocka_unit_test(doorbell_pairs_stay_inside_the_registers),
		cmocka_unit_test(mdts_beyond_32_bits_is_no_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
