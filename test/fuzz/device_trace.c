// SPDX-License-Identifier: MIT
/*
 * device_trace.c: prints what happens, for a person who reads an input: FUZZ_TRACE=1 fuzz_device FILE.
 */
#include "device.h"
#include "input.h"

#include <stdarg.h>

void device_trace(const char *format, ...)
{
	static int wanted = -1;
	va_list args;

	if (wanted < 0)
		wanted = getenv("FUZZ_TRACE") != NULL;
	if (!wanted)
		return;
	(void)fprintf(stderr, "%8llu ms  ", (unsigned long long)clock_now_ms());
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
}
