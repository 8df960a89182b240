/* SPDX-License-Identifier: MIT */
/*
 * text.c: a structure for a person: a line a field.
 */
#include "figures.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { NAME_COLUMNS = 24, VALUE_COLUMNS = 26, OPAQUE_SHOWN = 32, TEXT_MAX = 256 };

static void print_line(FILE *out, int depth, const char *name, const char *value,
		       const char *meaning)
{
	assert(depth > 0 && 2 * depth < NAME_COLUMNS);
	(void)fprintf(out, "%*s%-*s %-*s %s\n", 2 * depth, "", NAME_COLUMNS - 2 * depth, name,
		      VALUE_COLUMNS, value, meaning);
}

/* What is no printable ASCII is a question mark: it could be a terminal's command. */
static void put_text(char *value, const uint8_t *at, uint32_t len)
{
	assert(len <= TEXT_MAX);
	for (uint32_t idx = 0; idx < len; idx++)
		*value++ = at[idx] >= 0x20 && at[idx] < 0x7f ? (char)at[idx] : '?';
	*value = '\0';
}

static void put_bytes(char *value, const uint8_t *at, uint32_t bytes)
{
	uint32_t shown = bytes < OPAQUE_SHOWN ? bytes : OPAQUE_SHOWN;

	*value = '\0';
	for (uint32_t idx = 0; idx < shown; idx++)
		value += sprintf(value, "%02x", at[idx]);
	if (shown < bytes)
		(void)sprintf(value, "... (%" PRIu32 " bytes)", bytes);
}

/* "us", "blocks"; and not "100 ms": the number counts these. */
static bool is_plain(const char *unit)
{
	return !strpbrk(unit, " 0123456789");
}

static void put_number(char *value, const struct figure_row *row, const uint8_t *at)
{
	uint64_t number = row->bytes <= 8 ? figures_number(at, row->bytes) : 0;
	char digits[40];

	if (row->kind == FIGURE_HEX)
		(void)sprintf(value, "0x%0*" PRIx64, (int)(2 * row->bytes), number);
	else if (row->kind == FIGURE_VERSION)
		(void)sprintf(value, "%" PRIu64 ".%" PRIu64 ".%" PRIu64, number >> 16,
			      number >> 8 & 0xff, number & 0xff);
	else if (row->kind == FIGURE_KELVIN && number)
		(void)sprintf(value, "%" PRIu64 " K (%" PRId64 " C)", number,
			      (int64_t)number - 273);
	else if (row->kind == FIGURE_ZERO_BASED && row->unit[0])
		(void)sprintf(value, "%" PRIu64 " (0's based), %s", number, row->unit);
	else if (row->kind == FIGURE_ZERO_BASED)
		(void)sprintf(value, "%" PRIu64 " (0's based)", number);
	else if (!row->unit[0])
		(void)sprintf(value, "%s", figures_decimal(at, row->bytes, digits));
	else
		(void)sprintf(value, is_plain(row->unit) ? "%s %s" : "%s (%s)",
			      figures_decimal(at, row->bytes, digits), row->unit);
}

static void print_field(FILE *out, int depth, const struct figure_row *row, const uint8_t *at)
{
	char value[TEXT_MAX + 1];

	switch (row->kind) {
	case FIGURE_TEXT:
	case FIGURE_STRING:
		put_text(value, at, figures_text_length(at, row->bytes, row->kind));
		break;
	case FIGURE_BYTES:
		put_bytes(value, at, row->bytes);
		break;
	case FIGURE_OPAQUE:
		put_bytes(value, at, figures_used(at, row->bytes, 1));
		break;
	default:
		put_number(value, row, at);
	}
	print_line(out, depth, row->name, value, row->meaning);
}

static void print_bits(FILE *out, int depth, const struct figure_row *row, uint64_t number)
{
	uint64_t bits = figures_bits(number, row->high, row->low);
	char value[24];

	assert(row->kind == FIGURE_BITS);
	if (!bits)
		return;
	(void)sprintf(value, "%" PRIu64, bits);
	print_line(out, depth + 1, row->name, value, row->meaning);
}

static void print_figure(FILE *out, int depth, const struct nvu_figure *figure,
			 const uint8_t *data);

/* Entries of an array that are not all zeroes. */
static void print_entries(FILE *out, int depth, const struct figure_row *row, const uint8_t *at)
{
	uint32_t bytes = row->figure ? row->figure->bytes : row->bytes;
	char name[64], digits[40];

	assert(!row->figure == (row->kind == FIGURE_NUMBERS));
	for (uint32_t idx = 0; idx < row->count; idx++, at += bytes) {
		if (!figures_used(at, 1, bytes))
			continue;
		(void)snprintf(name, sizeof(name), "%s[%" PRIu32 "]", row->name, idx);
		print_line(out, depth, name, row->figure ? "" : figures_decimal(at, bytes, digits),
			   row->meaning);
		if (row->figure)
			print_figure(out, depth + 1, row->figure, at);
	}
}

/* Rows of BITS follow their field. No figure contains itself: at most one level deep. */
static void print_figure(FILE *out, int depth, const struct nvu_figure *figure, const uint8_t *data)
{
	uint64_t number = 0;

	for (uint32_t idx = 0; idx < figure->row_count; idx++) {
		const struct figure_row *row = &figure->rows[idx];
		const uint8_t *at = data + row->offset;

		if (row->kind == FIGURE_RESERVED)
			continue;
		if (row->kind == FIGURE_BITS) {
			print_bits(out, depth, row, number);
		} else if (row->kind == FIGURE_LIST || row->kind == FIGURE_NUMBERS) {
			print_entries(out, depth, row, at);
		} else {
			number = row->bytes <= 8 ? figures_number(at, row->bytes) : 0;
			print_field(out, depth, row, at);
		}
	}
}

int nvu_print_text(const struct nvu_figure *figure, const void *data, size_t len, FILE *out)
{
	int ret = figures_check(figure, len);

	if (ret)
		return ret;
	(void)fprintf(out, "%s (%s)\n", figure->title, figure->section);
	print_figure(out, 1, figure, data);
	return fflush(out) || ferror(out) ? -EIO : 0;
}
