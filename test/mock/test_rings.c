// SPDX-License-Identifier: MIT
/*
 * test_rings.c: rings in huge pages that queue pairs share, on a kernel that has some: which memory they get,
 * that each queue pair works there and after a reset, and that a ring which the controller may still write to
 * is not given to another queue pair. The test has the private names.
 */
#include "harness.h"

#include "huge_pages.h"
#include "qpair/qpair.h"

/* Behind a submission ring there are pages for ranges. */
enum { QUEUES = 24, DEPTH = 1024, SQ_BYTES = DEPTH * 64 + 4 * PAGE, CQ_BYTES = 2 * DEPTH * 16 };

static int begin(void **state)
{
	huge_kernel = (struct huge_kernel){ .free = 8 };
	return rig_begin(state);
}

/* The huge pages are free again. */
static int end(void **state)
{
	int ret = rig_end(state);

	assert_int_equal(huge_kernel.free, 8);
	return ret;
}

static void open_rig(struct rig *rig)
{
	rig_open(rig, NULL, NULL);
	assert_int_equal(nvu_dma_alloc(rig->ctrl, PAGE, &rig->buf), 0);
}

static struct nvu_qpair *create(struct nvu_ctrl *ctrl)
{
	struct nvu_qpair *qpair = NULL;

	assert_int_equal(
		nvu_qpair_create(ctrl, NVU_QPAIR_OPTS(.depth = DEPTH, .pieces = 1), &qpair), 0);
	return qpair;
}

/* One read through each. */
static void read_all(struct rig *rig, struct nvu_qpair **qpairs, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		rig->qpair = qpairs[i];
		assert_int_equal(rig_read(rig, 0, 1, 0), 0);
	}
	rig->qpair = NULL;
}

static void queue_pairs_share_a_mapping_for_each_kind_of_ring(void **state)
{
	struct rig *rig = *state;
	struct nvu_qpair *qpairs[QUEUES];
	uint64_t mappings;

	open_rig(rig);
	mappings = rig_mock_stats(rig).dma_mappings;
	for (uint32_t i = 0; i < QUEUES; i++)
		qpairs[i] = create(rig->ctrl);

	assert_int_equal(rig_mock_stats(rig).dma_mappings, mappings + 2);
	for (uint32_t i = 1; i < QUEUES; i++) {
		assert_int_equal(qpairs[i]->sq_memory->iova,
				 qpairs[0]->sq_memory->iova + i * SQ_BYTES);
		assert_int_equal(qpairs[i]->cq_memory->iova,
				 qpairs[0]->cq_memory->iova + i * CQ_BYTES);
	}
	for (int turn = 0; turn < 3; turn++)
		read_all(rig, qpairs, QUEUES);
	for (uint32_t i = 0; i < QUEUES; i++)
		nvu_qpair_destroy(qpairs[i * 7 % QUEUES]);
	assert_int_equal(rig_mock_stats(rig).dma_mappings, mappings);
	assert_int_equal(huge_kernel.free, 8);
}

static void without_huge_pages_each_ring_has_a_mapping(void **state)
{
	struct rig *rig = *state;
	struct nvu_qpair *qpairs[2];
	uint64_t mappings;

	huge_kernel.free = 0;
	open_rig(rig);
	/* Buffers of several pages have page lists, which have a mapping. */
	assert_int_equal(nvu_dma_free(rig->buf), 0);
	assert_int_equal(nvu_dma_alloc(rig->ctrl, 3 * PAGE, &rig->buf), 0);
	mappings = rig_mock_stats(rig).dma_mappings;
	for (uint32_t i = 0; i < COUNT(qpairs); i++)
		qpairs[i] = create(rig->ctrl);

	assert_int_equal(rig_mock_stats(rig).dma_mappings, mappings + 4);
	read_all(rig, qpairs, COUNT(qpairs));
	for (uint32_t i = 0; i < COUNT(qpairs); i++)
		nvu_qpair_destroy(qpairs[i]);
	huge_kernel.free = 8;
}

static void controller_without_queue_pairs_takes_no_huge_page(void **state)
{
	open_rig(*state);
	assert_int_equal(huge_kernel.free, 8);
}

