/* SPDX-License-Identifier: MIT */
/*
 * scenario.h: the whole life of a controller, for sweeps that let each thing in it fail in turn: open,
 * queue pair, buffers, writes and reads, a group, admin command, event, reset, close. Each step that returns
 * an error is noted, and must have a sentence and an error that the sweep expects.
 */
#ifndef NVU_TEST_SCENARIO_H
#define NVU_TEST_SCENARIO_H

#include "harness.h"

enum { SCENARIO_SHORT_MS = 20, SCENARIO_MEMORY_BYTES = 4 * PAGE };

struct scenario {
	struct rig *rig;
	uint8_t *memory; /* the caller's, SCENARIO_MEMORY_BYTES, to be registered */
	uint64_t n;	 /* what fails: the n-th of something */
	int error;	 /* that is expected besides those of a controller that does not answer */
	bool statuses;	 /* NVMe statuses are expected too */
	bool inconsistent; /* the controller contradicts itself: any error, and any data, is expected */

	struct nvu_dma *registered;
	uint32_t complaints; /* calls of the library that returned an error */
	const char *step;    /* that complained last */
	bool unmap;	     /* what failed was an unmap inside the library */
};

/* Each returns whether all went well. */
bool scenario_begin(struct scenario *scenario, const struct nvu_qpair_opts *opts);
bool scenario_write_and_read(struct scenario *scenario, struct nvu_dma *buf);
bool scenario_talk(struct scenario *scenario); /* ends with a reset */

/* All of it. */
void scenario_run(struct scenario *scenario, const struct nvu_qpair_opts *opts);

/* Closes all that is open, whatever went wrong before. */
void scenario_end(struct scenario *scenario);

/* Polls until `count` commands are answered, or the queue pair is dead: the worst status. */
int scenario_finish(struct scenario *scenario, uint32_t commands);

/* Polls until the queue pair has learnt of a reset. */
void scenario_settle(struct scenario *scenario);

#endif
