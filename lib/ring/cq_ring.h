/* SPDX-License-Identifier: MIT */
/*
 * cq_ring.h: the completion queue as the host sees it: where the next entry will appear, and the
 * phase tag that will mark it as new (Base 3.3.3.2.1: inverted each time the queue wraps).
 *
 * Barrier: the controller writes an entry's status, with the phase tag, last. cq_ring_answer()
 * loads the half of the entry that holds it with acquire ordering, and dma_rmb() orders it for a device: the
 * other half, and the data that the command brought, read after it are at least as new. The other party is the
 * controller's write of the entry.
 *
 * That half, bytes 8 to 15, is loaded at once: SQHD, SQID, CID, phase tag and status are of one moment. Where a
 * host sees the phase tag as new, all that the controller wrote before it is there too, so one load
 * of one moment needs no order among its parts. An aligned 8-byte load is of one moment on each 64-bit processor
 * of base/mmio.h: x86-64 (aligned quadwords), arm64 (aligned doublewords are single-copy atomic), RISC-V
 * (naturally aligned accesses up to XLEN), s390x and 64-bit POWER (aligned doublewords). Two loads of 4
 * bytes would not do: the first may find the SQID of the ring's former round.
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
 * A controller may hold an interrupt back while entries are owed. So a thread returns all before it sleeps until an
 * interrupt comes, and then looks once more (cq_ring_owes()); and where the program itself sleeps, each poll returns
 * what it takes (cq_ring_be_eager()).
 */
#ifndef NVU_RING_CQ_RING_H
#define NVU_RING_CQ_RING_H

#include "base/mmio.h"

#include <nvu/spec.h>

#include <stdbool.h>
#include <stdint.h>

#if !defined(__CHECKER__) && (!defined(__LP64__) || __GCC_ATOMIC_LONG_LOCK_FREE != 2)
#error "half of a completion entry is loaded at once: nvu needs lock-free atomics of 64 bits"
#endif

/*
 * An answer is what a poll takes an entry for: the upper half of the entry without SQHD, with the bits that are known of
 * an entry that is new inverted where they are 1.
 *
 *	15:0	0: of this submission queue
 *	31:16	CID
 *	32	0: new
 *	47:33	status; 0: success
 *	63:48	0
 */
#define CQE_SQID(answer) ((uint32_t)((answer)&0xffffu))
#define CQE_CID(answer) ((uint32_t)((answer) >> 16 & 0xffffu))
#define CQE_PHASE (1ull << 32)
#define CQE_STATUS(answer) ((uint32_t)((answer) >> 33))
#define CQE_SQHD_BITS 16

struct cq_ring {
	const struct nvu_cqe *next; /* the entry that is written next */
	uint64_t known; /* of the upper half of a new entry in this round: the phase tag and SQID */
	const struct nvu_cqe *first;
	const struct nvu_cqe *end;
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
static inline void cq_ring_init(struct cq_ring *ring, const struct nvu_cqe *entries, uint32_t count,
				uint32_t sqid)
{
	ring->next = entries;
	ring->first = entries;
	ring->end = entries + count;
	ring->known = (CQE_PHASE | sqid) << CQE_SQHD_BITS;
	ring->quarter_bytes = sizeof(struct nvu_cqe);
	cq_ring_note_returned(ring);
}

/* The number of entries that the driver must not owe: of a queue of `count`, with up to `commands` in flight. */
static inline uint32_t cq_ring_quarter(uint32_t count, uint32_t commands)
{
	uint32_t quarter = (count + 3) / 4, spare = count - commands;

	return quarter < spare ? quarter : spare;
}

/* A ring just initialised, with at most `commands` in flight, fewer than it has entries. */
static inline void cq_ring_be_lazy(struct cq_ring *ring, uint32_t commands)
{
	ring->quarter_bytes = cq_ring_quarter((uint32_t)(ring->end - ring->first), commands) *
			      (uint32_t)sizeof(struct nvu_cqe);
	cq_ring_note_returned(ring);
}

/* From now on each poll returns what it takes. Nothing is owed. */
static inline void cq_ring_be_eager(struct cq_ring *ring)
{
	ring->quarter_bytes = sizeof(struct nvu_cqe);
	cq_ring_note_returned(ring);
}

/* Whether entries have been taken and not returned; never after cq_ring_note_returned(). */
static inline bool cq_ring_owes(const struct cq_ring *ring)
{
	return ring->due != (uintptr_t)ring->next + ring->quarter_bytes;
}

/* Behind a poll that has taken entries: whether it returns all that is owed. */
static inline bool cq_ring_is_due(const struct cq_ring *ring, const struct nvu_cqe *next)
{
	return (uintptr_t)next >= ring->due;
}

/* The upper half of the next entry, which `next` is, as it is now, with the known bits inverted. */
static inline uint64_t cq_ring_bits(const struct cq_ring *ring, const struct nvu_cqe *next)
{
	const uint64_t *upper = (const uint64_t *)(const void *)&next->sqhd;
	uint64_t bits = MMIO_LE64(__atomic_load_n(upper, __ATOMIC_ACQUIRE));

	dma_rmb();
	return bits ^ ring->known;
}

static inline bool cq_ring_is_new(uint64_t bits)
{
	return !(bits & CQE_PHASE << CQE_SQHD_BITS);
}

static inline uint64_t cq_ring_answer_of(uint64_t bits)
{
	return bits >> CQE_SQHD_BITS;
}

/* The answer in the next entry, as it is now. */
static inline uint64_t cq_ring_answer(const struct cq_ring *ring)
{
	return cq_ring_answer_of(cq_ring_bits(ring, ring->next));
}

static inline bool cq_ring_pending(const struct cq_ring *ring)
{
	return cq_ring_is_new(cq_ring_bits(ring, ring->next));
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
	ring->known ^= CQE_PHASE << CQE_SQHD_BITS;
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

/* How far this position is from the first. */
static inline uint64_t cq_ring_bytes(const struct cq_ring *ring, const struct nvu_cqe *at)
{
	return (uint64_t)((uintptr_t)at - (uintptr_t)ring->first);
}

static inline uint64_t cq_ring_head_bytes(const struct cq_ring *ring)
{
	return cq_ring_bytes(ring, ring->next);
}

static inline uint32_t cq_ring_head(const struct cq_ring *ring)
{
	return (uint32_t)(ring->next - ring->first);
}

#endif
