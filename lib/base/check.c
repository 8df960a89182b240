/* SPDX-License-Identifier: MIT */
/*
 * check.c: see check.h.
 */
#include "base/check.h"

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef NVU_CHECK_DEFAULT
#define NVU_CHECK_DEFAULT 0
#endif

enum { UNDECIDED, NO, YES };

bool check_wanted(void)
{
	static int wanted = UNDECIDED;
	int now = __atomic_load_n(&wanted, __ATOMIC_RELAXED);

	if (now == UNDECIDED) {
		const char *value = secure_getenv("NVU_CHECK");

		now = NVU_CHECK_DEFAULT ? YES : NO;
		if (value)
			now = strcmp(value, "0") && value[0] ? YES : NO;
		__atomic_store_n(&wanted, now, __ATOMIC_RELAXED);
	}
	return now == YES;
}

int check_report(int ret, const char *format, ...)
{
	char line[400];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (check_wanted())
		(void)dprintf(2, "nvu: check: %s\n", line);
	return error_set(ret, "%s", line);
}
