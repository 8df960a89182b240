// SPDX-License-Identifier: MIT
/*
 * clock.c: see clock.h.
 */
#include "clock.h"

#include <errno.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000ull

enum { START_S = 100 };

/* Sanitizers look at clocks before main(), and threads at any time. */
static bool is_virtual;
static uint64_t virtual_ns;
static void (*on_sleep)(void);

void clock_start(void)
{
	__atomic_store_n(&virtual_ns, START_S * SECOND_NS, __ATOMIC_RELAXED);
	__atomic_store_n(&is_virtual, true, __ATOMIC_RELAXED);
}

void clock_stop(void)
{
	__atomic_store_n(&is_virtual, false, __ATOMIC_RELAXED);
}

void clock_on_sleep(void (*fn)(void))
{
	on_sleep = fn;
}

bool clock_is_virtual(void)
{
	return __atomic_load_n(&is_virtual, __ATOMIC_RELAXED);
}

static uint64_t advance_ns(uint64_t ns)
{
	return __atomic_add_fetch(&virtual_ns, ns, __ATOMIC_RELAXED);
}

void clock_advance_ms(uint64_t ms)
{
	(void)advance_ns(ms * 1000000);
}

uint64_t clock_now_ns(void)
{
	return __atomic_load_n(&virtual_ns, __ATOMIC_RELAXED);
}

uint64_t clock_now_ms(void)
{
	return clock_now_ns() / 1000000;
}

static bool is_ours(clockid_t clock)
{
	return clock_is_virtual() && (clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE ||
				      clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_BOOTTIME);
}

static uint64_t ns_of(const struct timespec *time)
{
	return (uint64_t)time->tv_sec * SECOND_NS + (uint64_t)time->tv_nsec;
}

/* The kernel's clock by a system call: libc's function of this name is this one. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
	uint64_t ns;

	if (!is_ours(clock))
		return (int)syscall(SYS_clock_gettime, clock, now);
	ns = advance_ns(CLOCK_LOOK_NS);
	now->tv_sec = (time_t)(ns / SECOND_NS);
	now->tv_nsec = (long)(ns % SECOND_NS);
	return 0;
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *pause, struct timespec *left)
{
	uint64_t now_ns = clock_now_ns();

	if (!is_ours(clock))
		return syscall(SYS_clock_nanosleep, clock, flags, pause, left) ? errno : 0;
	if (on_sleep)
		on_sleep();
	if (!(flags & TIMER_ABSTIME))
		(void)advance_ns(ns_of(pause));
	else if (ns_of(pause) > now_ns)
		(void)advance_ns(ns_of(pause) - now_ns);
	return 0;
}

int nanosleep(const struct timespec *pause, struct timespec *left)
{
	errno = clock_nanosleep(CLOCK_MONOTONIC, 0, pause, left);
	return errno ? -1 : 0;
}

int usleep(useconds_t us)
{
	const struct timespec pause = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000l };

	return nanosleep(&pause, NULL);
}
