/* SPDX-License-Identifier: MIT */
/*
 * text.c: see text.h. The C locale has no separators, so they are put in by hand.
 */
#include "text.h"

#include <stdio.h>
#include <string.h>

const char *text_number(char ret_text[TEXT_NUMBER_BYTES], double number)
{
	char digits[TEXT_NUMBER_BYTES];
	size_t len, out = 0;

	(void)snprintf(digits, sizeof(digits), "%.0f", number < 0 || number > 1e18 ? 0 : number);
	len = strlen(digits);
	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			ret_text[out++] = ',';
		ret_text[out++] = digits[i];
	}
	ret_text[out] = 0;
	return ret_text;
}

const char *text_bytes(char ret_text[TEXT_NUMBER_BYTES], uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
	double number = (double)bytes;
	size_t unit = 0;

	while (number >= 1024 && unit < sizeof(units) / sizeof(units[0]) - 1) {
		number /= 1024;
		unit++;
	}
	(void)snprintf(ret_text, TEXT_NUMBER_BYTES, "%.4g %s", number, units[unit]);
	return ret_text;
}

const char *text_digits(char ret_text[TEXT_NUMBER_BYTES], double number)
{
	if (number >= 1000)
		return text_number(ret_text, number);
	(void)snprintf(ret_text, TEXT_NUMBER_BYTES, "%.*f",
		       number >= 100  ? 1
		       : number >= 10 ? 2
				      : 3,
		       number);
	return ret_text;
}
