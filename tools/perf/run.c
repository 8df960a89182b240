/* SPDX-License-Identifier: MIT */
/*
 * run.c: the main thread: sets up, leads the workers through the phases, shows progress, and
 * never waits for them without a limit.
 */
#include "run.h"

#include "progress.h"
#include "say.h"
#include "story.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TICK_MS = 50, GRACE_MS = 3000 };

enum outcome {
	TIME_IS_UP,
	ALL_IDLE, /* every job has done what it was to do */
	INTERRUPTED,
	JOB_DIED,
	STALLED, /* commands are outstanding and no answer comes, not even a time-out */
};

static int interrupt_fd = -1;
static volatile sig_atomic_t interrupted;

/* The first signal ends the run in order; the handler is gone then, a second one kills. */
static void on_signal(int signal)
{
	int saved = errno;

	(void)signal;
	interrupted = 1;
	(void)!write(interrupt_fd, &(uint64_t){ 1 }, sizeof(uint64_t));
	errno = saved;
}

static void catch_signals(int event_fd)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };

	interrupt_fd = event_fd;
	interrupted = 0;
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
}

static void release_signals(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };

	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
}

static struct progress read_progress(const struct run *run)
{
	struct progress progress = { .options = run->options };

	for (uint32_t i = 0; i < run->threads * run->target_count; i++) {
		struct job *job = &run->jobs[i];
		uint64_t done = atomic_load_explicit(&job->done, memory_order_relaxed);

		progress.done += done;
		progress.done_bytes += done * job->target->io_bytes;
		progress.errors += atomic_load_explicit(&job->errors, memory_order_relaxed);
	}
	return progress;
}

static void sleep_a_tick(struct run *run, uint64_t until_ns)
{
	struct pollfd event = { .fd = run->steering.event_fd, .events = POLLIN };
	uint64_t now = monotonic_ns(), ms = TICK_MS, events;

	if (until_ns > now && (until_ns - now) / 1000000u < ms)
		ms = (until_ns - now) / 1000000u + 1;
	if (poll(&event, 1, (int)ms) == 1)
		(void)!read(run->steering.event_fd, &events, sizeof(events));
}

static const char *reset_words(uint8_t reason)
{
	static const char *const words[] = {
		[NVU_RESET_CALLER] = "the program asked for it",
		[NVU_RESET_FAILED] = "it had failed",
		[NVU_RESET_SILENT] = "its registers read as all ones",
		[NVU_RESET_LATE] = "commands were late",
		[NVU_RESET_CREATE] = "a queue could not be created",
		[NVU_RESET_DELETE] = "a queue could not be deleted",
		[NVU_RESET_IDENTIFY] = "it could not be identified after a reset",
	};

	return reason < sizeof(words) / sizeof(words[0]) && words[reason] ? words[reason]
									  : "another reason";
}

/* The kernel asks for a device back, to remove it or to unbind it: stop, so that it can be closed. */
static bool wanted_back(struct run *run)
{
	for (uint32_t i = 0; i < run->target_count; i++) {
		const char *address = run->targets[i].address;
		struct nvu_event event;

		if (nvu_ctrl_service(run->targets[i].ctrl, &event) != 1)
			continue;
		if (event.type == NVU_EVENT_RESET)
			say("%s: the controller was reset %d time%s: %s", address, event.value,
			    event.value == 1 ? "" : "s", reset_words(event.info));
		if (event.type != NVU_EVENT_RELEASE)
			continue;
		say("%s: the kernel asks for the device back: stopping", address);
		return true;
	}
	return false;
}

/*
 * Until @limit_ns have passed (0: no limit) or something else ends the phase. Being interrupted
 * or a job's death ends it only where @stoppable.
 */
static enum outcome wait_phase(struct run *run, enum phase phase, uint64_t limit_ns, bool stoppable)
{
	uint64_t began = monotonic_ns(), now = began, answered = began, done = UINT64_MAX;
	uint64_t patience_ns = (run->options->timeout_ms + GRACE_MS) * 1000000ull;

	for (;;) {
		struct progress progress = read_progress(run);

		if (progress.done != done)
			answered = now;
		done = progress.done;
		progress.phase = phase;
		progress.ns = now - began;
		progress.limit_ns = limit_ns;
		progress_show(&progress);
		if (phase == PHASE_MEASURE)
			series_add(&run->series, progress.ns, done);
		if (stoppable && (interrupted || wanted_back(run)))
			return INTERRUPTED;
		if (stoppable && atomic_load(&run->steering.died))
			return JOB_DIED;
		if (steering_idle(&run->steering) == run->threads)
			return ALL_IDLE;
		if (limit_ns && now - began >= limit_ns)
			return TIME_IS_UP;
		if (now - answered > patience_ns)
			return STALLED;
		sleep_a_tick(run, limit_ns ? began + limit_ns : UINT64_MAX);
		now = monotonic_ns();
	}
}

static enum outcome do_phase(struct run *run, enum phase phase, uint64_t limit_ns)
{
	steering_set_phase(&run->steering, phase);
	return wait_phase(run, phase, limit_ns, phase != PHASE_STOP);
}

