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
		{ "no command set named: NVM", SANE & ~NVU_CAP_CSS, 0, NULL },
		{ "an unknown command set", (SANE & ~NVU_CAP_CSS) | NVU_BITS(38, 38), -ENOTSUP,
		  "command set" },
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

static void crto_lengthens_the_timeouts(void **state)
{
	static const struct {
		const char *name;
		uint64_t crms;
		uint32_t crto, ready_ms, media_ms;
		bool crime;
	} rows[] = {
		{ "longer", NVU_CAP_CRWMS, 600, 300000, 300000, false },
		{ "shorter than CAP.TO", NVU_CAP_CRWMS, 3, 15000, 15000, false },
		{ "zero", NVU_CAP_CRWMS, 0, 15000, 15000, false },
		{ "both modes", NVU_CAP_CRWMS | NVU_CAP_CRIMS, 40 << 16 | 600, 300000, 300000,
		  false },
		{ "without media only", NVU_CAP_CRIMS, 40 << 16 | 600, 20000, 300000, true },
		{ "all there is", NVU_CAP_CRIMS, UINT32_MAX, 32767500, 32767500, true },
	};
	(void)state;

	for (uint32_t i = 0; i < COUNT(rows); i++) {
		struct ctrl_caps caps;

		assert_int_equal(caps_decode(SANE | rows[i].crms, &caps), 0);
		assert_true(caps.has_crto);
		caps_take_crto(&caps, rows[i].crto);
		assert_row(rows[i].name, caps.ready_timeout_ms == rows[i].ready_ms);
		assert_row(rows[i].name, caps.media_timeout_ms == rows[i].media_ms);
		assert_row(rows[i].name, caps.crime == rows[i].crime);
	}
}

static void doorbell_pairs_stay_inside_the_registers(void **state)
{
	static const struct {
		uint32_t stride;
		uint64_t reg_bytes;
		uint32_t pairs;
	} rows[] = {
		{ 4, 0x1000, 0 },
		{ 4, 0x1004, 0 },
		{ 4, 0x1008, 1 },
		{ 4, 0x2000, 512 },
		{ 131072, 0x4000, 0 },
		{ 131072, 0x1000 + 131072 + 4, 1 },
		{ 4, 1ull << 40, 65536 },
		{ 4, 0, 0 },
		{ 131072, 1ull << 32, 16384 },
		{ 131072, 1ull << 35, 16384 },
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
		cmocka_unit_test(crto_lengthens_the_timeouts),
		cmocka_unit_test(doorbell_pairs_stay_inside_the_registers),
		cmocka_unit_test(mdts_beyond_32_bits_is_no_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
