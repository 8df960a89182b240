// SPDX-License-Identifier: MIT
/*
 * test_protection.c: tuples generated and verified. What a tuple is, the test says once more, bit by bit, from
 * the figures of NVM 5.2.1.
 */
#include "tuple/guard.h"
#include "unit.h"

#include <nvu/error.h>
#include <stdlib.h>

enum { BLOCK = 512, BLOCKS = 3, METADATA_MAX = 64, TUPLE_MAX = 16, APP = 0x1234 };

#define ALL (NVU_RW_PRCHK_GUARD | NVU_RW_PRCHK_APP | NVU_RW_PRCHK_REF | NVU_RW_STC)

/* Memory of a transfer, apart and interleaved. */
struct memory {
	uint8_t data[BLOCKS * BLOCK];
	uint8_t metadata[BLOCKS * METADATA_MAX];
	uint8_t both[BLOCKS * (BLOCK + METADATA_MAX)];
};

static const struct {
	uint32_t tuple_bytes, guard_bits, space_bits, storage_min, storage_max;
} kinds[] = {
	[NVU_PIF_16B] = { 8, 16, 32, 0, 32 },
	[NVU_PIF_32B] = { 16, 32, 80, 16, 64 },
	[NVU_PIF_64B] = { 16, 64, 48, 0, 48 },
};

static void scramble(uint8_t *at, size_t len, uint32_t seed)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1664525 + 1013904223;
		at[i] = (uint8_t)(seed >> 24);
	}
}

static uint64_t low_bits(uint64_t value, uint32_t bits)
{
	return bits < 64 ? value & ((1ull << bits) - 1) : value;
}

/* Appends the lowest bits of a value, the most significant one first. */
static void put_bits(uint8_t *at, uint32_t *place, uint64_t value, uint32_t bits)
{
	while (bits--) {
		uint8_t mask = (uint8_t)(0x80 >> *place % 8);

		at[*place / 8] =
			(uint8_t)((at[*place / 8] & ~mask) | (value >> bits & 1 ? mask : 0));
		++*place;
	}
}

static void put_tuple(const struct nvu_protection_format *format, uint64_t guard, uint16_t app,
		      uint64_t storage, uint64_t ref, uint8_t *tuple)
{
	uint32_t place = 0, storage_bits = format->storage_tag_bits;

	put_bits(tuple, &place, guard, kinds[format->pif].guard_bits);
	put_bits(tuple, &place, app, 16);
	put_bits(tuple, &place, storage, storage_bits);
	put_bits(tuple, &place, ref, kinds[format->pif].space_bits - storage_bits);
	assert_int_equal(place, 8 * kinds[format->pif].tuple_bytes);
}

static uint8_t *tuple_of(const struct nvu_protection_format *format, uint8_t *metadata)
{
	uint32_t behind = format->metadata_bytes - kinds[format->pif].tuple_bytes;

	return metadata + (format->flags & NVU_PROTECTION_FIRST ? 0 : behind);
}

static uint64_t guard_of(const struct nvu_protection_format *format, const uint8_t *data,
			 const uint8_t *metadata)
{
	uint32_t behind = format->metadata_bytes - kinds[format->pif].tuple_bytes;
	uint64_t guard = guard_update(format->pif, guard_begin(format->pif), data, BLOCK);

	if (!(format->flags & NVU_PROTECTION_FIRST))
		guard = guard_update(format->pif, guard, metadata, behind);
	return guard_end(format->pif, guard);
}

/* Calls check() with every kind of format, with tags for it. */
static void for_each_format(void (*check)(const struct nvu_protection_format *format,
					  const struct nvu_protection_args *args))
{
	static const uint32_t behind[] = { 0, 1, 8, 48 };

	for (uint32_t row = 0; row < 3 * 3 * 4 * 2; row++) {
		struct nvu_protection_format format = { .size = sizeof(format),
							.block_bytes = BLOCK,
							.pif = (uint8_t)(row % 3),
							.type = (uint8_t)(1 + row / 3 % 3),
							.flags = row / 36 };
		uint32_t least = kinds[format.pif].storage_min,
			 most = kinds[format.pif].storage_max;

		format.metadata_bytes = kinds[format.pif].tuple_bytes + behind[row / 9 % 4];
		for (uint32_t bits = least; bits <= most; bits++) {
			const struct nvu_protection_args args = {
				.size = sizeof(args),
				.ref_tag = 0xfedcba9876543210,
				.storage_tag = low_bits(0x9123456789abcdef, bits),
				.app_tag = APP,
				.app_mask = 0xffff,
				.checks = ALL,
			};

			format.storage_tag_bits = (uint8_t)bits;
			check(&format, &args);
		}
	}
}

