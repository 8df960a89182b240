// SPDX-License-Identifier: MIT
/*
 * test_clock.c: the virtual clock, and that the library goes by it.
 */
#include "clock.h"

#include <nvu/mock.h>
#include <nvu/nvu.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define NS_PER_MS 1000000ull

static int stop(void **state)
{
	(void)state;
	clock_stop();
	return 0;
}

static uint64_t look_ns(clockid_t clock)
{
	struct timespec now;

	assert_int_equal(clock_gettime(clock, &now), 0);
	return (uint64_t)now.tv_sec * 1000 * NS_PER_MS + (uint64_t)now.tv_nsec;
}

static void clock_gettime_virtual_advances_by_a_look(void **state)
{
	uint64_t begin_ns;

	(void)state;
	clock_start();
	begin_ns = clock_now_ns();

	assert_int_equal(look_ns(CLOCK_MONOTONIC), begin_ns + CLOCK_LOOK_NS);
	assert_int_equal(look_ns(CLOCK_MONOTONIC_COARSE), begin_ns + 2 * CLOCK_LOOK_NS);
	assert_int_equal(clock_now_ns(), begin_ns + 2 * CLOCK_LOOK_NS);
}

static void clock_start_again_is_at_the_same_time(void **state)
{
	uint64_t begin_ns;

	(void)state;
	clock_start();
	begin_ns = clock_now_ns();
	clock_advance_ms(5);
	assert_int_equal(clock_now_ms(), begin_ns / NS_PER_MS + 5);

	clock_start();

	assert_int_equal(clock_now_ns(), begin_ns);
}

static void sleeps_virtual_advance_by_themselves(void **state)
{
	const struct timespec hour = { .tv_sec = 3600 };
	struct timespec until = hour;
	uint64_t begin_ms;

	(void)state;
	clock_start();
	begin_ms = clock_now_ms();

	assert_int_equal(nanosleep(&hour, NULL), 0);
	assert_int_equal(clock_now_ms() - begin_ms, 3600 * 1000);
	assert_int_equal(usleep(1500000), 0);
	assert_int_equal(clock_now_ms() - begin_ms, 3600 * 1000 + 1500);
	until.tv_sec += (time_t)(clock_now_ms() / 1000);
	assert_int_equal(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL), 0);
	assert_int_equal(clock_now_ms() / 1000, until.tv_sec);
	assert_int_equal(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &hour, NULL), 0);
	assert_int_equal(clock_now_ms() / 1000, until.tv_sec);
}

static void clock_stop_gives_the_kernels_time_back(void **state)
{
	const struct timespec pause = { .tv_nsec = 1000 };
	uint64_t begin_ns;

	(void)state;
	clock_start();
	clock_stop();
	begin_ns = look_ns(CLOCK_MONOTONIC);

	assert_false(clock_is_virtual());
	assert_int_equal(nanosleep(&pause, NULL), 0);
	assert_true(look_ns(CLOCK_MONOTONIC) - begin_ns >= 1000);
	assert_int_equal(
		clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){ .tv_nsec = -1 }, NULL),
		EINVAL);
}

/* How long an opening waits, to the nanosecond. */
static uint64_t open_never_ready_ns(uint32_t timeout_ms)
{
	struct nvu_mock *mock;
	struct nvu_ctrl *ctrl;
	uint64_t begin_ns, end_ns;

	clock_start();
	assert_int_equal(nvu_mock_create(NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED), &mock), 0);
	assert_int_equal(nvu_mock_inject(mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_NEVER_READY)),
			 0);
	begin_ns = clock_now_ns();
	assert_int_equal(nvu_ctrl_open(nvu_mock_address(mock),
				       NVU_CTRL_OPTS(.ready_timeout_ms = timeout_ms,
						     .shutdown_timeout_ms = 1),
				       &ctrl),
			 -ETIMEDOUT);
	end_ns = clock_now_ns();
	nvu_mock_destroy(mock);
	return end_ns - begin_ns;
}

static void library_waits_in_virtual_time_and_equally_long_each_time(void **state)
{
	uint64_t took_ns = open_never_ready_ns(10000);

	(void)state;
	assert_in_range(took_ns, 20000 * NS_PER_MS, 20010 * NS_PER_MS);
	assert_int_equal(open_never_ready_ns(10000), took_ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(clock_gettime_virtual_advances_by_a_look, stop),
		cmocka_unit_test_teardown(clock_start_again_is_at_the_same_time, stop),
		cmocka_unit_test_teardown(sleeps_virtual_advance_by_themselves, stop),
		cmocka_unit_test_teardown(clock_stop_gives_the_kernels_time_back, stop),
		cmocka_unit_test_teardown(library_waits_in_virtual_time_and_equally_long_each_time,
					  stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
