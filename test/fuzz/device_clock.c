// SPDX-License-Identifier: MIT
/*
 * device_clock.c: time for the library under test. The program's own clock_gettime() comes before
 * libc's: while a target runs, the monotonic clocks stand still but for a little at each look, and
 * for what the target lets pass; so deadlines pass at once, and the same at every run. libFuzzer and
 * the sanitizers measure with other clocks.
 */
#include "device.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_NS = 1000 };

static bool fake;
static uint64_t fake_ns;

void clock_start(void)
{
	fake = true;
	fake_ns = 1000000000ull * 100;
}

void clock_stop(void)
{
	fake = false;
}

void clock_pass_ms(uint32_t ms)
{
	fake_ns += ms * 1000000ull;
}

uint64_t clock_now_ms(void)
{
	return fake_ns / 1000000;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	if (!fake || (clock != CLOCK_MONOTONIC && clock != CLOCK_MONOTONIC_COARSE))
		return (int)syscall(SYS_clock_gettime, clock, now);
	fake_ns += LOOK_NS;
	now->tv_sec = (time_t)(fake_ns / 1000000000);
	now->tv_nsec = (long)(fake_ns % 1000000000);
	return 0;
}
