// SPDX-License-Identifier: MIT
/*
 * test_protection_rules.c: rules of nvu/protection.h: escapes, masks, reference tags that wrap, long transfers,
 * commands, and what is refused with which sentence.
 */
#include "unit.h"

#include <nvu/error.h>
#include <nvu/protection.h>
#include <stdlib.h>

enum { BLOCK = 512 };

#define GUARD_REF (NVU_RW_PRCHK_GUARD | NVU_RW_PRCHK_REF)

static uint8_t data[2 * BLOCK], metadata[2 * 16];

static void assert_sentence(const char *expected)
{
	assert_string_equal(nvu_last_error(), expected);
}

static int generate(const struct nvu_protection_format *format,
		    const struct nvu_protection_args *args)
{
	return nvu_protection_generate(format, args, data, metadata, 2);
}

static int verify(const struct nvu_protection_format *format,
		  const struct nvu_protection_args *args)
{
	return nvu_protection_verify(format, args, data, metadata, 2, NULL);
}

/* NVM 5.2.3: which tags switch the checks off. All ones is also how blocks read that were never written. */
static void tuple_with_the_escape_is_not_checked(void **state)
{
	static const struct {
		const char *name;
		uint8_t type, pif, storage_tag_bits;
		uint16_t app_tag;
		uint64_t ref_tag;
		int expected;
	} rows[] = {
		{ "type 1", 1, NVU_PIF_16B, 0, 0xffff, 0, 0 },
		{ "type 2", 2, NVU_PIF_64B, 0, 0xffff, 0, 0 },
		{ "type 1, another tag", 1, NVU_PIF_16B, 0, 0xfffe, 0, NVU_SC_GUARD_CHECK },
		{ "type 3, application tag alone", 3, NVU_PIF_16B, 0, 0xffff, 0,
		  NVU_SC_GUARD_CHECK },
		{ "type 3, reference tag alone", 3, NVU_PIF_16B, 0, 0, UINT64_MAX,
		  NVU_SC_GUARD_CHECK },
		{ "type 3, 32 bits", 3, NVU_PIF_16B, 0, 0xffff, UINT32_MAX, 0 },
		{ "type 3, a bit of 32 is 0", 3, NVU_PIF_16B, 0, 0xffff, 0x7fffffff,
		  NVU_SC_GUARD_CHECK },
		{ "type 3, 31 bits", 3, NVU_PIF_16B, 1, 0xffff, 0x7fffffff, 0 },
		{ "type 3, 64 bits", 3, NVU_PIF_32B, 16, 0xffff, UINT64_MAX, 0 },
		{ "type 3, 48 bits", 3, NVU_PIF_64B, 0, 0xffff, UINT64_MAX >> 16, 0 },
		{ "type 3, 47 of 48", 3, NVU_PIF_64B, 0, 0xffff, UINT64_MAX >> 17,
		  NVU_SC_GUARD_CHECK },
		{ "type 3, no reference tag", 3, NVU_PIF_64B, 48, 0xffff, 0, 0 },
	};

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++) {
		const struct nvu_protection_format *format =
			NVU_PROTECTION_FORMAT(.block_bytes = BLOCK, .metadata_bytes = 16,
					      .type = rows[row].type, .pif = rows[row].pif,
					      .storage_tag_bits = rows[row].storage_tag_bits);

		assert_row(rows[row].name,
			   !generate(format, NVU_PROTECTION_ARGS(.app_tag = rows[row].app_tag,
								 .ref_tag = rows[row].ref_tag)));
		data[0]++; /* and all tags are expected to be others */
		assert_row(
			rows[row].name,
			verify(format,
			       NVU_PROTECTION_ARGS(.app_tag = 1, .app_mask = 0xffff, .ref_tag = 5,
						   .checks = NVU_RW_PRCHK_GUARD | NVU_RW_PRCHK_APP |
							     NVU_RW_PRCHK_REF | NVU_RW_STC)) ==
				rows[row].expected);
	}
}

static void blocks_of_all_ones_pass(void **state)
{
	(void)state;
	for (uint8_t type = 1; type <= 3; type++)
		for (uint8_t pif = NVU_PIF_16B; pif <= NVU_PIF_64B; pif++) {
			memset(metadata, 0xff, sizeof(metadata));
			assert_int_equal(
				verify(NVU_PROTECTION_FORMAT(.block_bytes = BLOCK,
							     .metadata_bytes = 16, .type = type,
							     .pif = pif, .storage_tag_bits = 16),
				       NVU_PROTECTION_ARGS(.checks = GUARD_REF)),
				0);
		}
}

