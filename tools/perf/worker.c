/* SPDX-License-Identifier: MIT */
/*
 * worker.c: a thread's loop over its jobs, and its change from phase to phase.
 */
#include "worker.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

int steering_init(struct steering *steering)
{
	*steering = (struct steering){ .event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) };
	if (steering->event_fd < 0)
		return -errno;
	pthread_mutex_init(&steering->lock, NULL);
	pthread_cond_init(&steering->phase_changed, NULL);
	return 0;
}

void steering_fini(struct steering *steering)
{
	pthread_cond_destroy(&steering->phase_changed);
	pthread_mutex_destroy(&steering->lock);
	close(steering->event_fd);
}

void steering_set_phase(struct steering *steering, enum phase phase)
{
	pthread_mutex_lock(&steering->lock);
	atomic_store(&steering->phase, phase);
	steering->idle = 0;
	pthread_cond_broadcast(&steering->phase_changed);
	pthread_mutex_unlock(&steering->lock);
}

uint32_t steering_idle(struct steering *steering)
{
	uint32_t idle;

	pthread_mutex_lock(&steering->lock);
	idle = steering->idle;
	pthread_mutex_unlock(&steering->lock);
	return idle;
}

static void wake_main(struct steering *steering)
{
	/* A counter that is full wakes as well. */
	(void)!write(steering->event_fd, &(uint64_t){ 1 }, sizeof(uint64_t));
}

static void report_idle(struct steering *steering, int phase)
{
	pthread_mutex_lock(&steering->lock);
	if (atomic_load(&steering->phase) == phase) {
		steering->idle++;
		wake_main(steering);
	}
	pthread_mutex_unlock(&steering->lock);
}

/* Nothing is outstanding: sleep until @phase is over. */
static void wait_phase_over(struct steering *steering, int phase)
{
	report_idle(steering, phase);
	pthread_mutex_lock(&steering->lock);
	while (atomic_load(&steering->phase) == phase)
		pthread_cond_wait(&steering->phase_changed, &steering->lock);
	pthread_mutex_unlock(&steering->lock);
}

static uint64_t timeval_ns(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * 1000000000u + (uint64_t)time->tv_usec * 1000u;
}

/* Everything so far; what counts is the difference of two. */
static struct usage read_usage(const struct worker *worker)
{
	struct usage usage = { .ticks = ticks_now(worker->counter) };
	struct timespec cpu;
	struct rusage rusage;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
	usage.cpu_ns = (uint64_t)cpu.tv_sec * 1000000000u + (uint64_t)cpu.tv_nsec;
	(void)getrusage(RUSAGE_THREAD, &rusage);
	usage.system_ns = timeval_ns(&rusage.ru_stime);
	usage.switches = (uint64_t)rusage.ru_nivcsw;
	for (uint32_t i = 0; i < worker->job_count; i++) {
		struct nvu_qpair_stats stats;

		nvu_qpair_stats(worker->jobs[i].qpair, &stats, sizeof(stats));
		usage.polls += stats.polls;
		usage.empty_polls += stats.empty_polls;
		usage.sq_doorbells += stats.sq_doorbells;
		usage.cq_doorbells += stats.cq_doorbells;
		usage.doorbell_registers += stats.doorbell_registers;
	}
	return usage;
}

static void begin_measuring(struct worker *worker)
{
	worker->usage = read_usage(worker);
	worker->began = worker->usage.ticks;
	worker->measuring = true;
}

static struct usage usage_since(const struct usage *then, const struct usage *now)
{
	return (struct usage){
		.ticks = now->ticks - then->ticks,
		.cpu_ns = now->cpu_ns - then->cpu_ns,
		.system_ns = now->system_ns - then->system_ns,
		.switches = now->switches - then->switches,
		.polls = now->polls - then->polls,
		.empty_polls = now->empty_polls - then->empty_polls,
		.sq_doorbells = now->sq_doorbells - then->sq_doorbells,
		.cq_doorbells = now->cq_doorbells - then->cq_doorbells,
		.doorbell_registers = now->doorbell_registers - then->doorbell_registers,
	};
}

static void end_measuring(struct worker *worker)
{
	struct usage now = read_usage(worker);

	if (!worker->measuring)
		return;
	worker->measuring = false;
	worker->ended = now.ticks;
	worker->usage = usage_since(&worker->usage, &now);
}

static void begin_job(struct worker *worker, struct job *job)
{
	switch (worker->phase) {
	case PHASE_FILL:
		job_begin_fill(job, worker->ignored);
		break;
	case PHASE_WARMUP:
		job_begin(job, UINT64_MAX, worker->ignored);
		break;
	case PHASE_MEASURE:
		job_begin(job, worker->count ? worker->count : UINT64_MAX, job->measured);
		break;
	case PHASE_ABANDON:
		job->lost += job->outstanding;
		/* fall through */
	default:
		job_stop(job, worker->ignored);
		break;
	}
}

static void enter_phase(struct worker *worker, int phase)
{
	if (worker->phase == PHASE_MEASURE)
		end_measuring(worker);
	worker->phase = phase;
	if (phase == PHASE_MEASURE)
		begin_measuring(worker);
	for (uint32_t i = 0; i < worker->job_count; i++)
		begin_job(worker, &worker->jobs[i]);
}

static void report_death(struct worker *worker)
{
	if (worker->reported_death)
		return;
	worker->reported_death = true;
	atomic_store(&worker->steering->died, true);
	wake_main(worker->steering);
}

/* One round over the jobs. False when none of them has a command outstanding. */
static inline bool step_jobs(struct worker *worker)
{
	bool busy = false;

	for (uint32_t i = 0; i < worker->job_count; i++) {
		struct job *job = &worker->jobs[i];

		if (job->outstanding) {
			job_step(job);
			if (job->outstanding)
				busy = true;
			else
				job->finished = ticks_now(job->counter);
		}
		if (__builtin_expect(job->dead, 0))
			report_death(worker);
	}
	return busy;
}

/* Until nothing is outstanding or the phase is over. */
static void drive_jobs(struct worker *worker)
{
	_Atomic int *phase = &worker->steering->phase;

	if (worker->phase == PHASE_ABANDON)
		return;
	while (step_jobs(worker)) {
		if (atomic_load_explicit(phase, memory_order_relaxed) != worker->phase)
			return;
	}
	if (worker->phase == PHASE_MEASURE)
		end_measuring(worker);
}

void *worker_main(void *arg)
{
	struct worker *worker = arg;
	struct steering *steering = worker->steering;

	while (worker->phase < PHASE_STOP) {
		wait_phase_over(steering, worker->phase);
		do {
			enter_phase(worker, atomic_load(&steering->phase));
			drive_jobs(worker);
		} while (atomic_load(&steering->phase) != worker->phase);
	}
	report_idle(steering, worker->phase);
	return NULL;
}
