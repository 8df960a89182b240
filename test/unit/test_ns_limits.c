// SPDX-License-Identifier: MIT
/*
 * test_ns_limits.c: from the fields of Identify Namespace and Identify Controller to blocks: numbers that count
 * from 0, fields that refer to others, exponents of pages.
 */
#include "ctrl/caps.h"
#include "ns/ns.h"
#include "unit.h"

#include <nvu/spec.h>

#define ALL_COMMANDS 0x1ffu

static const struct ctrl_caps caps = { .page_shift = 12 };
static struct nvu_ns ns;
static struct nvu_id_ctrl ctrl;
static struct nvu_id_ctrl_nvm nvm;
static uint32_t oncs;

static int begin(void **state)
{
	(void)state;
	memset(&ns, 0, sizeof(ns));
	memset(&ctrl, 0, sizeof(ctrl));
	memset(&nvm, 0, sizeof(nvm));
	ns.info.block_bytes = 512;
	oncs = ALL_COMMANDS;
	return 0;
}

static const struct nvu_ns_info *decode(void)
{
	struct ctrl_limits limits;

	limits_decode(&caps, &nvm, &limits);
	ns_decode_limits(&ns, &ctrl, oncs, &limits);
	return &ns.info;
}

static void atomic_units_of_a_namespace_without_its_own_are_the_controllers(void **state)
{
	const struct nvu_ns_info *info;

	(void)state;
	ctrl.awun = nvu_le16_put(255);
	ctrl.awupf = nvu_le16_put(0);
	ctrl.acwu = nvu_le16_put(7);
	ctrl.fuses = nvu_le16_put(NVU_FUSES_COMPARE_AND_WRITE);
	ns.id.nawun = nvu_le16_put(3); /* not valid, as NSFEAT says */
	ns.id.nabsn = nvu_le16_put(3);
	ns.id.nabo = nvu_le16_put(3);

	info = decode();
	assert_int_equal(info->atomic_write_blocks, 256);
	assert_int_equal(info->atomic_write_power_fail_blocks, 1);
	assert_int_equal(info->atomic_compare_and_write_blocks, 8);
	assert_int_equal(info->atomic_boundary_blocks, 0);
	assert_int_equal(info->atomic_boundary_first, 0);
}

static void atomic_units_of_a_namespace_replace_the_controllers(void **state)
{
	const struct nvu_ns_info *info;

	(void)state;
	ctrl.awun = nvu_le16_put(255);
	ctrl.acwu = nvu_le16_put(7);
	ctrl.fuses = nvu_le16_put(NVU_FUSES_COMPARE_AND_WRITE);
	ns.id.nsfeat = NVU_NSFEAT_ATOMICS;
	ns.id.nawun = nvu_le16_put(UINT16_MAX);
	ns.id.nawupf = nvu_le16_put(31);
	ns.id.nacwu = nvu_le16_put(0); /* the same as ACWU */
	ns.id.nabsn = nvu_le16_put(63);
	ns.id.nabo = nvu_le16_put(5);
	ns.id.nabspf = nvu_le16_put(0);

	info = decode();
	assert_int_equal(info->atomic_write_blocks, 65536);
	assert_int_equal(info->atomic_write_power_fail_blocks, 32);
	assert_int_equal(info->atomic_compare_and_write_blocks, 8);
	assert_int_equal(info->atomic_boundary_blocks, 64);
	assert_int_equal(info->atomic_boundary_power_fail_blocks, 0);
	assert_int_equal(info->atomic_boundary_first, 5);
}

static void compare_and_write_takes_both_commands(void **state)
{
	(void)state;
	ctrl.fuses = nvu_le16_put(NVU_FUSES_COMPARE_AND_WRITE);
	oncs = ALL_COMMANDS & ~NVU_ONCS_COMPARE;
	assert_int_equal(decode()->atomic_compare_and_write_blocks, 0);
	oncs = ALL_COMMANDS;
	assert_int_equal(decode()->atomic_compare_and_write_blocks, 1);
	ctrl.fuses = nvu_le16_put(0);
	assert_int_equal(decode()->atomic_compare_and_write_blocks, 0);
	assert_false(ns.info.commands & NVU_NS_COMPARE_AND_WRITE);
}

/* NVM 1.1 has two bits: with the upper one alone the deallocation fields are elsewhere. */
static void preferences_are_read_where_nsfeat_says_that_they_are(void **state)
{
	static const struct {
		uint8_t nsfeat;
		bool writes, deallocations;
	} rows[] = { { 0, false, false },
		     { NVU_NSFEAT_OPTIMAL, true, true },
		     { NVU_NSFEAT_OPTIMAL_2, true, false },
		     { NVU_NSFEAT_OPTIMAL | NVU_NSFEAT_OPTIMAL_2, true, true },
		     { (uint8_t) ~(NVU_NSFEAT_OPTIMAL | NVU_NSFEAT_OPTIMAL_2), false, false } };

	(void)state;
	ns.id.npwg = nvu_le16_put(7);
	ns.id.npwa = nvu_le16_put(0);
	ns.id.npdg = nvu_le16_put(UINT16_MAX);
	ns.id.npda = nvu_le16_put(15);
	ns.id.nows = nvu_le16_put(31);
	ns.id.noiob = nvu_le16_put(256);
	for (size_t row = 0; row < COUNT(rows); row++) {
		const struct nvu_ns_info *info;

		ns.id.nsfeat = rows[row].nsfeat;
		info = decode();
		assert_int_equal(info->optimal_boundary_blocks, 256);
		assert_int_equal(info->preferred_write_blocks, rows[row].writes ? 8 : 0);
		assert_int_equal(info->preferred_write_align_blocks, rows[row].writes ? 1 : 0);
		assert_int_equal(info->optimal_write_blocks, rows[row].writes ? 32 : 0);
		assert_int_equal(info->preferred_deallocate_blocks,
				 rows[row].deallocations ? 65536 : 0);
		assert_int_equal(info->preferred_deallocate_align_blocks,
				 rows[row].deallocations ? 16 : 0);
	}
}

