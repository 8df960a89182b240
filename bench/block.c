/* SPDX-License-Identifier: MIT */
/*
 * block.c: the time of nvu_block_read() beside nvu_read() and nvu_poll(), one 4 KiB read at a time from one thread,
 * in turns; and what several threads read together through one queue pair.
 *
 *	block [-n READS] [-r ROUNDS] [ADDRESS]        (100000, 11, mock:null)
 */
#include "timer.h"

#include <getopt.h>
#include <nvu/nvu.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { SIZE = 4096, ROUNDS_MAX = 1000, THREADS_MAX = 16 };

struct bench {
	struct nvu_ctrl *ctrl;
	const struct nvu_ns *ns;
	struct nvu_qpair *qpair;
	struct nvu_dma *buf;
	struct nvu_block *block;
	uint64_t reads, units;
};

static void check(const char *what, int ret)
{
	if (ret == 0)
		return;
	fprintf(stderr, "block: %s: %s\n", what, nvu_last_error());
	exit(1);
}

static uint64_t next_unit(const struct bench *bench, uint64_t *state)
{
	*state = *state * 0xd1342543de82ef95u + 0x9e3779b97f4a7c15u;
	return (uint64_t)((unsigned __int128)*state * bench->units >> 64);
}

static double time_raw(const struct bench *bench)
{
	const uint32_t blocks = SIZE / nvu_ns_info(bench->ns)->block_bytes;
	uint64_t state = 1, from_ns = clock_kernel_ns();
	struct nvu_cpl cpl;

	for (uint64_t i = 0; i < bench->reads; i++) {
		int ret;

		check("reading",
		      nvu_read(bench->qpair, bench->ns, next_unit(bench, &state) * blocks, blocks,
			       bench->buf, 0, 0));
		do
			ret = nvu_poll(bench->qpair, &cpl, 1);
		while (ret == 0);
		check("polling", ret < 0 ? ret : cpl.status);
	}
	return (double)(clock_kernel_ns() - from_ns) / (double)bench->reads;
}

static void *read_all(void *arg)
{
	static _Thread_local char data[SIZE];
	const struct bench *bench = arg;
	uint64_t state = (uintptr_t)&data;

	for (uint64_t i = 0; i < bench->reads; i++)
		check("reading",
		      nvu_block_read(bench->block, data, SIZE, next_unit(bench, &state) * SIZE));
	return NULL;
}

static double time_block(struct bench *bench, uint32_t count)
{
	pthread_t threads[THREADS_MAX];
	uint64_t from_ns = clock_kernel_ns();

	for (uint32_t i = 0; i < count; i++)
		check("thread", -pthread_create(&threads[i], NULL, read_all, bench));
	for (uint32_t i = 0; i < count; i++)
		(void)pthread_join(threads[i], NULL);
	return (double)(clock_kernel_ns() - from_ns) / (double)(bench->reads * count);
}

static void run(struct bench *bench, uint32_t rounds)
{
	double raw[ROUNDS_MAX], block[ROUNDS_MAX], ratio[ROUNDS_MAX];

	for (uint32_t i = 0; i < rounds; i++) {
		raw[i] = time_raw(bench);
		block[i] = time_block(bench, 1);
		ratio[i] = block[i] / raw[i];
	}
	printf("%-40s%10.0f ns\n", "nvu_read(), nvu_poll()", timer_median(raw, rounds));
	printf("%-40s%10.0f ns\n", "nvu_block_read()", timer_median(block, rounds));
	printf("%-40s%10.2f\n", "ratio, median of the rounds", timer_median(ratio, rounds));
	for (uint32_t threads = 4; threads <= THREADS_MAX; threads *= 4)
		printf("%2u threads on one queue pair            %10.0f ns a read\n", threads,
		       time_block(bench, threads));
}

int main(int argc, char **argv)
{
	struct bench bench = { .reads = 100000 };
	uint32_t rounds = 11;
	int key;

	while ((key = getopt(argc, argv, "n:r:")) != -1) {
		if (key == 'n')
			bench.reads = strtoul(optarg, NULL, 10);
		else if (key == 'r')
			rounds = (uint32_t)strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	if (!bench.reads || !rounds || rounds > ROUNDS_MAX)
		return 2;
	check("opening",
	      nvu_ctrl_open(optind < argc ? argv[optind] : "mock:null", NULL, &bench.ctrl));
	check("namespace", nvu_ns_get(bench.ctrl, 1, &bench.ns));
	bench.units = nvu_ns_info(bench.ns)->blocks * nvu_ns_info(bench.ns)->block_bytes / SIZE;
	check("queue pair", nvu_qpair_create(bench.ctrl, NULL, &bench.qpair));
	check("buffer", nvu_dma_alloc(bench.ctrl, SIZE, &bench.buf));
	check("block device",
	      nvu_block_open(bench.ctrl, bench.ns, NVU_BLOCK_OPTS(.queues = 1), &bench.block));
	run(&bench, rounds);
	nvu_block_close(bench.block);
	nvu_qpair_destroy(bench.qpair);
	(void)nvu_dma_free(bench.buf);
	nvu_ctrl_close(bench.ctrl);
	return 0;
}
