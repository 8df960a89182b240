/* SPDX-License-Identifier: MIT */
/*
 * sq_ring.h: the submission queue as the host sees it: which slot comes next, and up to which one
 * commands are published to the controller. Positions are pointers, so a ring of 65,536 entries needs no index
 * that could wrap; a tail leaves as a number only for the doorbell.
 *
 * There is no check for a full ring here: a queue pair has one in-flight record fewer than ring
 * entries (Base 3.3.1.5: a full queue keeps one slot empty), and a command holds its record until
 * its completion, which is later than the controller's reading of the slot. A command that has a record
 * has a slot. The controller's own report of its head (SQHD) is therefore not needed, nor trusted.
 *
 * Three words of an entry are 0 in each command but few: CDW2 and CDW3, MPTR, CDW14 and CDW15. They are 0 in the entry
 * at ring->slot, so that they need not be written. An entry where they are not soils the ring: until it has been
 * around once, ring->stop is behind the slot, and sq_ring_turn() scrubs the next one.
 */
#ifndef NVU_RING_SQ_RING_H
#define NVU_RING_SQ_RING_H

#include <nvu/spec.h>

#include <stdbool.h>
#include <stdint.h>

struct sq_ring {
	struct nvu_sqe *slot;	   /* the next to fill */
	struct nvu_sqe *stop;	   /* there sq_ring_turn() goes on: .end, or behind .slot */
	struct nvu_sqe *published; /* the controller knows of all before this one */
	struct nvu_sqe *first;
	struct nvu_sqe *end;
	/* .published, or NULL: nvu_poll() has to go beside the path. Atomic: another thread may set NULL. */
	struct nvu_sqe *quiet;
	struct nvu_sqe *soiled; /* up to this one slots are to be scrubbed; NULL: none */
};

/* Another thread may ask how far the ring is filled: see doorbell_gate_close(). */
static inline void sq_ring_move(struct sq_ring *ring, struct nvu_sqe *slot)
{
	__atomic_store_n(&ring->slot, slot, __ATOMIC_RELAXED);
}

/* Release: a thread that sees NULL also sees what was stored before. */
static inline void sq_ring_set_quiet(struct sq_ring *ring, struct nvu_sqe *quiet)
{
	__atomic_store_n(&ring->quiet, quiet, __ATOMIC_RELEASE);
}

/*
 * False: something waits to be published, or another thread has news. Acquire: a doorbell that it has hidden
 * is not written.
 */
static inline bool sq_ring_is_quiet(const struct sq_ring *ring)
{
	return __atomic_load_n(&ring->quiet, __ATOMIC_ACQUIRE) == ring->slot;
}

/* The memory must be zero. */
static inline void sq_ring_init(struct sq_ring *ring, struct nvu_sqe *entries, uint32_t count)
{
	sq_ring_move(ring, entries);
	ring->published = entries;
	ring->first = entries;
	ring->end = ring->stop = entries + count;
	ring->soiled = NULL;
	sq_ring_set_quiet(ring, NULL);
}

/* The slot behind this one. */
static inline struct nvu_sqe *sq_ring_after(const struct sq_ring *ring, struct nvu_sqe *slot)
{
	struct nvu_sqe *next = slot + 1;

	return next == ring->end ? ring->first : next;
}

/* A copy for a walk, in registers. Without .quiet: another thread may write it at that moment. */
static inline struct sq_ring sq_ring_copy(const struct sq_ring *ring)
{
	return (struct sq_ring){
		.slot = ring->slot,
		.published = ring->published,
		.first = ring->first,
		.end = ring->end,
	};
}

/* The filled slots from `from` on, in order. The body may change their content, but not the ring's position. */
#define sq_ring_for_each_from(ring, entry, from) \
	for ((entry) = (from); (entry) != (ring)->slot; (entry) = sq_ring_after(ring, entry))

/* Those that are not published to the controller. */
#define sq_ring_for_each_unpublished(ring, entry) \
	sq_ring_for_each_from (ring, entry, (ring)->published)

/* The slot, ring->slot, is filled: on to the next. False, and nothing is done, at ring->stop: sq_ring_turn() is. */
static inline bool sq_ring_advance(struct sq_ring *ring, struct nvu_sqe *slot)
{
	if (__builtin_expect(slot + 1 == ring->stop, 0))
		return false;
	sq_ring_move(ring, slot + 1);
	return true;
}

/* On to the next slot from ring->stop. Returns whether that is the first one. */
bool sq_ring_turn(struct sq_ring *ring) __attribute__((cold));

/* The entry at ring->slot is filled with any command. */
void sq_ring_fill(struct sq_ring *ring, const struct nvu_sqe *cmd);

/* On at this slot, of a ring whose entries may hold anything. */
void sq_ring_restart(struct sq_ring *ring, struct nvu_sqe *slot);

/* The controller knows of all. */
static inline void sq_ring_note_published(struct sq_ring *ring, bool quiet)
{
	ring->published = ring->slot;
	if (quiet)
		sq_ring_set_quiet(ring, ring->slot);
}

static inline uint32_t sq_ring_index(const struct sq_ring *ring, const struct nvu_sqe *slot)
{
	return (uint32_t)(slot - ring->first);
}

/* How many slots are filled from this one on. */
static inline uint32_t sq_ring_count_from(const struct sq_ring *ring, const struct nvu_sqe *from)
{
	int64_t count = ring->slot - from;

	return (uint32_t)(count < 0 ? count + (ring->end - ring->first) : count);
}

/* How many filled slots are not published to the controller. */
static inline uint32_t sq_ring_unpublished(const struct sq_ring *ring)
{
	return sq_ring_count_from(ring, ring->published);
}

#endif