static void masked_bits_of_the_application_tag_are_not_compared(void **state)
{
	const struct nvu_protection_format *format =
		NVU_PROTECTION_FORMAT(.block_bytes = BLOCK, .metadata_bytes = 8, .type = 1);

	(void)state;
	assert_int_equal(generate(format, NVU_PROTECTION_ARGS(.app_tag = 0x1234)), 0);
	for (uint32_t bit = 0; bit < 16; bit++) {
		struct nvu_protection_args args = { .size = sizeof(args),
						    .app_tag = (uint16_t)(0x1234 ^ 1u << bit),
						    .app_mask = (uint16_t)(1u << bit),
						    .checks = NVU_RW_PRCHK_APP };

		assert_int_equal(verify(format, &args), NVU_SC_APP_TAG_CHECK);
		args.app_mask = (uint16_t) ~(1u << bit);
		assert_int_equal(verify(format, &args), 0);
	}
	assert_int_equal(verify(format, NVU_PROTECTION_ARGS(.checks = NVU_RW_PRCHK_APP)), 0);
}

static void guard_is_compared_only_if_it_is_asked_for(void **state)
{
	const struct nvu_protection_format *format =
		NVU_PROTECTION_FORMAT(.block_bytes = BLOCK, .metadata_bytes = 8, .type = 1);

	(void)state;
	assert_int_equal(generate(format, NVU_PROTECTION_ARGS(.app_tag = 0x1234)), 0);
	data[0]++;
	assert_int_equal(verify(format, NVU_PROTECTION_ARGS(.app_tag = 0x1234, .app_mask = 0xffff,
							    .checks = NVU_RW_PRCHK_APP)),
			 0);
	assert_int_equal(verify(format, NVU_PROTECTION_ARGS(.checks = NVU_RW_PRCHK_REF)), 0);
	assert_int_equal(verify(format, NVU_PROTECTION_ARGS(.checks = GUARD_REF)),
			 NVU_SC_GUARD_CHECK);
}

static void masked_bits_of_the_storage_tag_are_not_compared(void **state)
{
	struct nvu_protection_format format = { .size = sizeof(format),
						.block_bytes = BLOCK,
						.metadata_bytes = 16,
						.type = 1,
						.pif = NVU_PIF_32B,
						.storage_tag_bits = 64 };

	(void)state;
	for (uint32_t bit = 0; bit < 64; bit++) {
		const struct nvu_protection_args *args =
			NVU_PROTECTION_ARGS(.storage_tag = 1ull << bit, .checks = NVU_RW_STC);

		assert_int_equal(generate(&format, NVU_PROTECTION_ARGS(.app_tag = 0)), 0);
		format.storage_tag_unchecked = ~(1ull << bit);
		assert_int_equal(verify(&format, args), NVU_SC_STORAGE_TAG_CHECK);
		format.storage_tag_unchecked = 1ull << bit;
		assert_int_equal(verify(&format, args), 0);
	}
}

/* NVM 5.2.3: after all ones comes 0, at the width of the field. */
static void reference_tag_wraps_at_its_width(void **state)
{
	static const struct {
		uint8_t pif, storage_tag_bits;
		uint64_t last;
	} rows[] = {
		{ NVU_PIF_16B, 0, UINT32_MAX },
		{ NVU_PIF_16B, 1, UINT32_MAX >> 1 },
		{ NVU_PIF_16B, 31, 1 },
		{ NVU_PIF_32B, 16, UINT64_MAX },
		{ NVU_PIF_32B, 17, UINT64_MAX >> 1 },
		{ NVU_PIF_32B, 64, UINT16_MAX },
		{ NVU_PIF_64B, 0, UINT64_MAX >> 16 },
		{ NVU_PIF_64B, 47, 1 },
	};

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++) {
		const struct nvu_protection_format *format =
			NVU_PROTECTION_FORMAT(.block_bytes = BLOCK, .metadata_bytes = 16, .type = 2,
					      .pif = rows[row].pif,
					      .storage_tag_bits = rows[row].storage_tag_bits);

		assert_int_equal(generate(format, NVU_PROTECTION_ARGS(.ref_tag = rows[row].last)),
				 0);
		assert_int_equal(nvu_protection_verify(format,
						       NVU_PROTECTION_ARGS(.checks = GUARD_REF),
						       data + BLOCK, metadata + 16, 1, NULL),
				 0);
		assert_int_equal(verify(format, NVU_PROTECTION_ARGS(.ref_tag = rows[row].last,
								    .checks = GUARD_REF)),
				 0);
	}
}

