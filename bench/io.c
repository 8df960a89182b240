/* SPDX-License-Identifier: MIT */
/*
 * io.c: IOPS and latency by depth, size, threads and batch, on any address; the median of several
 * runs and how far they lie apart. With two processors or more, the driver's threads and a mock's
 * own are pinned to one each.
 */
#include "io_run.h"
#include "machine.h"
#include "parse.h"
#include "pin.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUES_MAX = 16, RUNS_MAX = 99, DEPTH_MAX = 65534, THREADS_MAX = 128, BATCH_MAX = 1024 };

struct list {
	uint32_t count;
	uint64_t values[VALUES_MAX];
};

struct settings {
	struct list depths, sizes, threads, batches;
	uint64_t runs, nsid; /* nsid 0: as the address says, or 1 */
	const char *json, *address;
	bool yes_destroy;
	struct io_plan plan;
};

static const char help[] =
	"Usage: io [OPTION]... [ADDRESS]          (mock:null)\n"
	"  --depths N,...   outstanding commands of each thread (1,8,32,128,1024)\n"
	"  --sizes N,...    bytes of an I/O (4k)\n"
	"  --threads N,...  each with a queue pair of its own (1)\n"
	"  --batches N,...  completions taken by one poll at most (32)\n"
	"  --runs N         of each point; the median is shown (5)\n"
	"  --seconds N      of each run (1)\n"
	"  --warmup N       seconds before each run (0.1)\n"
	"  --nsid N         namespace, unless the address names it (1)\n"
	"  --write          random writes instead of random reads\n"
	"  --yes-destroy    allow writing to anything but mock:\n"
	"  --no-pin         leave the threads where the kernel puts them\n"
	"  --json FILE      the results for bench/compare\n";

static int parse_list(const char *text, uint64_t max, struct list *ret_list)
{
	struct list list = { 0 };
	char copy[256];
	char *rest = copy;

	if (strlen(text) >= sizeof(copy))
		return 1;
	(void)snprintf(copy, sizeof(copy), "%s", text);
	for (char *word; (word = strsep(&rest, ",")); list.count++)
		if (list.count == VALUES_MAX || !parse_size(word, &list.values[list.count]) ||
		    list.values[list.count] < 1 || list.values[list.count] > max)
			return 1;
	*ret_list = list;
	return 0;
}

static int parse_seconds(const char *text, double *ret_seconds)
{
	uint64_t ns;

	if (!parse_duration(text, &ns))
		return 1;
	*ret_seconds = (double)ns / 1e9;
	return 0;
}

static int set_option(struct settings *settings, int key, const char *arg)
{
	struct list one;

	switch (key) {
	case 'd':
		return parse_list(arg, DEPTH_MAX, &settings->depths);
	case 's':
		return parse_list(arg, 1u << 30, &settings->sizes);
	case 't':
		return parse_list(arg, THREADS_MAX, &settings->threads);
	case 'b':
		return parse_list(arg, BATCH_MAX, &settings->batches);
	case 'r':
	case 'n':
		if (parse_list(arg, key == 'r' ? RUNS_MAX : UINT32_MAX - 1, &one) || one.count != 1)
			return 1;
		*(key == 'r' ? &settings->runs : &settings->nsid) = one.values[0];
		return 0;
	case 'e':
		return parse_seconds(arg, &settings->plan.seconds);
	case 'w':
		return parse_seconds(arg, &settings->plan.warmup_seconds);
	case 'W':
		settings->plan.write = true;
		return 0;
	case 'y':
		settings->yes_destroy = true;
		return 0;
	case 'p':
		settings->plan.pin = false;
		return 0;
	case 'j':
		settings->json = arg;
		return 0;
	default:
		return 1;
	}
}

