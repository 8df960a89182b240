/* SPDX-License-Identifier: MIT */
/*
 * error.c: the per-thread sentence behind nvu_last_error(). Fixed memory: nothing here can fail.
 */
#include "base/error.h"

#include <assert.h>
#include <locale.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { SENTENCE_BYTES = 512 };

static _Thread_local struct {
	char last[SENTENCE_BYTES]; /* of the last call that failed */
	char now[SENTENCE_BYTES];  /* of the call that is under way */
	uint32_t depth;		   /* of calls inside calls; 0: none is under way */
	bool said;		   /* the call under way has set `now` */
} thread;

int error_set(int ret, const char *format, ...)
{
	char text[SENTENCE_BYTES];
	va_list args;

	/* Formats into a second buffer first: an argument may be the old sentence. */
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	memcpy(thread.depth ? thread.now : thread.last, text, sizeof(text));
	thread.said = true;
	return ret;
}

const char *error_get(void)
{
	return thread.depth && thread.said ? thread.now : thread.last;
}

void error_enter(void)
{
	if (!thread.depth++)
		thread.said = false;
}

void error_keep(struct error_kept *ret_kept)
{
	static_assert(sizeof(ret_kept->text) == SENTENCE_BYTES, "a whole sentence");
	memcpy(ret_kept->text, error_get(), sizeof(ret_kept->text));
}

int error_restore(const struct error_kept *kept, int ret)
{
	return error_set(ret, "%s", kept->text);
}

static int leave(int ret, bool failed)
{
	assert(thread.depth);
	if (!--thread.depth && failed && thread.said)
		memcpy(thread.last, thread.now, sizeof(thread.last));
	return ret;
}

int error_leave(int ret)
{
	return leave(ret, ret != 0);
}

int error_leave_count(int ret)
{
	return leave(ret, ret < 0);
}

const char *error_errno_words(int err)
{
	/* The C locale is static in every libc: newlocale() allocates nothing, so nothing must be freed. */
	return strerror_l(err, newlocale(LC_ALL_MASK, "C", (locale_t)0));
}