static void prepare(struct memory *memory)
{
	scramble(memory->data, sizeof(memory->data), 1);
	scramble(memory->metadata, sizeof(memory->metadata), 2);
	memset(memory->both, 0xee, sizeof(memory->both));
}

/* The blocks with their metadata, from the two apart. */
static void interleave(const struct nvu_protection_format *format, struct memory *memory)
{
	for (uint32_t block = 0; block < BLOCKS; block++) {
		uint8_t *at = memory->both + (size_t)block * (BLOCK + format->metadata_bytes);

		memcpy(at, memory->data + (size_t)block * BLOCK, BLOCK);
		memcpy(at + BLOCK, memory->metadata + (size_t)block * format->metadata_bytes,
		       format->metadata_bytes);
	}
}

static void check_generated(const struct nvu_protection_format *format,
			    const struct nvu_protection_args *args)
{
	uint32_t ref_bits = kinds[format->pif].space_bits - format->storage_tag_bits;
	struct memory memory, expected;

	prepare(&memory);
	prepare(&expected);
	assert_int_equal(
		nvu_protection_generate(format, args, memory.data, memory.metadata, BLOCKS), 0);
	for (uint32_t block = 0; block < BLOCKS; block++) {
		uint8_t *metadata = expected.metadata + (size_t)block * format->metadata_bytes;
		uint64_t ref = args->ref_tag + (format->type == 3 ? 0 : block);

		put_tuple(format, guard_of(format, expected.data + (size_t)block * BLOCK, metadata),
			  args->app_tag, args->storage_tag, low_bits(ref, ref_bits),
			  tuple_of(format, metadata));
	}
	assert_memory_equal(&memory, &expected, sizeof(memory)); /* and nothing else was written */
	assert_int_equal(
		nvu_protection_verify(format, args, memory.data, memory.metadata, BLOCKS, NULL), 0);
}

static void generate_writes_the_tuple_of_the_figures(void **state)
{
	(void)state;
	for_each_format(check_generated);
}

static void check_interleaved(const struct nvu_protection_format *format,
			      const struct nvu_protection_args *args)
{
	struct nvu_protection_format other = *format;
	struct memory memory, apart;

	other.flags |= NVU_PROTECTION_INTERLEAVED;
	prepare(&memory);
	interleave(format, &memory);
	assert_int_equal(nvu_protection_generate(&other, args, NULL, memory.both, BLOCKS), 0);
	assert_int_equal(nvu_protection_verify(&other, args, NULL, memory.both, BLOCKS, NULL), 0);
	prepare(&apart);
	assert_int_equal(nvu_protection_generate(format, args, apart.data, apart.metadata, BLOCKS),
			 0);
	interleave(format, &apart);
	assert_memory_equal(memory.both, apart.both, sizeof(memory.both));
}

static void interleaved_and_apart_are_the_same_bytes(void **state)
{
	(void)state;
	for_each_format(check_interleaved);
}

/* Which check a bit of the metadata belongs to; 0: none. */
static int status_of_bit(const struct nvu_protection_format *format, uint32_t bit)
{
	uint32_t behind = 8 * (format->metadata_bytes - kinds[format->pif].tuple_bytes);
	uint32_t begin = format->flags & NVU_PROTECTION_FIRST ? 0 : behind;

	if (bit < begin)
		return NVU_SC_GUARD_CHECK;
	bit -= begin;
	if (bit >= 8 * kinds[format->pif].tuple_bytes)
		return 0;
	if (bit < kinds[format->pif].guard_bits)
		return NVU_SC_GUARD_CHECK;
	bit -= kinds[format->pif].guard_bits;
	if (bit < 16)
		return NVU_SC_APP_TAG_CHECK;
	return bit - 16 < format->storage_tag_bits ? NVU_SC_STORAGE_TAG_CHECK
						   : NVU_SC_REF_TAG_CHECK;
}

static int verify(const struct nvu_protection_format *format,
		  const struct nvu_protection_args *args, struct memory *memory,
		  struct nvu_protection_error *ret_error)
{
	return nvu_protection_verify(format, args, memory->data, memory->metadata, BLOCKS,
				     ret_error);
}

/*
 * Each bit of the metadata of each block, and some bits of the data. Of storage tags of other sizes than the least
 * and the most: each fifth bit.
 */
