/* SPDX-License-Identifier: MIT */
/*
 * say.c: one line per complaint, written at once, so that lines never mix.
 */
#include "say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void say(const char *format, ...)
{
	char line[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	fprintf(stderr, "%s: %s\n", program_invocation_short_name, line);
}

void say_about(const char *name, const char *format, ...)
{
	size_t len = strlen(name);
	char line[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	say("%s%s %s", name, len && name[len - 1] == ':' ? "" : ":", line);
}
