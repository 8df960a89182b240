// SPDX-License-Identifier: MIT
/*
 * test_figures.c: the rows of lib/spec/figures: each byte of a structure belongs to one row, each bit to
 * one at most, and names tell them apart.
 */
#include "../unit/unit.h"
#include "figures.h"

static uint32_t bytes_of(const struct figure_row *row)
{
	return (row->figure ? row->figure->bytes : row->bytes) * row->count;
}

static void every_byte_belongs_to_one_row(void **state)
{
	(void)state;
	for (size_t idx = 0; figures_all[idx]; idx++) {
		const struct nvu_figure *figure = figures_all[idx];
		uint32_t next = 0;

		for (uint32_t at = 0; at < figure->row_count; at++) {
			const struct figure_row *row = &figure->rows[at];

			if (row->kind == FIGURE_BITS)
				continue;
			if (row->offset != next || !bytes_of(row))
				fail_msg("%s: %s is at byte %u, the row before ends at %u",
					 figure->name, row->name, row->offset, next);
			next += bytes_of(row);
		}
		if (next != figure->bytes)
			fail_msg("%s: rows end at byte %u of %u", figure->name, next,
				 figure->bytes);
	}
}

/* Those of one field, which is above them. Returns how many rows. */
static uint32_t check_bits(const struct nvu_figure *figure, uint32_t at)
{
	const struct figure_row *field = &figure->rows[at];
	uint64_t taken = 0;
	uint32_t count;

	for (count = 1; at + count < figure->row_count; count++) {
		const struct figure_row *row = &figure->rows[at + count];
		uint64_t mask;

		if (row->kind != FIGURE_BITS)
			break;
		mask = figures_bits(UINT64_MAX, row->high, row->low) << row->low;
		if (row->low > row->high || row->high >= 8 * field->bytes || (taken & mask) ||
		    field->bytes > 8 || field->count != 1)
			fail_msg("%s: %s: bits %u:%u (%s)", figure->name, field->name, row->high,
				 row->low, row->name);
		taken |= mask;
	}
	return count;
}

static void bits_are_inside_their_field_and_apart(void **state)
{
	(void)state;
	for (size_t idx = 0; figures_all[idx]; idx++) {
		const struct nvu_figure *figure = figures_all[idx];

		assert_int_not_equal(figure->rows[0].kind, FIGURE_BITS);
		for (uint32_t at = 0; at < figure->row_count;)
			at += check_bits(figure, at);
	}
}

static bool is_member_name(const char *name)
{
	return *name && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name);
}

/* Fields of a figure, and bits of a field, have names of their own: JSON's members. */
static void names_tell_rows_apart(void **state)
{
	(void)state;
	for (size_t idx = 0; figures_all[idx]; idx++) {
		const struct nvu_figure *figure = figures_all[idx];

		for (uint32_t at = 0; at < figure->row_count; at++) {
			const struct figure_row *row = &figure->rows[at];

			if (row->kind == FIGURE_RESERVED)
				continue;
			assert_row(row->name, is_member_name(row->name) && *row->meaning);
			assert_row(row->name,
				   row->kind != FIGURE_BITS || strcmp(row->name, "value") != 0);
			for (uint32_t other = at; other-- > 0;) {
				const struct figure_row *before = &figure->rows[other];
				bool both =
					(before->kind == FIGURE_BITS) == (row->kind == FIGURE_BITS);

				if (row->kind == FIGURE_BITS && before->kind != FIGURE_BITS)
					break; /* the field that they are of */
				if (both && !strcmp(before->name, row->name))
					fail_msg("%s: two rows are named %s", figure->name,
						 row->name);
			}
		}
	}
}

