// SPDX-License-Identifier: MIT
/*
 * test_full.c: a program whose buffers have taken all mappings of the IOMMU, or all memory that may
 * be locked: what it still can do is watch its drives.
 */
#include "harness.h"

enum { MAPPINGS = 64, LOCKED = 8 << 20, BUFFERS = 4096 };

struct full {
	struct nvu_dma *bufs[BUFFERS];
	uint32_t count;
	int error; /* of the allocation that was too much */
};

/* Takes the last page that can be mapped. */
static void fill(struct full *full, struct rig *rig)
{
	full->count = 0;
	do
		full->error = nvu_dma_alloc(rig->ctrl, PAGE, &full->bufs[full->count]);
	while (!full->error && ++full->count < BUFFERS);
	assert_in_range(full->count, 1, BUFFERS - 1);
}

static void empty(struct full *full)
{
	while (full->count)
		assert_int_equal(nvu_dma_free(full->bufs[--full->count]), 0);
}

static int get_log(struct rig *rig, uint8_t page, void *data, size_t len, uint64_t offset)
{
	const struct nvu_sqe cmd = {
		.opcode = NVU_ADMIN_GET_LOG_PAGE,
		.nsid = nvu_le32_put(UINT32_MAX),
		.cdw10 = nvu_le32_put((uint32_t)(len / 4 - 1) << 16 | page),
		.cdw11 = nvu_le32_put((uint32_t)(len / 4 - 1) >> 16),
		.cdw12 = nvu_le32_put((uint32_t)offset),
	};

	return nvu_admin(rig->ctrl, &cmd, data, len, 0, NULL);
}

static int identify(struct rig *rig, void *data, size_t len)
{
	const struct nvu_sqe cmd = { .opcode = NVU_ADMIN_IDENTIFY,
				     .cdw10 = nvu_le32_put(NVU_CNS_CTRL) };

	return nvu_admin(rig->ctrl, &cmd, data, len, 0, NULL);
}

/* Until the queue pair has its queues again. */
static void reset(struct rig *rig)
{
	struct nvu_cpl cpl;

	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	for (int poll = 0; poll < 1000; poll++)
		assert_int_equal(rig_poll(rig, &cpl, 1), 0);
	rig_settle(rig);
}

/* What works with nothing left to map, and what says why it does not. */
static void watch(struct rig *rig, struct full *full)
{
	static uint8_t before[2 * PAGE], after[2 * PAGE];
	struct nvu_smart_log smart;
	struct nvu_qpair *qpair;

	assert_int_equal(get_log(rig, NVU_LOG_COMMANDS, before, PAGE, 0), 0);
	fill(full, rig);
	assert_int_equal(get_log(rig, NVU_LOG_SMART, &smart, sizeof(smart), 0), 0);
	assert_int_equal(smart.avail_spare, 100);
	assert_int_equal(identify(rig, after, PAGE), 0);
	assert_memory_equal(after, nvu_ctrl_identify(rig->ctrl), PAGE);
	assert_int_equal(get_log(rig, NVU_LOG_COMMANDS, after, PAGE, 0), 0);
	assert_memory_equal(before, after, PAGE);
	assert_int_equal(nvu_ctrl_service(rig->ctrl, NULL), 0);

	/* Smaller rings fit into a huge page that has a mapping already, on a host with free huge pages. */
	assert_int_equal(nvu_qpair_create(rig->ctrl, NVU_QPAIR_OPTS(.depth = 65536), &qpair),
			 full->error);
	reset(rig);
	assert_int_equal(rig_read(rig, 0, 8, 0), 0);
	empty(full);
}

static void monitoring_works_when_all_mappings_are_in_use(void **state)
{
	static struct full full;
	struct rig *rig = *state;

	rig_start(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .dma_mappings = MAPPINGS), NULL,
		  NULL);
	watch(rig, &full);
	assert_int_equal(full.error, -ENOSPC);
	fill(&full, rig);
	assert_int_equal(nvu_dma_alloc(rig->ctrl, PAGE, &full.bufs[full.count]), -ENOSPC);
	rig_assert_sentence("all 64 IOMMU mappings are in use");
	empty(&full);
}

static void monitoring_works_when_no_more_memory_may_be_locked(void **state)
{
	static struct full full;
	struct rig *rig = *state;

	rig_start(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .dma_bytes = LOCKED), NULL, NULL);
	watch(rig, &full);
	assert_int_equal(full.error, -ENOMEM);
	fill(&full, rig);
	assert_int_equal(nvu_dma_alloc(rig->ctrl, PAGE, &full.bufs[full.count]), -ENOMEM);
	rig_assert_sentence("locked-memory limit");
	empty(&full);
}

/* A page at a time, the events kept until the last; what has no offset says that memory is full. */
static void long_log_pages_are_read_in_pieces_when_memory_is_full(void **state)
{
	static uint8_t whole[3 * PAGE], pieces[3 * PAGE];
	static struct full full;
	struct rig *rig = *state;

	rig_start(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .dma_mappings = MAPPINGS), NULL,
		  NULL);
	assert_int_equal(get_log(rig, NVU_LOG_COMMANDS, whole, PAGE, 0), 0);
	fill(&full, rig);
	assert_int_equal(get_log(rig, NVU_LOG_COMMANDS, pieces, 2 * PAGE, 0), 0);
	assert_memory_equal(whole, pieces, 2 * PAGE);
	assert_int_equal(identify(rig, pieces, 2 * PAGE), full.error);
	rig_assert_sentence("in use");
	empty(&full);
}

/* The page may still be written by the controller: it serves no other command until that is known. */
static void page_of_a_command_that_was_given_up_is_not_used_again_before_it_ended(void **state)
{
	static struct full full;
	struct rig *rig = *state;
	struct nvu_smart_log smart;

	rig_start(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .dma_mappings = MAPPINGS),
		  NVU_CTRL_OPTS(.admin_timeout_ms = 50), NULL);
	fill(&full, rig);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .qid = NVU_MOCK_ADMIN_QUEUE,
				       .opcode = NVU_ADMIN_GET_LOG_PAGE, .count = 1));
	assert_int_equal(get_log(rig, NVU_LOG_SMART, &smart, sizeof(smart), 0), -ETIMEDOUT);
	assert_int_equal(get_log(rig, NVU_LOG_SMART, &smart, sizeof(smart), 0), full.error);
	reset(rig);
	assert_int_equal(get_log(rig, NVU_LOG_SMART, &smart, sizeof(smart), 0), 0);
	empty(&full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(monitoring_works_when_all_mappings_are_in_use),
		RIG_TEST(monitoring_works_when_no_more_memory_may_be_locked),
		RIG_TEST(long_log_pages_are_read_in_pieces_when_memory_is_full),
		RIG_TEST(page_of_a_command_that_was_given_up_is_not_used_again_before_it_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
