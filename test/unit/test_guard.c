// SPDX-License-Identifier: MIT
/*
 * test_guard.c: the three CRCs: published values, and each way to compute them against a division bit by bit.
 */
#include "tuple/fold.h"
#include "tuple/guard.h"
#include "tuple/table.h"
#include "unit.h"

enum { BYTES = 4096, SHORT = 400, ALIGNMENTS = 16 };

static uint64_t guard_of(uint32_t pif, const void *data, size_t len)
{
	return guard_end(pif, guard_update(pif, guard_begin(pif), data, len));
}

/* One byte a call, one bit a step, from the polynomials as the specifications print them. */
static uint64_t divide(uint32_t pif, uint64_t crc, uint8_t byte)
{
	static const uint64_t reflected[] = {
		[NVU_PIF_32B] = 0x82f63b78, [NVU_PIF_64B] = 0x9a6c9329ac4bc9b5
	};

	if (pif == NVU_PIF_16B) {
		crc ^= (uint64_t)byte << 8;
		for (int bit = 0; bit < 8; bit++)
			crc = (crc << 1 ^ (crc & 0x8000 ? 0x8bb7 : 0)) & 0xffff;
		return crc;
	}
	crc ^= byte;
	for (int bit = 0; bit < 8; bit++)
		crc = crc >> 1 ^ (crc & 1 ? reflected[pif] : 0);
	return crc;
}

static uint64_t divide_all(uint32_t pif, uint64_t crc, const uint8_t *at, size_t len)
{
	while (len--)
		crc = divide(pif, crc, *at++);
	return crc;
}

/* The same bits of each size, in no order. */
static void scramble(uint8_t *at, size_t len)
{
	uint32_t state = 1;

	for (size_t i = 0; i < len; i++) {
		state = state * 1664525 + 1013904223;
		at[i] = (uint8_t)(state >> 24);
	}
}

enum pattern { ZEROES, ONES, UP, DOWN, DIGITS, TWO_ONES };

static void fill(uint8_t *at, size_t len, enum pattern pattern)
{
	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t[]){ [ZEROES] = 0,
				     [ONES] = 0xff,
				     [UP] = (uint8_t)i,
				     [DOWN] = (uint8_t)(len - 1 - i),
				     [DIGITS] = (uint8_t)('1' + i),
				     [TWO_ONES] = i < 2 ? 0xff : 0 }[pattern];
}

/*
 * CRC-16: SBC-4, table "CRC test cases"; CRC-32C: RFC 3720 B.4 (written there byte by byte, the lowest first), NVM
 * 5.2.1.2.1; 64 bits: NVM 5.2.1.3.5. "123456789": the catalogue of parametrised CRC algorithms, as CRC-16/T10-DIF,
 * CRC-32/ISCSI, CRC-64/NVME.
 */
static void guard_of_published_vectors(void **state)
{
	static const struct {
		const char *name;
		uint32_t pif;
		enum pattern pattern;
		size_t len;
		uint64_t expected;
	} rows[] = {
		{ "16, zeroes", NVU_PIF_16B, ZEROES, 32, 0x0000 },
		{ "16, ones", NVU_PIF_16B, ONES, 32, 0xa293 },
		{ "16, up", NVU_PIF_16B, UP, 32, 0x0224 },
		{ "16, two ones", NVU_PIF_16B, TWO_ONES, 32, 0x21b8 },
		{ "16, digits", NVU_PIF_16B, DIGITS, 9, 0xd0db },
		{ "32, zeroes", NVU_PIF_32B, ZEROES, 32, 0x8a9136aa },
		{ "32, ones", NVU_PIF_32B, ONES, 32, 0x62a8ab43 },
		{ "32, up", NVU_PIF_32B, UP, 32, 0x46dd794e },
		{ "32, down", NVU_PIF_32B, DOWN, 32, 0x113fdb5c },
		{ "32, digits", NVU_PIF_32B, DIGITS, 9, 0xe3069283 },
		{ "32, 4096 zeroes", NVU_PIF_32B, ZEROES, BYTES, 0x98f94189 },
		{ "32, 4096 ones", NVU_PIF_32B, ONES, BYTES, 0x25c1fe13 },
		{ "32, 4096 up", NVU_PIF_32B, UP, BYTES, 0x9c71fe32 },
		{ "32, 4096 down", NVU_PIF_32B, DOWN, BYTES, 0x214941a8 },
		{ "64, 4096 zeroes", NVU_PIF_64B, ZEROES, BYTES, 0x6482d367eb22b64e },
		{ "64, 4096 ones", NVU_PIF_64B, ONES, BYTES, 0xc0ddba7302eca3ac },
		{ "64, 4096 up", NVU_PIF_64B, UP, BYTES, 0x3e729f5f6750449c },
		{ "64, 4096 down", NVU_PIF_64B, DOWN, BYTES, 0x9a2df64b8e9e517e },
		{ "64, digits", NVU_PIF_64B, DIGITS, 9, 0xae8b14860a799888 },
	};
	static uint8_t data[BYTES];

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++) {
		fill(data, rows[row].len, rows[row].pattern);
		assert_row(rows[row].name,
			   guard_of(rows[row].pif, data, rows[row].len) == rows[row].expected);
	}
}