static int parse(int argc, char **argv, struct settings *settings)
{
	static const struct option options[] = { { "depths", required_argument, NULL, 'd' },
						 { "sizes", required_argument, NULL, 's' },
						 { "threads", required_argument, NULL, 't' },
						 { "batches", required_argument, NULL, 'b' },
						 { "runs", required_argument, NULL, 'r' },
						 { "nsid", required_argument, NULL, 'n' },
						 { "seconds", required_argument, NULL, 'e' },
						 { "warmup", required_argument, NULL, 'w' },
						 { "write", no_argument, NULL, 'W' },
						 { "yes-destroy", no_argument, NULL, 'y' },
						 { "no-pin", no_argument, NULL, 'p' },
						 { "json", required_argument, NULL, 'j' },
						 { "help", no_argument, NULL, 'h' },
						 { 0 } };
	int key;

	while ((key = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (key == 'h') {
			fputs(help, stdout);
			exit(0);
		}
		if (set_option(settings, key, optarg)) {
			fprintf(stderr, "io: %s: see --help\n", argv[optind - 1]);
			return 2;
		}
	}
	if (argc - optind > 1 || settings->plan.seconds <= 0) {
		fputs(help, stderr);
		return 2;
	}
	settings->address = optind < argc ? argv[optind] : "mock:null";
	if (!settings->plan.write || settings->yes_destroy ||
	    strncmp(settings->address, "mock:", 5) == 0)
		return 0;
	fprintf(stderr, "io: --write destroys what is on %s: add --yes-destroy if that is meant\n",
		settings->address);
	return 2;
}

static int by_iops(const void *a, const void *b)
{
	double left = ((const struct io_result *)a)->iops;
	double right = ((const struct io_result *)b)->iops;

	return (left > right) - (left < right);
}

static void add(struct json_object *object, const char *key, double value)
{
	json_object_object_add(object, key, json_object_new_double(value));
}

static void add_count(struct json_object *object, const char *key, uint64_t value)
{
	json_object_object_add(object, key, json_object_new_int64((int64_t)value));
}

/* IOPS if every command took as long as half of them did at most: without the pauses in between. */
static double undisturbed(const struct io_point *point, const struct io_result *result)
{
	return result->p50 > 0 ? 1e9 * point->depth * point->threads / result->p50 : 0;
}

static struct json_object *describe(const struct io_point *point, const struct io_result *runs,
				    uint32_t count)
{
	const struct io_result *median = &runs[count / 2];
	struct json_object *object = json_object_new_object();
	struct json_object *latency = json_object_new_object(), *all = json_object_new_array();

	add_count(object, "depth", point->depth);
	add_count(object, "bytes", point->bytes);
	add_count(object, "threads", point->threads);
	add_count(object, "batch", point->batch);
	add(object, "iops", median->iops);
	add(object, "iops_min", runs[0].iops);
	add(object, "iops_max", runs[count - 1].iops);
	add(object, "iops_at_p50", undisturbed(point, median));
	add(object, "empty_polls", median->empty_polls);
	for (uint32_t i = 0; i < count; i++)
		json_object_array_add(all, json_object_new_double(runs[i].iops));
	json_object_object_add(object, "runs", all);
	add(latency, "avg", median->average);
	add(latency, "min", median->min);
	add(latency, "p50", median->p50);
	add(latency, "p99", median->p99);
	add(latency, "p99.9", median->p999);
	add(latency, "p99.99", median->p9999);
	add(latency, "max", median->max);
	json_object_object_add(object, "latency_ns", latency);
	return object;
}

static void show(const struct io_point *point, const struct io_result *runs, uint32_t count)
{
	const struct io_result *median = &runs[count / 2];

	printf("%6" PRIu32 "%9" PRIu32 "%8" PRIu32 "%6" PRIu32
	       "%10.3f%8.3f..%-7.3f%9.3f%10.0f%9.0f%9.0f%10.0f%7.0f%%\n",
	       point->depth, point->bytes, point->threads, point->batch, median->iops / 1e6,
	       runs[0].iops / 1e6, runs[count - 1].iops / 1e6, undisturbed(point, median) / 1e6,
	       median->average, median->p50, median->p99, median->p9999, 100 * median->empty_polls);
}

static int measure(const struct settings *settings, const struct io_point *point,
		   struct json_object *points)
{
	struct io_result runs[RUNS_MAX];
	uint32_t count = (uint32_t)settings->runs;

	for (uint32_t i = 0; i < count; i++)
		if (io_run(&settings->plan, point, &runs[i]))
			return 1;
	qsort(runs, count, sizeof(runs[0]), by_iops);
	show(point, runs, count);
	json_object_array_add(points, describe(point, runs, count));
	return 0;
}

/* Every combination of the four lists. */
static int sweep(const struct settings *settings, struct json_object *points)
{
	const struct list *lists[] = { &settings->sizes, &settings->threads, &settings->batches,
				       &settings->depths };
	uint32_t at[4] = { 0 };
	int place = 3;

	while (place >= 0) {
		const struct io_point point = { .bytes = (uint32_t)lists[0]->values[at[0]],
						.threads = (uint32_t)lists[1]->values[at[1]],
						.batch = (uint32_t)lists[2]->values[at[2]],
						.depth = (uint32_t)lists[3]->values[at[3]] };

		if (measure(settings, &point, points))
			return 1;
		for (place = 3; place >= 0 && ++at[place] == lists[place]->count; place--)
			at[place] = 0;
	}
	return 0;
}

static int save(const struct settings *settings, struct json_object *points)
{
	struct json_object *all = json_object_new_object();
	int ret;

	json_object_object_add(all, "what", json_object_new_string("io"));
	json_object_object_add(all, "address", json_object_new_string(settings->address));
	json_object_object_add(all, "version", json_object_new_string(nvu_version()));
	json_object_object_add(all, "machine", machine_describe());
	json_object_object_add(all, "write", json_object_new_boolean(settings->plan.write));
	json_object_object_add(all, "pinned", json_object_new_boolean(settings->plan.pin));
	add(all, "seconds", settings->plan.seconds);
	json_object_object_add(all, "points", points);
	ret = json_object_to_file_ext(settings->json, all, JSON_C_TO_STRING_PRETTY);
	if (ret)
		fprintf(stderr, "io: %s: cannot be written\n", settings->json);
	json_object_put(all);
	return ret != 0;
}

/* The thread of a mock is made by nvu_open(): it goes where this one is. */
static int open_ctrl(struct settings *settings)
{
	struct io_plan *plan = &settings->plan;
	char address[4096];
	int ret;

	plan->pin = plan->pin && pin_count() > 1;
	plan->first_cpu = 1;
	if (plan->pin)
		pin_to(0);
	if (!parse_target(settings->address, (uint32_t)settings->nsid, address, sizeof(address))) {
		fprintf(stderr, "io: --nsid and a namespace in %s: give one\n", settings->address);
		return 1;
	}
	ret = nvu_open(address, NULL, &plan->ctrl, &plan->ns);
	if (ret)
		fprintf(stderr, "io: %s\n",
			*nvu_last_error() ? nvu_last_error() : nvu_strerror(ret));
	return ret != 0;
}

int main(int argc, char **argv)
{
	struct settings settings = { .depths = { 5, { 1, 8, 32, 128, 1024 } },
				     .sizes = { 1, { 4096 } },
				     .threads = { 1, { 1 } },
				     .batches = { 1, { 32 } },
				     .runs = 5,
				     .plan = { .seconds = 1, .warmup_seconds = 0.1, .pin = true } };
	struct json_object *points, *machine;
	int status = parse(argc, argv, &settings);

	if (status)
		return status;
	setvbuf(stdout, NULL, _IOLBF, 0);
	machine = machine_describe();
	printf("%s, random %s, %" PRIu64 " runs of %g s\n%s\n\n", settings.address,
	       settings.plan.write ? "writes" : "reads", settings.runs, settings.plan.seconds,
	       json_object_to_json_string_ext(machine, JSON_C_TO_STRING_SPACED));
	json_object_put(machine);
	printf("%6s%9s%8s%6s%10s%17s%9s%10s%9s%9s%10s%8s\n", "depth", "bytes", "threads", "batch",
	       "M IOPS", "lowest..highest", "at p50", "avg ns", "p50", "p99", "p99.99", "empty");
	points = json_object_new_array();
	status = open_ctrl(&settings) || sweep(&settings, points);
	if (!status && settings.json)
		status = save(&settings, points);
	else
		json_object_put(points);
	nvu_ctrl_close(settings.plan.ctrl);
	return status;
}