static void check_damaged(const struct nvu_protection_format *format,
			  const struct nvu_protection_args *args)
{
	const bool is_edge = format->storage_tag_bits == kinds[format->pif].storage_min ||
			     format->storage_tag_bits == kinds[format->pif].storage_max;
	const uint32_t step = is_edge ? 1 : 5;
	struct nvu_protection_error error;
	struct memory memory;

	prepare(&memory);
	assert_int_equal(
		nvu_protection_generate(format, args, memory.data, memory.metadata, BLOCKS), 0);
	for (uint32_t bit = format->storage_tag_bits % step;
	     bit < 8 * BLOCKS * format->metadata_bytes; bit += step) {
		uint32_t block = bit / 8 / format->metadata_bytes;
		int expected = status_of_bit(format, bit - 8 * block * format->metadata_bytes);

		memory.metadata[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		assert_int_equal(verify(format, args, &memory, &error), expected);
		if (expected) {
			assert_int_equal(error.block, block);
			assert_int_equal(error.status, expected);
			assert_true(error.expected != error.found);
		}
		memory.metadata[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
	}
	for (uint32_t bit = 7; bit < 8 * BLOCKS * BLOCK; bit += 509) {
		memory.data[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		assert_int_equal(verify(format, args, &memory, &error), NVU_SC_GUARD_CHECK);
		assert_int_equal(error.block, bit / 8 / BLOCK);
		memory.data[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
	}
	assert_int_equal(verify(format, args, &memory, NULL), 0);
}

static void each_damaged_bit_of_metadata_fails_its_check(void **state)
{
	(void)state;
	for_each_format(check_damaged);
}

static void each_damaged_bit_of_data_fails_the_guard(void **state)
{
	const struct nvu_protection_args *args = NVU_PROTECTION_ARGS(.checks = NVU_RW_PRCHK_GUARD);
	struct memory memory;

	(void)state;
	for (uint32_t pif = NVU_PIF_16B; pif <= NVU_PIF_64B; pif++) {
		const struct nvu_protection_format *format =
			NVU_PROTECTION_FORMAT(.block_bytes = BLOCK,
					      .metadata_bytes = kinds[pif].tuple_bytes, .type = 1,
					      .pif = (uint8_t)pif,
					      .storage_tag_bits = (uint8_t)kinds[pif].storage_min);

		prepare(&memory);
		assert_int_equal(
			nvu_protection_generate(format, args, memory.data, memory.metadata, BLOCKS),
			0);
		for (uint32_t bit = 0; bit < 8 * BLOCKS * BLOCK; bit++) {
			memory.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_int_equal(verify(format, args, &memory, NULL), NVU_SC_GUARD_CHECK);
			memory.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
}

/* A tag that differs fails, unless its check is not asked for or the format does not have it. */
static void check_other_tags(const struct nvu_protection_format *format,
			     const struct nvu_protection_args *args)
{
	uint32_t ref_bits = kinds[format->pif].space_bits - format->storage_tag_bits;
	struct nvu_protection_args other = *args;
	struct nvu_protection_error error;
	struct memory memory;

	prepare(&memory);
	assert_int_equal(
		nvu_protection_generate(format, args, memory.data, memory.metadata, BLOCKS), 0);
	other.ref_tag++;
	assert_int_equal(verify(format, &other, &memory, &error),
			 ref_bits ? NVU_SC_REF_TAG_CHECK : 0);
	if (ref_bits) {
		assert_true(error.expected == low_bits(other.ref_tag, ref_bits));
		assert_true(error.found == low_bits(args->ref_tag, ref_bits));
	}
	other.app_tag ^= 0x8000;
	assert_int_equal(verify(format, &other, &memory, &error), NVU_SC_APP_TAG_CHECK);
	assert_int_equal(error.expected, APP ^ 0x8000);
	assert_int_equal(error.found, APP);
	other.checks = NVU_RW_PRCHK_GUARD | NVU_RW_STC;
	assert_int_equal(verify(format, &other, &memory, NULL), 0);
	if (!format->storage_tag_bits)
		return;
	other.storage_tag ^= 1ull << (format->storage_tag_bits - 1);
	assert_int_equal(verify(format, &other, &memory, &error), NVU_SC_STORAGE_TAG_CHECK);
	assert_true(error.expected == other.storage_tag && error.found == args->storage_tag);
	other.checks = NVU_RW_PRCHK_GUARD;
	assert_int_equal(verify(format, &other, &memory, NULL), 0);
}

static void other_tags_than_expected_fail_their_check(void **state)
{
	(void)state;
	for_each_format(check_other_tags);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(generate_writes_the_tuple_of_the_figures),
		cmocka_unit_test(interleaved_and_apart_are_the_same_bytes),
		cmocka_unit_test(each_damaged_bit_of_metadata_fails_its_check),
		cmocka_unit_test(each_damaged_bit_of_data_fails_the_guard),
		cmocka_unit_test(other_tags_than_expected_fail_their_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
