/* SPDX-License-Identifier: MIT */
/*
 * names.h: rows of lib/spec by number or by name. A name is the row's symbol in small letters, with hyphens.
 */
#ifndef TOOLS_NAMES_H
#define TOOLS_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct name_row {
	uint8_t number;
	const char *symbol; /* "FW_SLOT" */
	const char *name;   /* "Firmware Slot Information" */
	uint32_t bytes;
};

/* Whether @text is a number up to FFh, which need not have a row, or a row's name. */
bool names_find(const struct name_row *rows, size_t count, const char *text, uint8_t *ret_number);

/* NULL: no row has this number. */
const struct name_row *names_of(const struct name_row *rows, size_t count, uint8_t number);

/* A line each: number, name, title. */
void names_list(const struct name_row *rows, size_t count);

#endif
