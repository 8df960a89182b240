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
	table->byte_mask = (size - 1) * (uint32_t)sizeof(*records);
	table->next_use = INFLIGHT_FREE | (uint64_t)size << INFLIGHT_CID_SHIFT;
	table->first = 0;
	for (uint32_t slot = 0; slot < size; slot++)
		records[slot].state = INFLIGHT_FREE | (uint64_t)slot << INFLIGHT_CID_SHIFT;
	inflight_renew(table, slots, 0);
}

void inflight_limit(struct inflight_table *table, uint32_t slots, uint32_t first, bool generations)
{
	table->first = first;
	if (!generations)
		table->next_use = INFLIGHT_FREE;
	inflight_renew(table, slots, 0);
}

void inflight_rename(const struct inflight_table *table, struct inflight *record)
{
	uint32_t cid_bits = inflight_cid_bits(record->state);

	record->state ^= cid_bits ^ (cid_bits + (uint32_t)table->next_use);
}

void inflight_renew(struct inflight_table *table, uint32_t slots, uint32_t kept)
{
	table->free = NULL;
	for (uint32_t slot = slots; slot-- > table->first;) {
		struct inflight *record = &table->records[slot];

		if (inflight_is_free(record)) {
			record->next = table->free;
			table->free = record;
		} else {
			inflight_remove_reason(record, ~kept);
			inflight_rename(table, record);
		}
	}
}

void inflight_drop(struct inflight_table *table)
{
	struct inflight *record;
	uint32_t cursor = 0;

	while ((record = inflight_next(table, &cursor)))
		inflight_retire(table, record, inflight_cid_bits(record->state));
}

uint32_t inflight_count(const struct inflight_table *table)
{
	uint32_t count = 0, cursor = 0;

	while (inflight_next(table, &cursor))
		count++;
	return count;
}

struct inflight *inflight_next(const struct inflight_table *table, uint32_t *cursor)
{
	/* The last record is never used. */
	while (*cursor < table->mask) {
		struct inflight *record = &table->records[(*cursor)++];

		if (!inflight_is_free(record))
			return record;
	}
	return NULL;
}
