/* SPDX-License-Identifier: MIT */
/*
 * vm_tool: what the virtual-machine suites need beyond the examples.
 *
 *	identify ADDRESS		key=value lines, one "ns" line per namespace
 *	open ADDRESS			open and close
 *	hold ADDRESS			open, say so, close when standard input ends
 *	alloc ADDRESS BYTES		open and allocate
 *	noise FILE BYTES SEED		writes FILE
 *	same FILE FILE FIRST BYTES	fails if two files, or block devices, differ there
 *	write ADDRESS NSID FILE		FILE to the namespace's first blocks
 *	read ADDRESS NSID FILE BYTES	and back
 *	sizes ADDRESS NSID		every transfer size, at offsets of all kinds in a page
 *	shared ADDRESS ADDRESS		two controllers, one buffer
 *	depth ADDRESS			the deepest queue the controller takes, full
 *	nvm ADDRESS			compare, write zeroes, verify, deallocate
 *	block ADDRESS NSID...		a namespace as a blocking device, against a model
 *	wait ADDRESS			waits on interrupts, with epoll and with more threads than processors
 *	group ADDRESS ADDRESS		waits for queue pairs of two controllers together
 *	fds BDF GROUP-FILE DIRECTORY	opens by descriptors, as an ordinary user in an empty DIRECTORY
 *	late ADDRESS			waits for a command that is late
 *	wild ADDRESS			a read to an I/O address that is not mapped
 *	cycles ADDRESS COUNT		open, I/O, close; nothing may be left over
 *	hang ADDRESS MS			a read that takes longer than its deadline; when standard
 *					input ends the drive is fast again
 *	vanish ADDRESS			registers and mapping go while commands are in flight
 *	fatal ADDRESS			the controller reports a fatal error, and is reset
 *	lose ADDRESS MS			commands that the controller never sees
 *	reset ADDRESS COUNT retry|plain	resets while two threads write, read and compare
 *	storm ADDRESS COUNT shadow|plain	resets while four threads submit as fast as they can
 *	doorbells ADDRESS COUNT		reads with shadow doorbells and without, COUNT times
 *	db-count ADDRESS ENTRIES AT_ONCE COUNT shadow|plain	doorbell writes of COUNT reads
 *	log ADDRESS			log pages
 *	figures ADDRESS FOLDER		what the controller says of itself, as files
 *	events ADDRESS COUNT		waits for events
 *	features ADDRESS		what was set is still set after resets
 *	change ADDRESS ADDRESS		attaches, detaches and formats through the second controller
 *	limits ADDRESS BYTES QUEUES	the controller's limits, and beyond
 *	protect ADDRESS COUNT		tuples of each namespace with protection information: COUNT of them
 *	tuples ADDRESS NSID FILE read|write|spoil	as the kernel's driver has them
 *	formats ADDRESS			namespace 1 is zoned, namespace 2 has metadata
 *	full ADDRESS			watches the drive when all that can be mapped is
 *	manage DEVICE CNTLID online|offline	a virtual function, by its physical one's driver
 *	endure ADDRESS SECONDS SEED SPREAD_MS	I/O while faults of every kind are injected
 *	tsc				kHz of the time-stamp counter: to be run on the host
 *	as UID KIB COMMAND...		run COMMAND as UID with a locked-memory limit
 *
 * Exit status: 0; 1 with the reason as the last line; 2 usage.
 */
#include "vm_tool.h"

#include <errno.h>
#include <grp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_SECONDS = 30, IDLE_TRIES = 4 };

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vprintf(format, args);
	va_end(args);
	(void)putchar('\n');
	exit(1);
}

void must(int ret, const char *what)
{
	if (ret)
		die("%s: %s: %s", what, nvu_strerror(ret), ret < 0 ? nvu_last_error() : "");
}

void say(const char *line)
{
	(void)puts(line);
	(void)fflush(stdout);
}

uint64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t number_of(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 0);

	if (end == text || *end)
		die("\"%s\" is no number", text);
	return value;
}

