/* SPDX-License-Identifier: MIT */
/*
 * cq_ring.h: the completion queue as the host sees it: where the next entry will appear, and the
 * phase tag that will mark it as new (Base 3.3.3.2.1: inverted each time the queue wraps).
 *
 * Barrier: the controller writes an entry's status, with the phase tag, last. cq_ring_answer()
 * loads the dword that holds command identifier and status with acquire ordering, and dma_rmb()
 * orders it for a device: the rest of the entry, and the data that the command brought, read
 * after it are at least as new. The other party is the controller's write of the entry.
 *
 * The driver owes the controller the entries that it has taken from the queue and not yet returned by a write
 * of the head doorbell. A poll writes it only when a quarter of the queue is owed, or the end of the ring has been
 * passed, so that positions compare without regard to rounds.
 *
 * No completion waits for room because of that. A queue of C entries holds C - 1 completions. Each of at most
 * M commands in flight is still to be answered, or its completion lies in the queue. So there is room for all of
 * them exactly as long as C - 1 - M entries are owed, or fewer. After each poll at most cq_ring_quarter() - 1
 * are owed, which is C - 1 - M or less. With M = C - 1, queues of the same size, nothing may be owed: each
 * poll that takes entries returns them. When queues are deleted there is the same room for the completions of the
 * commands that the deletion aborts. (An entry that answers no command takes room that this does not count.)
 *
 * A queue pair that sleeps until an interrupt comes would have to return all that it owes in each poll that finds
 * nothing, as a controller may hold the interrupt back while entries are owed. There is no such queue pair.
 */
#ifndef NVU_RING_CQ_RING_H
#define NVU_RING_CQ_RING_H

#include "base/mmio.h"

#include <nvu/spec.h>

#include <stdbool.h>
#include <stdint.h>

/* Dword 3 of an entry: CID 15:0, phase tag 16, status 31:17. */
#define CQE_PHASE (1u << 16)
#define CQE_CID(dw3) ((dw3)&0xffffu)
#define CQE_STATUS(dw3) ((dw3) >> 17)

struct cq_ring {
	const struct nvu_cqe *next; /* the entry that is written next */
	const struct nvu_cqe *first;
	const struct nvu_cqe *end;
	uint32_t phase;		/* CQE_PHASE or 0: what marks a new entry in this round */
	uint32_t quarter_bytes; /* entries of which not all may be owed; one: none may be */
	uintptr_t
		due; /* with `next` here, or further on, what is owed is returned; 0: it has wrapped */
};

/* All entries before `next` are the controller's. */
static inline void cq_ring_note_returned(struct cq_ring *ring)
{
	ring->due = (uintptr_t)ring->next + ring->quarter_bytes;
}

/* The memory must be zero: the first round's entries have phase 1. Each poll returns what it takes. */
static inline void cq_ring_init(struct cq_ring *ring, const struct nvu_cqe *entries, uint32_t count)
{
	ring->next = entries;
	ring->first = entries;
	ring->end = entries + count;
	ring->phase = CQE_PHASE;
	ring->quarter_bytes = sizeof(struct nvu_cqe);
	cq_ring_note_returned(ring);
}

/* How many entries of a queue of so many the driver must not owe, with up to so many commands in flight. */
static inline uint32_t cq_ring_quarter(uint32_t count, uint32_t commands)
{
	uint32_t quarter = (count + 3) / 4, spare = count - commands;

	return quarter < spare ? quarter : spare;
}

/* A ring just initialised, with at most so many commands in flight, fewer than it has entries. */
static inline void cq_ring_be_lazy(struct cq_ring *ring, uint32_t commands)
{
	ring->quarter_bytes = cq_ring_quarter((uint32_t)(ring->end - ring->first), commands) *
			      (uint32_t)sizeof(struct nvu_cqe);
	cq_ring_note_returned(ring);
}

/* Behind a poll that has taken entries: whether it returns all that is owed. */
static inline bool cq_ring_is_due(const struct cq_ring *ring)
{
	return (uintptr_t)ring->next >= ring->due;
}

/*
 * Dword 3 of the next entry with the phase tag inverted in rounds where 1 is new: bit 16 is set as
 * long as the entry has not been written. When it is clear, what is above is the status.
 */
static inline uint32_t cq_ring_answer(const struct cq_ring *ring)
{
	const char *entry = (const char *)ring->next;
	uint32_t dw3 = MMIO_LE32(
		__atomic_load_n((const uint32_t *)(const void *)(entry + 12), __ATOMIC_ACQUIRE));

	dma_rmb();
	return dw3 ^ ring->phase;
}

static inline bool cq_ring_pending(const struct cq_ring *ring)
{
	return !(cq_ring_answer(ring) & CQE_PHASE);
}

/* Where a run of up to max entries from the next one on ends: there, or where the ring does. */
static inline const struct nvu_cqe *cq_ring_stop(const struct cq_ring *ring, uint32_t max)
{
	return max < (uint32_t)(ring->end - ring->next) ? ring->next + max : ring->end;
}

/* After a run: to the other end, if it ended at this one. */
static inline void cq_ring_wrap(struct cq_ring *ring)
{
	if (ring->next != ring->end)
		return;
	ring->next = ring->first;
	ring->due = 0;
	ring->phase ^= CQE_PHASE;
}

/* One entry on, from `ring->next`. For walks that are not on the I/O path: poll_reap() walks in runs. */
static inline void cq_ring_step(struct cq_ring *ring)
{
	ring->next++;
	cq_ring_wrap(ring);
}

/*
 * The pending entries in order, up to `max`: `ring` is a copy of the ring, whose next entry is the one that
 * the body is about. `left` is a uint32_t: max minus the entries before it. More entries than the ring has
 * are there only if the controller goes on writing: a caller that gives the ring's size is safe from that.
 */
#define cq_ring_for_each_pending(ring, max, left) \
	for ((left) = (max); (left) && cq_ring_pending(ring); (left)--, cq_ring_step(ring))

static inline uint64_t cq_ring_head_bytes(const struct cq_ring *ring)
{
	return (uint64_t)((uintptr_t)ring->next - (uintptr_t)ring->first);
}

static inline uint32_t cq_ring_head(const struct cq_ring *ring)
{
	return (uint32_t)(ring->next - ring->first);
}

#endif
