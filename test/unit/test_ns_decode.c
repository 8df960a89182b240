/* SPDX-License-Identifier: MIT */
/*
 * test_ns_decode.c: Identify Namespace data of honest and of hostile controllers.
 */
#include "ns/ns.h"
#include "unit.h"

static struct nvu_ns ns;

static void set_format(uint64_t blocks, uint8_t lbads, uint16_t ms)
{
	memset(&ns, 0, sizeof(ns));
	ns.id.nsze = nvu_le64_put(blocks);
	ns.id.ncap = nvu_le64_put(blocks);
	ns.id.lbaf[0].lbads = lbads;
	ns.id.lbaf[0].ms = nvu_le16_put(ms);
}

static void decode_block_size_and_transfer_limit(void **state)
{
	(void)state;

	set_format(1000000, 12, 0);
	ns_decode(&ns, 7, 3, 128 << 10);

	assert_int_equal(ns.info.block_bytes, 4096);
	assert_int_equal(ns.info.max_transfer_blocks, 32);
	assert_int_equal(ns.info.nsid, 3);
}

/* Whatever LBADS says, a namespace is either usable with sane numbers or not usable. */
static void decode_every_lbads_is_usable_or_refused(void **state)
{
	(void)state;

	for (uint32_t lbads = 0; lbads < 256; lbads++) {
		set_format(1000000, (uint8_t)lbads, 0);
		ns_decode(&ns, 7, 1, 1 << 20);

		if (lbads >= 9 && lbads <= 16)
			assert_true(ns.max_blocks > 0 && ns.info.block_bytes == 1u << lbads);
		else
			assert_true(ns.max_blocks == 0 && ns.info.block_bytes == 0);
		assert_true(ns.block_bytes <= 65536);
	}
}

static void decode_size_beyond_64_bits_of_bytes_is_refused(void **state)
{
	(void)state;

	set_format(UINT64_MAX, 9, 0);
	ns_decode(&ns, 7, 1, 1 << 20);
	assert_int_equal(ns.max_blocks, 0);

	set_format(UINT64_MAX >> 9, 9, 0);
	ns_decode(&ns, 7, 1, 1 << 20);
	assert_int_equal(ns.max_blocks, 2048);
}

static void decode_format_index_past_nlbaf_is_refused(void **state)
{
	(void)state;

	for (uint32_t flbas = 0; flbas < 256; flbas++) {
		set_format(1000, 9, 0);
		ns.id.flbas = (uint8_t)flbas;
		ns_decode(&ns, 7, 1, 1 << 20);
		assert_int_equal(ns.max_blocks > 0, (flbas & 0x6f) == 0);
	}
}

/* What lies in the table behind the last format looks like one. */
static void decode_format_past_nlbaf_that_looks_usable_is_refused(void **state)
{
	(void)state;

	set_format(1000, 9, 0);
	for (size_t idx = 1; idx < COUNT(ns.id.lbaf); idx++)
		ns.id.lbaf[idx] = ns.id.lbaf[0];
	ns.id.nlbaf = 2;
	for (uint8_t index = 0; index < 16; index++) {
		ns.id.flbas = index;
		ns_decode(&ns, 7, 1, 1 << 20);
		assert_int_equal(ns.max_blocks > 0, index <= 2);
	}
}

static void decode_metadata_is_left_to_raw_commands(void **state)
{
	(void)state;

	set_format(1000, 9, 8);
	ns_decode(&ns, 7, 1, 1 << 20);

	assert_int_equal(ns.info.metadata_bytes, 8);
	assert_int_equal(ns.info.max_transfer_blocks, 0);
}

/* As nvu_read() asks. */
static bool holds(uint64_t lba, uint32_t blocks)
{
	return ns_holds(&ns, lba, blocks - 1);
}

