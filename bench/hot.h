/* SPDX-License-Identifier: MIT */
/*
 * hot.h: what the programs that bench/instructions runs have in common.
 */
#ifndef BENCH_HOT_H
#define BENCH_HOT_H

#include <nvu/error.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <valgrind/callgrind.h>

/* The programs have no error that could be handled: a measurement is right, or there is none. */
static inline void check(const char *what, int ret)
{
	if (__builtin_expect(ret == 0, 1))
		return;
	fprintf(stderr, "%s: %s (%d)\n", what, *nvu_last_error() ? nvu_last_error() : "failed",
		ret);
	exit(1);
}

#endif
