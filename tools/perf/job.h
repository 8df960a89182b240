/* SPDX-License-Identifier: MIT */
/*
 * job.h: one queue pair kept busy: the part of perf that runs for every I/O.
 *
 * A job belongs to one thread while it runs; another may look at done and errors at any time.
 */
#ifndef PERF_JOB_H
#define PERF_JOB_H

#include "histogram.h"
#include "target.h"
#include "ticks.h"
#include "verify.h"

#include <stdatomic.h>

enum { JOB_ERROR_KINDS = 4, JOB_READ = 0, JOB_WRITE = 1 };

/* What a command in flight was. */
struct job_slot {
	uint64_t start; /* ticks */
	uint64_t lba;
};

/* Commands that failed alike. */
struct job_error {
	int status;
	bool write;
	uint64_t count;
	uint64_t lba; /* of the first */
};

struct job {
	/* Used by every I/O. */
	struct nvu_qpair *qpair;
	const struct nvu_ns *ns;
	struct nvu_dma *buf;
	struct job_slot *slots;
	struct histogram *histograms; /* [JOB_READ] and [JOB_WRITE]: where latencies go now */
	struct nvu_cpl *cpls;
	uint64_t rng;
	uint64_t first_lba;
	uint64_t units;
	uint64_t next_unit;  /* of a sequential workload */
	uint64_t read_below; /* a read when 32 random bits are below this */
	uint64_t left;	     /* I/Os still to begin */
	uint64_t io_bytes;
	uint64_t unit_blocks; /* what the library takes 32 bits for; wide, as it is multiplied by */
	uint32_t outstanding;
	uint32_t batch;
	bool random;
	bool plain_reads; /* random reads and nothing else */
	bool counter;	  /* of the clock */
	bool dead;	  /* the queue pair can do no more: see why */
	struct verify *verify;
	_Atomic uint64_t done;	 /* completions */
	_Atomic uint64_t errors; /* failed commands and mismatches */

	/* Set once. */
	const struct options *options;
	const struct target *target;
	uint32_t depth;

	/* Results. */
	struct histogram measured[2];
	uint64_t finished; /* ticks: when the last command was answered */
	uint64_t lost;	   /* commands that never got an answer */
	uint32_t error_kinds;
	struct job_error kinds[JOB_ERROR_KINDS];
	char why[512]; /* of dead */
};

/* Thread @thread of @options->threads on @target. Returns 0, or a status after a complaint. */
int job_init(struct job *job, const struct options *options, const struct target *target,
	     uint32_t thread, bool counter);

/* Ends the queue pair. @job may be all zero, and is afterwards. */
void job_fini(struct job *job);

/* Write all units once, in order, and count nothing: for what --verify is to read. */
void job_begin_fill(struct job *job, struct histogram *histograms);

/* Begin or go on with the workload: @count more I/Os, latencies to @histograms. */
void job_begin(struct job *job, uint64_t count, struct histogram *histograms);

/* Begin nothing more; completions are still to be collected, latencies go to @histograms. */
void job_stop(struct job *job, struct histogram *histograms);

/* Collect a batch of completions and begin as many commands. Never blocks. */
void job_step(struct job *job);

#endif /* PERF_JOB_H */
