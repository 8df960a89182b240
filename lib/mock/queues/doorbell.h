/* SPDX-License-Identifier: MIT */
/*
 * doorbell.h: reads what the driver writes to doorbells, registers or shadow doorbells, and checks it. Base 3.3.1.5 (queue arithmetic), 5.8 and annex B.5 (shadow doorbells).
 */
#ifndef NVU_MOCK_QUEUES_DOORBELL_H
#define NVU_MOCK_QUEUES_DOORBELL_H

#include "mock/model.h"

/* Entries from one index of a ring on to another. */
static inline uint32_t mock_doorbell_distance(uint32_t from, uint32_t to, uint32_t entries)
{
	return to >= from ? to - from : to + entries - from;
}

/* The memory of a doorbell register. */
static inline void *mock_doorbell_register(const struct nvu_mock *mock, uint32_t qid, bool cq)
{
	const size_t distance = cq ? mock->stride : 0;

	return (mock->windows[qid] ? mock->windows[qid]
				   : mock->doorbells + 2ull * qid * mock->stride) +
	       distance;
}

/*
 * From now on the doorbells of a queue pair are at `window`, NULL: in the register space. What they hold goes
 * with them.
 */
void mock_doorbell_move(struct nvu_mock *mock, uint32_t qid, uint8_t *window);

/* The doorbell of a queue that is about to be created: the driver must not have written it. */
void *mock_doorbell_clear(struct nvu_mock *mock, uint32_t qid, bool cq);

/* The driver closes: no doorbells may still be mapped. */
void mock_doorbell_leave(struct nvu_mock *mock);

/* Takes over the value that the driver has written since. */
void mock_doorbell_observe_sq(struct nvu_mock *mock, struct mock_sq *sq);
void mock_doorbell_observe_cq(struct nvu_mock *mock, struct mock_cq *cq);

/* How many completions can be written; the doorbell is looked at only when fewer than wanted. */
uint32_t mock_doorbell_room(struct nvu_mock *mock, struct mock_cq *cq, uint32_t wanted);

/* A write to a doorbell that is not mapped (NVU_MOCK_TRAP_DOORBELLS). offset: from the first. */
void mock_doorbell_write(struct nvu_mock *mock, uint64_t offset, uint32_t value);

/* Finds mapped doorbells of queues that do not exist, but that the driver has written. */
void mock_doorbell_sweep(struct nvu_mock *mock);

/* CSTS.RDY becomes 1: a mapped doorbell that the driver has written before is a violation. */
void mock_doorbell_check_early(struct nvu_mock *mock);

/* At the end of a shut-down controller: nothing may have been submitted since. Base 3.6.1. */
void mock_doorbell_check_shut(struct nvu_mock *mock);

/*
 * Shadow doorbells have been configured: the entries of the admin queue, which is in use, begin with its doorbells'
 * values, if the mock takes them from there (NVU_MOCK_SHADOW_ADMIN). Some controllers do so.
 */
void mock_doorbell_mirror_admin(struct nvu_mock *mock);

/* Attaches a queue to the shadow doorbells, where there are any and they reach so far. */
void mock_doorbell_bind(struct nvu_mock *mock, struct mock_sq *sq, struct mock_cq *cq);

#endif
