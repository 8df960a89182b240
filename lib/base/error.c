/* SPDX-License-Identifier: MIT */
/*
 * error.c: the per-thread sentence behind nvu_last_error(). Fixed memory: nothing here can fail.
 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SENTENCE_BYTES = 512 };

static _Thread_local char sentence[SENTENCE_BYTES];

int error_set(int ret, const char *format, ...)
{
	char text[SENTENCE_BYTES];
	va_list args;

	/* Formatted aside first: an argument may be the old sentence. */
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	memcpy(sentence, text, sizeof(sentence));
	return ret;
}

const char *error_get(void)
{
	return sentence;
}

const char *error_errno_words(int err)
{
	const char *words = strerrordesc_np(err);

	return words ? words : "unknown error";
}
