/* SPDX-License-Identifier: MIT */
/*
 * options.c: the command line. What can be checked without a controller is checked here; what
 * needs one, in target.c.
 */
#include "options.h"

#include "parse.h"
#include "say.h"

#include <errno.h>
#include <getopt.h>
#include <nvu/error.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { DEFAULT_SECONDS = 5, DEFAULT_TIMEOUT_MS = 10000, BATCH_MAX = 256 };

enum {
	OPT_WARMUP = 256,
	OPT_VERIFY,
	OPT_YES_DESTROY,
	OPT_WAIT,
	OPT_TIMEOUT_MS,
	OPT_SEED,
	OPT_PLOT,
};

static const struct workload workloads[] = {
	{ "randread", .random = true, .reads = true },
	{ "randwrite", .random = true, .writes = true },
	{ "read", .reads = true },
	{ "write", .writes = true },
	{ "randrw", .random = true, .reads = true, .writes = true },
};

static const char short_options[] = ":q:s:w:M:t:j:n:c:l:b:J:hV";

static const struct option long_options[] = {
	{ "depth", required_argument, NULL, 'q' },
	{ "size", required_argument, NULL, 's' },
	{ "workload", required_argument, NULL, 'w' },
	{ "read-percent", required_argument, NULL, 'M' },
	{ "time", required_argument, NULL, 't' },
	{ "threads", required_argument, NULL, 'j' },
	{ "nsid", required_argument, NULL, 'n' },
	{ "count", required_argument, NULL, 'c' },
	{ "range", required_argument, NULL, 'l' },
	{ "batch", required_argument, NULL, 'b' },
	{ "warmup", required_argument, NULL, OPT_WARMUP },
	{ "verify", no_argument, NULL, OPT_VERIFY },
	{ "yes-destroy", no_argument, NULL, OPT_YES_DESTROY },
	{ "wait", no_argument, NULL, OPT_WAIT },
	{ "timeout-ms", required_argument, NULL, OPT_TIMEOUT_MS },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "json", required_argument, NULL, 'J' },
	{ "plot", required_argument, NULL, OPT_PLOT },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

static const char help[] =
	"Usage: %s [OPTION]... ADDRESS...\n"
	"Measure NVMe controllers from userspace, through nvu.\n"
	"\n"
	"An ADDRESS is 0000:01:00.0 (bound to vfio-pci) or mock:size=1G,lba=4096 (a software\n"
	"controller in this process; no hardware needed). #2 behind it names namespace 2.\n"
	"\n"
	"  -q, --depth=N          outstanding commands of each queue pair, 1 to 65535 (32)\n"
	"  -s, --size=BYTES       of one I/O, with k, M: 512, 4k, 1M (4k, or the block size)\n"
	"  -w, --workload=NAME    randread, randwrite, read, write or randrw (randread)\n"
	"  -M, --read-percent=N   reads among the I/Os of randrw (50)\n"
	"  -t, --time=SECONDS     how long to measure; also 500ms, 2m, 1h (5)\n"
	"  -c, --count=N          stop after N I/Os of each thread on each controller; with -c\n"
	"                         and without -t, time is not limited\n"
	"  -j, --threads=N        threads; each has a queue pair of its own on every controller,\n"
	"                         so there are N x DEPTH commands outstanding on each (1)\n"
	"  -n, --nsid=N           namespace, unless the address names it (1)\n"
	"  -l, --range=FIRST[:COUNT]  only these blocks of the namespace (all)\n"
	"  -b, --batch=N          at most N completions per poll, and N commands per doorbell\n"
	"                         write, 1 to 256 (32)\n"
	"      --warmup=SECONDS   run for this time before measuring (0)\n"
	"      --timeout-ms=N     deadline of a command; one that passes it ends the run (10000)\n"
	"      --seed=N           for other offsets and other data (from the clock with --verify)\n"
	"      --verify           check every byte that is read, see below\n"
	"      --yes-destroy      allow writing to anything but mock:\n"
	"      --wait             wait for completions, with interrupts where there are some; one\n"
	"                         ADDRESS only\n"
	"  -J, --json=FILE        results as JSON; - for stdout, which then has no table\n"
	"      --plot=FILE        an SVG of latency and of IOPS over time (needs gnuplot)\n"
	"  -h, --help\n"
	"  -V, --version\n"
	"\n"
	"--verify: the data of each write depend on its block, on the seed and on how often the\n"
	"block was written. Each write is read back at once and compared. This finds a write that\n"
	"was lost, torn or went to another place, and a block that does not hold what was last\n"
	"written to it. A workload that only reads first writes the range. Each thread uses a\n"
	"part of the range of its own. The extra reads count as I/Os.\n"
	"\n"
	"Latency is from before a command is queued until nvu_poll() has returned it. CPU is the\n"
	"time of the thread; a thread polls, so it is always busy. With --wait it calls "
	"nvu_wait()\n"
	"instead, and sleeps: latencies are longer, and hold the time that a thread takes to "
	"wake.\n"
	"\n"
	"Exit status: 0, 1 if something failed, 2 if the command line is wrong.\n";

