/* SPDX-License-Identifier: MIT */
/*
 * test_inflight.c: the table of commands in flight, and what a hostile identifier meets there.
 */
#include "qpair/inflight.h"
#include "unit.h"

static struct inflight records[65536];

static uint32_t take(struct inflight_table *table, uint64_t user_data)
{
	assert_non_null(table->free);
	return (uint32_t)(inflight_take(table, table->free, user_data) >> INFLIGHT_CID_SHIFT);
}

static bool waits_for(const struct inflight_table *table, uint32_t cid)
{
	return inflight_at(table, cid)->state == (uint64_t)cid << INFLIGHT_CID_SHIFT;
}

static void give(struct inflight_table *table, uint32_t cid)
{
	inflight_give_back(table, inflight_at(table, cid));
}

static void take_until_full_gives_each_slot_once(void **state)
{
	struct inflight_table table;
	bool seen[64] = { false };
	(void)state;

	inflight_init(&table, records, 63);
	for (int i = 0; i < 63; i++) {
		uint32_t slot = take(&table, 0) & table.mask;

		assert_true(slot < 63);
		assert_false(seen[slot]);
		seen[slot] = true;
	}

	assert_true(!table.free);
	assert_int_equal(inflight_count(&table), 63);
}

static void give_makes_the_same_identifier_stale(void **state)
{
	struct inflight_table table;
	uint32_t first, second;
	(void)state;

	inflight_init(&table, records, 63);
	first = take(&table, 1);
	assert_true(waits_for(&table, first));

	give(&table, first);

	assert_false(waits_for(&table, first)); /* repeated */
	second = take(&table, 2);
	assert_int_equal(first & table.mask, second & table.mask);
	assert_int_not_equal(first, second);
	assert_false(waits_for(&table, first)); /* stale */
	assert_true(waits_for(&table, second));
}

/* For drives that cannot take any identifier. */
static void limit_gives_out_slot_numbers_from_the_first_on(void **state)
{
	struct inflight_table table;
	(void)state;

	inflight_init(&table, records, 63);
	inflight_limit(&table, 63, 32, false);
	for (uint32_t turn = 0; turn < 1000; turn++) {
		uint32_t cid = take(&table, turn);

		assert_in_range(cid, 32, 62);
		give(&table, cid);
	}
	for (uint32_t i = 0; i < 31; i++)
		assert_in_range(take(&table, 0), 32, 62);
	assert_null(table.free);
	inflight_renew(&table, 63, 0); /* those in flight keep the only identifier there is */
	for (uint32_t cid = 32; cid < 63; cid++)
		assert_true(waits_for(&table, cid));
}

static void limit_without_a_first_slot_keeps_generations(void **state)
{
	struct inflight_table table;
	uint32_t first;
	(void)state;

	inflight_init(&table, records, 63);
	inflight_limit(&table, 63, 0, true);
	first = take(&table, 0);
	give(&table, first);
	assert_int_equal(take(&table, 0), first + 64);
	assert_int_equal(inflight_count(&table), 1);
}

/* How long an identifier is good for: SECURITY.md has the numbers. */
static void identifier_comes_back_after_all_generations_of_its_slot(void **state)
{
	static const struct {
		uint32_t entries, uses;
	} rows[] = { { 2, 32768 }, { 128, 512 }, { 1024, 64 }, { 32768, 2 }, { 65536, 1 } };
	(void)state;

	for (uint32_t i = 0; i < COUNT(rows); i++) {
		struct inflight_table table;
		uint32_t first, cid, uses = 0;

		inflight_init(&table, records, rows[i].entries - 1);
		first = cid = take(&table, 0);
		do {
			give(&table, cid);
			cid = take(&table, 0);
			uses++;
		} while (cid != first);
		assert_int_equal(uses, rows[i].uses);
	}
}

/* Whatever 16 bits the device writes: only identifiers in flight match, and none is out of bounds. */
static void only_identifiers_in_flight_match(void **state)
{
	static const uint32_t slots[] = { 1, 2, 3, 63, 64, 1023, 65535 };
	(void)state;

	for (uint32_t i = 0; i < COUNT(slots); i++) {
		struct inflight_table table;
		uint32_t taken, matches = 0;

		inflight_init(&table, records, slots[i]);
		taken = take(&table, 0);
		for (uint32_t cid = 0; cid < 65536; cid++) {
			assert_true(inflight_at(&table, cid) <= &records[table.mask]);
			matches += waits_for(&table, cid);
		}
		assert_int_equal(matches, 1);
		assert_true(waits_for(&table, taken));
	}
}

