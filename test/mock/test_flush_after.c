// SPDX-License-Identifier: MIT
/*
 * test_flush_after.c: nvu_flush_after(): sent once all that was accepted before it is answered, and never sooner.
 */
#include "flush_after.h"

#include <nvu/group.h>
#include <nvu/wait.h>

static void flush_is_sent_after_what_was_accepted_before(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpls[8];
	uint64_t before;

	start(rig, NULL);
	before = carried_out(rig);
	for (uint64_t i = 0; i < 3; i++)
		queue_write(rig, i);
	queue_flush(rig, FLUSH);
	queue_write(rig, 3);
	assert_int_equal(outstanding(rig), 5);
	assert_int_equal(nvu_submit(rig->qpair), 0);
	assert_int_equal(rig_stats(rig).submitted, 4);
	(void)nvu_mock_step(rig->mock, UINT32_MAX);
	assert_int_equal(carried_out(rig) - before, 4); /* those behind it are not held back */
	assert_int_equal(nvu_poll(rig->qpair, cpls, 2), 2);
	assert_int_equal(nvu_submit(rig->qpair), 0);
	(void)nvu_mock_step(rig->mock, UINT32_MAX);
	assert_int_equal(carried_out(rig) - before, 4);
	assert_int_equal(outstanding(rig), 3);
	assert_int_equal(nvu_poll(rig->qpair, cpls, 1), 1); /* the last one before it */
	assert_int_equal(cpls[0].user_data, 2);
	assert_int_equal(nvu_submit(rig->qpair), 0);
	(void)nvu_mock_step(rig->mock, UINT32_MAX);
	assert_int_equal(carried_out(rig) - before, 5);
	expect(rig, 3, 0);
	expect(rig, FLUSH, 0);
	assert_int_equal(outstanding(rig), 0);
	assert_int_equal(rig_stats(rig).submitted, 5);
	assert_int_equal(rig_stats(rig).completed, 5);
}

static void flush_of_an_idle_queue_pair_is_sent_at_once(void **state)
{
	struct rig *rig = *state;

	start(rig, NULL);
	for (uint64_t i = 0; i < 3ul * DEPTH; i++) {
		queue_flush(rig, i);
		assert_int_equal(nvu_submit(rig->qpair), 0);
		assert_int_equal(rig_stats(rig).submitted, i + 1);
		expect(rig, i, 0);
	}
}

static void flushes_come_in_order(void **state)
{
	struct rig *rig = *state;

	start(rig, NULL);
	for (uint64_t round = 0; round < 20; round++) {
		uint64_t before = carried_out(rig);

		queue_write(rig, 1);
		queue_flush(rig, 2);
		queue_flush(rig, 3);
		queue_write(rig, 4);
		queue_flush(rig, 5);
		queue_flush(rig, 6);
		assert_int_equal(outstanding(rig), 6);
		expect(rig, 1, 0);
		assert_int_equal(carried_out(rig) - before, 2);
		expect(rig, 4, 0);
		expect(rig, 2, 0);
		assert_int_equal(carried_out(rig) - before, 3);
		expect(rig, 3, 0);
		expect(rig, 5, 0);
		assert_int_equal(carried_out(rig) - before, 5);
		expect(rig, 6, 0);
	}
}

/* Of 12 commands each, in a queue that holds 4. */
static void requests_of_several_commands_are_waited_for_as_a_whole(void **state)
{
	struct rig *rig = *state;
	uint64_t before;

	start(rig, NVU_QPAIR_OPTS(.commands = 4));
	before = carried_out(rig);
	for (uint64_t i = 0; i < 2; i++) {
		assert_int_equal(
			nvu_rw(rig->qpair, NVU_RW_ARGS(.ns = rig->ns, .opcode = NVU_CMD_WRITE,
						       .blocks = i ? 1 : 12ul * PART,
						       .buf = rig->buf, .user_data = i)),
			i ? -EAGAIN : 0);
		(void)nvu_mock_step(rig->mock, 1);
	}
	assert_int_equal(flush(rig, FLUSH), -EAGAIN);
	assert_int_equal(rig_stats(rig).full, 2);
	rig_reap(rig, &(struct nvu_cpl){ 0 }, 1);
	rig_again(rig);

	start(rig, NVU_QPAIR_OPTS(.depth = DEPTH));
	for (uint64_t round = 0; round < 3; round++) {
		before = carried_out(rig);
		assert_int_equal(
			nvu_rw(rig->qpair,
			       NVU_RW_ARGS(.ns = rig->ns, .opcode = NVU_CMD_WRITE,
					   .blocks = 12ul * PART, .buf = rig->buf, .user_data = 1)),
			0);
		queue_flush(rig, FLUSH);
		expect(rig, 1, 0);
		assert_int_equal(carried_out(rig) - before, 12);
		expect(rig, FLUSH, 0);
		assert_int_equal(carried_out(rig) - before, 13);
	}
}

