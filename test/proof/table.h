/* SPDX-License-Identifier: MIT */
/*
 * table.h: an in-flight table in any state that it can be in: any records in flight, of any
 * generation, the others linked to anything. And the checks of what became of it.
 *
 * A harness that begins with any such state, takes one step and finds such a state again has proved
 * the step for every sequence of steps. This file alone knows how a record shows its state.
 *
 * The free list is not followed. A step that puts records in front of it which were not free, and
 * leaves the links of all others alone, turns a list of all free records into one again.
 */
#ifndef NVU_TEST_PROOF_TABLE_H
#define NVU_TEST_PROOF_TABLE_H

#include "proof.h"
#include "qpair/special.h"

enum { TABLE_RECORDS = 8 };

static struct inflight records[TABLE_RECORDS];

/* What the table holds, in the simplest form. */
struct table_model {
	uint32_t slots;
	uint64_t user_data; /* of slot n: this ^ n */
	bool live[TABLE_RECORDS];
	bool special[TABLE_RECORDS];	      /* in flight: with any reasons, and any deadline */
	uint16_t cid[TABLE_RECORDS];	      /* in flight: waited for; free: to be used next */
	struct inflight *next[TABLE_RECORDS]; /* free: the rest of the free list */
	struct inflight *free;
};

static inline uint64_t table_user_data(const struct table_model *model, uint32_t slot)
{
	return model->user_data ^ slot;
}

static inline bool table_is_live(const struct inflight_table *table, uint32_t slot)
{
	return !inflight_is_free(&table->records[slot]);
}

/* Waited for, or to be used next. */
static inline uint16_t table_cid(const struct inflight_table *table, uint32_t slot)
{
	return (uint16_t)inflight_cid(&table->records[slot]);
}

static inline struct inflight *table_any_record(uint32_t slots)
{
	uint32_t slot = nondet_u32();

	return slot < slots ? &records[slot] : NULL;
}

/* In flight, and perhaps special; or free, with any bit that an identifier's last generation has carried. */
static inline uint64_t table_any_state(uint64_t cid, bool live, bool special)
{
	uint64_t state = cid << INFLIGHT_CID_SHIFT, reasons = nondet_u16();

	if (!live)
		return state | INFLIGHT_FREE | (uint64_t)nondet_bool() << 32;
	/*
	 * Parts are answered apart; of fused pairs: test/mock/test_compare_and_write.c; of what is not in the ring, or is
	 * aborted: test/mock/test_flush_after.c, test_abort.c.
	 */
	assume(reasons &&
	       !(reasons & (SPECIAL_PART | SPECIAL_FUSED | SPECIAL_BEFORE | SPECIAL_HELD |
			    SPECIAL_OWN | SPECIAL_ABORTING | SPECIAL_KEPT_BACK | SPECIAL_DELAYED)));
	return special ? state | reasons | INFLIGHT_LATER |
				 (uint64_t)(nondet_u32() >> 2) << INFLIGHT_DEADLINE_SHIFT
		       : state;
}

/* Any state of a table with this number of slots. */
static inline void table_anything(struct inflight_table *table, struct table_model *model,
				  uint32_t slots)
{
	inflight_init(table, records, slots);
	model->slots = slots;
	model->user_data = nondet_u64();
	for (uint32_t slot = 0; slot < slots; slot++) {
		uint16_t cid = nondet_u16();

		assume((cid & table->mask) == slot);
		model->live[slot] = nondet_bool();
		model->special[slot] = nondet_bool();
		model->cid[slot] = cid;
		records[slot].state = table_any_state(cid, model->live[slot], model->special[slot]);
		if (model->live[slot]) {
			records[slot].user_data = table_user_data(model, slot);
		} else {
			model->next[slot] = table_any_record(slots);
			records[slot].next = model->next[slot];
		}
	}
	model->free = table_any_record(slots);
	table->free = model->free;
}

/* That identifiers are what they have to be, so that no completion finds the wrong record. */
static inline void table_check(const struct inflight_table *table, uint32_t slots)
{
	for (uint32_t slot = 0; slot < slots; slot++) {
		prove((table_cid(table, slot) & table->mask) == slot,
		      "an identifier leads to its record");
		prove(table_cid(table, slot) != 0xffff, "FFFFh is no command's identifier");
	}
	prove(inflight_is_free(&records[table->mask]), "the record that is never used");
}

/* That a record is as it was. */
static inline void table_check_same(const struct inflight_table *table,
				    const struct table_model *model, uint32_t slot)
{
	prove(table_is_live(table, slot) == model->live[slot], "as it was, in flight or not");
	prove(table_cid(table, slot) == model->cid[slot], "its identifier is as it was");
	prove(!model->live[slot] || table->records[slot].user_data == table_user_data(model, slot),
	      "its user data are as they were");
}

/* That a command which was in flight has been answered: its record waits under the next generation. */
static inline void table_check_answered(const struct inflight_table *table,
					const struct table_model *model, uint32_t slot)
{
	prove(model->live[slot], "it was in flight");
	prove(!table_is_live(table, slot), "it is not in flight any more");
	prove(table_cid(table, slot) == (uint16_t)(model->cid[slot] + table->mask + 1),
	      "its next use has the next generation");
}

#endif
