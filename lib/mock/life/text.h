/* SPDX-License-Identifier: MIT */
/*
 * text.h: parses pieces of a mock address; they are not null-terminated.
 */
#ifndef NVU_MOCK_LIFE_TEXT_H
#define NVU_MOCK_LIFE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the len bytes of text are this name. */
bool mock_text_is(const char *text, size_t len, const char *name);

/* Decimal, or hexadecimal behind "0x". False: no number, or one that 64 bits do not hold. */
bool mock_text_number(const char *text, size_t len, uint64_t *ret_value);

/* The same, and K, M, G or T may follow. */
bool mock_text_size(const char *text, size_t len, uint64_t *ret_value);

/* The value of a hexadecimal digit; 16: it is none. */
uint32_t mock_text_digit(char digit);

#endif
