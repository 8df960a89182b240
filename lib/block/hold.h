/* SPDX-License-Identifier: MIT */
/*
 * hold.h: which blocks are being written. A writer waits for those who came before it and whose blocks it must not
 * touch (span.h); as each waits only for earlier ones, none waits without an end.
 */
#ifndef NVU_BLOCK_HOLD_H
#define NVU_BLOCK_HOLD_H

#include "block/span.h"

#include <pthread.h>

/* A writer's blocks, in memory of its own. */
struct hold {
	struct claim claim;
	struct hold *earlier, *later;
};

struct holds {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct hold *newest;
	uint32_t waiting;
};

void holds_init(struct holds *holds);
void holds_destroy(struct holds *holds);

/* Returns once hold->claim may be written. */
void hold_take(struct holds *holds, struct hold *hold);
void hold_give(struct holds *holds, struct hold *hold);

#endif
