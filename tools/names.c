/* SPDX-License-Identifier: MIT */
/*
 * names.c: see names.h.
 */
#include "names.h"

#include "cli.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { NAME_BYTES = 40 };

static void hyphenate(const char *symbol, char *ret_name)
{
	size_t len = 0;

	for (; symbol[len] && len < NAME_BYTES - 1; len++)
		ret_name[len] =
			symbol[len] == '_' ? '-' : (char)tolower((unsigned char)symbol[len]);
	ret_name[len] = '\0';
}

bool names_find(const struct name_row *rows, size_t count, const char *text, uint8_t *ret_number)
{
	char name[NAME_BYTES];
	uint64_t number;

	if (cli_number(text, false, &number)) {
		*ret_number = (uint8_t)number;
		return number <= UINT8_MAX;
	}
	for (size_t idx = 0; idx < count; idx++) {
		hyphenate(rows[idx].symbol, name);
		if (!strcmp(name, text)) {
			*ret_number = rows[idx].number;
			return true;
		}
	}
	return false;
}

const struct name_row *names_of(const struct name_row *rows, size_t count, uint8_t number)
{
	for (size_t idx = 0; idx < count; idx++)
		if (rows[idx].number == number)
			return &rows[idx];
	return NULL;
}

void names_list(const struct name_row *rows, size_t count)
{
	char name[NAME_BYTES];

	for (size_t idx = 0; idx < count; idx++) {
		hyphenate(rows[idx].symbol, name);
		printf("  0x%02x  %-28s %s\n", rows[idx].number, name, rows[idx].name);
	}
}
