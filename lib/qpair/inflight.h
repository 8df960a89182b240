/* SPDX-License-Identifier: MIT */
/*
 * inflight.h: the table of commands in flight. Pure: the caller brings the memory.
 *
 * A command identifier is slot | generation << slot bits. Every use of a slot has the next
 * generation, and a record in flight holds the identifier it waits for in a word that is compared
 * with a completion's identifier, phase tag and status at once: equal means that the entry is new,
 * the command in flight, of this generation, and successful. Everything else (failed, unknown,
 * repeated, stale, not written yet) is unequal and sorted out beside the fast path.
 *
 * An identifier of 16 bits comes back after 2^(16 - slot bits) uses of its slot, and the free list is last
 * in, first out: until then, a repeated or late answer is recognised. SECURITY.md has what follows.
 *
 * A free record's word is FFFFh, which no entry can equal that leads to it: the table is larger
 * than the number of slots by at least one, so an identifier FFFFh leads to the table's last record,
 * which is never used and has the word 0. The error log's "no command" (Base 5.16.1.2) is therefore
 * never given out either. The table's size is a power of two: whatever the device writes stays
 * inside it.
 */
#ifndef NVU_QPAIR_INFLIGHT_H
#define NVU_QPAIR_INFLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#define INFLIGHT_FREE 0xffffu

/*
 * Marks that a scan sets in the word of a record in flight, and removes before it returns. An identifier has 16
 * bits, so a marked word equals no completion's and no free record's: a mark must not outlast the scan.
 */
#define INFLIGHT_ANSWERED (1u << 16) /* qpair_late(): its completion waits to be reaped */
#define INFLIGHT_WAITING (1u << 17)  /* waiting_mark(): it waits for new queues */

/*
 * The lowest bit of a deadline is not time: the deadline was set when the command had been queued for a while
 * (deadline.c), once. The word has no room for it, as it lasts until the completion, which must equal the word.
 */
#define INFLIGHT_PROLONGED 1u

struct inflight {
	union {
		uint64_t user_data;    /* in flight */
		struct inflight *next; /* free: the next free record, or NULL */
	};
	uint32_t word; /* the identifier waited for; free: INFLIGHT_FREE */
	union {
		uint32_t deadline_ms; /* in flight; modulo 2^32 */
		uint32_t next_cid;    /* free: its lower 16 bits are the next identifier */
	};
};

struct inflight_table {
	struct inflight *free; /* the first free record; NULL: full, or closed */
	struct inflight *records;
	uint32_t step;	      /* from a slot's identifier to its next: 1 << slot bits */
	uint32_t mask;	      /* table size - 1 */
	uint32_t deadline_ms; /* of a command queued now */
	uint32_t first;	      /* slots below are never used */
};

/* Table size for so many slots: the caller allocates this many records. */
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
	uint32_t cid = (uint16_t)record->next_cid;

	table->free = record->next;
	record->user_data = user_data;
	record->word = cid;
	record->deadline_ms = table->deadline_ms;
	return cid;
}

/* Where the record of an identifier would be: always inside the table. */
static inline struct inflight *inflight_at(const struct inflight_table *table, uint32_t cid)
{
	return &table->records[cid & table->mask];
}

/* The record that waited for cid is not in flight any more, nor is it free to be taken yet. */
static inline void inflight_retire(const struct inflight_table *table, struct inflight *record,
				   uint32_t cid)
{
	record->next_cid = cid + table->step;
	record->word = INFLIGHT_FREE;
}

/* Gives the record back that waited for cid. */
static inline void inflight_give(struct inflight_table *table, struct inflight *record,
				 uint32_t cid)
{
	inflight_retire(table, record, cid);
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