static void transfers_of_1_to_65536_blocks(void **state)
{
	static const uint32_t counts[] = { 1, 2, 3, 255, 256, 65535, 65536 };
	const struct nvu_protection_format *format =
		NVU_PROTECTION_FORMAT(.block_bytes = BLOCK, .metadata_bytes = 8, .type = 1);
	uint8_t *blocks = calloc(65536, BLOCK), *tuples = calloc(65536, 8);

	(void)state;
	assert_true(blocks && tuples);
	for (size_t row = 0; row < COUNT(counts); row++) {
		const struct nvu_protection_args *args =
			NVU_PROTECTION_ARGS(.ref_tag = 0xffffff00, .checks = GUARD_REF);
		struct nvu_protection_error error;
		uint64_t last = counts[row] - 1;

		memset(tuples, 0xee, 65536ul * 8);
		assert_int_equal(nvu_protection_generate(format, args, blocks, tuples, counts[row]),
				 0);
		assert_int_equal(
			nvu_protection_verify(format, args, blocks, tuples, counts[row], NULL), 0);
		if (counts[row] < 65536)
			assert_int_equal(tuples[8 * (last + 1)], 0xee);
		blocks[last * BLOCK + 511] ^= 1;
		assert_int_equal(
			nvu_protection_verify(format, args, blocks, tuples, counts[row], &error),
			NVU_SC_GUARD_CHECK);
		assert_int_equal(error.block, last);
		blocks[last * BLOCK + 511] ^= 1;
	}
	free(blocks);
	free(tuples);
}

static void sentence_names_block_field_and_values(void **state)
{
	const struct nvu_protection_format *format =
		NVU_PROTECTION_FORMAT(.block_bytes = BLOCK, .metadata_bytes = 16, .type = 1,
				      .pif = NVU_PIF_64B, .storage_tag_bits = 13);
	const struct nvu_protection_args tags = { .size = sizeof(tags),
						  .app_tag = 0x12,
						  .storage_tag = 7 };
	struct nvu_protection_args args = { .size = sizeof(args), .app_mask = 0xffff };

	(void)state;
	memset(data, 0, sizeof(data));
	assert_int_equal(generate(format, &tags), 0);
	args.checks = NVU_RW_PRCHK_APP;
	assert_int_equal(verify(format, &args), NVU_SC_APP_TAG_CHECK);
	assert_sentence("block 0 of the transfer: its application tag is 0012h, expected 0000h");
	args.checks = NVU_RW_STC;
	assert_int_equal(verify(format, &args), NVU_SC_STORAGE_TAG_CHECK);
	assert_sentence("block 0 of the transfer: its storage tag is 0007h, expected 0000h");
	args.checks = NVU_RW_PRCHK_REF;
	args.ref_tag = 0xa;
	assert_int_equal(verify(format, &args), NVU_SC_REF_TAG_CHECK);
	assert_sentence(
		"block 0 of the transfer: its reference tag is 000000000h, expected 00000000Ah");
	args.checks = NVU_RW_PRCHK_GUARD;
	memset(metadata + 16, 0, 8);
	assert_int_equal(verify(format, &args), NVU_SC_GUARD_CHECK);
	assert_true(strstr(nvu_last_error(),
			   "block 1 of the transfer: its guard is 0000000000000000h, expected "));
}

