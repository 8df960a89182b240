/* SPDX-License-Identifier: MIT */
/*
 * vm_endure.c: vm_tool's "endure": threads read and write at full depth and verify every read while
 * faults are injected; the program is killed and started again, the drive pulled out and put back. They do not
 * flush: QEMU 7.2 crashes when it is reset with a flush in flight, whose queue it has freed by then.
 *
 * What the drive may hold, the counters and the faults to come are memory shared with a parent, which
 * outlives the process that works.
 */
#include "stress.h"
#include "vm_inject.h"
#include "vm_tool.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	WORKERS = 3,
	ENTRIES = 64,
	FIRST_BYTE = 16 << 20, /* of the drive; before and behind their cells it stays as new */
	IO_TIMEOUT_MS = 1000,
	LIFE_MS = 15000,
	/* Above all that a loaded machine, which emulates slowly, may take. */
	ANSWER_MS_MAX = 60000,
	STILL_MS_MAX = 200000,
	/* Lives after which a process has all the memory that it ever needs. */
	SETTLED_LIVES = 3,
	GROWTH_KIB_MAX = 4096,
	/* As test/vm/run makes the drive: cells that cannot be read. */
	BAD_CELLS = 2,
};

/* Shared by parent and child. */
struct shared {
	struct stress workers[WORKERS];
	struct stress_counts counts;
	struct injections injections;
	uint64_t begin_ms, printed_ms, lives, processes;
	long resident_kib_max, grown_kib_max;
	bool finished;
};

static struct endurance {
	struct inject_target target;
	uint64_t end_ms;
	struct shared *shared;
	unsigned stop; /* atomic */
} run;

/* Time is over, and one round of faults has been injected. */
static bool is_over(void)
{
	return now_ms() >= run.end_ms && inject_had_round(&run.shared->injections);
}

/* --- a life --------------------------------------------------------------------------------------------- */

