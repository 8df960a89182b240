/* SPDX-License-Identifier: MIT */
/*
 * inflight.c: the parts of the in-flight table that are not on the I/O path: setting it up, and
 * scanning it.
 */
#include "qpair/inflight.h"

#include <stddef.h>

uint32_t inflight_table_size(uint32_t slots)
{
	uint32_t size = 1;

	while (size <= slots)
		size *= 2;
	return size;
}

void inflight_init(struct inflight_table *table, struct inflight *records, uint32_t slots)
{
	uint32_t size = inflight_table_size(slots);

	table->records = records;
	table->mask = size - 1;
	table->step = size;
	table->first = 0;
	for (uint32_t slot = 0; slot < size; slot++)
		records[slot] = (struct inflight){ .word = INFLIGHT_FREE, .next_cid = slot };
	records[size - 1].word = 0; /* where an identifier FFFFh leads */
	inflight_renew(table, slots);
}

void inflight_limit(struct inflight_table *table, uint32_t slots, uint32_t first, bool generations)
{
	table->first = first;
	if (!generations)
		table->step = 0;
	inflight_renew(table, slots);
}

void inflight_renew(struct inflight_table *table, uint32_t slots)
{
	table->free = NULL;
	for (uint32_t slot = slots; slot-- > table->first;) {
		struct inflight *record = &table->records[slot];

		if (record->word == INFLIGHT_FREE) {
			record->next = table->free;
			table->free = record;
		} else {
			record->word = (uint16_t)(record->word + table->step);
		}
	}
}

void inflight_drop(struct inflight_table *table)
{
	struct inflight *record;
	uint32_t cursor = 0;

	while ((record = inflight_next(table, &cursor, false, 0)))
		inflight_retire(table, record, record->word);
}

uint32_t inflight_count(const struct inflight_table *table)
{
	uint32_t count = 0, cursor = 0;

	while (inflight_next(table, &cursor, false, 0))
		count++;
	return count;
}

struct inflight *inflight_next(const struct inflight_table *table, uint32_t *cursor,
			       bool expired_only, uint32_t now_ms)
{
	/* The last record is never used. */
	while (*cursor < table->mask) {
		struct inflight *record = &table->records[(*cursor)++];

		if (record->word == INFLIGHT_FREE)
			continue;
		if (!expired_only || (int32_t)(now_ms - record->deadline_ms) >= 0)
			return record;
	}
	return NULL;
}
