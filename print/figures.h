/* SPDX-License-Identifier: MIT */
/*
 * figures.h: the structures of the specification as rows; lib/spec/figures has them, a file each.
 *
 *	FIELD(offset, bytes, name, kind, unit, meaning)		a little-endian number, a text, bytes
 *	BITS(high, low, name, meaning)				bits of the FIELD above
 *	NUMBERS(offset, count, bytes, name, meaning)		an array of numbers
 *	LIST(offset, count, name, figure, meaning)		an array of figures
 *	RSVD(offset, bytes)					reserved
 *
 * Every byte of a structure belongs to one row, but for BITS (test/print/test_figures.c).
 */
#ifndef NVU_PRINT_FIGURES_H
#define NVU_PRINT_FIGURES_H

#include <nvu/print.h>

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

enum figure_kind {
	FIGURE_NUMBER,	   /* decimal; of up to 16 bytes */
	FIGURE_ZERO_BASED, /* decimal; one more is meant */
	FIGURE_HEX,	   /* of up to 8 bytes */
	FIGURE_KELVIN,	   /* 0: not reported */
	FIGURE_VERSION,	   /* as VS and VER: major 31:16, minor 15:8, tertiary 7:0 */
	FIGURE_TEXT,	   /* padded with blanks */
	FIGURE_STRING,	   /* ended by a zero */
	FIGURE_BYTES,	   /* an identifier: each byte in hexadecimal */
	FIGURE_OPAQUE,	   /* of a vendor */
	FIGURE_BITS,
	FIGURE_NUMBERS,
	FIGURE_LIST,
	FIGURE_RESERVED,
};

struct figure_row {
	enum figure_kind kind;
	uint32_t offset;
	uint32_t bytes; /* of one; of FIGURE_LIST: see .figure */
	uint32_t count;
	uint8_t high, low; /* of FIGURE_BITS */
	const char *name;
	const char *unit; /* "": none */
	const char *meaning;
	const struct nvu_figure *figure; /* of FIGURE_LIST */
};

struct nvu_figure {
	const char *name;    /* "identify-controller" */
	const char *title;   /* "Identify Controller" */
	const char *section; /* "Base 5.17.2.1" */
	uint32_t bytes;
	uint32_t row_count;
	const struct figure_row *rows;
};

/* All of them; the last one is NULL. */
extern const struct nvu_figure *const figures_all[];

/* A number of up to 8 bytes. */
uint64_t figures_number(const uint8_t *at, uint32_t bytes);

/* The bits high..low of a number. */
static inline uint64_t figures_bits(uint64_t number, uint32_t high, uint32_t low)
{
	assert(high >= low && high < 64);
	return number >> low & (high - low < 63 ? (1ull << (high - low + 1)) - 1 : UINT64_MAX);
}

/* A number of up to 16 bytes in decimal, into text[40]. */
const char *figures_decimal(const uint8_t *at, uint32_t bytes, char *text);

/* How many of count entries there are up to the last one that is not all zeroes. */
uint32_t figures_used(const uint8_t *at, uint32_t count, uint32_t bytes);

/* Bytes of a text without the padding behind it. */
uint32_t figures_text_length(const uint8_t *at, uint32_t bytes, enum figure_kind kind);

/* 0; -EINVAL: the data are shorter than the figure. */
int figures_check(const struct nvu_figure *figure, size_t len);

#endif
