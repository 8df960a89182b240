// SPDX-License-Identifier: MIT
/*
 * endurance.c: mixed reads, writes and flushes at full depth, with every read verified, while faults
 * of every kind are injected at random, and the controller dies and is opened again.
 *
 *	endurance [-t seconds | --lives n] [-s seed] [-q depth] [--threads n]
 *
 * Fails when a command is answered twice or not at all, when a command that succeeded has wrong
 * data, when the driver breaks a rule, or when memory grows. The seed decides which commands are
 * sent and which faults are injected. With --threads 0 it decides everything: one thread is driver, device
 * and chance, and time is virtual, -t too. Then all of it is done twice, and fails too when the
 * second run differs from the first in any answer, in its order, or in when it came.
 */
#include "stress.h"

#include "clock.h"

#include <nvu/mock.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum {
	SECONDS = 10,
	LIFE_MS = 700, /* of a controller that nothing kills */
	TIMEOUT_MS = 60,
	GROWTH_MAX_KIB = 16 << 10,
	TRANSFER_PAGES_LOG2 = 1, /* longer reads and writes are several commands */
	EXIT_USAGE = 2,
};

struct endurance {
	/* options */
	uint64_t seconds, lives_max, seed, depth, threads;

	struct nvu_mock *mock;
	int backing;	 /* the medium, which outlives controllers */
	uint64_t random; /* of the faults */
	unsigned stop;	 /* atomic: of a life */
	double life_end;
	uint64_t lives, injected;
	struct stress_counts counts;
	struct stress *workers;
	uint32_t worker_count;
};

static struct endurance run;

static double now_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint64_t resident_kib(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	unsigned long size = 0, resident = 0;

	if (file && fscanf(file, "%lu %lu", &size, &resident) != 2)
		resident = 0;
	if (file)
		(void)fclose(file);
	return resident * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

/* Kinds that apply to I/O commands; a kind that is listed twice is injected twice as often. */
static const enum nvu_mock_fault_kind io_kinds[] = {
	NVU_MOCK_FAULT_STATUS,	      NVU_MOCK_FAULT_STATUS,	 NVU_MOCK_FAULT_STATUS,
	NVU_MOCK_FAULT_DROP,	      NVU_MOCK_FAULT_DELAY,	 NVU_MOCK_FAULT_UNKNOWN_CID,
	NVU_MOCK_FAULT_DUPLICATE_CID, NVU_MOCK_FAULT_WRONG_SQID, NVU_MOCK_FAULT_WRONG_SQHD,
	NVU_MOCK_FAULT_WRONG_PHASE,   NVU_MOCK_FAULT_CORRUPT,	 NVU_MOCK_FAULT_CFS,
	NVU_MOCK_FAULT_DUPLICATE_CID, NVU_MOCK_FAULT_DELAY,
};

/* Kinds that apply to the admin commands of the recovery. */
static const enum nvu_mock_fault_kind admin_kinds[] = {
	NVU_MOCK_FAULT_STATUS,	    NVU_MOCK_FAULT_DROP,       NVU_MOCK_FAULT_DUPLICATE_CID,
	NVU_MOCK_FAULT_UNKNOWN_CID, NVU_MOCK_FAULT_WRONG_SQID,
};

/* Kinds that act when they are injected, most of which end the controller. */
static const enum nvu_mock_fault_kind fatal_kinds[] = {
	NVU_MOCK_FAULT_CFS_NOW,	       NVU_MOCK_FAULT_CFS_NOW,	   NVU_MOCK_FAULT_CFS_NOW,
	NVU_MOCK_FAULT_NEVER_DISABLED, NVU_MOCK_FAULT_NEVER_READY, NVU_MOCK_FAULT_GONE,
	NVU_MOCK_FAULT_GONE_NOW,
};

#define PICK(table, dice) ((table)[(dice) % (sizeof(table) / sizeof((table)[0]))])

/*
 * An identifier that no command has: the last of a table whose size is the first power of two above
 * the number of commands. One that a command has would be a lie that cannot be seen through.
 */
static uint64_t foreign_cid(uint64_t dice)
{
	uint64_t size = 1;

	while (size <= run.depth - 1)
		size *= 2;
	return (dice | (size - 1)) & 0xffff;
}

static void inject_one(uint64_t *random)
{
	uint64_t dice = stress_random(random);
	struct nvu_mock_fault fault = {
		.size = sizeof(fault),
		.kind = PICK(io_kinds, dice >> 40),
		.skip = (uint32_t)(dice % 200),
		.count = (uint32_t)(dice >> 8) % 3 + 1,
		.status = (uint16_t)((dice >> 16) % 0x7ff + 1),
		.delay = (dice >> 24) % (2 * TIMEOUT_MS * 1000),
		.value = foreign_cid(stress_random(random)),
		.offset = (uint32_t)(dice >> 12) % CELL_BYTES,
	};

	if (dice >> 60 == 0) {
		fault.kind = PICK(admin_kinds, dice >> 48);
		fault.qid = NVU_MOCK_ADMIN_QUEUE;
		fault.skip %= 8;
	} else if (dice >> 58 == 62) {
		fault.kind = PICK(fatal_kinds, dice >> 48);
		fault.count = 1;
	}
	if (fault.kind == NVU_MOCK_FAULT_CORRUPT)
		fault.opcode = NVU_CMD_READ;
	/* As many faults as there is room for; what does not fit is let go. */
	if (nvu_mock_inject(run.mock, &fault))
		nvu_mock_clear_faults(run.mock);
}

/* For the one thread that does everything. */
static void step_mock(struct stress *stress)
{
	(void)nvu_mock_step(run.mock,
			    (uint32_t)(stress_random(&stress->random) % stress->depth + 1));
}

static void inject_between(struct stress *stress)
{
	inject_one(&stress->random);
	if (now_s() >= run.life_end)
		run.stop = 1;
}

static void say(const char *what)
{
	(void)fprintf(stderr, "endurance: %s (seed %llu)\n", what, (unsigned long long)run.seed);
}

/* Stray doorbells are rung by threads that have not learnt of a reset yet; the test tolerates nothing else. */
static bool is_clean(void)
{
	bool clean = true;

	for (uint32_t idx = 0; nvu_mock_violation(run.mock, idx); idx++) {
		const char *text = nvu_mock_violation(run.mock, idx);

		if (strstr(text, "doorbell") && strstr(text, "there is no such queue"))
			continue;
		say(text);
		clean = false;
	}
	return clean;
}

static int make_mock(void)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", run.backing);
	return nvu_mock_create(
		NVU_MOCK_OPTS(.flags = run.threads ? 0 : NVU_MOCK_STEPPED, .backing = path,
			      .ns_bytes = (uint64_t)run.worker_count * STRESS_CELLS * CELL_BYTES,
			      .mdts = TRANSFER_PAGES_LOG2, .sgls = NVU_SGLS_BYTES),
		&run.mock);
}

