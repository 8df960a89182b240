/* SPDX-License-Identifier: MIT */
/*
 * life.h: the whole life of a controller, for sweeps that let each thing in it fail in turn: open,
 * queue pair, buffers, writes and reads, admin command, event, reset, close. Each step that returns
 * an error is noted, and must have a sentence and an error that the sweep expects.
 */
#ifndef NVU_TEST_LIFE_H
#define NVU_TEST_LIFE_H

#include "harness.h"

enum { LIFE_SHORT_MS = 20, LIFE_MEMORY_BYTES = 4 * PAGE };

struct life {
	struct rig *rig;
	uint8_t *memory; /* the caller's, LIFE_MEMORY_BYTES, to be registered */
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
bool life_begin(struct life *life, const struct nvu_qpair_opts *opts);
bool life_write_and_read(struct life *life, struct nvu_dma *buf);
bool life_talk(struct life *life); /* ends with a reset */

/* All of it. */
void life_live(struct life *life, const struct nvu_qpair_opts *opts);

/* Closes all that is open, whatever went wrong before. */
void life_end(struct life *life);

/* Polls until so many commands are answered, or the queue pair is dead: the worst status. */
int life_finish(struct life *life, uint32_t commands);

/* Polls until the queue pair has learnt of a reset. */
void life_settle(struct life *life);

#endif
