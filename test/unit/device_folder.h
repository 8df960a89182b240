/* SPDX-License-Identifier: MIT */
/*
 * device_folder.h: what tests of lib/transport/vfio share: the devices' addresses, the temporary folder
 * that stands for sysfs and /dev, and a shell that fills it.
 */
#ifndef DEVICE_FOLDER_H
#define DEVICE_FOLDER_H

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#define BDF "0000:01:00.0"
#define OTHER "0000:01:00.1"

static char root[64];

/* Runs a shell's command line, which must succeed. */
static void run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void run(const char *format, ...)
{
	char command[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	assert_int_equal(system(command), 0);
}

#endif
