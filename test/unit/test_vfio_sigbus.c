/* SPDX-License-Identifier: MIT */
/*
 * test_vfio_sigbus.c: a mapping that goes away reads as all ones; a SIGBUS elsewhere is the
 * program's own. A file cut short stands for the BAR of a removed device.
 */
#include "transport/vfio/sigbus.h"
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LEN = 8192 };

static volatile uint32_t *map_vanishing(int *ret_fd)
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	void *map;

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, LEN), 0);
	map = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(map, MAP_FAILED);
	*ret_fd = fd;
	return map;
}

static void vanish(int fd)
{
	assert_int_equal(ftruncate(fd, 0), 0);
	close(fd);
}

static void guarded_mapping_that_vanishes_reads_as_all_ones(void **state)
{
	int fd;
	volatile uint32_t *map = map_vanishing(&fd);
	(void)state;

	map[3] = 7;
	assert_int_equal(sigbus_guard((void *)(uintptr_t)map, LEN), 0);
	vanish(fd);

	map[1] = 5; /* a doorbell: goes nowhere */
	assert_int_equal(map[3], UINT32_MAX);
	assert_int_equal(map[LEN / 4 - 1], UINT32_MAX);
	sigbus_release((void *)(uintptr_t)map);
	munmap((void *)(uintptr_t)map, LEN);
}

static volatile sig_atomic_t own_calls;
static volatile uint32_t *own_map;

static void own_handler(int signal)
{
	(void)signal;
	own_calls++;
	mmap((void *)(uintptr_t)own_map, LEN, PROT_READ | PROT_WRITE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static void other_faults_reach_the_programs_own_handler(void **state)
{
	struct sigaction own = { .sa_handler = own_handler }, now;
	int fd, guarded_fd;
	volatile uint32_t *guarded = map_vanishing(&guarded_fd);
	(void)state;

	own_map = map_vanishing(&fd);
	assert_int_equal(sigaction(SIGBUS, &own, NULL), 0);
	assert_int_equal(sigbus_guard((void *)(uintptr_t)guarded, LEN), 0);
	vanish(fd);
	vanish(guarded_fd);

	own_map[0] = 1;
	assert_int_equal(own_calls, 1);
	assert_int_equal(guarded[0], UINT32_MAX);
	assert_int_equal(own_calls, 1);
	sigbus_release((void *)(uintptr_t)guarded);

	assert_int_equal(sigaction(SIGBUS, NULL, &now), 0);
	assert_ptr_equal(now.sa_handler, own_handler);
	signal(SIGBUS, SIG_DFL);
	munmap((void *)(uintptr_t)guarded, LEN);
	munmap((void *)(uintptr_t)own_map, LEN);
}

static void handler_installed_later_is_left_alone(void **state)
{
	struct sigaction own = { .sa_handler = own_handler }, now;
	int fd;
	volatile uint32_t *map = map_vanishing(&fd);
	(void)state;

	assert_int_equal(sigbus_guard((void *)(uintptr_t)map, LEN), 0);
	assert_int_equal(sigaction(SIGBUS, &own, NULL), 0);
	sigbus_release((void *)(uintptr_t)map);

	assert_int_equal(sigaction(SIGBUS, NULL, &now), 0);
	assert_ptr_equal(now.sa_handler, own_handler);
	signal(SIGBUS, SIG_DFL);
	munmap((void *)(uintptr_t)map, LEN);
	close(fd);
}

/* Without a handler of its own, a program dies of a foreign SIGBUS as it always did. */
static void other_faults_without_a_handler_end_the_program(void **state)
{
	int fd, guarded_fd, status;
	volatile uint32_t *map = map_vanishing(&fd);
	volatile uint32_t *guarded = map_vanishing(&guarded_fd);
	pid_t child;
	(void)state;

	signal(SIGBUS, SIG_DFL); /* cmocka has one */
	assert_int_equal(sigbus_guard((void *)(uintptr_t)guarded, LEN), 0);
	vanish(fd);
	child = fork();
	if (!child) {
		map[0] = 1;
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
	sigbus_release((void *)(uintptr_t)guarded);
	munmap((void *)(uintptr_t)guarded, LEN);
	munmap((void *)(uintptr_t)map, LEN);
	close(guarded_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guarded_mapping_that_vanishes_reads_as_all_ones),
		cmocka_unit_test(other_faults_reach_the_programs_own_handler),
		cmocka_unit_test(handler_installed_later_is_left_alone),
		cmocka_unit_test(other_faults_without_a_handler_end_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
