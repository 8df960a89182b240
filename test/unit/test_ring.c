/* SPDX-License-Identifier: MIT */
/*
 * test_ring.c: the two rings, at the sizes where indices go wrong, and doorbells.
 */
#include "ring/cq_ring.h"
#include "ring/doorbell.h"
#include "ring/sq_ring.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

static struct nvu_sqe sq[65536];
static struct nvu_cqe cq[65536];

static void advance(struct sq_ring *ring)
{
	if (!sq_ring_advance(ring, ring->slot))
		(void)sq_ring_turn(ring);
}

static void sq_ring_wraps_at_every_size(void **state)
{
	static const uint32_t sizes[] = { 2, 3, 1024, 65535, 65536 };
	(void)state;

	for (uint32_t i = 0; i < COUNT(sizes); i++) {
		struct sq_ring ring;

		sq_ring_init(&ring, sq, sizes[i]);
		for (uint32_t n = 1; n < 2 * sizes[i]; n++) {
			advance(&ring);
			assert_int_equal(sq_ring_index(&ring, ring.slot), n % sizes[i]);
		}
	}
}

static void sq_ring_unpublished_counts_across_the_wrap(void **state)
{
	struct sq_ring ring;
	(void)state;

	sq_ring_init(&ring, sq, 65536);
	for (int n = 0; n < 65530; n++)
		advance(&ring);
	ring.published = ring.slot;
	for (int n = 0; n < 10; n++)
		advance(&ring);

	assert_int_equal(sq_ring_unpublished(&ring), 10);
	assert_int_equal(sq_ring_index(&ring, ring.slot), 4);
}

static bool is_clean(const struct nvu_sqe *entry)
{
	const uint64_t *words = (const uint64_t *)(const void *)entry;

	return !words[1] && !words[2] && !words[7];
}

/* A command that has something in each of the words that reads do not write; wherever it comes. */
static void sq_ring_slot_is_clean_whatever_a_command_has_left(void **state)
{
	struct nvu_sqe cmd;
	(void)state;

	memset(&cmd, 0xa5, sizeof(cmd));
	for (uint32_t first = 0; first < 8; first++) {
		struct sq_ring ring;

		memset(sq, 0, sizeof(sq));
		sq_ring_init(&ring, sq, 5);
		for (uint32_t n = 0; n < 40; n++) {
			assert_true(is_clean(ring.slot));
			if (n == first || n == first + 2 || n == first + 13)
				sq_ring_fill(&ring, &cmd);
			advance(&ring);
		}
		assert_ptr_equal(ring.stop, ring.end); /* at full speed again */
		memset(sq, 0xa5, sizeof(sq));
		sq_ring_restart(&ring, sq + first % 5);
		for (uint32_t n = 0; n < 40; n++) {
			assert_true(is_clean(ring.slot));
			advance(&ring);
		}
	}
}

static void post(uint32_t at, uint32_t cid, bool phase)
{
	cq[at].cid = nvu_le16_put((uint16_t)cid);
	cq[at].status = nvu_le16_put(phase);
}

static void cq_ring_wraps_at_65536_and_flips_phase(void **state)
{
	struct cq_ring ring;
	(void)state;

	memset(cq, 0, sizeof(cq));
	cq_ring_init(&ring, cq, 65536, 0);
	for (uint32_t n = 0; n < 65536; n++) {
		assert_false(cq_ring_pending(&ring));
		post(n, n, true);
		assert_true(cq_ring_pending(&ring));
		assert_int_equal(CQE_CID(cq_ring_answer(&ring)), n);
		ring.next++;
		cq_ring_wrap(&ring);
	}

	assert_int_equal(cq_ring_head(&ring), 0);
	assert_false(cq_ring_pending(&ring)); /* the first round's entry is old now */
	post(0, 7, false);
	assert_true(cq_ring_pending(&ring));
}

static void upper_half_of_a_cqe_is_taken_apart_as_in_figure_90(void **state)
{
	struct cq_ring ring;
	uint64_t answer;
	(void)state;

	memset(cq, 0, sizeof(cq));
	cq[0].sqhd = nvu_le16_put(0x1234);
	cq[0].sqid = nvu_le16_put(0x4321);
	cq[0].cid = nvu_le16_put(0xabcd);
	cq[0].status = nvu_le16_put(0x8503); /* DNR, SCT 2, SC 81h, phase 1 */
	cq_ring_init(&ring, cq, 2, 0x4321);

	answer = cq_ring_answer(&ring);

	assert_int_equal(CQE_SQID(answer), 0);
	assert_int_equal(CQE_CID(answer), 0xabcd);
	assert_int_equal(CQE_STATUS(answer), 0x4281);
	assert_int_equal(answer & CQE_PHASE, 0);
	cq[0].sqid = nvu_le16_put(0x4320);
	assert_int_not_equal(CQE_SQID(cq_ring_answer(&ring)), 0);
}

