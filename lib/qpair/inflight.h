/* SPDX-License-Identifier: MIT */
/*
 * inflight.h: the table of commands in flight. Pure: the caller brings the memory.
 *
 * A command identifier is slot | generation << slot bits. Every use of a slot has the next
 * generation, and a record holds the identifier it waits for, or, when it is free, one with a 17th
 * bit that no identifier of the device can have. So one comparison tells a live completion from an
 * unknown, a repeated or a stale one, and the table's size, a power of two, keeps whatever the
 * device writes inside it.
 *
 * The table is larger than the number of slots by at least one, so the identifier FFFFh, which the
 * error log uses for "no command" (Base 5.16.1.2), is never given out.
 */
#ifndef NVU_QPAIR_INFLIGHT_H
#define NVU_QPAIR_INFLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#define INFLIGHT_FREE (1u << 16)
#define INFLIGHT_NONE UINT32_MAX

struct inflight {
	uint64_t user_data;
	uint32_t cid;  /* waited for; with INFLIGHT_FREE: used last */
	uint32_t link; /* in flight: deadline in ms; free: offset of the next free record */
};

struct inflight_table {
	struct inflight *records;
	uint32_t free;	      /* byte offset of the first free record, or INFLIGHT_NONE */
	uint32_t step;	      /* added to a slot's last identifier: 1 << slot bits */
	uint32_t mask;	      /* table size - 1 */
	uint32_t deadline_ms; /* of a command queued now; modulo 2^32 */
};

/* Table size for so many slots: the caller allocates this many records. */
uint32_t inflight_table_size(uint32_t slots);

/* All free, slot 0 first. Keeps each record's generation when it has been in use before. */
void inflight_init(struct inflight_table *table, struct inflight *records, uint32_t slots,
		   bool fresh);

static inline bool inflight_full(const struct inflight_table *table)
{
	return table->free == INFLIGHT_NONE;
}

static inline struct inflight *inflight_at(const struct inflight_table *table, uint32_t offset)
{
	return (struct inflight *)(void *)((char *)table->records + offset);
}

/* Takes a record: the table must not be full. Returns the command identifier. */
static inline uint32_t inflight_take(struct inflight_table *table, uint64_t user_data)
{
	struct inflight *record = inflight_at(table, table->free);
	uint32_t cid = (uint16_t)(record->cid + table->step);

	table->free = record->link;
	record->user_data = user_data;
	record->cid = cid;
	record->link = table->deadline_ms;
	return cid;
}

/* Where the record of an identifier would be: always inside the table. */
static inline uint32_t inflight_offset(const struct inflight_table *table, uint32_t cid)
{
	return (cid & table->mask) * (uint32_t)sizeof(struct inflight);
}

/* Gives a record back that waits for cid. */
static inline void inflight_give(struct inflight_table *table, uint32_t offset, uint32_t cid)
{
	struct inflight *record = inflight_at(table, offset);

	record->cid = cid | INFLIGHT_FREE;
	record->link = table->free;
	table->free = offset;
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
