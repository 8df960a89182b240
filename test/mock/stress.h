/* SPDX-License-Identifier: MIT */
/*
 * stress.h: a worker that keeps a queue pair full of random reads, writes and flushes, checks each
 * answer, and goes on through whatever befalls the controller until that is dead. It knows the
 * public API only, and serves the mock as well as real controllers.
 */
#ifndef NVU_TEST_STRESS_H
#define NVU_TEST_STRESS_H

#include "cells.h"

#include <nvu/nvu.h>

#include <pthread.h>

enum { STRESS_CELLS = 256, STRESS_SPAN_MAX = 8, STRESS_WORKERS_MAX = 64 };

/* Over all workers and lives; atomic. */
struct stress_counts {
	uint64_t accepted, succeeded, failed, timed_out, canceled;
	uint64_t corrupt; /* reads that succeeded, with data corrupted as faults do it */
	uint64_t wrong;	  /* with any other data than they could have */
	uint64_t lies;	  /* answers to no command or to one answered before, other statuses */
	uint64_t unanswered;
	uint64_t full;	       /* times that a queue pair took no more */
	uint64_t slowest_ms;   /* of the reads and writes, from queueing to the answer */
	uint64_t digest;       /* of all answers, in their order, and of when they came */
	char first_wrong[448]; /* of `wrong`: which cell, when, and what it holds */
	bool has_first_wrong;  /* atomic: somebody writes that */
};

struct stress {
	/* by the owner */
	pthread_t thread;
	uint64_t random;
	uint64_t first_lba; /* of its STRESS_CELLS cells */
	uint32_t depth;
	bool no_flush; /* reads and writes only */
	struct nvu_ctrl *ctrl;
	const struct nvu_ns *ns;
	struct stress_counts *counts;
	const unsigned *stop; /* atomic */
	/* Called before each poll, for a device that has no life of its own; else NULL. */
	void (*step)(struct stress *stress);
	void (*between)(struct stress *stress); /* called now and then; may be NULL */

	/* through all lives */
	struct cell cells[STRESS_CELLS];
	uint64_t next_version; /* the next one, above 0, for each write of this worker */

	/* one life */
	struct nvu_qpair *qpair;
	struct nvu_dma *buf, *other;
	struct nvu_piece places[STRESS_CELLS]; /* of the cells, in these two */
	uint64_t flushes;		       /* in flight */
	uint64_t turn;
	uint64_t queued_ms[STRESS_CELLS]; /* when the command on a cell was */
};

uint64_t stress_random(uint64_t *state);

/* Before its first life. */
void stress_init(struct stress *stress);

/* The process of its last life was killed: what was in flight may have been carried out or not. */
void stress_recall(struct stress *stress);

/* One life: until *stop, or the controller is dead. A thread's function; arg: struct stress. */
void *stress_live(void *arg);

#endif