/* NVM 5.2.1.4.1, and its examples. */
static void encode_splits_the_tags_among_the_dwords(void **state)
{
	static const struct {
		uint8_t type, pif, storage_tag_bits;
		uint64_t storage_tag, ref_tag;
		uint32_t cdw2, cdw3, cdw14;
	} rows[] = {
		{ 1, NVU_PIF_16B, 0, 0, 0x123456789, 0, 0, 0x23456789 },
		{ 1, NVU_PIF_16B, 8, 0xab, 0x1234567, 0, 0, 0xab234567 },
		{ 1, NVU_PIF_16B, 32, 0xfedcba98, 5, 0, 0, 0xfedcba98 },
		{ 1, NVU_PIF_32B, 16, 0xbeef, 0x123456789abcdef0, 0xbeef, 0x12345678, 0x9abcdef0 },
		{ 2, NVU_PIF_32B, 32, 0x89abcdef, 0x112233445566, 0x89ab, 0xcdef1122, 0x33445566 },
		{ 2, NVU_PIF_32B, 64, 0x0123456789abcdef, 0xf0f0, 0x0123, 0x456789ab, 0xcdeff0f0 },
		{ 1, NVU_PIF_64B, 0, 0, 0x112233445566, 0, 0x1122, 0x33445566 },
		{ 3, NVU_PIF_64B, 18, 0x3ffff, 0, 0, 0xffff, 0xc0000000 },
		{ 3, NVU_PIF_64B, 18, 0, 0x3fffffff, 0, 0, 0x3fffffff },
		{ 3, NVU_PIF_64B, 48, 0x112233445566, 9, 0, 0x1122, 0x33445566 },
	};

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++) {
		struct nvu_sqe cmd = { .opcode = NVU_CMD_READ, .cdw12 = nvu_le32_put(UINT32_MAX) };
		const struct nvu_protection_format *format =
			NVU_PROTECTION_FORMAT(.block_bytes = BLOCK, .metadata_bytes = 16,
					      .type = rows[row].type, .pif = rows[row].pif,
					      .storage_tag_bits = rows[row].storage_tag_bits);

		assert_int_equal(
			nvu_protection_encode(
				format,
				NVU_PROTECTION_ARGS(.storage_tag = rows[row].storage_tag,
						    .ref_tag = rows[row].ref_tag, .app_tag = 0x1122,
						    .app_mask = 0x3344, .checks = GUARD_REF),
				&cmd),
			0);
		assert_int_equal(nvu_le32_get(cmd.cdw2), rows[row].cdw2);
		assert_int_equal(nvu_le32_get(cmd.cdw3), rows[row].cdw3);
		assert_int_equal(nvu_le32_get(cmd.cdw14), rows[row].cdw14);
		assert_int_equal(nvu_le32_get(cmd.cdw15), 0x33441122);
		/* What is no check stays; a controller has no check of the reference tags of type 3. */
		assert_int_equal(nvu_le32_get(cmd.cdw12),
				 rows[row].type == 3 ? 0xf2ffffff : 0xf6ffffff);
		assert_int_equal(cmd.opcode, NVU_CMD_READ);
	}
}

static void wrong_format_or_tags_are_refused(void **state)
{
	static const struct {
		const char *sentence;
		struct nvu_protection_format format;
		struct nvu_protection_args args;
	} rows[] = {
#define FORMAT(block, metadata, kind, guard, bits, flag) \
	{ .size = sizeof(struct nvu_protection_format),  \
	  .block_bytes = (block),                        \
	  .metadata_bytes = (metadata),                  \
	  .type = (kind),                                \
	  .pif = (guard),                                \
	  .storage_tag_bits = (bits),                    \
	  .flags = (flag) }
#define ARGS(check, tag)                                                       \
	{                                                                      \
		.size = sizeof(struct nvu_protection_args), .checks = (check), \
		.storage_tag = (tag)                                           \
	}
#define GUARD ARGS(NVU_RW_PRCHK_GUARD, 0)
		{ "format.type is 0", FORMAT(512, 8, 0, 0, 0, 0), GUARD },
		{ "format.type is 4", FORMAT(512, 8, 4, 0, 0, 0), GUARD },
		{ "format.pif is 3", FORMAT(512, 16, 1, 3, 0, 0), GUARD },
		{ "format.pif is 255", FORMAT(512, 16, 1, NVU_PIF_UNKNOWN, 0, 0), GUARD },
		{ "format.flags is 0x4", FORMAT(512, 8, 1, 0, 0, 4), GUARD },
		{ "format.block_bytes is 0", FORMAT(0, 8, 1, 0, 0, 0), GUARD },
		{ "format.block_bytes is 256", FORMAT(256, 8, 1, 0, 0, 0), GUARD },
		{ "format.block_bytes is 520", FORMAT(520, 8, 1, 0, 0, 0), GUARD },
		{ "format.metadata_bytes is 7", FORMAT(512, 7, 1, 0, 0, 0), GUARD },
		{ "format.metadata_bytes is 15", FORMAT(512, 15, 1, 2, 0, 0), GUARD },
		{ "format.metadata_bytes is 65536", FORMAT(512, 65536, 1, 0, 0, 0), GUARD },
		{ "storage_tag_bits is 33: expected 0 to 32", FORMAT(512, 8, 1, 0, 33, 0), GUARD },
		{ "storage_tag_bits is 15: expected 16 to 64", FORMAT(512, 16, 1, 1, 15, 0),
		  GUARD },
		{ "storage_tag_bits is 65: expected 16 to 64", FORMAT(512, 16, 1, 1, 65, 0),
		  GUARD },
		{ "storage_tag_bits is 49: expected 0 to 48", FORMAT(512, 16, 1, 2, 49, 0), GUARD },
		{ "args.storage_tag is 0x10: the format's storage tag has 4 bits",
		  FORMAT(512, 8, 1, 0, 4, 0), ARGS(NVU_RW_PRCHK_GUARD, 0x10) },
		{ "args.checks is 0x30000000", FORMAT(512, 8, 1, 0, 0, 0),
		  ARGS(NVU_RW_PRACT | NVU_RW_PRCHK_GUARD, 0) },
		{ "options.size is 0", { .size = 0 }, GUARD },
		{ "options.size is 1", FORMAT(512, 8, 1, 0, 0, 0), { .size = 1 } },
#undef FORMAT
#undef GUARD
#undef ARGS
	};

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++) {
		struct nvu_sqe cmd = { .opcode = 2 };

		assert_row(rows[row].sentence,
			   generate(&rows[row].format, &rows[row].args) == -EINVAL);
		assert_row(rows[row].sentence, strstr(nvu_last_error(), rows[row].sentence));
		assert_row(rows[row].sentence,
			   verify(&rows[row].format, &rows[row].args) == -EINVAL);
		assert_row(rows[row].sentence,
			   nvu_protection_encode(&rows[row].format, &rows[row].args, &cmd) ==
				   -EINVAL);
		assert_row(rows[row].sentence,
			   !nvu_le32_get(cmd.cdw12) && !nvu_le32_get(cmd.cdw15));
	}
}

