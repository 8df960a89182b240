/* SPDX-License-Identifier: MIT */
/*
 * log.c: the log sink. Set once before controllers are opened; off by default.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

static struct {
	int level;
	void (*fn)(void *arg, int level, const char *line);
	void *arg;
} sink;

void log_set(int level, void (*fn)(void *arg, int level, const char *line), void *arg)
{
	sink.level = fn ? level : LOG_OFF;
	sink.fn = fn;
	sink.arg = arg;
}

void log_line(int level, const char *format, ...)
{
	char line[256];
	va_list args;

	if (level > sink.level || !sink.fn)
		return;
	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	sink.fn(sink.arg, level, line);
}
