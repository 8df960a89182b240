/* SPDX-License-Identifier: MIT */
/*
 * text.h: numbers as people like to read them.
 */
#ifndef PERF_TEXT_H
#define PERF_TEXT_H

#include <stdint.h>

enum { TEXT_NUMBER_BYTES = 40 };

/* "1,234,567"; returns @ret_text. */
const char *text_number(char ret_text[TEXT_NUMBER_BYTES], double number);

/* "4 KiB", "1.5 GiB", "512 B". */
const char *text_bytes(char ret_text[TEXT_NUMBER_BYTES], uint64_t bytes);

/* Four significant digits at any size: "3.142", "31.42", "314.2", "3,142". */
const char *text_digits(char ret_text[TEXT_NUMBER_BYTES], double number);

#endif /* PERF_TEXT_H */