static void inject_until_the_end(void)
{
	while (now_s() < run.life_end) {
		uint64_t pause_us = stress_random(&run.random) % 8000;

		inject_one(&run.random);
		/* A pace, not a way to wait for anything. */
		(void)nanosleep(&(struct timespec){ .tv_nsec = (long)pause_us * 1000 }, NULL);
	}
	__atomic_store_n(&run.stop, 1, __ATOMIC_RELAXED);
}

/* The workers of one life, until they end or have had their time. */
static int work(struct nvu_ctrl *ctrl)
{
	const struct nvu_ns *ns;

	if (nvu_ns_get(ctrl, 1, &ns))
		return -1;
	run.stop = 0;
	run.life_end = now_s() + LIFE_MS / 1000.0;
	for (uint32_t idx = 0; idx < run.worker_count; idx++) {
		struct stress *worker = &run.workers[idx];

		worker->ctrl = ctrl;
		worker->ns = ns;
		worker->step = run.threads ? NULL : step_mock;
		worker->between = run.threads ? NULL : inject_between;
		if (run.threads && pthread_create(&worker->thread, NULL, stress_live, worker))
			exit(EXIT_FAILURE);
	}
	if (!run.threads) {
		(void)stress_live(&run.workers[0]);
		return 0;
	}
	inject_until_the_end();
	for (uint32_t idx = 0; idx < run.worker_count; idx++)
		(void)pthread_join(run.workers[idx].thread, NULL);
	return 0;
}

/* A mock, a controller, workers, and the end of all but the medium. 0, or -1 when that is all. */
static int live(void)
{
	struct nvu_mock_stats stats;
	struct nvu_ctrl *ctrl;
	bool good;

	if (make_mock() ||
	    nvu_ctrl_open(nvu_mock_address(run.mock),
			  NVU_CTRL_OPTS(.ready_timeout_ms = 1000, .admin_timeout_ms = 1000,
					.io_timeout_ms = TIMEOUT_MS, .shutdown_timeout_ms = 1000),
			  &ctrl)) {
		say(nvu_last_error());
		return -1;
	}
	good = !work(ctrl);
	nvu_ctrl_close(ctrl);
	nvu_mock_stats(run.mock, &stats, sizeof(stats));
	run.injected += stats.faults_injected;
	if (stats.dma_mappings) {
		say("memory is still mapped");
		good = false;
	}
	good = is_clean() && good;
	nvu_mock_destroy(run.mock);
	run.lives++;
	return good ? 0 : -1;
}