uint64_t cpu_ns(void)
{
	struct timespec used;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

static bool is_idle(int (*wait)(void *arg), void *arg, uint64_t idle_ms, int qpairs)
{
	const uint64_t began_ms = now_ms(), began_ns = cpu_ns();
	uint64_t took_ms, used_ns;

	must(wait(arg), "waiting for nothing");
	took_ms = now_ms() - began_ms;
	used_ns = cpu_ns() - began_ns;
	printf("# an idle wait of %llu ms for %d queue pairs: %.2f %% of a core\n",
	       (unsigned long long)took_ms, qpairs, (double)used_ns / 1e4 / (double)took_ms);
	if (took_ms < idle_ms)
		die("it ended early");
	return used_ns / 10000 < took_ms;
}

void must_be_idle(int (*wait)(void *arg), void *arg, uint64_t idle_ms, int qpairs)
{
	for (int i = 0; i < IDLE_TRIES; i++)
		if (is_idle(wait, arg, idle_ms, qpairs))
			return;
	die("it takes more than 1 %% of a core, %d times", IDLE_TRIES);
}

uint32_t ready_timeout_ms(void)
{
	const char *text = getenv("READY_TIMEOUT_MS");

	return text ? (uint32_t)number_of(text) : 0;
}

struct drive drive_open_opts(const char *address, const struct nvu_ctrl_opts *ctrl_opts,
			     const struct nvu_qpair_opts *qpair_opts)
{
	struct drive drive;

	must(nvu_ctrl_open(address, ctrl_opts, &drive.ctrl), address);
	must(nvu_qpair_create(drive.ctrl, qpair_opts, &drive.qpair), "creating a queue pair");
	return drive;
}

struct drive drive_open(const char *address, uint32_t depth)
{
	return drive_open_opts(address, NULL, NVU_QPAIR_OPTS(.depth = depth));
}

void drive_close(struct drive *drive)
{
	nvu_qpair_destroy(drive->qpair);
	nvu_ctrl_close(drive->ctrl);
}

const struct nvu_ns *drive_ns(struct drive *drive, uint32_t nsid)
{
	const struct nvu_ns *ns;

	must(nvu_ns_get(drive->ctrl, nsid, &ns), "namespace");
	return ns;
}

void drive_wait(struct drive *drive, uint32_t count)
{
	struct nvu_cpl cpls[64];
	const time_t deadline = time(NULL) + WAIT_SECONDS;

	while (count) {
		int reaped = nvu_poll(drive->qpair, cpls, 64);

		if (reaped < 0)
			must(reaped, "polling");
		for (int i = 0; i < reaped; i++)
			must(cpls[i].status, "a command");
		if ((uint32_t)reaped > count)
			die("%u completions too many", (uint32_t)reaped - count);
		count -= (uint32_t)reaped;
		if (!reaped && time(NULL) > deadline)
			die("%u commands without an answer after %d s", count, WAIT_SECONDS);
	}
}

struct nvu_dma *dma_alloc(struct drive *drive, size_t len)
{
	struct nvu_dma *buf;

	must(nvu_dma_alloc(drive->ctrl, len, &buf), "allocating memory");
	return buf;
}

void fill_noise(void *memory, size_t len, uint64_t seed)
{
	uint64_t x = seed * 2862933555777941757ull + 3037000493ull;

	for (size_t at = 0; at + 8 <= len; at += 8) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		memcpy((char *)memory + at, &x, 8);
	}
}

static uint64_t ticks_now(void)
{
#if defined(__x86_64__)
	return __builtin_ia32_rdtsc();
#else
	die("there is no time-stamp counter here");
#endif
}

static int cmd_identify(int argc, char **argv)
{
	const struct nvu_ctrl_info *info;
	struct drive drive;

	(void)argc;
	drive = drive_open(argv[0], 0);
	info = nvu_ctrl_info(drive.ctrl);
	printf("serial=%s\nmodel=%s\nfirmware_rev=%s\nsubsysnqn=%s\ncntlid=%u\n", info->serial,
	       info->model, info->firmware, info->subnqn, (unsigned int)info->cntlid);
	for (uint32_t id = nvu_ns_next(drive.ctrl, 0); id; id = nvu_ns_next(drive.ctrl, id)) {
		const struct nvu_ns_info *ns = nvu_ns_info(drive_ns(&drive, id));

		printf("ns %u sectors=%llu block=%u\n", id,
		       (unsigned long long)(ns->blocks * ns->block_bytes / 512), ns->block_bytes);
	}
	drive_close(&drive);
	return 0;
}

static int cmd_open(int argc, char **argv)
{
	struct nvu_ctrl *ctrl;

	(void)argc;
	must(nvu_ctrl_open(argv[0], NULL, &ctrl), argv[0]);
	nvu_ctrl_close(ctrl);
	return 0;
}

static int cmd_hold(int argc, char **argv)
{
	struct nvu_ctrl *ctrl;

	(void)argc;
	must(nvu_ctrl_open(argv[0], NULL, &ctrl), argv[0]);
	say("open");
	while (getchar() != EOF)
		;
	nvu_ctrl_close(ctrl);
	return 0;
}

