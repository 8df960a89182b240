/* SPDX-License-Identifier: MIT */
/*
 * parse.c: strict conversions. strtoull() alone takes "-1", " 7" and "7 apples".
 */
#include "parse.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Digits at the start of @text; @ret_rest is what follows them. */
static bool leading_number(const char *text, uint64_t *ret_number, const char **ret_rest)
{
	unsigned long long number;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno)
		return false;
	*ret_number = number;
	*ret_rest = end;
	return true;
}

bool parse_number(const char *text, uint64_t *ret_number)
{
	const char *rest;
	uint64_t number;

	if (!leading_number(text, &number, &rest) || *rest)
		return false;
	*ret_number = number;
	return true;
}

bool parse_size(const char *text, uint64_t *ret_bytes)
{
	static const char units[] = "kmgt";
	const char *rest, *unit;
	uint64_t number;
	unsigned int shift = 0;

	if (!leading_number(text, &number, &rest))
		return false;
	if (*rest && (unit = strchr(units, tolower((unsigned char)*rest)))) {
		shift = 10 * (unsigned int)(unit - units + 1);
		rest++;
	}
	if (*rest && strcmp(rest, "B") != 0 && !(shift && strcmp(rest, "iB") == 0))
		return false;
	if (number > UINT64_MAX >> shift)
		return false;
	*ret_bytes = number << shift;
	return true;
}

bool parse_duration(const char *text, uint64_t *ret_ns)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = { { "", 1e9 }, { "s", 1e9 }, { "ms", 1e6 }, { "m", 60e9 }, { "h", 3600e9 } };
	double number;
	char *end;

	if (!isdigit((unsigned char)text[0]) && text[0] != '.')
		return false;
	number = strtod(text, &end);
	if (end == text || !isfinite(number) || number > 1e8)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].name) == 0 && number * units[i].ns < 1e18) {
			*ret_ns = (uint64_t)(number * units[i].ns);
			return true;
		}
	}
	return false;
}

bool parse_range(const char *text, uint64_t *ret_first, uint64_t *ret_count)
{
	const char *rest;
	uint64_t first, count = 0;

	if (!leading_number(text, &first, &rest))
		return false;
	if (*rest && (*rest != ':' || !parse_number(rest + 1, &count) || !count))
		return false;
	*ret_first = first;
	*ret_count = count;
	return true;
}

bool parse_target(const char *address, uint32_t nsid, char *text, size_t bytes)
{
	int len;

	if (nsid && strchr(address, '#'))
		return false;
	len = nsid ? snprintf(text, bytes, "%s#%" PRIu32, address, nsid)
		   : snprintf(text, bytes, "%s", address);
	return len >= 0 && (size_t)len < bytes;
}
