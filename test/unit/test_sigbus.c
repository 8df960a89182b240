/* SPDX-License-Identifier: MIT */
/*
 * test_sigbus.c: a mapping that goes away reads as all ones; a SIGBUS elsewhere is the
 * program's own. A file cut short stands for the BAR of a removed device.
 */
#include "transport/sigbus.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>
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

static void shared_memory_that_vanishes_reads_as_zeroes_and_is_reported(void **state)
{
	int fd, lost = 0;
	volatile uint32_t *map = map_vanishing(&fd);
	(void)state;

	map[3] = 7;
	assert_int_equal(sigbus_guard_shared((void *)(uintptr_t)map, LEN, &lost), 0);
	assert_int_equal(map[3], 7);
	assert_int_equal(lost, 0);
	vanish(fd);

	assert_int_equal(map[3], 0);
	map[1] = 5;
	assert_int_equal(map[1], 5);
	assert_int_equal(map[LEN / 4 - 1], 0);
	assert_int_equal(lost, 1);
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

enum { LARGE = 16 << 20 };

struct reader {
	volatile uint32_t *at;
	uint32_t last;
	bool zero;
};

/* Reads through the kernel, which answers EFAULT where an access would raise SIGBUS. */
static void *read_until_ones(void *arg)
{
	struct reader *reader = arg;

	while (reader->last != UINT32_MAX) {
		uint32_t value = 1;
		struct iovec into = { &value, sizeof(value) };
		struct iovec from = { (void *)(uintptr_t)reader->at, sizeof(value) };

		(void)process_vm_readv(getpid(), &into, 1, &from, 1, 0);
		reader->zero |= value == 0;
		reader->last = value;
	}
	return NULL;
}

/* CSTS = 0 would mean that the controller is disabled and leaves memory alone. */
static void no_thread_reads_zero_while_a_mapping_vanishes(void **state)
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	struct reader reader = { .last = 7 };
	volatile uint32_t *map;
	pthread_t thread;
	(void)state;

	if (process_vm_readv(getpid(), NULL, 0, NULL, 0, 0) && errno == ENOSYS)
		skip(); /* an emulator of processes, as test/arm64/run uses */
	assert_int_equal(ftruncate(fd, LARGE), 0);
	map = mmap(NULL, LARGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(map, MAP_FAILED);
	reader.at = &map[LARGE / 4 - 1];
	*reader.at = 7;
	assert_int_equal(sigbus_guard((void *)(uintptr_t)map, LARGE), 0);
	assert_int_equal(pthread_create(&thread, NULL, read_until_ones, &reader), 0);
	vanish(fd);
	assert_int_equal(map[0], UINT32_MAX);

	pthread_join(thread, NULL);
	sigbus_release((void *)(uintptr_t)map);
	munmap((void *)(uintptr_t)map, LARGE);
	assert_false(reader.zero);
}

/* Runs in a child with a guarded mapping that has vanished, and a foreign one that has too. */
static int status_of_child(void (*body)(volatile uint32_t *guarded, volatile uint32_t *foreign),
			   const struct sigaction *action)
{
	int fd, guarded_fd, status;
	volatile uint32_t *foreign = map_vanishing(&fd);
	volatile uint32_t *guarded = map_vanishing(&guarded_fd);
	pid_t child;

	vanish(fd);
	vanish(guarded_fd);
	child = fork();
	if (!child) {
		alarm(10);
		(void)sigaction(SIGBUS, action, NULL);
		if (sigbus_guard((void *)(uintptr_t)guarded, LEN))
			_exit(1);
		body(guarded, foreign);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	munmap((void *)(uintptr_t)guarded, LEN);
	munmap((void *)(uintptr_t)foreign, LEN);
	return status;
}

static void be_sent_one(volatile uint32_t *guarded, volatile uint32_t *foreign)
{
	(void)foreign;
	(void)kill(getpid(), SIGBUS);
	if (guarded[0] != UINT32_MAX)
		_exit(2);
}

static void a_sent_signal_that_is_ignored_stays_ignored(void **state)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	(void)state;

	assert_int_equal(status_of_child(be_sent_one, &ignore), 0);
}

static void be_sent_one_only(volatile uint32_t *guarded, volatile uint32_t *foreign)
{
	(void)guarded;
	(void)foreign;
	(void)kill(getpid(), SIGBUS);
}

static void a_sent_signal_without_a_handler_ends_the_program(void **state)
{
	const struct sigaction none = { .sa_handler = SIG_DFL };
	int status = status_of_child(be_sent_one_only, &none);
	(void)state;

	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
}

static void return_from(int signal)
{
	(void)signal;
}

static void fault(volatile uint32_t *guarded, volatile uint32_t *foreign)
{
	(void)guarded;
	foreign[0] = 1;
}

/* What crash reporters do: say something, return, and be ended by the repeated access. */
static void a_handler_for_one_signal_is_called_once(void **state)
{
	const struct sigaction once = { .sa_handler = return_from, .sa_flags = (int)SA_RESETHAND };
	int status = status_of_child(fault, &once);
	(void)state;

	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
}

static uint8_t other_stack[64 * 1024];

static void leave_by_stack(int signal)
{
	/* Not a variable's address: the address sanitizer may keep variables elsewhere. */
	uintptr_t distance = (uintptr_t)__builtin_frame_address(0) - (uintptr_t)other_stack;
	sigset_t blocked;

	(void)signal;
	(void)pthread_sigmask(SIG_BLOCK, NULL, &blocked);
	_exit(distance < sizeof(other_stack) && sigismember(&blocked, SIGBUS) == 1 &&
			      sigismember(&blocked, SIGUSR1) == 1
		      ? 0
		      : 3);
}

static void fault_with_stack(volatile uint32_t *guarded, volatile uint32_t *foreign)
{
	const stack_t stack = { .ss_sp = other_stack, .ss_size = sizeof(other_stack) };

	(void)guarded;
	(void)sigaltstack(&stack, NULL);
	foreign[0] = 1;
}

static void the_programs_handler_has_its_stack_and_its_mask(void **state)
{
	struct sigaction own = { .sa_handler = leave_by_stack, .sa_flags = SA_ONSTACK };
	(void)state;

	(void)sigaddset(&own.sa_mask, SIGUSR1);
	assert_int_equal(status_of_child(fault_with_stack, &own), 0);
}

static struct sigaction below;

static void hand_on(int signal, siginfo_t *info, void *context)
{
	if (below.sa_flags & SA_SIGINFO)
		below.sa_sigaction(signal, info, context);
	else
		_exit(4);
}

/* Device closed and opened again while the program's handler lies over the guard's. */
static void bury_and_fault(volatile uint32_t *guarded, volatile uint32_t *foreign)
{
	const struct sigaction own = { .sa_sigaction = hand_on, .sa_flags = SA_SIGINFO };

	(void)sigaction(SIGBUS, &own, &below);
	sigbus_release((void *)(uintptr_t)guarded);
	if (sigbus_guard((void *)(uintptr_t)guarded, LEN) || guarded[0] != UINT32_MAX)
		_exit(5);
	foreign[0] = 1;
}

static void a_handler_over_the_guard_is_not_chained_in_a_circle(void **state)
{
	const struct sigaction none = { .sa_handler = SIG_DFL };
	int status = status_of_child(bury_and_fault, &none);
	(void)state;

	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guarded_mapping_that_vanishes_reads_as_all_ones),
		cmocka_unit_test(shared_memory_that_vanishes_reads_as_zeroes_and_is_reported),
		cmocka_unit_test(other_faults_reach_the_programs_own_handler),
		cmocka_unit_test(handler_installed_later_is_left_alone),
		cmocka_unit_test(other_faults_without_a_handler_end_the_program),
		cmocka_unit_test(no_thread_reads_zero_while_a_mapping_vanishes),
		cmocka_unit_test(a_sent_signal_that_is_ignored_stays_ignored),
		cmocka_unit_test(a_sent_signal_without_a_handler_ends_the_program),
		cmocka_unit_test(a_handler_for_one_signal_is_called_once),
		cmocka_unit_test(the_programs_handler_has_its_stack_and_its_mask),
		cmocka_unit_test(a_handler_over_the_guard_is_not_chained_in_a_circle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