static bool usage(const char *option, const char *arg, const char *wanted)
{
	say("%s %s: %s", option, arg, wanted);
	return false;
}

static bool set_u32(const char *option, const char *arg, uint32_t max, const char *wanted,
		    uint32_t *ret_value)
{
	uint64_t number;

	if (!parse_number(arg, &number) || number < 1 || number > max)
		return usage(option, arg, wanted);
	*ret_value = (uint32_t)number;
	return true;
}

static bool set_size(const char *arg, uint64_t *ret_bytes)
{
	if (!parse_size(arg, ret_bytes) || !*ret_bytes || *ret_bytes > UINT32_MAX)
		return usage("-s", arg, "the size of an I/O is in bytes, such as 512, 4k or 1M");
	return true;
}

static bool set_duration(const char *option, const char *arg, uint64_t *ret_ns)
{
	if (!parse_duration(arg, ret_ns))
		return usage(option, arg,
			     "a time is in seconds, such as 5 or 0.5, or 500ms, 2m, 1h");
	return true;
}

static bool set_workload(const char *arg, const struct workload **ret_workload)
{
	for (size_t i = 0; i < sizeof(workloads) / sizeof(workloads[0]); i++) {
		if (strcmp(arg, workloads[i].name) == 0) {
			*ret_workload = &workloads[i];
			return true;
		}
	}
	return usage("-w", arg, "a workload is randread, randwrite, read, write or randrw");
}

static bool set_read_percent(const char *arg, uint32_t *ret_percent)
{
	uint64_t number;

	if (!parse_number(arg, &number) || number > 100)
		return usage("-M", arg, "the share of reads is 0 to 100 percent");
	*ret_percent = (uint32_t)number;
	return true;
}

static bool set_count(const char *arg, uint64_t *ret_count)
{
	if (!parse_number(arg, ret_count) || !*ret_count)
		return usage("-c", arg, "the number of I/Os is 1 or more");
	return true;
}

