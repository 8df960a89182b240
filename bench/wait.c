// SPDX-License-Identifier: MIT
/*
 * wait.c: what waiting costs. More threads than cores, a queue pair each, one write of 4 KiB at a time: how many writes
 * a second all of them do by polling, by polling with a yield after each empty poll, and by nvu_wait(); and the
 * processor time that a thread takes which waits for nothing, and for a command that the controller has lost.
 *
 *	wait [ADDRESS [THREADS [SECONDS]]]          writes to the first blocks of namespace 1
 */
#include <nvu/mock.h>
#include <nvu/nvu.h>

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { THREADS_MAX = 64, BYTES = 4096, IDLE_MS = 2000 };

enum way { WAY_SPIN, WAY_YIELD, WAY_WAIT };

static const char *const way_names[] = { "nvu_poll()", "nvu_poll(), sched_yield()", "nvu_wait()" };

struct thread {
	pthread_t id;
	struct nvu_qpair *qpair;
	struct nvu_dma *buf;
	const struct nvu_ns *ns;
	uint64_t lba, puts, cpu_ns;
	enum way way;
};

static bool stop; /* atomic */

static void must(int ret, const char *what)
{
	if (ret >= 0)
		return;
	(void)fprintf(stderr, "%s: %s\n", what, nvu_last_error());
	exit(1);
}

static uint64_t now_ns(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int next(struct thread *thread, struct nvu_cpl *cpl)
{
	int ret;

	if (thread->way == WAY_WAIT)
		return nvu_wait(thread->qpair, cpl, 1, -1);
	while (!(ret = nvu_poll(thread->qpair, cpl, 1)))
		if (thread->way == WAY_YIELD)
			(void)sched_yield();
	return ret;
}

static void *put_all_the_time(void *arg)
{
	struct thread *thread = arg;
	const uint32_t blocks = BYTES / nvu_ns_info(thread->ns)->block_bytes;
	const uint64_t began_ns = now_ns(CLOCK_THREAD_CPUTIME_ID);
	struct nvu_cpl cpl = { 0 };

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		must(nvu_write(thread->qpair, thread->ns, thread->lba, blocks, thread->buf, 0, 0),
		     "nvu_write");
		must(next(thread, &cpl), "waiting");
		if (cpl.status) {
			(void)fprintf(stderr, "a write: %s\n", nvu_strerror(cpl.status));
			exit(1);
		}
		thread->puts++;
	}
	thread->cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID) - began_ns;
	return NULL;
}

static void measure(struct thread *threads, int count, enum way way, double seconds)
{
	const struct timespec pause = { (time_t)seconds,
					(long)((seconds - (double)(time_t)seconds) * 1e9) };
	uint64_t puts = 0, cpu_ns = 0;

	__atomic_store_n(&stop, false, __ATOMIC_RELAXED);
	for (int i = 0; i < count; i++) {
		threads[i].way = way;
		threads[i].puts = 0;
		must(-pthread_create(&threads[i].id, NULL, put_all_the_time, &threads[i]),
		     "pthread_create");
	}
	(void)nanosleep(&pause, NULL);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i < count; i++) {
		(void)pthread_join(threads[i].id, NULL);
		puts += threads[i].puts;
		cpu_ns += threads[i].cpu_ns;
	}
	printf("%-28s %10.0f puts/s %9.2f us of processor a put\n", way_names[way],
	       (double)puts / seconds, puts ? (double)cpu_ns / 1e3 / (double)puts : 0);
}

static void report(const char *what, uint64_t wall_ns, uint64_t cpu_ns)
{
	printf("%-28s %10.2f %% of a core, for %.0f ms\n", what,
	       100 * (double)cpu_ns / (double)wall_ns, (double)wall_ns / 1e6);
}

static void measure_idle(struct nvu_qpair *qpair)
{
	const uint64_t wall_ns = now_ns(CLOCK_MONOTONIC), cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID);
	struct nvu_cpl cpl;

	must(nvu_wait(qpair, &cpl, 1, IDLE_MS), "nvu_wait");
	report("waiting for nothing", now_ns(CLOCK_MONOTONIC) - wall_ns,
	       now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_ns);
}

/* On a mock of its own, which drops it. */
static void measure_lost(void)
{
	struct nvu_ctrl *ctrl;
	struct nvu_qpair *qpair;
	struct nvu_cpl cpl;
	const struct nvu_ns *ns;
	uint64_t wall_ns, cpu_ns;

	must(nvu_ctrl_open("mock:size=1M,fault=drop:op=flush:count=1", NULL, &ctrl), "opening");
	must(nvu_ns_get(ctrl, 1, &ns), "nvu_ns_get");
	must(nvu_qpair_create(ctrl, NVU_QPAIR_OPTS(.io_timeout_ms = IDLE_MS), &qpair),
	     "nvu_qpair_create");
	wall_ns = now_ns(CLOCK_MONOTONIC);
	cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID);
	must(nvu_flush(qpair, ns, 0), "nvu_flush");
	must(nvu_wait(qpair, &cpl, 1, -1), "nvu_wait");
	report("waiting for a lost command", now_ns(CLOCK_MONOTONIC) - wall_ns,
	       now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_ns);
	nvu_qpair_destroy(qpair);
	nvu_ctrl_close(ctrl);
}

int main(int argc, char **argv)
{
	static struct thread threads[THREADS_MAX];
	const char *address = argc > 1 ? argv[1] : "mock:size=1G";
	const int count = argc > 2 ? atoi(argv[2]) : 8;
	const double seconds = argc > 3 ? atof(argv[3]) : 2;
	struct nvu_ctrl *ctrl;

	if (count < 1 || count > THREADS_MAX || seconds <= 0) {
		(void)fprintf(stderr, "usage: wait [ADDRESS [THREADS, 1 to %d [SECONDS]]]\n",
			      THREADS_MAX);
		return 2;
	}
	must(nvu_ctrl_open(address, NULL, &ctrl), "opening");
	for (int i = 0; i < count; i++) {
		must(nvu_ns_get(ctrl, 1, &threads[i].ns), "nvu_ns_get");
		must(nvu_qpair_create(ctrl, NULL, &threads[i].qpair), "nvu_qpair_create");
		must(nvu_dma_alloc(ctrl, BYTES, &threads[i].buf), "nvu_dma_alloc");
		threads[i].lba = (uint64_t)i * (BYTES / nvu_ns_info(threads[i].ns)->block_bytes);
	}
	for (enum way way = WAY_SPIN; way <= WAY_WAIT; way++)
		measure(threads, count, way, seconds);
	measure_idle(threads[0].qpair);
	for (int i = 0; i < count; i++) {
		nvu_qpair_destroy(threads[i].qpair);
		(void)nvu_dma_free(threads[i].buf);
	}
	nvu_ctrl_close(ctrl);
	measure_lost();
	return 0;
}
