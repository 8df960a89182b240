// SPDX-License-Identifier: MIT
/*
 * test_json.c: what nvu_print_json() writes, read by a JSON library, has every byte of a structure that is
 * not reserved: any structure is put together again from it.
 */
#include "../unit/unit.h"
#include "figures.h"

#include <json-c/json.h>
#include <stdlib.h>

enum { ROUNDS = 16, BYTES_MAX = 4096 };

static uint64_t seed = 1;

static uint8_t random_byte(void)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint8_t)(seed >> 56);
}

static json_object *print(const struct nvu_figure *figure, const uint8_t *data)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	json_object *object;

	assert_non_null(out);
	assert_int_equal(nvu_print_json(figure, data, figure->bytes, out), 0);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(text[len - 1], '\n');
	object = json_tokener_parse(text);
	if (!object)
		fail_msg("%s: no JSON: %.200s", figure->name, text);
	free(text);
	return object;
}

static void put_number(uint8_t *at, uint32_t bytes, uint64_t number)
{
	for (uint32_t idx = 0; idx < bytes; idx++, number >>= 8)
		at[idx] = (uint8_t)number;
}

/* Decimal digits into 16 bytes. */
static void put_digits(uint8_t *at, uint32_t bytes, const char *digits)
{
	for (; *digits; digits++) {
		uint32_t carry = (uint32_t)(*digits - '0');

		assert_true(carry < 10);
		for (uint32_t idx = 0; idx < bytes; idx++) {
			carry += at[idx] * 10u;
			at[idx] = (uint8_t)carry;
			carry >>= 8;
		}
		assert_int_equal(carry, 0);
	}
}

static void put_hex(uint8_t *at, uint32_t bytes, const char *hex)
{
	assert_true(strlen(hex) <= 2ul * bytes);
	for (; *hex; hex += 2) {
		char pair[3] = { hex[0], hex[1], 0 };

		*at++ = (uint8_t)strtoul(pair, NULL, 16);
	}
}

/* UTF-8 of characters up to FFh, or bytes behind a zero, which json-c counts too. */
static void put_text(uint8_t *at, uint32_t bytes, json_object *value)
{
	const char *text = json_object_get_string(value);
	int len = json_object_get_string_len(value);
	uint32_t done = 0;

	for (int idx = 0; idx < len; idx++) {
		uint8_t byte = (uint8_t)text[idx];

		if (byte >= 0xc0)
			byte = (uint8_t)((byte & 3) << 6 | (text[++idx] & 0x3f));
		assert_true(done < bytes);
		at[done++] = byte;
	}
}

static void put_version(uint8_t *at, const char *text)
{
	unsigned major, minor, tertiary;

	assert_int_equal(sscanf(text, "%u.%u.%u", &major, &minor, &tertiary), 3);
	put_number(at, 4, major << 16 | minor << 8 | tertiary);
}

/* The bits say what the value says. */
static void check_bits(const struct nvu_figure *figure, uint32_t idx, json_object *value)
{
	uint64_t number = json_object_get_uint64(json_object_object_get(value, "value"));
	size_t members = 1;

	while (++idx < figure->row_count && figure->rows[idx].kind == FIGURE_BITS) {
		const struct figure_row *row = &figure->rows[idx];
		json_object *bits = json_object_object_get(value, row->name);

		assert_row(row->name, bits != NULL);
		assert_int_equal(json_object_get_uint64(bits),
				 figures_bits(number, row->high, row->low));
		members++;
	}
	assert_int_equal(json_object_object_length(value), members);
}

static void rebuild(const struct nvu_figure *figure, json_object *object, uint8_t *data);

static void put_entries(const struct figure_row *row, json_object *array, uint8_t *at)
{
	uint32_t bytes = row->figure ? row->figure->bytes : row->bytes;

	assert_true(json_object_array_length(array) <= row->count);
	for (size_t idx = 0; idx < json_object_array_length(array); idx++, at += bytes) {
		json_object *entry = json_object_array_get_idx(array, idx);

		if (row->figure)
			rebuild(row->figure, entry, at);
		else
			put_number(at, bytes, json_object_get_uint64(entry));
	}
}

static void put_value(const struct figure_row *row, json_object *value, uint8_t *at)
{
	const char *text = json_object_get_string(value);

	if (row->kind == FIGURE_TEXT || row->kind == FIGURE_STRING)
		put_text(at, row->bytes, value);
	else if (row->kind == FIGURE_BYTES || row->kind == FIGURE_OPAQUE)
		put_hex(at, row->bytes, text);
	else if (row->kind == FIGURE_VERSION)
		put_version(at, text);
	else if (row->bytes > 8)
		put_digits(at, row->bytes, text);
	else
		put_number(at, row->bytes, json_object_get_uint64(value));
}

static void rebuild(const struct nvu_figure *figure, json_object *object, uint8_t *data)
{
	for (uint32_t idx = 0; idx < figure->row_count; idx++) {
		const struct figure_row *row = &figure->rows[idx];
		json_object *value = json_object_object_get(object, row->name);

		if (row->kind == FIGURE_RESERVED || row->kind == FIGURE_BITS)
			continue;
		assert_row(row->name, value != NULL);
		if (row->kind == FIGURE_LIST || row->kind == FIGURE_NUMBERS) {
			put_entries(row, value, data + row->offset);
		} else if (json_object_is_type(value, json_type_object)) {
			check_bits(figure, idx, value);
			put_number(data + row->offset, row->bytes,
				   json_object_get_uint64(json_object_object_get(value, "value")));
		} else {
			put_value(row, value, data + row->offset);
		}
	}
}

/* What is not printed: reserved bytes, the padding of a text, what follows the end of a string. */
static void forget(const struct nvu_figure *figure, uint8_t *data)
{
	for (uint32_t idx = 0; idx < figure->row_count; idx++) {
		const struct figure_row *row = &figure->rows[idx];
		uint8_t *at = data + row->offset;

		if (row->kind == FIGURE_RESERVED)
			memset(at, 0, row->bytes);
		for (uint32_t entry = 0; row->figure && entry < row->count; entry++)
			forget(row->figure, at + entry * row->figure->bytes);
		if (row->kind == FIGURE_TEXT || row->kind == FIGURE_STRING) {
			uint32_t len = figures_text_length(at, row->bytes, row->kind);

			memset(at + len, 0, row->bytes - len);
		}
	}
}

static void fill(uint8_t *data, uint32_t bytes, int round)
{
	for (uint32_t idx = 0; idx < bytes; idx++)
		data[idx] = round == 0 ? 0 : round == 1 ? 0xff : random_byte();
}

static void structure_is_rebuilt_from_its_json(void **state)
{
	static uint8_t data[BYTES_MAX], again[BYTES_MAX];
	const struct nvu_figure *figure = NULL;

	(void)state;
	while ((figure = nvu_figure_next(figure)))
		for (int round = 0; round < ROUNDS; round++) {
			json_object *object;

			fill(data, figure->bytes, round);
			object = print(figure, data);
			memset(again, 0, sizeof(again));
			rebuild(figure, object, again);
			json_object_put(object);
			forget(figure, data);
			for (uint32_t at = 0; at < figure->bytes; at++)
				if (data[at] != again[at])
					fail_msg("%s, round %d: byte %u is %02x, was %02x",
						 figure->name, round, at, again[at], data[at]);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(structure_is_rebuilt_from_its_json),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
