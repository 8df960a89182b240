/* SPDX-License-Identifier: MIT */
/*
 * table.c: the results as text of at most 100 columns.
 */
#include "report.h"
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NAME_WIDTH = 22 };

static void print_heading(const struct results *results)
{
	const struct options *options = results->run->options;
	const struct run *run = results->run;
	char size[TEXT_NUMBER_BYTES];

	printf("%s", options->workload->name);
	if (options->workload->reads && options->workload->writes)
		printf(" (%" PRIu32 "%% reads)", options->read_percent);
	printf(" of %s, depth %" PRIu32 ", %" PRIu32 " thread%s, %.1f s%s%s%s\n",
	       text_bytes(size, run->targets[0].io_bytes), options->depth, options->threads,
	       options->threads == 1 ? "" : "s", results->seconds,
	       options->verify ? ", verified" : "", options->wait ? ", waiting" : "",
	       run->interrupted ? ", interrupted" : "");
}

static void print_target(const struct target *target)
{
	char size[TEXT_NUMBER_BYTES];

	printf("%s  %s, serial %s, namespace %" PRIu32 ": %s in blocks of %" PRIu32 " B\n",
	       target->address, target->info->model, target->info->serial, target->ns_info->nsid,
	       text_bytes(size, target->ns_info->blocks * target->ns_info->block_bytes),
	       target->ns_info->block_bytes);
}

/* The address, shortened in front where it is long: its end tells more. */
static void print_name(const struct result *result, const char *kind)
{
	const char *address = result->target ? result->target->address : "all";
	size_t len = strlen(address), room = NAME_WIDTH - strlen(kind) - 2;

	if (len > room)
		printf("..%s %*s", address + len - room + 2, (int)strlen(kind), kind);
	else
		printf("%s %*s", address, NAME_WIDTH - (int)len - 2, kind);
	printf(" ");
}

static void print_throughput(const struct result *result, int kind)
{
	const struct result_kind *row = &result->kinds[kind];
	char iops[TEXT_NUMBER_BYTES], rate[TEXT_NUMBER_BYTES], ios[TEXT_NUMBER_BYTES];
	char errors[TEXT_NUMBER_BYTES];

	print_name(result, result_kind_names[kind]);
	printf("%14s %12s %16s %12s\n", text_number(iops, row->iops),
	       text_digits(rate, row->mib_per_s), text_number(ios, (double)row->ios),
	       text_number(errors, (double)(result->failed + result->mismatches + result->lost)));
}

static void print_latency(const struct result *result, int kind)
{
	const struct result_kind *row = &result->kinds[kind];
	char number[TEXT_NUMBER_BYTES];

	print_name(result, result_kind_names[kind]);
	printf("%8s", text_digits(number, row->avg_us));
	printf(" %8s", text_digits(number, row->min_us));
	for (int i = 0; i < RESULT_PERCENTILES; i++)
		printf(" %8s", text_digits(number, row->percentile_us[i]));
	printf(" %9s\n", text_digits(number, row->max_us));
}

/* A row per direction that was used, and one for both when there are two. */
static void print_rows(const struct result *result,
		       void (*print)(const struct result *result, int kind))
{
	bool both = result->kinds[RESULT_READ].ios && result->kinds[RESULT_WRITE].ios;

	for (int kind = RESULT_READ; kind <= RESULT_WRITE; kind++) {
		if (result->kinds[kind].ios)
			print(result, kind);
	}
	if (both || !result->kinds[RESULT_ALL].ios)
		print(result, RESULT_ALL);
}

static void print_results(const struct results *results,
			  void (*print)(const struct result *result, int kind))
{
	for (uint32_t i = 0; i < results->run->target_count; i++)
		print_rows(&results->targets[i], print);
	if (results->run->target_count > 1)
		print_rows(results->all, print);
}

static void print_thread(const struct result_thread *thread, uint32_t idx)
{
	char cost[TEXT_NUMBER_BYTES], switches[TEXT_NUMBER_BYTES];

	printf("thread %-*" PRIu32 "%7.1f%% %8.1f%% %10s %11.1f %11.1f %11.1f%% %9s\n",
	       NAME_WIDTH - 7, idx, thread->cpu_percent, thread->system_percent,
	       text_digits(cost, thread->cpu_us_per_io), thread->ios_per_doorbell,
	       thread->ios_per_poll, thread->empty_percent,
	       text_number(switches, (double)thread->switches));
}

static void print_doorbells(const struct result_thread *thread, uint32_t idx)
{
	printf("thread %-*" PRIu32 "%14.3f %12.3f %16.3f\n", NAME_WIDTH - 7, idx,
	       thread->sq_doorbells_per_io, thread->cq_doorbells_per_io,
	       thread->doorbell_registers_per_io);
}

static void print_threads(const struct results *results)
{
	const uint32_t threads = results->run->options->threads;

	printf("\n%-*s%8s %9s %10s %11s %11s %12s %9s\n", NAME_WIDTH, "processor", "CPU", "kernel",
	       "us per I/O", "I/Os/submit", "I/Os/reap", "empty polls", "preempted");
	for (uint32_t i = 0; i < threads; i++)
		print_thread(&results->threads[i], i);
	printf("\n%-*s%14s %12s %16s\n", NAME_WIDTH, "doorbells per I/O", "SQ", "CQ",
	       "register writes");
	for (uint32_t i = 0; i < threads; i++)
		print_doorbells(&results->threads[i], i);
}

void report_table(const struct results *results)
{
	const struct run *run = results->run;
	bool mock = false;

	print_heading(results);
	for (uint32_t i = 0; i < run->target_count; i++) {
		print_target(&run->targets[i]);
		mock |= options_is_mock(run->targets[i].address);
	}
	if (mock)
		printf("mock: is software in this process: it measures nvu and this processor, "
		       "not a drive.\n");
	printf("\n%-*s%14s %12s %16s %12s\n", NAME_WIDTH, "throughput", "IOPS", "MiB/s", "I/Os",
	       "errors");
	print_results(results, print_throughput);
	printf("\n%-*s%8s %8s", NAME_WIDTH, "latency, us", "avg", "min");
	for (int i = 0; i < RESULT_PERCENTILES; i++)
		printf(" %8s", result_percent_names[i]);
	printf(" %9s\n", "max");
	print_results(results, print_latency);
	print_threads(results);
}
