/* SPDX-License-Identifier: MIT */
/*
 * worker.h: a thread with one job on every controller, and how the main thread steers it.
 *
 * The main thread sets the phase. A worker drives its jobs until the phase changes or nothing is
 * outstanding; then it says so and sleeps until the phase changes.
 */
#ifndef PERF_WORKER_H
#define PERF_WORKER_H

#include "job.h"

#include <pthread.h>

enum phase {
	PHASE_NONE,
	PHASE_FILL,    /* write what --verify will read */
	PHASE_WARMUP,  /* the workload, not counted */
	PHASE_MEASURE, /* the workload */
	PHASE_STOP,    /* begin nothing, collect what is outstanding, end */
	PHASE_ABANDON, /* end at once */
};

/* What workers and the main thread share. */
struct steering {
	_Atomic int phase; /* written under the lock */
	_Atomic bool died; /* a job can do no more */
	int event_fd;	   /* written when there is something to look at */
	pthread_mutex_t lock;
	pthread_cond_t phase_changed;
	uint32_t idle; /* workers with nothing outstanding in this phase; under the lock */
};

/* What a thread has used while measuring. */
struct usage {
	uint64_t ticks;
	uint64_t cpu_ns;
	uint64_t system_ns; /* of that, inside the kernel */
	uint64_t switches;  /* times another thread took the processor */
	uint64_t polls;
	uint64_t empty_polls;
	uint64_t sq_doorbells; /* writes */
	uint64_t cq_doorbells;
	uint64_t doorbell_registers; /* writes of both kinds that reached a register */
};

struct worker {
	struct steering *steering;
	struct job *jobs;
	uint32_t job_count;
	int phase;
	bool measuring;
	bool reported_death;
	uint64_t began; /* ticks: when measuring began */
	uint64_t ended;
	struct usage usage;
	struct histogram ignored[2]; /* latencies that do not count */
	uint64_t count;		     /* I/Os of a job; 0: no limit */
	bool counter;
	pthread_t thread;
};

int steering_init(struct steering *steering);
void steering_fini(struct steering *steering);
void steering_set_phase(struct steering *steering, enum phase phase);
uint32_t steering_idle(struct steering *steering);

/* The thread; @arg is a struct worker. */
void *worker_main(void *arg);

#endif /* PERF_WORKER_H */