static void fused_pairs_are_waited_for(void **state)
{
	struct rig *rig = *state;
	uint64_t before;

	start(rig, NULL);
	before = carried_out(rig);
	assert_int_equal(
		nvu_compare_and_write(rig->qpair, rig->ns, 0, 1, rig->buf, 0, rig->buf, 0, 1), 0);
	queue_flush(rig, FLUSH);
	assert_int_equal(outstanding(rig), 3);
	expect(rig, 1, 0);
	assert_int_equal(carried_out(rig) - before, 2);
	expect(rig, FLUSH, 0);
}

static void flush_takes_room_and_is_refused_without(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpls[3];

	start(rig, NVU_QPAIR_OPTS(.commands = 3));
	queue_write(rig, 1);
	queue_flush(rig, 2);
	queue_write(rig, 3);
	assert_int_equal(nvu_qpair_room(rig->qpair), 0);
	assert_int_equal(flush(rig, 4), -EAGAIN);
	assert_int_equal(nvu_flush(rig->qpair, rig->ns, 4), -EAGAIN);
	assert_int_equal(rig_stats(rig).full, 2);
	rig_reap(rig, cpls, 3);
	assert_int_equal(cpls[2].user_data, 2);
	assert_int_equal(nvu_qpair_room(rig->qpair), 3);
	queue_flush(rig, 5);
	expect(rig, 5, 0);
}

static void drain_and_wait_end_with_the_flush(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpls[8];

	start(rig, NULL);
	queue_write(rig, 1);
	queue_flush(rig, 2);
	queue_flush(rig, 3);
	for (uint64_t i = 1; i <= 3; i++) {
		assert_int_equal(nvu_wait(rig->qpair, cpls, 8, 1000), 1);
		assert_int_equal(cpls[0].user_data, i);
	}
	rig_again(rig);

	rig_start(rig, NVU_MOCK_OPTS(.ns_bytes = 64 << 20), NULL, NULL);
	queue_write(rig, 1);
	queue_flush(rig, 2);
	queue_flush(rig, 3);
	assert_int_equal(nvu_qpair_drain(rig->qpair, cpls, 8, -1), 3);
	assert_int_equal(cpls[2].user_data, 3);
	assert_int_equal(outstanding(rig), 0);
}

static void group_delivers_it(void **state)
{
	struct rig *rig = *state;
	struct nvu_group *group;
	struct nvu_cpl cpls[4];
	int have = 0;

	rig_start(rig, NVU_MOCK_OPTS(.ns_bytes = 64 << 20), NULL, NULL);
	assert_int_equal(nvu_group_create(&group), 0);
	assert_int_equal(nvu_group_add(group, rig->qpair), 0);
	queue_write(rig, 1);
	queue_flush(rig, 2);
	while (have < 2) {
		int ret = nvu_group_wait(group, cpls + have, 4 - (uint32_t)have, 10000);

		assert_true(ret > 0);
		have += ret;
	}
	assert_int_equal(cpls[1].user_data, 2);
	assert_int_equal(nvu_group_remove(group, rig->qpair), 0);
	nvu_group_destroy(group);
}

static void what_cannot_be_flushed_is_refused(void **state)
{
	struct rig *rig = *state;
	struct nvu_ctrl *other;
	const struct nvu_ns *ns;

	start(rig, NULL);
	assert_int_equal(nvu_ctrl_open("mock:size=1M", NULL, &other), 0);
	assert_int_equal(nvu_ns_get(other, 1, &ns), 0);
	assert_int_equal(nvu_flush_after(rig->qpair, ns, 1), -EINVAL);
	rig_assert_sentence("another controller");
	nvu_ctrl_close(other);
	assert_int_equal(outstanding(rig), 0);
	/* Destroyed with some outstanding, which then have no completion. */
	queue_write(rig, 1);
	queue_flush(rig, 2);
	assert_int_equal(nvu_submit(rig->qpair), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(flush_is_sent_after_what_was_accepted_before),
		RIG_TEST(flush_of_an_idle_queue_pair_is_sent_at_once),
		RIG_TEST(flushes_come_in_order),
		RIG_TEST(requests_of_several_commands_are_waited_for_as_a_whole),
		RIG_TEST(fused_pairs_are_waited_for),
		RIG_TEST(flush_takes_room_and_is_refused_without),
		RIG_TEST(drain_and_wait_end_with_the_flush),
		RIG_TEST(group_delivers_it),
		RIG_TEST(what_cannot_be_flushed_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
