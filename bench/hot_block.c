/* SPDX-License-Identifier: MIT */
/*
 * hot_block.c: the program that bench/instructions counts for nvu_block_read(): one thread, a stepped mock. The mock
 * works whenever the library takes a lock again after a poll that has found nothing, so each read polls twice. What
 * would let the processor go is an error: a read enters the kernel no more than nvu_read() does.
 *
 *	hot_block [-n READS] [-w WARM-UP READS]
 */
#include "hot.h"

#include <dlfcn.h>
#include <getopt.h>
#include <nvu/mock.h>
#include <nvu/nvu.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>

enum { SIZE = 4096, UNITS = (1 << 30) / SIZE };

static struct nvu_mock *reading; /* from it */

int clock_gettime(clockid_t id, struct timespec *now)
{
	static uint64_t ns = 1000000000;

	(void)id;
	ns += 1000;
	now->tv_sec = (time_t)(ns / 1000000000);
	now->tv_nsec = (long)(ns % 1000000000);
	return 0;
}

int pthread_mutex_trylock(pthread_mutex_t *mutex)
{
	static int (*real)(pthread_mutex_t *);
	struct nvu_mock *mock = reading;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "pthread_mutex_trylock");
	reading = NULL; /* the mock takes locks of its own */
	if (mock)
		(void)nvu_mock_step(mock, 1);
	reading = mock;
	return real(mutex);
}

int sched_yield(void)
{
	check("a read that gives the processor away", reading ? -1 : 0);
	return 0;
}

int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
	(void)condition;
	(void)mutex;
	check("a read that sleeps", reading ? -1 : 0);
	return 0;
}

int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex,
			   const struct timespec *end)
{
	(void)end;
	return pthread_cond_wait(condition, mutex);
}

static void drive(struct nvu_mock *mock, struct nvu_block *block, uint64_t count)
{
	static char data[SIZE];
	static uint64_t state = 1;

	for (uint64_t i = 0; i < count; i++) {
		uint64_t unit;

		state = state * 0xd1342543de82ef95u + 0x9e3779b97f4a7c15u;
		unit = (uint64_t)((unsigned __int128)state * UNITS >> 64);
		reading = mock;
		check("read", nvu_block_read(block, data, SIZE, unit * SIZE));
		reading = NULL;
	}
}

int main(int argc, char **argv)
{
	uint64_t count = 100000, warmup = 10000;
	struct nvu_block *block;
	const struct nvu_ns *ns;
	struct nvu_mock *mock;
	struct nvu_ctrl *ctrl;
	int key;

	while ((key = getopt(argc, argv, "n:w:")) != -1)
		*(key == 'n' ? &count : &warmup) = strtoul(optarg ? optarg : "0", NULL, 10);
	check("mock",
	      nvu_mock_create(NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED | NVU_MOCK_NULL), &mock));
	check("open", nvu_ctrl_open(nvu_mock_address(mock), NULL, &ctrl));
	check("namespace", nvu_ns_get(ctrl, 1, &ns));
	check("block device", nvu_block_open(ctrl, ns, NVU_BLOCK_OPTS(.queues = 1), &block));
	drive(mock, block, warmup);
	CALLGRIND_START_INSTRUMENTATION;
	CALLGRIND_TOGGLE_COLLECT;
	drive(mock, block, count);
	CALLGRIND_TOGGLE_COLLECT;
	check("violations", (int)nvu_mock_violations(mock));
	return 0;
}