/* Base 5.8: the register is written when the value passes the event index on its way. */
static void doorbell_write_other_beside_the_event_spares_the_register(void **state)
{
	uint32_t reg = 0, shadow = 0, event_idx = 0;
	struct doorbell_gate gate = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct doorbell doorbell = {
		.mapped = &reg, .shadow = &shadow, .event_idx = &event_idx, .gate = &gate
	};
	(void)state;

	doorbell_write(&doorbell, 3); /* passes 0 */
	doorbell_write(&doorbell, 5);

	assert_int_equal(reg, 3);
	assert_int_equal(shadow, 5);
	assert_int_equal(doorbell.spared, 1);
}

static void doorbell_write_other_behind_a_closed_gate_writes_nothing(void **state)
{
	uint32_t reg = 7, shadow = 7;
	struct doorbell_gate gate = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct doorbell doorbell = { .mapped = &reg, .shadow = &shadow, .gate = &gate };
	(void)state;

	assert_true(doorbell_gate_close(&gate));
	assert_false(doorbell_gate_close(&gate));
	doorbell_write(&doorbell, 3);
	doorbell.shadow = NULL;
	doorbell_write(&doorbell, 3);
	assert_int_equal(reg, 7);
	assert_int_equal(shadow, 7);

	doorbell_gate_open(&gate);
	doorbell_write(&doorbell, 3);
	assert_int_equal(reg, 3);
}

static char bar[64];
static struct {
	uint32_t maps, buries, renewals, unmaps;
	int fail; /* -errno of the next mapping */
} seen;

static const struct transport_ops recorder;

static int record_map(struct transport *transport, size_t first, size_t end,
		      struct transport_doorbells *ret_doorbells)
{
	const int ret = seen.fail;

	(void)transport;
	seen.fail = 0;
	if (ret)
		return ret;
	seen.maps++;
	*ret_doorbells = (struct transport_doorbells){
		.ops = &recorder, .at = bar + first, .first = first, .end = end
	};
	return 0;
}

static int record_burial(struct transport *transport, struct transport_doorbells *doorbells)
{
	(void)transport;
	assert_false(doorbells->buried);
	seen.buries++;
	doorbells->buried = true;
	return 0;
}

static int record_renewal(struct transport *transport, struct transport_doorbells *doorbells)
{
	(void)transport;
	assert_true(doorbells->buried);
	seen.renewals++;
	doorbells->buried = false;
	return 0;
}

static void record_unmapping(struct transport_doorbells *doorbells)
{
	assert_true(doorbells->buried);
	seen.unmaps++;
}

static const struct transport_ops recorder = { .doorbells_map = record_map,
					       .doorbells_bury = record_burial,
					       .doorbells_renew = record_renewal,
					       .doorbells_unmap = record_unmapping };

/* A life of the controller may have another stride. */
static void gate_maps_doorbells_once_and_again_when_they_move(void **state)
{
	struct transport transport = { .ops = &recorder };
	struct doorbell_gate gate = { .lock = PTHREAD_MUTEX_INITIALIZER, .transport = &transport };
	(void)state;

	memset(&seen, 0, sizeof(seen));
	seen.fail = -ENOMEM;
	assert_null(doorbell_gate_map(&gate, 8, 16));
	assert_ptr_equal(doorbell_gate_map(&gate, 8, 16), bar + 8);
	assert_true(doorbell_gate_close(&gate));
	assert_false(doorbell_gate_close(&gate)); /* they are buried once */
	assert_ptr_equal(doorbell_gate_map(&gate, 8, 16), bar + 8);
	assert_ptr_equal(doorbell_gate_map(&gate, 8, 16), bar + 8);
	assert_false(doorbell_gate_close(&gate)); /* mapped, although the gate is closed still */
	assert_int_equal(seen.maps, 1);
	assert_int_equal(seen.buries, 2);
	assert_int_equal(seen.renewals, 1);

	assert_ptr_equal(doorbell_gate_map(&gate, 16, 32), bar + 16);
	assert_int_equal(seen.unmaps, 1);
	assert_int_equal(seen.maps, 2);
	doorbell_gate_unmap(&gate);
	doorbell_gate_unmap(&gate);
	assert_int_equal(seen.buries, 3);
	assert_int_equal(seen.unmaps, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sq_ring_wraps_at_every_size),
		cmocka_unit_test(doorbell_write_other_behind_a_closed_gate_writes_nothing),
		cmocka_unit_test(gate_maps_doorbells_once_and_again_when_they_move),
		cmocka_unit_test(sq_ring_unpublished_counts_across_the_wrap),
		cmocka_unit_test(sq_ring_slot_is_clean_whatever_a_command_has_left),
		cmocka_unit_test(cq_ring_wraps_at_65536_and_flips_phase),
		cmocka_unit_test(upper_half_of_a_cqe_is_taken_apart_as_in_figure_90),
		cmocka_unit_test(doorbell_write_other_beside_the_event_spares_the_register),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