static void reset_leaves_rings_where_they_are(void **state)
{
	struct rig *rig = *state;
	struct nvu_qpair *qpairs[3];
	uint64_t iovas[3];

	open_rig(rig);
	for (uint32_t i = 0; i < COUNT(qpairs); i++) {
		qpairs[i] = create(rig->ctrl);
		iovas[i] = qpairs[i]->cq_memory->iova;
	}
	read_all(rig, qpairs, COUNT(qpairs));
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	for (uint32_t i = 0; i < COUNT(qpairs); i++) {
		rig->qpair = qpairs[i];
		rig_settle(rig);
		assert_int_equal(qpairs[i]->cq_memory->iova, iovas[i]);
	}
	read_all(rig, qpairs, COUNT(qpairs));
	for (uint32_t i = 0; i < COUNT(qpairs); i++)
		nvu_qpair_destroy(qpairs[i]);
}

/* Deleted, as the controller says: the ring is as good as new. */
static void ring_of_a_deleted_queue_is_used_again(void **state)
{
	struct rig *rig = *state;
	struct nvu_qpair *qpairs[2];
	uint64_t iova;

	open_rig(rig);
	for (uint32_t i = 0; i < COUNT(qpairs); i++)
		qpairs[i] = create(rig->ctrl);
	iova = qpairs[0]->cq_memory->iova;
	for (int turn = 0; turn < 100; turn++) {
		read_all(rig, qpairs, COUNT(qpairs));
		nvu_qpair_destroy(qpairs[0]);
		qpairs[0] = create(rig->ctrl);
		assert_int_equal(qpairs[0]->cq_memory->iova, iova);
	}
	for (uint32_t i = 0; i < COUNT(qpairs); i++)
		nvu_qpair_destroy(qpairs[i]);
}

/* It cannot be disabled, and may be at work still: another controller's queue pair gets other memory. */
static void ring_of_a_dead_controller_is_not_used_again(void **state)
{
	struct rig *rig = *state;
	struct nvu_qpair *lost, *next;
	struct nvu_ctrl *other;
	uint64_t sq, cq;

	rig_open(rig, NULL, NVU_CTRL_OPTS(.ready_timeout_ms = 200, .admin_timeout_ms = 200));
	assert_int_equal(nvu_ctrl_open("mock:stepped", NULL, &other), 0);
	lost = create(rig->ctrl);
	sq = lost->sq_memory->iova;
	cq = lost->cq_memory->iova;
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_NEVER_DISABLED, .count = UINT32_MAX));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE_NOW));
	assert_int_not_equal(nvu_ctrl_reset(rig->ctrl), 0);

	next = create(other);
	nvu_qpair_destroy(lost);
	lost = create(other);
	assert_int_not_equal(lost->sq_memory->iova, sq);
	assert_int_not_equal(lost->cq_memory->iova, cq);
	nvu_qpair_destroy(lost);
	nvu_qpair_destroy(next);
	nvu_ctrl_close(other);
}

/* Destroyed after its controller was closed: nothing says whether that has stopped. */
static void ring_of_a_closed_controller_is_not_used_again(void **state)
{
	struct rig *rig = *state;
	struct nvu_qpair *orphan, *next;
	struct nvu_ctrl *other;
	uint64_t cq;

	rig_open(rig, NULL, NULL);
	assert_int_equal(nvu_ctrl_open("mock:stepped", NULL, &other), 0);
	orphan = create(rig->ctrl);
	cq = orphan->cq_memory->iova;
	next = create(other);
	nvu_ctrl_close(rig->ctrl);
	rig->ctrl = NULL;
	nvu_qpair_destroy(orphan);
	orphan = create(other);
	assert_int_not_equal(orphan->cq_memory->iova, cq);
	nvu_qpair_destroy(orphan);
	nvu_qpair_destroy(next);
	nvu_ctrl_close(other);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(queue_pairs_share_a_mapping_for_each_kind_of_ring),
		CASE(without_huge_pages_each_ring_has_a_mapping),
		CASE(controller_without_queue_pairs_takes_no_huge_page),
		CASE(reset_leaves_rings_where_they_are),
		CASE(ring_of_a_deleted_queue_is_used_again),
		CASE(ring_of_a_dead_controller_is_not_used_again),
		CASE(ring_of_a_closed_controller_is_not_used_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
