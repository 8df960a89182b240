/* SPDX-License-Identifier: MIT */
/*
 * clock.h: the virtual clock of stepped tests. The test program's own clock_gettime(), nanosleep(),
 * clock_nanosleep() and usleep() come before libc's, for the library too. While the virtual clock
 * runs, the monotonic clocks advance by CLOCK_LOOK_NS at each look and by the whole of each sleep,
 * and by nothing else: a wait that looks at the clock reaches its deadline without waiting, after
 * the same number of looks in every run. Other clocks, and all of them while it does not run, are
 * the kernel's.
 *
 * It is for one thread that is driver, controller and test. A thread of the mock or of the test
 * needs the kernel's time: what it waits for takes time that no look counts.
 */
#ifndef NVU_TEST_CLOCK_H
#define NVU_TEST_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Less than any step of a driver takes, much less than any deadline: both stay in proportion. */
enum { CLOCK_LOOK_NS = 10000 };

/* From now on the time is virtual, and the same as at every start. */
void clock_start(void);

/* From now on it is the kernel's again. */
void clock_stop(void);

bool clock_is_virtual(void);

/* Called at each sleep in virtual time: the controller that is waited for works then. NULL: nothing is. */
void clock_on_sleep(void (*fn)(void));

/* Lets virtual time pass. */
void clock_advance_ms(uint64_t ms);

/* Virtual time, not counted as a look. */
uint64_t clock_now_ms(void);
uint64_t clock_now_ns(void);

#endif
