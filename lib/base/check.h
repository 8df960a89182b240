/* SPDX-License-Identifier: MIT */
/*
 * check.h: reports wrong use of the library on standard error: with NVU_CHECK=1 in the environment,
 * or in a debug build unless NVU_CHECK=0. The only place where the library prints.
 */
#ifndef NVU_BASE_CHECK_H
#define NVU_BASE_CHECK_H

#include <stdbool.h>

/* Decided at the first call. Any thread. */
bool check_wanted(void);

/* One line "nvu: check: ..." if checking is wanted; also the calling thread's sentence. Returns ret. */
int check_report(int ret, const char *format, ...) __attribute__((format(printf, 2, 3), cold));

#endif
