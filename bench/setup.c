/* SPDX-License-Identifier: MIT */
/*
 * setup.c: what it takes before the first I/O: opening a controller, and creating queue pairs: time,
 * memory of the device's, memory of the process's, and how many threads there are then.
 *
 *	setup [-n QUEUE-PAIRS] [-q DEPTH] [-r RUNS] [ADDRESS]        (128, 1024, 21, mock:)
 */
#include "timer.h"

#include <errno.h>
#include <getopt.h>
#include <nvu/mock.h>
#include <nvu/nvu.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QPAIRS_MAX = 65535, RUNS_MAX = 1000 };

static void check(const char *what, int ret)
{
	if (ret == 0)
		return;
	fprintf(stderr, "setup: %s: %s\n", what,
		*nvu_last_error() ? nvu_last_error() : nvu_strerror(ret));
	exit(1);
}

/* A number of /proc/self/status. */
static long status(const char *key)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[256];
	long value = -1;

	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, key, strlen(key)) == 0)
			value = strtol(line + strlen(key), NULL, 10);
	if (file)
		(void)fclose(file);
	return value;
}

static void time_open(const char *address, uint32_t runs)
{
	double opens[RUNS_MAX], closes[RUNS_MAX];

	for (uint32_t run = 0; run < runs; run++) {
		struct nvu_ctrl *ctrl;
		uint64_t start = clock_kernel_ns();

		check("open", nvu_ctrl_open(address, NULL, &ctrl));
		opens[run] = (double)(clock_kernel_ns() - start) / 1e6;
		start = clock_kernel_ns();
		nvu_ctrl_close(ctrl);
		closes[run] = (double)(clock_kernel_ns() - start) / 1e6;
	}
	printf("%-48s%10.3f ms\n", "opening a controller, median", timer_median(opens, runs));
	printf("%-48s%10.3f ms\n", "  slowest", opens[runs - 1]);
	printf("%-48s%10.3f ms\n", "closing it, median", timer_median(closes, runs));
}

static void time_qpairs(const char *address, uint32_t count, uint32_t depth)
{
	struct nvu_qpair **qpairs = calloc(count, sizeof(struct nvu_qpair *));
	struct nvu_ctrl *ctrl;
	long rss_kib, threads;
	uint64_t start;
	double ms;

	check("calloc", qpairs ? 0 : -ENOMEM);
	check("open", nvu_ctrl_open(address, NULL, &ctrl));
	rss_kib = status("VmRSS:");
	start = clock_kernel_ns();
	for (uint32_t i = 0; i < count; i++)
		check("queue pair",
		      nvu_qpair_create(ctrl, NVU_QPAIR_OPTS(.depth = depth), &qpairs[i]));
	ms = (double)(clock_kernel_ns() - start) / 1e6;
	rss_kib = status("VmRSS:") - rss_kib;
	threads = status("Threads:");
	printf("%u queue pairs of depth %u\n", count, depth);
	printf("%-48s%10.3f ms\n", "  creating them", ms);
	printf("%-48s%10.3f ms\n", "  for each", ms / count);
	printf("%-48s%10ld KiB\n", "  resident memory, the mock's included", rss_kib);
	printf("%-48s%10.1f B\n", "  for each command",
	       (double)rss_kib * 1024 / ((double)count * depth));
	printf("%-48s%10ld\n", "  threads of the process", threads);
	start = clock_kernel_ns();
	for (uint32_t i = 0; i < count; i++)
		nvu_qpair_destroy(qpairs[i]);
	printf("%-48s%10.3f ms\n", "  destroying them", (double)(clock_kernel_ns() - start) / 1e6);
	nvu_ctrl_close(ctrl);
	free(qpairs);
}

int main(int argc, char **argv)
{
	unsigned long count = 128, depth = 1024, runs = 21;
	const char *address = "mock:";
	int key;

	while ((key = getopt(argc, argv, "n:q:r:")) != -1) {
		unsigned long number = optarg ? strtoul(optarg, NULL, 10) : 0;

		if (key == '?' || number < 1)
			count = 0;
		else
			*(key == 'n' ? &count : key == 'q' ? &depth : &runs) = number;
	}
	if (count < 1 || count > QPAIRS_MAX || depth < 2 || depth > 65536 || runs > RUNS_MAX) {
		fprintf(stderr, "usage: setup [-n QUEUE-PAIRS] [-q DEPTH] [-r RUNS] [ADDRESS]\n");
		return 2;
	}
	if (optind < argc)
		address = argv[optind];
	time_open(address, (uint32_t)runs);
	time_qpairs(address, (uint32_t)count, (uint32_t)depth);
	return 0;
}