static void holds_at_the_edges(void **state)
{
	static const struct {
		const char *name;
		uint64_t lba;
		uint32_t blocks;
		bool holds;
	} rows[] = {
		{ "first block", 0, 1, true },
		{ "last block", 999, 1, true },
		{ "past the end", 1000, 1, false },
		{ "across the end", 999, 2, false },
		{ "no block", 0, 0, false },
		{ "longest", 0, 256, true },
		{ "too long", 0, 257, false },
		{ "lba wraps", UINT64_MAX, 1, false },
		{ "lba + blocks wraps", UINT64_MAX, 2, false },
		{ "blocks wrap", 0, UINT32_MAX, false },
	};
	(void)state;

	set_format(1000, 9, 0);
	ns_decode(&ns, 7, 1, 128 << 10);
	for (uint32_t i = 0; i < COUNT(rows); i++)
		assert_row(rows[i].name, holds(rows[i].lba, rows[i].blocks) == rows[i].holds);
}

static void holds_in_a_namespace_smaller_than_a_transfer(void **state)
{
	(void)state;

	set_format(3, 9, 0);
	ns_decode(&ns, 7, 1, 128 << 10);

	assert_true(holds(0, 3));
	assert_false(holds(0, 4));
	assert_false(holds(1, 3));
}

static void decode_descriptors_finds_each_kind(void **state)
{
	uint8_t list[4096] = { NVU_NIDT_UUID, 16 };
	struct nvu_ns_info info = { .nsid = 0 };
	(void)state;

	memset(list + 4, 0x5a, 16);
	list[20] = NVU_NIDT_CSI;
	list[21] = 1;
	list[24] = 2;

	ns_decode_descriptors(&info, list, sizeof(list));

	assert_true(info.has_uuid);
	assert_int_equal(info.uuid[15], 0x5a);
	assert_int_equal(info.csi, 2);
	assert_false(info.has_eui64);
}

/* A descriptor that claims to be longer than the list, or has a wrong length, brings nothing. */
static void decode_descriptors_ignores_lies(void **state)
{
	uint8_t list[32];
	struct nvu_ns_info info = { .nsid = 0 };
	(void)state;

	for (uint32_t len = 0; len < 256; len++) {
		memset(list, (int)len, sizeof(list));
		list[0] = NVU_NIDT_EUI64;
		list[1] = (uint8_t)len;
		ns_decode_descriptors(&info, list, sizeof(list));
		assert_int_equal(info.has_eui64, len >= 8);
		if (len == 7)
			assert_false(info.has_eui64);
		if (len == 8)
			break;
	}
}

static void decode_list_stops_at_what_does_not_ascend(void **state)
{
	static const uint32_t lists[][4] = {
		{ 1, 2, 7, 9 },
		{ 3, 4, 0, 5 },
		{ 1, 2, 2, 3 },
		{ 5, 4, 6, 7 },
		{ 0, 1, 2, 3 },
		{ 1, 2, 3, 0xfffffffe },
		{ 0xfffffffd, 0xffffffff, 0, 0 },
	};
	static const uint32_t wanted[] = { 4, 2, 2, 1, 0, 3, 1 };
	uint32_t ids[4];

	(void)state;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		nvu_le32 list[4];

		for (int k = 0; k < 4; k++)
			list[k] = nvu_le32_put(lists[i][k]);
		assert_int_equal(ns_decode_list(list, 4, 0, ids), wanted[i]);
		if (wanted[i] < 4)
			assert_int_equal(ids[wanted[i]], lists[i][wanted[i]]);
		assert_int_equal(ns_decode_list(list, 4, 0xfffffffd, ids), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decode_block_size_and_transfer_limit),
		cmocka_unit_test(decode_every_lbads_is_usable_or_refused),
		cmocka_unit_test(decode_size_beyond_64_bits_of_bytes_is_refused),
		cmocka_unit_test(decode_format_index_past_nlbaf_is_refused),
		cmocka_unit_test(decode_format_past_nlbaf_that_looks_usable_is_refused),
		cmocka_unit_test(decode_metadata_is_left_to_raw_commands),
		cmocka_unit_test(holds_at_the_edges),
		cmocka_unit_test(holds_in_a_namespace_smaller_than_a_transfer),
		cmocka_unit_test(decode_descriptors_finds_each_kind),
		cmocka_unit_test(decode_descriptors_ignores_lies),
		cmocka_unit_test(decode_list_stops_at_what_does_not_ascend),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
