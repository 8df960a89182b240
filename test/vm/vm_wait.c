// SPDX-License-Identifier: MIT
/*
 * vm_wait.c: vm_tool's "wait": waits on the interrupts of a real MSI-X: none is lost, an idle wait costs next to nothing,
 * more threads than processors, and than vectors, do not keep each other away. And "late": what a command costs that
 * is not answered by its deadline.
 */
#include "vm_tool.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum {
	BYTES = 4096,
	THREADS = 8,
	READS = 300,
	MEASURE_MS = 1500,
	IDLE_MS = 3000,
	LOST_MS = 50, /* what a wake-up that is lost costs: nvu looks at the controller then */
	DEADLINE_MS = 1000,
};

struct reader {
	pthread_t thread;
	struct nvu_qpair *qpair;
	struct nvu_dma *buf;
	const struct nvu_ns *ns;
	uint64_t reads, cpu_ns, until_ms;
	bool polls;
};

static void read_one(struct reader *reader)
{
	struct nvu_cpl cpl;
	int ret;

	must(nvu_read(reader->qpair, reader->ns, reader->reads % 64,
		      BYTES / nvu_ns_info(reader->ns)->block_bytes, reader->buf, 0, reader->reads),
	     "queueing a read");
	do {
		ret = reader->polls ? nvu_poll(reader->qpair, &cpl, 1)
				    : nvu_wait(reader->qpair, &cpl, 1, -1);
	} while (!ret);
	if (ret < 0)
		must(ret, "waiting");
	must(cpl.status, "a read");
	if (cpl.user_data != reader->reads++)
		die("another command was answered");
}

static void *reader_main(void *arg)
{
	struct reader *reader = arg;
	const uint64_t began_ns = cpu_ns();

	while (now_ms() < reader->until_ms)
		read_one(reader);
	reader->cpu_ns = cpu_ns() - began_ns;
	return NULL;
}

/* A wait sleeps at once: most reads take an interrupt. */
static void lose_none(struct reader *reader)
{
	const uint64_t began_ms = now_ms(), began_ns = cpu_ns();
	uint64_t took_ms;

	for (int i = 0; i < READS; i++)
		read_one(reader);
	took_ms = now_ms() - began_ms;
	printf("# %d reads, one at a time: %llu us each, %llu us of processor\n", READS,
	       (unsigned long long)(took_ms * 1000 / READS),
	       (unsigned long long)((cpu_ns() - began_ns) / 1000 / READS));
	if (took_ms > READS * LOST_MS / 2)
		die("interrupts are lost: %d reads took %llu ms", READS,
		    (unsigned long long)took_ms);
}

static int wait_for_nothing(void *arg)
{
	const struct reader *reader = arg;
	struct nvu_cpl cpl;

	return nvu_wait(reader->qpair, &cpl, 1, IDLE_MS);
}

/* A program that sleeps by itself. */
static void use_epoll(struct reader *reader)
{
	struct epoll_event every = { .events = EPOLLIN | EPOLLET }, got;
	const uint64_t began_ms = now_ms();
	struct nvu_cpl cpl;
	int loop = epoll_create1(EPOLL_CLOEXEC), fd = nvu_qpair_fd(reader->qpair);

	if (loop < 0 || fd < 0 || epoll_ctl(loop, EPOLL_CTL_ADD, fd, &every))
		die("no descriptor for epoll");
	for (uint64_t i = 0; i < READS; i++) {
		int ret = 0;

		must(nvu_read(reader->qpair, reader->ns, i % 64, 1, reader->buf, 0, i),
		     "queueing a read");
		must(nvu_submit(reader->qpair), "submitting");
		while (!ret) {
			(void)epoll_wait(loop, &got, 1, LOST_MS);
			ret = nvu_poll(reader->qpair, &cpl, 1);
		}
		if (ret < 0)
			must(ret, "polling");
		must(cpl.status, "a read");
	}
	if (now_ms() - began_ms > READS * LOST_MS / 2)
		die("the descriptor is not signalled for each");
	(void)close(loop);
}

