/* SPDX-License-Identifier: MIT */
/*
 * inflight.h: the table of commands in flight. Pure: the caller brings the memory.
 *
 * A command identifier is slot | generation << slot bits. Every use of a slot has the next generation. A record's
 * state is one word:
 *
 *	bits	in flight		in flight, LATER		free
 *	15:0	0			reasons, at least one		0
 *	31:16	its identifier		its identifier			the identifier of its next use
 *	61:32	0			deadline, with TIMED		not looked at
 *	62	0			1 LATER				0
 *	63	0			0				1 FREE
 *
 * Why an old entry can never answer. A poll makes 48 bits of a completion entry (cq_ring_answer()): 0 where the
 * submission queue is this one, the identifier, 0 where the phase tag is new, the status. It looks at one record,
 * that of the identifier's slot, and takes the entry if the state equals the 48 bits. So the entry is new, of this
 * queue, and successful, since these bits are 0 in every state; and a command with exactly this identifier is in
 * flight, since no entry has bit 62 or 63, so equality says that the record is neither free nor special. An entry
 * that was taken has freed its record: the same entry again finds bit 63 there, or the next generation. No other
 * bit may mark a free record: an entry of the ring's former round has a phase bit of 1, and any status. What
 * is unequal (failed, unknown, repeated, stale, not written yet, a special record) is sorted out beside the path,
 * by the same fields.
 *
 * An identifier of 16 bits comes back after 2^(16 - slot bits) uses of its slot, and the free list is last
 * in, first out: until then, a repeated or late answer is recognised. SECURITY.md has what follows.
 *
 * The table is larger than the number of slots by at least one, so an identifier FFFFh leads to the table's last
 * record, which is never used: it stays free, and the error log's "no command" (Base 5.16.1.2) is never given
 * out. The table's size is a power of two: whatever the device writes stays inside it.
 */
#ifndef NVU_QPAIR_INFLIGHT_H
#define NVU_QPAIR_INFLIGHT_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#define INFLIGHT_FREE (1ull << 63)

/* Look beside the path: the lower 16 bits say why. See special.h. */
#define INFLIGHT_LATER (1ull << 62)

#define INFLIGHT_CID_SHIFT 16
#define INFLIGHT_REASONS 0xffffull
#define INFLIGHT_DEADLINE_SHIFT 32
#define INFLIGHT_DEADLINE_BITS 30

struct inflight {
	union {
		uint64_t user_data;    /* in flight */
		struct inflight *next; /* free: the next free record, or NULL */
	};
	uint64_t state;
};

struct inflight_table {
	struct inflight *free; /* the first free record; NULL: full, or closed */
	struct inflight *records;
	uint64_t next_use;  /* from the state of a record in flight to its state when free */
	uint32_t byte_mask; /* of a record's place, in bytes */
	uint32_t mask;	    /* table size - 1 */
	uint32_t first;	    /* slots below are never used */
};

/* Table size for this number of slots: the caller allocates this many records. */
uint32_t inflight_table_size(uint32_t slots);

/* All free, slot 0 first. */
void inflight_init(struct inflight_table *table, struct inflight *records, uint32_t slots);

/*
 * For controllers that cannot take any identifier, of a table just initialised: the slots below `first`
 * are not used; without generations a slot has one identifier, its number, for all of its commands, so
 * that a late or repeated answer to the one before is taken for an answer to the next.
 */
void inflight_limit(struct inflight_table *table, uint32_t slots, uint32_t first, bool generations);

/*
 * The table of queues that are created again: free records are free, those in flight stay in flight, under
 * their slots' next identifiers, so that a late answer to the old ones is recognised. Of reasons,
 * those in `kept` stay.
 */
void inflight_renew(struct inflight_table *table, uint32_t slots, uint32_t kept);

/* A record in flight stays in flight, under its slot's next identifier. */
void inflight_rename(const struct inflight_table *table, struct inflight *record);

/* Frees all that are in flight. */
void inflight_drop(struct inflight_table *table);

/* The identifier in a state, where the first word of a command has it. */
static inline uint32_t inflight_cid_bits(uint64_t state)
{
	return (uint32_t)state & 0xffff0000u;
}

/* Of a record: waited for, or free and to be used next. */
static inline uint32_t inflight_cid(const struct inflight *record)
{
	return (uint32_t)(record->state >> INFLIGHT_CID_SHIFT) & 0xffff;
}

static inline bool inflight_is_free(const struct inflight *record)
{
	return record->state & INFLIGHT_FREE;
}

/* In flight, and under this identifier. */
static inline bool inflight_waits_for(const struct inflight *record, uint32_t cid)
{
	return !inflight_is_free(record) && inflight_cid(record) == cid;
}

/*
 * Takes the record that table->free points to. Returns its state: the identifier, where a command has it. The
 * generation after the last is the first: what is carried beyond the identifier is dropped with the mark.
 */
static inline uint64_t inflight_take(struct inflight_table *table, struct inflight *record,
				     uint64_t user_data)
{
	uint64_t state = (uint32_t)record->state;

	table->free = record->next;
	record->user_data = user_data;
	record->state = state;
	return state;
}

/* Where the record of an identifier would be: always inside the table. */
static inline struct inflight *inflight_at(const struct inflight_table *table, uint32_t cid)
{
	return &table->records[cid & table->mask];
}

/* The same for what a poll makes of a completion entry. */
static inline struct inflight *inflight_of(const struct inflight_table *table, uint64_t answer)
{
	const uint32_t record_shift = 4;
	uint64_t place = answer >> (INFLIGHT_CID_SHIFT - record_shift) & table->byte_mask;

	static_assert(sizeof(struct inflight) == 1 << 4, "record_shift");
	return (struct inflight *)(void *)((char *)table->records + place);
}

/* The record that waited under this state is not in flight any more, nor is it free to be taken yet. */
static inline void inflight_retire(const struct inflight_table *table, struct inflight *record,
				   uint64_t state)
{
	record->state = state + table->next_use;
}

/* Gives the record back that waited under this state, which has no reasons. */
static inline void inflight_give(struct inflight_table *table, struct inflight *record,
				 uint64_t state)
{
	inflight_retire(table, record, state);
	record->next = table->free;
	table->free = record;
}

/* A record in flight, whatever the reasons it has. */
static inline void inflight_give_back(struct inflight_table *table, struct inflight *record)
{
	inflight_give(table, record, inflight_cid_bits(record->state));
}

/* A record in flight is looked at beside the path from now on. */
static inline void inflight_add_reason(struct inflight *record, uint32_t reason)
{
	record->state |= INFLIGHT_LATER | reason;
}

/* ... and is not any more, if it was for this alone. Any record. */
static inline void inflight_remove_reason(struct inflight *record, uint32_t reason)
{
	if (!(record->state & INFLIGHT_LATER))
		return;
	record->state &= ~(reason & INFLIGHT_REASONS);
	if (!(record->state & INFLIGHT_REASONS))
		record->state = inflight_cid_bits(record->state);
}

static inline bool inflight_has_reason(const struct inflight *record, uint32_t reason)
{
	return record->state & reason;
}

/* How many commands are in flight. A scan, for statistics. */
uint32_t inflight_count(const struct inflight_table *table);

/* The next record in flight at or after *cursor (a slot, moved on); NULL at the end. */
struct inflight *inflight_next(const struct inflight_table *table, uint32_t *cursor);

#endif
