// SPDX-License-Identifier: MIT
/*
 * text.c: see text.h.
 */
#include "mock/life/text.h"

#include <string.h>

bool mock_text_is(const char *text, size_t len, const char *name)
{
	return strlen(name) == len && !memcmp(text, name, len);
}

uint32_t mock_text_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return (uint32_t)(digit - '0');
	digit |= 0x20;
	return digit >= 'a' && digit <= 'f' ? (uint32_t)(digit - 'a') + 10 : 16;
}

bool mock_text_number(const char *text, size_t len, uint64_t *ret_value)
{
	uint32_t base = len > 2 && text[0] == '0' && (text[1] | 0x20) == 'x' ? 16 : 10;
	size_t idx = base == 16 ? 2 : 0;
	uint64_t value = 0;

	if (len == 0)
		return false;
	for (; idx < len; idx++) {
		uint32_t digit = mock_text_digit(text[idx]);

		if (digit >= base || __builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			return false;
	}
	*ret_value = value;
	return true;
}

bool mock_text_size(const char *text, size_t len, uint64_t *ret_value)
{
	static const char units[] = "KMGT";
	const char *unit = len ? strchr(units, text[len - 1] & ~0x20) : NULL;
	uint32_t shift = unit && *unit ? 10 * (uint32_t)(unit - units + 1) : 0;
	uint64_t value;

	if (!mock_text_number(text, shift ? len - 1 : len, &value) || value > UINT64_MAX >> shift)
		return false;
	*ret_value = value << shift;
	return true;
}
