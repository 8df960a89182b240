/* SPDX-License-Identifier: MIT */
/*
 * json.c: a structure for a program: one JSON object. No JSON library writes it: each program that
 * links this static library would have to link that one too, and writing needs no more than the escape.
 */
#include "figures.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>

static void put_hex(FILE *out, const uint8_t *at, uint32_t bytes)
{
	(void)fputc('"', out);
	for (uint32_t idx = 0; idx < bytes; idx++)
		(void)fprintf(out, "%02x", at[idx]);
	(void)fputc('"', out);
}

/* Of bytes that are no ASCII each is one character, as in ISO 8859-1. */
static void put_text(FILE *out, const uint8_t *at, uint32_t len)
{
	(void)fputc('"', out);
	for (uint32_t idx = 0; idx < len; idx++) {
		if (at[idx] < 0x20 || at[idx] >= 0x7f)
			(void)fprintf(out, "\\u%04x", at[idx]);
		else if (at[idx] == '"' || at[idx] == '\\')
			(void)fprintf(out, "\\%c", at[idx]);
		else
			(void)fputc(at[idx], out);
	}
	(void)fputc('"', out);
}

static void put_number(FILE *out, const uint8_t *at, uint32_t bytes)
{
	const char *quote = bytes > 8 ? "\"" : "";
	char digits[40];

	(void)fprintf(out, "%s%s%s", quote, figures_decimal(at, bytes, digits), quote);
}

/* The rows of BITS that follow a field. Returns how many. */
static uint32_t count_bits(const struct nvu_figure *figure, uint32_t idx)
{
	uint32_t count = 0;

	assert(idx < figure->row_count);
	while (idx + 1 + count < figure->row_count &&
	       figure->rows[idx + 1 + count].kind == FIGURE_BITS)
		count++;
	return count;
}

static void put_bits(FILE *out, const struct figure_row *row, uint32_t count, uint64_t number)
{
	assert(row->kind != FIGURE_BITS && row->count == 1 && row->bytes <= sizeof(number));
	(void)fprintf(out, "{\"value\":%" PRIu64, number);
	for (const struct figure_row *bits = row + 1; bits <= row + count; bits++)
		(void)fprintf(out, ",\"%s\":%" PRIu64, bits->name,
			      figures_bits(number, bits->high, bits->low));
	(void)fputc('}', out);
}

static void put_field(FILE *out, const struct figure_row *row, const uint8_t *at)
{
	uint64_t version;

	switch (row->kind) {
	case FIGURE_TEXT:
	case FIGURE_STRING:
		put_text(out, at, figures_text_length(at, row->bytes, row->kind));
		break;
	case FIGURE_BYTES:
		put_hex(out, at, row->bytes);
		break;
	case FIGURE_OPAQUE:
		put_hex(out, at, figures_used(at, row->bytes, 1));
		break;
	case FIGURE_VERSION:
		version = figures_number(at, row->bytes);
		(void)fprintf(out, "\"%" PRIu64 ".%" PRIu64 ".%" PRIu64 "\"", version >> 16,
			      version >> 8 & 0xff, version & 0xff);
		break;
	default:
		put_number(out, at, row->bytes);
	}
}

static void put_figure(FILE *out, const struct nvu_figure *figure, const uint8_t *data);

static void put_entries(FILE *out, const struct figure_row *row, const uint8_t *at)
{
	uint32_t bytes = row->figure ? row->figure->bytes : row->bytes;
	uint32_t count = figures_used(at, row->count, bytes);

	assert(!row->figure == (row->kind == FIGURE_NUMBERS));
	(void)fputc('[', out);
	for (uint32_t idx = 0; idx < count; idx++, at += bytes) {
		if (idx)
			(void)fputc(',', out);
		if (row->figure)
			put_figure(out, row->figure, at);
		else
			put_number(out, at, bytes);
	}
	(void)fputc(']', out);
}

static void put_figure(FILE *out, const struct nvu_figure *figure, const uint8_t *data)
{
	const char *comma = "";

	(void)fputc('{', out);
	for (uint32_t idx = 0; idx < figure->row_count; idx++) {
		const struct figure_row *row = &figure->rows[idx];
		const uint8_t *at = data + row->offset;
		uint32_t bits = count_bits(figure, idx);

		if (row->kind == FIGURE_RESERVED || row->kind == FIGURE_BITS)
			continue;
		(void)fprintf(out, "%s\"%s\":", comma, row->name);
		comma = ",";
		if (row->kind == FIGURE_LIST || row->kind == FIGURE_NUMBERS)
			put_entries(out, row, at);
		else if (bits)
			put_bits(out, row, bits, figures_number(at, row->bytes));
		else
			put_field(out, row, at);
	}
	(void)fputc('}', out);
}

int nvu_print_json(const struct nvu_figure *figure, const void *data, size_t len, FILE *out)
{
	int ret = figures_check(figure, len);

	if (ret)
		return ret;
	put_figure(out, figure, data);
	(void)fputc('\n', out);
	return fflush(out) || ferror(out) ? -EIO : 0;
}