static void guard_of_any_length_and_alignment_is_the_remainder(void **state)
{
	static uint8_t data[SHORT + ALIGNMENTS];

	(void)state;
	scramble(data, sizeof(data));
	for (uint32_t pif = NVU_PIF_16B; pif <= NVU_PIF_64B; pif++)
		for (size_t at = 0; at < ALIGNMENTS; at++)
			for (size_t len = 0; len <= SHORT; len++) {
				uint64_t expected =
					divide_all(pif, guard_begin(pif), data + at, len);

				assert_true(guard_of(pif, data + at, len) ==
					    guard_end(pif, expected));
			}
}

static void guard_in_parts_is_that_of_the_whole(void **state)
{
	static uint8_t data[SHORT];

	(void)state;
	scramble(data, sizeof(data));
	for (uint32_t pif = NVU_PIF_16B; pif <= NVU_PIF_64B; pif++) {
		uint64_t expected = guard_of(pif, data, sizeof(data));

		for (size_t cut = 0; cut <= sizeof(data); cut++) {
			uint64_t guard = guard_update(pif, guard_begin(pif), data, cut);

			guard = guard_update(pif, guard, data + cut, sizeof(data) - cut);
			assert_true(guard_end(pif, guard) == expected);
		}
	}
}

/* Each entry of each table: one byte, at each of the eight places, behind each remainder of one bit. */
static void tables_have_the_remainder_of_each_byte_at_each_place(void **state)
{
	(void)state;
	for (uint32_t place = 0; place < 8; place++)
		for (uint32_t byte = 0; byte < 256; byte++) {
			uint8_t data[8] = { 0 };

			data[place] = (uint8_t)byte;
			assert_int_equal(table_crc16(0, data, 8),
					 divide_all(NVU_PIF_16B, 0, data, 8));
			assert_int_equal(table_crc32(0, data, 8),
					 divide_all(NVU_PIF_32B, 0, data, 8));
			assert_true(table_crc64(0, data, 8) == divide_all(NVU_PIF_64B, 0, data, 8));
		}
	for (uint32_t bit = 0; bit < 64; bit++) {
		static const uint8_t data[9] = "remainder";
		uint64_t crc = 1ull << bit;

		assert_true(table_crc64(crc, data, 9) == divide_all(NVU_PIF_64B, crc, data, 9));
		if (bit < 32)
			assert_int_equal(table_crc32((uint32_t)crc, data, 9),
					 divide_all(NVU_PIF_32B, crc, data, 9));
		if (bit < 16)
			assert_int_equal(table_crc16((uint16_t)crc, data, 9),
					 divide_all(NVU_PIF_16B, crc, data, 9));
	}
}

/* What folding leaves, divided, and what it did not consume. */
static uint64_t fold(uint32_t pif, uint64_t crc, const uint8_t *at, size_t len)
{
	uint8_t rest[FOLD_BYTES];
	size_t done;

	if (pif == NVU_PIF_16B)
		done = fold_crc16((uint16_t)crc, at, len, rest);
	else if (pif == NVU_PIF_32B)
		done = fold_crc32((uint32_t)crc, at, len, rest);
	else
		done = fold_crc64(crc, at, len, rest);
	assert_true(done <= len && done + FOLD_BYTES > len && done % FOLD_BYTES == 0);
	crc = divide_all(pif, 0, rest, sizeof(rest));
	return divide_all(pif, crc, at + done, len - done);
}

static void folded_message_has_the_same_remainder(void **state)
{
	static uint8_t data[BYTES + 1];

	(void)state;
	if (!fold_is_there())
		skip();
	scramble(data, sizeof(data));
	for (uint32_t pif = NVU_PIF_16B; pif <= NVU_PIF_64B; pif++)
		for (size_t len = FOLD_LEN_MIN; len <= BYTES; len += len < SHORT ? 1 : 251) {
			/* Behind each remainder of one bit, which the field has. */
			uint64_t crc = (1ull << len % 64) & (pif == NVU_PIF_16B	  ? UINT16_MAX
							     : pif == NVU_PIF_32B ? UINT32_MAX
										  : UINT64_MAX);

			assert_true(fold(pif, crc, data + 1, len) ==
				    divide_all(pif, crc, data + 1, len));
		}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(guard_of_published_vectors),
		cmocka_unit_test(guard_of_any_length_and_alignment_is_the_remainder),
		cmocka_unit_test(guard_in_parts_is_that_of_the_whole),
		cmocka_unit_test(tables_have_the_remainder_of_each_byte_at_each_place),
		cmocka_unit_test(folded_message_has_the_same_remainder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