/* False when the run must end. */
static bool prepare(struct run *run)
{
	const struct options *options = run->options;
	enum outcome outcome = ALL_IDLE;

	if (options->verify && !options->workload->writes)
		outcome = do_phase(run, PHASE_FILL, 0);
	if (outcome == ALL_IDLE && options->warmup_ns)
		outcome = do_phase(run, PHASE_WARMUP, options->warmup_ns);
	run->interrupted = outcome == INTERRUPTED;
	run->failed = outcome == JOB_DIED || outcome == STALLED;
	return !run->interrupted && !run->failed;
}

static void measure(struct run *run)
{
	enum outcome outcome = do_phase(run, PHASE_MEASURE, run->options->time_ns);

	run->interrupted = outcome == INTERRUPTED;
	run->failed = outcome == JOB_DIED || outcome == STALLED;
}

/* Every command has a deadline in the library; this one is for when that does not hold. */
static void stop_workers(struct run *run)
{
	uint64_t limit_ns = (run->options->timeout_ms + GRACE_MS) * 1000000ull;

	if (do_phase(run, PHASE_STOP, limit_ns) != ALL_IDLE) {
		run->failed = true;
		steering_set_phase(&run->steering, PHASE_ABANDON);
	}
	for (uint32_t i = 0; i < run->threads; i++)
		pthread_join(run->workers[i].thread, NULL);
}

static int start_workers(struct run *run)
{
	uint32_t wanted = run->options->threads;
	int ret = 0;

	while (!ret && run->threads < wanted) {
		struct worker *worker = &run->workers[run->threads];

		ret = pthread_create(&worker->thread, NULL, worker_main, worker);
		run->threads += !ret;
	}
	if (ret)
		say("cannot start thread %u: %s", run->threads + 1, strerror(ret));
	return ret ? EXIT_FAILED : 0;
}

/* A reset that nvu has begun goes on while something asks for its steps; its end belongs to the story. */
static void end_resets(struct run *run)
{
	const struct timespec pause = { .tv_nsec = 100000 };
	const uint64_t until_ns = monotonic_ns() + run->options->timeout_ms * 1000000ull;

	for (uint32_t t = 0; t < run->target_count; t++)
		while (nvu_ctrl_reset_step(run->targets[t].ctrl) == -EAGAIN &&
		       monotonic_ns() < until_ns)
			(void)nanosleep(&pause, NULL);
}

int run_execute(struct run *run)
{
	int status;

	story_begin();
	status = start_workers(run);
	catch_signals(run->steering.event_fd);
	ticks_init(&run->clock);
	if (!status && prepare(run))
		measure(run);
	stop_workers(run);
	end_resets(run);
	story_end();
	progress_clear();
	release_signals();
	return status;
}

static int open_targets(struct run *run)
{
	const struct options *options = run->options;
	int status = 0;

	run->targets = calloc(options->address_count, sizeof(*run->targets));
	if (!run->targets) {
		say("out of memory");
		return EXIT_FAILED;
	}
	while (!status && run->target_count < options->address_count) {
		status = target_open(options->addresses[run->target_count], options,
				     &run->targets[run->target_count]);
		run->target_count += !status;
	}
	return status;
}

static void init_worker(struct run *run, uint32_t idx)
{
	struct worker *worker = &run->workers[idx];

	worker->steering = &run->steering;
	worker->jobs = &run->jobs[idx * run->target_count];
	worker->job_count = run->target_count;
	worker->count = run->options->count;
	worker->counter = run->clock.counter;
}

static int create_jobs(struct run *run)
{
	uint32_t threads = run->options->threads;
	int status = 0;

	run->workers = calloc(threads, sizeof(*run->workers));
	run->jobs = calloc((size_t)threads * run->target_count, sizeof(*run->jobs));
	if (!run->workers || !run->jobs) {
		say("out of memory");
		return EXIT_FAILED;
	}
	for (uint32_t w = 0; w < threads; w++) {
		init_worker(run, w);
		for (uint32_t t = 0; !status && t < run->target_count; t++)
			status = job_init(&run->jobs[w * run->target_count + t], run->options,
					  &run->targets[t], w, run->clock.counter);
	}
	return status;
}

int run_init(struct run *run, const struct options *options)
{
	int status = 0;

	memset(run, 0, sizeof(*run));
	run->options = options;
	series_init(&run->series);
	ticks_init(&run->clock);
	status = steering_init(&run->steering);
	if (status) {
		say("cannot make an event descriptor: %s", strerror(-status));
		return EXIT_FAILED;
	}
	story_listen();
	status = open_targets(run);
	if (!status)
		status = create_jobs(run);
	if (status)
		run_fini(run);
	return status;
}

void run_fini(struct run *run)
{
	for (uint32_t i = 0; run->jobs && i < run->options->threads * run->target_count; i++)
		job_fini(&run->jobs[i]);
	for (uint32_t i = 0; i < run->target_count; i++)
		target_close(&run->targets[i]);
	free(run->jobs);
	free(run->workers);
	free(run->targets);
	steering_fini(&run->steering);
}