/* Base 5.16.1.2: FFFFh means "no command" in the error log. */
static void identifier_ffff_is_never_given_out(void **state)
{
	static const uint32_t slots[] = { 1, 63, 64, 65535 };
	(void)state;

	for (uint32_t i = 0; i < COUNT(slots); i++) {
		struct inflight_table table;

		inflight_init(&table, records, slots[i]);
		while (table.free)
			take(&table, 0);
		for (uint32_t turn = 0; turn < 70000; turn++) {
			struct inflight *record = &records[turn % slots[i]];

			assert_int_not_equal(inflight_cid(record), 0xffff);
			inflight_give_back(&table, record);
			take(&table, 0);
		}
	}
}

static void drop_and_renew_keep_generations(void **state)
{
	struct inflight_table table;
	uint32_t before;
	(void)state;

	inflight_init(&table, records, 63);
	before = take(&table, 0);

	inflight_drop(&table);
	inflight_renew(&table, 63, 0);

	assert_int_equal(inflight_count(&table), 0);
	assert_false(waits_for(&table, before));
	assert_int_not_equal(take(&table, 0), before);
}

/* Commands that are sent again in a next life of the queues: a late answer of this one misses. */
static void renew_gives_what_is_in_flight_the_next_identifier(void **state)
{
	struct inflight_table table;
	uint32_t before, after;
	(void)state;

	inflight_init(&table, records, 63);
	before = take(&table, 5);
	after = before + 64;

	inflight_renew(&table, 63, 0);

	assert_int_equal(inflight_count(&table), 1);
	assert_false(waits_for(&table, before));
	assert_true(waits_for(&table, after));
	assert_int_equal(inflight_at(&table, after)->user_data, 5);
}

/* An entry has 48 bits: what marks a record that it must not answer lies above them, whatever it says. */
static void only_a_record_without_marks_equals_an_answer(void **state)
{
	const uint64_t any_answer = (1ull << 48) - 1;
	struct inflight_table table;
	struct inflight *record;
	(void)state;

	inflight_init(&table, records, 63);
	record = table.free;
	assert_true(record->state & ~any_answer);
	take(&table, 0);
	assert_false(record->state & ~any_answer);
	inflight_add_reason(record, 1);
	assert_true(record->state & ~any_answer);
	inflight_remove_reason(record, 1);
	assert_false(record->state & ~any_answer);
	inflight_give_back(&table, record);
	assert_true(record->state & ~any_answer);
	assert_true(records[table.mask].state & ~any_answer);
}

static void reasons_come_and_go_alone_and_leave_the_identifier(void **state)
{
	struct inflight_table table;
	struct inflight *record;
	uint32_t cid;
	(void)state;

	inflight_init(&table, records, 63);
	record = table.free;
	cid = take(&table, 5);
	inflight_add_reason(record, 1);
	inflight_add_reason(record, 0x8000);
	assert_false(waits_for(&table, cid));
	assert_true(inflight_waits_for(record, cid));
	inflight_remove_reason(record, 1);
	assert_false(inflight_has_reason(record, 1));
	assert_true(inflight_has_reason(record, 0x8000));
	assert_false(waits_for(&table, cid));
	inflight_remove_reason(record, 0x8000);
	assert_true(waits_for(&table, cid));
	assert_int_equal(record->user_data, 5);

	give(&table, cid);
	inflight_remove_reason(record, 1); /* a free record stays free */
	assert_true(inflight_is_free(record));
	assert_int_equal(take(&table, 0), cid + 64);
}

static void renew_keeps_the_reasons_that_it_is_to_keep(void **state)
{
	struct inflight_table table;
	struct inflight *record;
	uint32_t cid;
	(void)state;

	inflight_init(&table, records, 63);
	record = table.free;
	cid = take(&table, 0);
	record->state |= 5ull << INFLIGHT_DEADLINE_SHIFT;
	inflight_add_reason(record, 3);

	inflight_renew(&table, 63, 1);

	assert_true(inflight_waits_for(record, cid + 64));
	assert_true(inflight_has_reason(record, 1));
	assert_false(inflight_has_reason(record, 2));
	assert_int_equal(record->state >> INFLIGHT_DEADLINE_SHIFT & 0xff, 5);
	inflight_renew(&table, 63, 0);
	assert_true(waits_for(&table, cid + 128));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(take_until_full_gives_each_slot_once),
		cmocka_unit_test(give_makes_the_same_identifier_stale),
		cmocka_unit_test(limit_gives_out_slot_numbers_from_the_first_on),
		cmocka_unit_test(limit_without_a_first_slot_keeps_generations),
		cmocka_unit_test(identifier_comes_back_after_all_generations_of_its_slot),
		cmocka_unit_test(only_identifiers_in_flight_match),
		cmocka_unit_test(identifier_ffff_is_never_given_out),
		cmocka_unit_test(drop_and_renew_keep_generations),
		cmocka_unit_test(renew_gives_what_is_in_flight_the_next_identifier),
		cmocka_unit_test(only_a_record_without_marks_equals_an_answer),
		cmocka_unit_test(reasons_come_and_go_alone_and_leave_the_identifier),
		cmocka_unit_test(renew_keeps_the_reasons_that_it_is_to_keep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
