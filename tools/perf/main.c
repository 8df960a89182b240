/* SPDX-License-Identifier: MIT */
/*
 * main.c: perf measures NVMe controllers: IOPS, throughput, latency and what they cost.
 *
 * To read it: options.c says what can be asked for, run.c leads the threads, worker.c is a
 * thread, job.c is the I/O loop (start there for how nvu is driven), result.c adds up, table.c,
 * json.c and plot.c show; complain.c says what went wrong and story.c what was done about it.
 */
#include "perf.h"

int main(int argc, char **argv)
{
	return perf_main(argc, argv);
}
