/* SPDX-License-Identifier: MIT */
/*
 * inflight.h: the table of commands in flight. Pure: the caller brings the memory.
 *
 * A command identifier is slot | generation << slot bits. Every use of a slot has the next
 * generation, and a record holds the identifier it waits for, or, when it is free, the one it will
 * have next with a 17th bit set. A completion's identifier with its status above it therefore equals
 * a record's word in one case only: the command is in flight, of this generation, and successful.
 * One comparison sorts out failed, unknown, repeated and stale ones. The table's size, a power of
 * two, keeps whatever the device writes inside it.
 *
 * The table is larger than the number of slots by at least one, so the identifier FFFFh, which the
 * error log uses for "no command" (Base 5.16.1.2), is never given out.
 */
#ifndef NVU_QPAIR_INFLIGHT_H
#define NVU_QPAIR_INFLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#define INFLIGHT_FREE (1u << 16)

struct inflight {
	union {
		uint64_t user_data;    /* in flight */
		struct inflight *next; /* free: the next free record, or NULL */
	};
	uint32_t cid;	      /* waited for; free: to be used next, with INFLIGHT_FREE */
	uint32_t deadline_ms; /* of a command in flight; modulo 2^32 */
};

struct inflight_table {
	struct inflight *free; /* the first free record; NULL: full, or closed */
	struct inflight *records;
	uint32_t step;	      /* from a slot's identifier to its next: 1 << slot bits */
	uint32_t mask;	      /* table size - 1 */
	uint32_t deadline_ms; /* of a command queued now */
};

/* Table size for so many slots: the caller allocates this many records. */
uint32_t inflight_table_size(uint32_t slots);

/* All free, slot 0 first. */
void inflight_init(struct inflight_table *table, struct inflight *records, uint32_t slots);

/*
 * The table of queues created anew: free records are free, those in flight stay in flight, under
 * their slots' next identifiers, so that a late answer to the old ones is recognised.
 */
void inflight_renew(struct inflight_table *table, uint32_t slots);

/* Frees all that are in flight. */
void inflight_drop(struct inflight_table *table);

/* Takes the record that table->free points to. Returns its command identifier. */
static inline uint32_t inflight_take(struct inflight_table *table, struct inflight *record,
				     uint64_t user_data)
{
	uint32_t cid = (uint16_t)record->cid;

	table->free = record->next;
	record->user_data = user_data;
	record->cid = cid;
	record->deadline_ms = table->deadline_ms;
	return cid;
}

/* Where the record of an identifier would be: always inside the table. */
static inline struct inflight *inflight_at(const struct inflight_table *table, uint32_t cid)
{
	return &table->records[cid & table->mask];
}

/* The word of a record that waited for cid and is free now. */
static inline uint32_t inflight_next_cid(const struct inflight_table *table, uint32_t cid)
{
	return (cid + table->step) | INFLIGHT_FREE;
}

/* Gives a record back that waits for an identifier. */
static inline void inflight_give(struct inflight_table *table, struct inflight *record)
{
	record->cid = inflight_next_cid(table, record->cid);
	record->next = table->free;
	table->free = record;
}

/* How many commands are in flight. A scan, for statistics. */
uint32_t inflight_count(const struct inflight_table *table);

/*
 * The next record in flight at or after *cursor (a slot, moved on); NULL at the end. With
 * expired_only, those whose deadline is not after now_ms.
 */
struct inflight *inflight_next(const struct inflight_table *table, uint32_t *cursor,
			       bool expired_only, uint32_t now_ms);

#endif