static bool set_option(struct options *options, int key, const char *arg)
{
	switch (key) {
	case 'q':
		return set_u32("-q", arg, 65535, "the depth is 1 to 65535 outstanding commands",
			       &options->depth);
	case 's':
		return set_size(arg, &options->io_bytes);
	case 'w':
		return set_workload(arg, &options->workload);
	case 'M':
		return set_read_percent(arg, &options->read_percent);
	case 't':
		return set_duration("-t", arg, &options->time_ns) &&
		       (options->time_ns || usage("-t", arg, "the time must be more than 0"));
	case 'j':
		return set_u32("-j", arg, 1024, "there are 1 to 1024 threads", &options->threads);
	case 'n':
		return set_u32("-n", arg, UINT32_MAX - 1, "namespaces are numbered from 1",
			       &options->nsid);
	case 'c':
		return set_count(arg, &options->count);
	case 'l':
		return parse_range(arg, &options->first_lba, &options->lba_count) ||
		       usage("-l", arg, "a range is FIRST or FIRST:COUNT, in blocks");
	case 'b':
		return set_u32("-b", arg, BATCH_MAX, "a batch is 1 to 256", &options->batch);
	case OPT_WARMUP:
		return set_duration("--warmup", arg, &options->warmup_ns);
	case OPT_VERIFY:
		return options->verify = true;
	case OPT_YES_DESTROY:
		return options->yes_destroy = true;
	case OPT_WAIT:
		return options->wait = true;
	case OPT_TIMEOUT_MS:
		return set_u32("--timeout-ms", arg, 3600000, "a deadline is 1 to 3600000 ms",
			       &options->timeout_ms);
	case OPT_SEED:
		return parse_number(arg, &options->seed) || usage("--seed", arg, "no number");
	case 'J':
		options->json_path = arg;
		return true;
	case OPT_PLOT:
		options->plot_path = arg;
		return true;
	default:
		return false;
	}
}

/* getopt_long() returned @key: '?' or ':'. Its own words would not be perf's. */
static void complain_option(int key, char **argv)
{
	const char letter[] = { '-', (char)optopt, 0 };

	if (key == ':')
		say("%s needs a value (--help explains)", argv[optind - 1]);
	else if (optopt >= OPT_WARMUP || strncmp(argv[optind - 1], "--", 2) == 0)
		say("%s %s (--help lists the options)",
		    optopt ? "no value can be given with" : "unknown option", argv[optind - 1]);
	else
		say("unknown option %s (--help lists them)", letter);
}

bool options_is_mock(const char *address)
{
	return strncmp(address, "mock:", 5) == 0 || strcmp(address, "mock") == 0;
}

/* -1: all is well. */
static int check_options(const struct options *options)
{
	bool writes = options->workload->writes || options->verify;

	if (!options->address_count) {
		say("no address given: try mock: or 0000:01:00.0 (--help explains)");
		return EXIT_USAGE;
	}
	if (options->wait && options->address_count > 1) {
		say("--wait goes with one address: a thread waits for one controller at a time");
		return EXIT_USAGE;
	}
	for (uint32_t i = 0; writes && !options->yes_destroy && i < options->address_count; i++) {
		if (options_is_mock(options->addresses[i]))
			continue;
		say("%s writes to %s and destroys what is there: add --yes-destroy if that is "
		    "meant",
		    options->workload->writes ? options->workload->name : "--verify",
		    options->addresses[i]);
		return EXIT_USAGE;
	}
	return -1;
}

static uint64_t seed_from_clock(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

static void set_defaults(struct options *options)
{
	if (!options->time_ns && !options->count)
		options->time_ns = DEFAULT_SECONDS * 1000000000ull;
	if (!options->seed)
		options->seed = options->verify ? seed_from_clock() : 1;
}

int options_parse(int argc, char **argv, struct options *ret_options)
{
	struct options options = { .workload = &workloads[0],
				   .depth = 32,
				   .batch = 32,
				   .threads = 1,
				   .read_percent = 50,
				   .timeout_ms = DEFAULT_TIMEOUT_MS };
	int key;

	opterr = 0;
	optind = 0; /* reset: the tests parse more than once */
	while ((key = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
		if (key == 'h') {
			printf(help, program_invocation_short_name);
			return EXIT_OK;
		}
		if (key == 'V') {
			printf("%s (nvu %s)\n", program_invocation_short_name, nvu_version());
			return EXIT_OK;
		}
		if (key == '?' || key == ':') {
			complain_option(key, argv);
			return EXIT_USAGE;
		}
		if (!set_option(&options, key, optarg))
			return EXIT_USAGE;
	}
	options.addresses = argv + optind;
	options.address_count = (uint32_t)(argc - optind);
	set_defaults(&options);
	*ret_options = options;
	return check_options(&options);
}