static void numbers_are_of_a_size_that_can_be_printed(void **state)
{
	(void)state;
	for (size_t idx = 0; figures_all[idx]; idx++)
		for (uint32_t at = 0; at < figures_all[idx]->row_count; at++) {
			const struct figure_row *row = &figures_all[idx]->rows[at];
			uint32_t max = row->kind == FIGURE_NUMBER ? 16 : 8;

			if (row->kind <= FIGURE_VERSION || row->kind == FIGURE_NUMBERS)
				assert_row(row->name, row->bytes <= max);
			if (row->kind == FIGURE_TEXT || row->kind == FIGURE_STRING)
				assert_row(row->name, row->bytes <= 256);
			if (row->kind == FIGURE_BYTES)
				assert_row(row->name, row->bytes <= 32);
		}
}

static void figure_is_found_by_its_name_alone(void **state)
{
	const struct nvu_figure *figure = NULL;
	size_t count = 0;

	(void)state;
	while ((figure = nvu_figure_next(figure))) {
		assert_ptr_equal(nvu_figure_find(nvu_figure_name(figure)), figure);
		assert_true(strlen(nvu_figure_title(figure)) > 0);
		assert_true(strlen(nvu_figure_section(figure)) > 0);
		assert_true(nvu_figure_bytes(figure) > 0);
		count++;
	}
	assert_true(count >= 35);
	assert_null(nvu_figure_find("identify"));
	assert_null(nvu_figure_find(""));
}

static void bit_has_the_words_of_its_row(void **state)
{
	static const struct {
		const char *figure, *field;
		uint32_t bit;
		const char *words;
	} rows[] = {
		{ "identify-controller", "oacs", 0, "Security Send and Receive" },
		{ "identify-controller", "oacs", 1, "Format NVM" },
		{ "identify-controller", "oncs", 8, "Copy" },
		{ "identify-controller", "frmw", 3, "Number of Firmware Slots" }, /* of bits 3:1 */
		{ "identify-controller", "frmw", 1, "Number of Firmware Slots" },
		{ "identify-controller", "oacs", 12, NULL }, /* reserved */
		{ "identify-controller", "oacs", UINT32_MAX, NULL },
		{ "identify-controller", "vid", 0, NULL },   /* a number */
		{ "identify-controller", "fnvms", 0, NULL }, /* a bit's name, not a field's */
		{ "identify-controller", "", 0, NULL },
	};

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++) {
		const char *words = nvu_figure_bit(nvu_figure_find(rows[row].figure),
						   rows[row].field, rows[row].bit);

		assert_row(rows[row].field, !words == !rows[row].words);
		assert_row(rows[row].field, !words || !strcmp(words, rows[row].words));
	}
}

static void decimal_has_up_to_39_digits(void **state)
{
	static const struct {
		uint64_t high, low;
		const char *digits;
	} rows[] = {
		{ 0, 0, "0" },
		{ 0, 9, "9" },
		{ 0, 10, "10" },
		{ 0, UINT64_MAX, "18446744073709551615" },
		{ 1, 0, "18446744073709551616" },
		{ UINT64_MAX, UINT64_MAX, "340282366920938463463374607431768211455" },
	};

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++) {
		uint8_t bytes[16];
		char text[40];

		for (int idx = 0; idx < 8; idx++) {
			bytes[idx] = (uint8_t)(rows[row].low >> 8 * idx);
			bytes[8 + idx] = (uint8_t)(rows[row].high >> 8 * idx);
		}
		assert_string_equal(figures_decimal(bytes, 16, text), rows[row].digits);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_belongs_to_one_row),
		cmocka_unit_test(bits_are_inside_their_field_and_apart),
		cmocka_unit_test(names_tell_rows_apart),
		cmocka_unit_test(numbers_are_of_a_size_that_can_be_printed),
		cmocka_unit_test(figure_is_found_by_its_name_alone),
		cmocka_unit_test(bit_has_the_words_of_its_row),
		cmocka_unit_test(decimal_has_up_to_39_digits),
	};

	return cmocka_run_group_tests_name("figures", tests, NULL, NULL);
}