static void *work(void *arg)
{
	(void)stress_live(arg);
	(void)__atomic_sub_fetch(&run.target.active, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void step(struct stress *stress)
{
	(void)stress;
	inject_gate(&run.target);
	(void)sched_yield();
}

static void start_workers(const struct nvu_ns *ns)
{
	run.stop = 0;
	run.target.shut = run.target.waiting = 0;
	run.target.workers = run.target.active = WORKERS;
	for (uint32_t idx = 0; idx < WORKERS; idx++) {
		struct stress *worker = &run.shared->workers[idx];

		worker->ctrl = run.target.ctrl;
		worker->ns = ns;
		worker->stop = &run.stop;
		worker->step = step;
		if (pthread_create(&worker->thread, NULL, work, worker))
			die("no thread");
	}
}

static void join_workers(void)
{
	__atomic_store_n(&run.stop, 1, __ATOMIC_RELAXED);
	for (uint32_t idx = 0; idx < WORKERS; idx++)
		(void)pthread_join(run.shared->workers[idx].thread, NULL);
}

static void print_state(FILE *file)
{
	const struct shared *shared = run.shared;
	const struct stress_counts *counts = &shared->counts;

	(void)fprintf(
		file,
		"# %llu commands: %llu succeeded, %llu failed, %llu timed out, %llu canceled; "
		"the slowest answer after %llu ms; %llu lives, %llu processes\n#",
		(unsigned long long)counts->accepted, (unsigned long long)counts->succeeded,
		(unsigned long long)counts->failed, (unsigned long long)counts->timed_out,
		(unsigned long long)counts->canceled, (unsigned long long)counts->slowest_ms,
		(unsigned long long)shared->lives, (unsigned long long)shared->processes);
	for (int kind = 0; kind < KINDS; kind++)
		(void)fprintf(file, "%s %llu %s", kind ? "," : "",
			      (unsigned long long)shared->injections.count[kind],
			      inject_name((enum kind)kind));
	(void)fprintf(file, "; %llu resets failed\n# %ld KiB resident at most, %ld grown at most\n",
		      (unsigned long long)shared->injections.reset_errors, shared->resident_kib_max,
		      shared->grown_kib_max);
	(void)fflush(file);
}

/*
 * Prints a line for each fault, and the counters once a minute, for a person who watches. The thread that injects
 * faults calls it: only that thread may use the console, by which QEMU gets its commands.
 */
static void report(enum kind kind)
{
	struct shared *shared = run.shared;
	const char *wanted = getenv("ENDURANCE_REPORTS");
	FILE *console = wanted && *wanted ? fopen("/dev/console", "w") : NULL;

	if (!console)
		return;
	(void)fprintf(console, "# %llu s: %s\n",
		      (unsigned long long)(now_ms() - shared->begin_ms) / 1000,
		      inject_name((enum kind)kind));
	if (now_ms() > shared->printed_ms + 60000) {
		shared->printed_ms = now_ms();
		print_state(console);
	}
	(void)fclose(console);
}

/* After each life: QEMU may end before the run does. */
static void judge_answers(void)
{
	const struct stress_counts *counts = &run.shared->counts;

	if (counts->lies)
		die("%llu answers to no command in flight, or with a strange status",
		    (unsigned long long)counts->lies);
	if (counts->unanswered)
		die("%llu commands were never answered", (unsigned long long)counts->unanswered);
	if (counts->wrong || counts->corrupt)
		die("%llu reads had wrong data; the first: %s (the program began at %llu ms)",
		    (unsigned long long)(counts->wrong + counts->corrupt), counts->first_wrong,
		    (unsigned long long)run.shared->begin_ms);
}

/* Works with one controller, until its time is over or it is dead. */
static void live(void)
{
	const uint64_t end_ms = now_ms() + LIFE_MS;
	enum kind kind = KINDS;
	const struct nvu_ns *ns;

	must(nvu_ctrl_open(run.target.address,
			   NVU_CTRL_OPTS(.io_timeout_ms = IO_TIMEOUT_MS,
					 .ready_timeout_ms = ready_timeout_ms()),
			   &run.target.ctrl),
	     "opening the controller");
	must(nvu_ns_get(run.target.ctrl, 1, &ns), "namespace");
	run.shared->lives++;
	start_workers(ns);
	while (kind != KIND_PULL && now_ms() < end_ms && !is_over()) {
		kind = inject_next(&run.shared->injections, &run.target, report);
		if (kind == KINDS)
			break;
	}
	join_workers();
	nvu_ctrl_close(run.target.ctrl);
	judge_answers();
	inject_progress(&run.shared->injections);
	if (kind == KIND_PULL)
		inject_plug(&run.shared->injections);
}

/* Closed, a controller leaves nothing behind; over many lives memory does not grow. */
static void check_usage(const struct usage *before, struct usage *settled, uint64_t lives)
{
	struct shared *shared = run.shared;
	struct usage now = usage_now();
	long grown;

	if (now.descriptors != before->descriptors || now.locked_kib != before->locked_kib ||
	    now.pinned_kib != before->pinned_kib)
		die("after closing: %ld descriptors, %ld KiB locked, %ld pinned; before: %ld, %ld, "
		    "%ld",
		    now.descriptors, now.locked_kib, now.pinned_kib, before->descriptors,
		    before->locked_kib, before->pinned_kib);
	if (lives <= SETTLED_LIVES)
		*settled = now;
	grown = now.resident_kib - settled->resident_kib;
	shared->grown_kib_max = grown > shared->grown_kib_max ? grown : shared->grown_kib_max;
	if (now.resident_kib > shared->resident_kib_max)
		shared->resident_kib_max = now.resident_kib;
	if (grown > GROWTH_KIB_MAX)
		die("%ld KiB are resident, %ld after %d lives", now.resident_kib,
		    settled->resident_kib, SETTLED_LIVES);
}

/* Shown when the suite fails. */
static void log_line(void *arg, int level, const char *line)
{
	(void)arg;
	(void)level;
	(void)printf("%llu ms: %s\n", (unsigned long long)(now_ms() - run.shared->begin_ms), line);
}

static void run_child(void)
{
	struct usage before = usage_now(), settled = before;

	nvu_set_log(NVU_LOG_LEVEL_INFO, log_line, NULL);
	for (uint64_t lives = 1; !is_over(); lives++) {
		live();
		check_usage(&before, &settled, lives);
	}
	run.shared->finished = true;
	(void)fflush(stdout);
	_exit(0);
}

/* --- the parent ------------------------------------------------------------------------------------------ */

static int wait_child(pid_t child)
{
	int status;

	while (!waitpid(child, &status, WNOHANG)) {
		const uint64_t progress_ms =
			__atomic_load_n(&run.shared->injections.progress_ms, __ATOMIC_RELAXED);

		if (now_ms() > progress_ms + STILL_MS_MAX) {
			(void)kill(child, SIGKILL);
			print_state(stdout);
			die("nothing has happened for %d s", STILL_MS_MAX / 1000);
		}
		(void)nanosleep(&(struct timespec){ .tv_nsec = 50 * 1000 * 1000 }, NULL);
	}
	return status;
}

static void run_processes(void)
{
	while (!run.shared->finished) {
		const uint64_t kills = run.shared->injections.count[KIND_KILL];
		pid_t child;
		int status;

		run.shared->processes++;
		inject_progress(&run.shared->injections);
		child = fork();
		if (child < 0)
			die("fork: %s", strerror(errno));
		if (!child)
			run_child();
		status = wait_child(child);
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL &&
		    run.shared->injections.count[KIND_KILL] == kills + 1) {
			for (uint32_t idx = 0; idx < WORKERS; idx++)
				stress_recall(&run.shared->workers[idx]);
		} else if (status) {
			print_state(stdout);
			if (WIFSIGNALED(status))
				die("the program was ended by signal %d", WTERMSIG(status));
			die("the program has ended, for the reason above");
		}
	}
}

/* The drive at the end: each cell is what it may be, and all around them is as new. */
static void check_drive(void)
{
	struct drive drive = drive_open(run.target.address, 0);
	const struct nvu_ns *ns = drive_ns(&drive, 1);
	const uint32_t blocks = CELL_BYTES / nvu_ns_info(ns)->block_bytes;
	const uint64_t cells = nvu_ns_info(ns)->blocks / blocks, first = FIRST_BYTE / CELL_BYTES;
	struct nvu_dma *buf = dma_alloc(&drive, CELL_BYTES);
	struct cell new_cell;
	uint32_t bad = 0;

	for (uint64_t at = 0; at < cells; at++) {
		const uint64_t idx = at - first;
		struct cell *cell = &new_cell;
		struct nvu_cpl cpl;
		int reaped;

		cell_init(&new_cell);
		if (at >= first && idx < WORKERS * STRESS_CELLS)
			cell = &run.shared->workers[idx / STRESS_CELLS].cells[idx % STRESS_CELLS];
		must(nvu_read(drive.qpair, ns, at * blocks, blocks, buf, 0, 0), "queueing");
		while (!(reaped = nvu_poll(drive.qpair, &cpl, 1)))
			;
		if (reaped < 0)
			must(reaped, "polling");
		bad += cpl.status > 0;
		if (!cpl.status && cell_read_ended(cell, nvu_dma_addr(buf)) != CELL_GOOD)
			die("at the end cell %llu holds what was never written to it",
			    (unsigned long long)at);
	}
	if (bad != BAD_CELLS)
		die("%u cells cannot be read, not %d", bad, BAD_CELLS);
	must(nvu_dma_free(buf), "freeing memory");
	drive_close(&drive);
}

static void judge(void)
{
	const struct stress_counts *counts = &run.shared->counts;

	judge_answers();
	if (counts->slowest_ms > ANSWER_MS_MAX)
		die("an answer took %llu ms", (unsigned long long)counts->slowest_ms);
	for (int kind = 0; kind < KINDS; kind++)
		if (!run.shared->injections.count[kind])
			die("%s was not injected", inject_name((enum kind)kind));
	/* Whether a late command times out is the drive's choice: QEMU's answers it when it must. */
	if (!counts->full || !counts->failed || !counts->canceled)
		die("no queue was full, or no command failed, or none was ended");
}

int cmd_endure(int argc, char **argv)
{
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	(void)argc;
	if (shared == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	run.target.address = argv[0];
	run.end_ms = now_ms() + number_of(argv[1]) * 1000;
	run.shared = shared;
	shared->begin_ms = now_ms();
	inject_init(&shared->injections, number_of(argv[2]), number_of(argv[3]));
	(void)printf("# seed %s\n", argv[2]);
	(void)fflush(stdout); /* not once more by each child */
	for (uint32_t idx = 0; idx < WORKERS; idx++) {
		struct stress *worker = &shared->workers[idx];

		stress_init(worker);
		worker->random = stress_random(&shared->injections.random);
		worker->first_lba = (FIRST_BYTE + (uint64_t)idx * STRESS_CELLS * CELL_BYTES) / 512;
		worker->depth = ENTRIES;
		worker->no_flush = true; /* see the head */
		worker->counts = &shared->counts;
	}
	run_processes();
	print_state(stdout);
	judge();
	check_drive();
	return 0;
}