static void wrong_memory_is_refused(void **state)
{
	struct nvu_protection_format format = {
		.size = sizeof(format), .block_bytes = BLOCK, .metadata_bytes = 8, .type = 1
	};
	struct nvu_protection_args args = { .size = sizeof(args), .checks = NVU_RW_PRCHK_GUARD };
	struct nvu_protection_error error = { .block = 77 };

	(void)state;
	assert_int_equal(nvu_protection_generate(&format, &args, NULL, metadata, 1), -EINVAL);
	assert_sentence("data is NULL, and the format is not interleaved");
	assert_int_equal(nvu_protection_generate(&format, &args, data, NULL, 1), -EINVAL);
	assert_sentence("metadata is NULL");
	assert_int_equal(nvu_protection_verify(&format, &args, data, metadata, 0, &error), -EINVAL);
	assert_int_equal(
		nvu_protection_verify(&format, &args, data, metadata, INT64_MAX / 520 + 1, &error),
		-EINVAL);
	assert_sentence(
		"blocks is 17737253917028416: expected 1 to 17737253917028415 of 520 bytes with "
		"metadata");
	format.flags = NVU_PROTECTION_INTERLEAVED;
	assert_int_equal(nvu_protection_verify(&format, &args, data, metadata, 1, &error), -EINVAL);
	assert_true(strstr(nvu_last_error(), "data is not NULL, but the format is interleaved"));
	args.checks = 0;
	assert_int_equal(nvu_protection_verify(&format, &args, NULL, data, 1, &error), -EINVAL);
	assert_sentence("args.checks is 0: it names no check");
	assert_int_equal(error.block, 77);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(tuple_with_the_escape_is_not_checked),
		cmocka_unit_test(blocks_of_all_ones_pass),
		cmocka_unit_test(masked_bits_of_the_application_tag_are_not_compared),
		cmocka_unit_test(guard_is_compared_only_if_it_is_asked_for),
		cmocka_unit_test(masked_bits_of_the_storage_tag_are_not_compared),
		cmocka_unit_test(reference_tag_wraps_at_its_width),
		cmocka_unit_test(transfers_of_1_to_65536_blocks),
		cmocka_unit_test(sentence_names_block_field_and_values),
		cmocka_unit_test(encode_splits_the_tags_among_the_dwords),
		cmocka_unit_test(wrong_format_or_tags_are_refused),
		cmocka_unit_test(wrong_memory_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