static bool report(uint64_t growth_kib)
{
	const struct stress_counts *counts = &run.counts;
	bool grew = growth_kib > GROWTH_MAX_KIB;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	grew = false; /* it is the sanitizer that keeps memory */
#endif
	(void)printf("seed %llu: %llu lives, %llu faults applied; %llu commands: %llu succeeded, "
		     "%llu failed, %llu timed out, %llu canceled; %llu corrupt reads; the "
		     "slowest answer after %llu ms; %llu KiB grown; digest %016llx\n",
		     (unsigned long long)run.seed, (unsigned long long)run.lives,
		     (unsigned long long)run.injected, (unsigned long long)counts->accepted,
		     (unsigned long long)counts->succeeded, (unsigned long long)counts->failed,
		     (unsigned long long)counts->timed_out, (unsigned long long)counts->canceled,
		     (unsigned long long)counts->corrupt, (unsigned long long)counts->slowest_ms,
		     (unsigned long long)growth_kib, (unsigned long long)counts->digest);
	if (counts->lies)
		say("commands were answered that were not in flight, or with a strange status");
	if (counts->unanswered)
		say("commands were never answered");
	if (counts->wrong)
		say(counts->first_wrong);
	if (grew)
		say("memory grows");
	return !counts->lies && !counts->unanswered && !counts->wrong && counts->succeeded && !grew;
}

static uint64_t read_number(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 0);

	if (!*text || *end) {
		(void)fprintf(stderr, "endurance: %s is no number\n", text);
		exit(EXIT_USAGE);
	}
	return value;
}

static void read_options(int argc, char **argv)
{
	const struct option options[] = { { "threads", required_argument, NULL, 'j' },
					  { "lives", required_argument, NULL, 'l' },
					  { 0 } };
	int option;

	while ((option = getopt_long(argc, argv, "t:s:q:", options, NULL)) != -1) {
		if (option == 't')
			run.seconds = read_number(optarg);
		else if (option == 's')
			run.seed = read_number(optarg);
		else if (option == 'q')
			run.depth = read_number(optarg);
		else if (option == 'l')
			run.lives_max = read_number(optarg);
		else if (option == 'j')
			run.threads = read_number(optarg);
		else
			exit(EXIT_USAGE);
	}
	if (optind != argc || run.depth < 2 || run.depth > 65536 ||
	    run.threads > STRESS_WORKERS_MAX) {
		(void)fprintf(stderr, "usage: endurance [-t seconds | --lives n] [-s seed] "
				      "[-q depth] [--threads 0..64]\n");
		exit(EXIT_USAGE);
	}
}

static void prepare(void)
{
	if (!run.threads)
		clock_start();
	run.random = run.seed * 2 + 1; /* not 0 */
	run.worker_count = run.threads ? (uint32_t)run.threads : 1;
	run.workers = calloc(run.worker_count, sizeof(*run.workers));
	run.backing = memfd_create("endurance", MFD_CLOEXEC);
	if (!run.workers || run.backing < 0)
		exit(EXIT_FAILURE);
	for (uint32_t idx = 0; idx < run.worker_count; idx++) {
		struct stress *worker = &run.workers[idx];

		stress_init(worker);
		worker->random = stress_random(&run.random);
		worker->first_lba = (uint64_t)idx * STRESS_CELLS * (CELL_BYTES / 512);
		worker->depth = (uint32_t)run.depth;
		worker->counts = &run.counts;
		worker->stop = &run.stop;
	}
}

static bool goes_on(double end)
{
	return run.lives_max ? run.lives < run.lives_max : now_s() < end;
}

static bool endure(void)
{
	uint64_t settled_kib = 0, end_kib;
	double end;
	int ret = 0;

	prepare();
	end = now_s() + (double)run.seconds;
	while (!ret && goes_on(end)) {
		ret = live();
		if (run.lives <= 3)
			settled_kib = resident_kib();
	}
	end_kib = resident_kib();
	(void)close(run.backing);
	free(run.workers);
	return report(end_kib > settled_kib ? end_kib - settled_kib : 0) && !ret;
}

int main(int argc, char **argv)
{
	struct endurance asked;
	uint64_t digest;
	bool good;

	run.seconds = SECONDS;
	run.seed = (uint64_t)time(NULL);
	run.depth = 64;
	run.threads = 3;
	read_options(argc, argv);
	(void)printf("seed %llu\n", (unsigned long long)run.seed);
	(void)fflush(stdout);
	asked = run;
	good = endure();
	if (run.threads)
		return good ? EXIT_SUCCESS : EXIT_FAILURE;
	digest = run.counts.digest;
	run = asked;
	good = endure() && good;
	if (run.counts.digest != digest) {
		say("the second run differs from the first");
		good = false;
	}
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
