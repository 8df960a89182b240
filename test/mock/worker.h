/* SPDX-License-Identifier: MIT */
/*
 * worker.h: a queue pair that is kept busy, by a thread of its own or by one that has several: writes
 * and reads of its own blocks, each answered exactly once, data compared. cmocka's assertions belong
 * to the main thread: workers count their failures.
 */
#ifndef NVU_TEST_WORKER_H
#define NVU_TEST_WORKER_H

#include "harness.h"

#include <pthread.h>

enum { WORKER_BLOCKS = 256 };

struct worker {
	pthread_t thread;
	struct nvu_ctrl *ctrl;
	const struct nvu_ns *ns;
	uint64_t first;	    /* its own blocks of the namespace: WORKER_BLOCKS of them */
	unsigned stop;	    /* atomic */
	uint64_t successes; /* atomic: commands answered with success so far */
	uint64_t canceled;
	int refused; /* status of commands that the lost controller never saw */
	uint64_t turn;
	int failures;
	int error; /* of the poll that ended it */

	/* its own */
	struct nvu_qpair *qpair;
	struct nvu_dma *buf;
	uint8_t *data;
	struct ledger ledger;
	struct {
		bool busy; /* its slot of the buffer and its block are in use */
		bool write;
		bool known; /* the block holds this version */
		uint64_t version;
	} blocks[WORKER_BLOCKS];
};

/* Queue pair, buffer and block range idx. */
void worker_equip(struct worker *worker, struct rig *rig, uint32_t idx,
		  const struct nvu_qpair_opts *opts);

/* Queues a few commands and polls; polls only. False: the queue pair is dead, .error says why. */
bool worker_step(struct worker *worker);
bool worker_poll(struct worker *worker);

/* Until worker_stop(). */
bool worker_goes_on(const struct worker *worker);

/* Starts a worker with a thread of its own. */
void worker_start(struct worker *worker, struct rig *rig, uint32_t idx, uint32_t depth);

/* Asserts that all went well, that it ended with this error, 0 or not, and lets go of what it has. */
void worker_leave(struct worker *worker, int error);

/* The same when its thread has ended by itself; when it was stopped. */
void worker_await(struct worker *worker, int error);
void worker_stop(struct worker *worker);

#endif