static int cmd_alloc(int argc, char **argv)
{
	struct nvu_ctrl *ctrl;
	struct nvu_dma *buf;
	long before, during;

	(void)argc;
	must(nvu_ctrl_open(argv[0], NULL, &ctrl), argv[0]);
	before = usage_now().free_hugepages;
	must(nvu_dma_alloc(ctrl, number_of(argv[1]), &buf), "allocating memory");
	during = usage_now().free_hugepages;
	must(nvu_dma_free(buf), "freeing memory");
	printf("# took %ld huge pages\n", before - during);
	if (usage_now().free_hugepages != before)
		die("%ld huge pages are left of %ld", usage_now().free_hugepages, before);
	nvu_ctrl_close(ctrl);
	return 0;
}

static int cmd_as(int argc, char **argv)
{
	const uid_t uid = (uid_t)number_of(argv[0]);
	const rlim_t bytes = number_of(argv[1]) * 1024;
	const struct rlimit limit = { bytes, bytes };

	(void)argc;
	if (setrlimit(RLIMIT_MEMLOCK, &limit) || setgroups(0, NULL) || setgid(uid) || setuid(uid))
		die("cannot become user %u: %s", uid, strerror(errno));
	(void)execvp(argv[2], argv + 2);
	die("%s: %s", argv[2], strerror(errno));
}

/* Nanoseconds and ticks at the same moment: of several pairs the one that took the fewest. */
static void read_clocks(uint64_t *ret_ns, uint64_t *ret_ticks)
{
	uint64_t shortest = UINT64_MAX;

	for (int i = 0; i < 100; i++) {
		const uint64_t before = ticks_now();
		struct timespec now;
		uint64_t after;

		(void)clock_gettime(CLOCK_MONOTONIC_RAW, &now);
		after = ticks_now();
		if (after - before >= shortest)
			continue;
		shortest = after - before;
		*ret_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
		*ret_ticks = before;
	}
}

static int cmd_tsc(int argc, char **argv)
{
	uint64_t ns[2] = { 0 }, ticks[2] = { 0 };

	(void)argc;
	(void)argv;
	read_clocks(&ns[0], &ticks[0]);
	(void)nanosleep(&(struct timespec){ .tv_nsec = 100 * 1000 * 1000 }, NULL);
	read_clocks(&ns[1], &ticks[1]);
	printf("%llu\n", (unsigned long long)((ticks[1] - ticks[0]) * 1000000 / (ns[1] - ns[0])));
	return 0;
}

static const struct {
	const char *name;
	int arguments; /* at least */
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "identify", 1, cmd_identify }, { "open", 1, cmd_open },
	{ "hold", 1, cmd_hold },	 { "alloc", 2, cmd_alloc },
	{ "write", 3, cmd_write },	 { "read", 4, cmd_read },
	{ "sizes", 2, cmd_sizes },	 { "shared", 2, cmd_shared },
	{ "depth", 1, cmd_depth },	 { "nvm", 1, cmd_nvm },
	{ "block", 2, cmd_block },	 { "wild", 1, cmd_wild },
	{ "cycles", 2, cmd_cycles },	 { "as", 3, cmd_as },
	{ "hang", 2, cmd_hang },	 { "vanish", 1, cmd_vanish },
	{ "fatal", 1, cmd_fatal },	 { "lose", 2, cmd_lose },
	{ "reset", 3, cmd_reset },	 { "doorbells", 2, cmd_doorbells },
	{ "db-count", 5, cmd_db_count }, { "log", 1, cmd_log },
	{ "events", 2, cmd_events },	 { "limits", 3, cmd_limits },
	{ "formats", 1, cmd_formats },	 { "endure", 4, cmd_endure },
	{ "noise", 3, cmd_noise },	 { "same", 4, cmd_same },
	{ "change", 2, cmd_change },	 { "full", 1, cmd_full },
	{ "wait", 1, cmd_wait },	 { "late", 1, cmd_late },
	{ "manage", 3, cmd_manage },	 { "storm", 3, cmd_storm },
	{ "tsc", 0, cmd_tsc },		 { "features", 1, cmd_features },
	{ "figures", 2, cmd_figures },	 { "rings", 2, cmd_rings },
	{ "protect", 2, cmd_protect },	 { "tuples", 4, cmd_tuples },
	{ "group", 2, cmd_group },	 { "gather", 2, cmd_gather },
	{ "fds", 3, cmd_fds },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name) && argc - 2 >= commands[i].arguments)
			return commands[i].run(argc - 2, argv + 2);
	(void)fprintf(stderr, "vm_tool: wrong usage; the head of vm_tool.c is the manual\n");
	return 2;
}