/* An exponent of minimum pages, as MDTS; 0, and what 32 bits do not hold: NLB alone. */
static void limits_in_pages_become_blocks(void **state)
{
	static const struct {
		uint8_t exponent;
		uint32_t block_bytes, blocks;
	} rows[] = { { 0, 512, 65536 },	  { 1, 512, 16 },	{ 1, 4096, 2 },
		     { 13, 512, 65536 },  { 12, 512, 32768 },	{ 5, 65536, 2 },
		     { 1, 65536, 0 },	  { 19, 4096, 65536 },	{ 20, 512, 65536 },
		     { 255, 512, 65536 }, { 19, 65536, 32768 }, { 7, 0, 0 } };

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++) {
		ns.info.block_bytes = rows[row].block_bytes;
		nvm.vsl = nvm.wzsl = nvm.wusl = rows[row].exponent;
		(void)decode();
		assert_int_equal(ns.info.max_verify_blocks, rows[row].blocks);
		assert_int_equal(ns.info.max_zeroes_blocks, rows[row].blocks);
		assert_int_equal(ns.info.max_uncorrectable_blocks, rows[row].blocks);
	}
}

static void limits_of_ranges_are_as_they_stand(void **state)
{
	(void)state;
	(void)decode();
	assert_int_equal(ns.info.max_ranges, 256);
	assert_int_equal(ns.info.max_range_blocks, UINT32_MAX);
	assert_true(ns.info.max_deallocate_blocks == UINT64_MAX);

	nvm.dmrl = 255;
	nvm.dmrsl = nvu_le32_put(1);
	nvm.dmsl = nvu_le64_put(1ull << 40);
	(void)decode();
	assert_int_equal(ns.info.max_ranges, 255);
	assert_int_equal(ns.info.max_range_blocks, 1);
	assert_true(ns.info.max_deallocate_blocks == 1ull << 40);
}

static void limits_of_a_copy_are_as_they_stand(void **state)
{
	(void)state;
	ns.id.mssrl = nvu_le16_put(128);
	ns.id.mcl = nvu_le32_put(1024);
	ns.id.msrc = 255;
	(void)decode();
	assert_int_equal(ns.info.max_copy_range_blocks, 128);
	assert_int_equal(ns.info.max_copy_blocks, 1024);
	assert_int_equal(ns.info.max_copy_ranges, 256);
}

static void commands_that_are_not_there_have_no_limits(void **state)
{
	(void)state;
	oncs = 0;
	(void)decode();
	assert_int_equal(ns.info.commands, 0);
	assert_int_equal(ns.info.max_verify_blocks | ns.info.max_zeroes_blocks |
				 ns.info.max_uncorrectable_blocks | ns.info.max_ranges |
				 ns.info.max_range_blocks | ns.info.max_copy_ranges,
			 0);
	assert_true(ns.info.max_deallocate_blocks == 0);
}

/* A key value namespace has reservations, and none of the commands of blocks. */
static void commands_are_those_of_the_command_set(void **state)
{
	(void)state;
	assert_int_equal(decode()->commands, NVU_NS_COMPARE | NVU_NS_WRITE_UNCORRECTABLE |
						     NVU_NS_DEALLOCATE | NVU_NS_WRITE_ZEROES |
						     NVU_NS_RESERVATIONS | NVU_NS_VERIFY |
						     NVU_NS_COPY);
	ns.info.csi = NVU_CSI_ZONED;
	assert_int_equal(decode()->commands & NVU_NS_WRITE_ZEROES, NVU_NS_WRITE_ZEROES);
	ns.info.csi = NVU_CSI_KV;
	assert_int_equal(decode()->commands, NVU_NS_RESERVATIONS);
	ns.info.csi = 77;
	assert_int_equal(decode()->commands, 0);
}

static void deallocated_blocks_read_as_dlfeat_says(void **state)
{
	static const uint8_t reads[8] = { NVU_DEALLOCATED_UNKNOWN, NVU_DEALLOCATED_ZEROES,
					  NVU_DEALLOCATED_ONES };

	(void)state;
	for (uint32_t dlfeat = 0; dlfeat < 256; dlfeat++) {
		ns.id.dlfeat = (uint8_t)dlfeat;
		ctrl.vwc = (uint8_t)dlfeat;
		(void)decode();
		assert_int_equal(ns.info.deallocated_reads, reads[dlfeat & 7]);
		assert_int_equal(ns.info.zeroes_deallocate, dlfeat >> 3 & 1);
		assert_int_equal(ns.info.deallocated_guard, dlfeat >> 4 & 1);
		assert_int_equal(ns.info.volatile_cache, dlfeat & 1);
	}
}

#define CASE(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(atomic_units_of_a_namespace_without_its_own_are_the_controllers),
		CASE(atomic_units_of_a_namespace_replace_the_controllers),
		CASE(compare_and_write_takes_both_commands),
		CASE(preferences_are_read_where_nsfeat_says_that_they_are),
		CASE(limits_in_pages_become_blocks),
		CASE(limits_of_ranges_are_as_they_stand),
		CASE(limits_of_a_copy_are_as_they_stand),
		CASE(commands_that_are_not_there_have_no_limits),
		CASE(commands_are_those_of_the_command_set),
		CASE(deallocated_blocks_read_as_dlfeat_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
