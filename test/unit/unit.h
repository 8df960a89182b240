/* SPDX-License-Identifier: MIT */
/*
 * unit.h: what every unit test of pure code starts with.
 */
#ifndef NVU_TEST_UNIT_H
#define NVU_TEST_UNIT_H

#ifdef NDEBUG
#error "tests need their assertions: build without NDEBUG"
#endif

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Names the row of a table that failed. */
#define assert_row(name, condition)                                         \
	do {                                                                \
		if (!(condition))                                           \
			fail_msg("%s: %s does not hold", name, #condition); \
	} while (0)

#endif