static uint64_t read_all(struct reader *readers, bool polls)
{
	uint64_t reads = 0, used_ns = 0;
	const uint64_t until_ms = now_ms() + MEASURE_MS;

	for (int i = 0; i < THREADS; i++) {
		readers[i].reads = 0;
		readers[i].polls = polls;
		readers[i].until_ms = until_ms;
		must(-pthread_create(&readers[i].thread, NULL, reader_main, &readers[i]),
		     "a thread");
	}
	for (int i = 0; i < THREADS; i++) {
		(void)pthread_join(readers[i].thread, NULL);
		reads += readers[i].reads;
		used_ns += readers[i].cpu_ns;
	}
	printf("# %d threads on %ld processors, %s: %llu reads/s, %.1f us of processor each\n",
	       THREADS, sysconf(_SC_NPROCESSORS_ONLN), polls ? "nvu_poll()" : "nvu_wait()",
	       (unsigned long long)(reads * 1000 / MEASURE_MS),
	       (double)used_ns / 1e3 / (double)reads);
	return reads;
}

static void start(struct reader *reader, struct nvu_ctrl *ctrl, uint32_t spin_us)
{
	must(nvu_ns_get(ctrl, 1, &reader->ns), "namespace");
	must(nvu_qpair_create(ctrl,
			      NVU_QPAIR_OPTS(.flags = NVU_QPAIR_INTERRUPT, .spin_us = spin_us,
					     .io_timeout_ms = DEADLINE_MS * 20),
			      &reader->qpair),
	     "creating a queue pair with interrupts");
	must(nvu_dma_alloc(ctrl, BYTES, &reader->buf), "memory");
}

static void end(struct reader *reader)
{
	nvu_qpair_destroy(reader->qpair);
	must(nvu_dma_free(reader->buf), "freeing memory");
}

int cmd_wait(int argc, char **argv)
{
	struct reader readers[THREADS] = { 0 }, alone = { 0 };
	struct nvu_ctrl *ctrl;
	struct nvu_cpl cpl;
	uint64_t waited, polled;

	(void)argc;
	must(nvu_ctrl_open(argv[0], NULL, &ctrl), argv[0]);
	start(&alone, ctrl, 1);
	lose_none(&alone);
	must_be_idle(wait_for_nothing, &alone, IDLE_MS, 1);
	must(nvu_ctrl_reset(ctrl), "resetting");
	while (nvu_poll(alone.qpair, &cpl, 1) > 0)
		;
	lose_none(&alone);
	use_epoll(&alone);
	for (int i = 0; i < THREADS; i++)
		start(&readers[i], ctrl, 0);
	polled = read_all(readers, true);
	waited = read_all(readers, false);
	/* An interrupt costs an emulated processor some reads, but not the 50 ms of a lost one. */
	if (waited * 8 < polled)
		die("interrupts are lost, or dear: a read takes far longer than by polling");
	for (int i = 0; i < THREADS; i++)
		end(&readers[i]);
	lose_none(&alone);
	end(&alone);
	nvu_ctrl_close(ctrl);
	return 0;
}

/*
 * The drive answers later than the deadline. Then QEMU's deletes the queue with the whole machine at a stand, see
 * hang-abort.sh: so what the wait costs is measured until shortly before the deadline.
 */
int cmd_late(int argc, char **argv)
{
	struct reader reader = { 0 };
	struct nvu_ctrl *ctrl;
	struct nvu_cpl cpl;
	uint64_t began_ms, began_ns, used_ns;
	int ret;

	(void)argc;
	must(nvu_ctrl_open(argv[0], NULL, &ctrl), argv[0]);
	start(&reader, ctrl, 0);
	/* The first read is free; the drive pays for it before it does the next one. */
	read_one(&reader);
	nvu_qpair_set_timeout(reader.qpair, DEADLINE_MS);
	must(nvu_read(reader.qpair, reader.ns, 0, BYTES / nvu_ns_info(reader.ns)->block_bytes,
		      reader.buf, 0, 0),
	     "queueing a read");
	began_ms = now_ms();
	began_ns = cpu_ns();
	ret = nvu_wait(reader.qpair, &cpl, 1, DEADLINE_MS * 9 / 10);
	used_ns = cpu_ns() - began_ns;
	if (ret)
		die("the read was answered too early: %d", ret);
	printf("# waiting for a late command: %.2f %% of a core\n",
	       (double)used_ns / 1e4 / (double)(now_ms() - began_ms));
	if (used_ns / 1000000 * 20 > DEADLINE_MS)
		die("it takes more than 5 %% of a core");
	while (!ret)
		ret = nvu_wait(reader.qpair, &cpl, 1, -1);
	if (ret < 0)
		must(ret, "waiting");
	if (cpl.status && cpl.status != -ETIMEDOUT)
		die("a late command ended with %d", cpl.status);
	printf("# a late command: answered after %llu ms, deadline %d\n",
	       (unsigned long long)(now_ms() - began_ms), DEADLINE_MS);
	end(&reader);
	nvu_ctrl_close(ctrl);
	return 0;
}
