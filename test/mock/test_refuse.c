// SPDX-License-Identifier: MIT
/*
 * test_refuse.c: what a program must not ask for. Each wrong argument is refused with its error and
 * a sentence that says what is wrong, and changes nothing.
 */
#include "harness.h"

#include <stdlib.h>

enum { BLOCKS = (64 << 20) / 512, LIMIT = 2048 };

/* Nothing was queued, and the queue pair still works. */
static void assert_unchanged(struct rig *rig, const struct nvu_qpair_stats *before)
{
	struct nvu_qpair_stats after = rig_stats(rig);

	assert_memory_equal(&after, before, sizeof(after));
	assert_int_equal(rig_read(rig, 0, 1, 0), 0);
}

static const struct {
	const char *name;
	uint64_t lba;
	uint32_t blocks;
	size_t offset;
	const char *word;
} wrong_transfers[] = {
	{ "no blocks", 0, 0, 0, "blocks is 0:" },
	{ "one too many", 0, LIMIT + 1, 0, "blocks is 2049:" },
	{ "all ones", 0, UINT32_MAX, 0, "blocks is 4294967295:" },
	{ "behind the end", BLOCKS, 1, 0, "past the end" },
	{ "over the end", BLOCKS - 1, 2, 0, "past the end" },
	{ "last address", UINT64_MAX, 1, 0, "past the end" },
	{ "wrapping address", UINT64_MAX - 1, 8, 0, "past the end" },
	{ "bit 63", 1ull << 63, 1, 0, "past the end" },
	{ "behind the buffer", 0, 1, RIG_DATA_BYTES, "exceeds the buffer" },
	{ "over the buffer's end", 0, 2, RIG_DATA_BYTES - 512, "exceeds the buffer" },
	{ "just over it", 0, 1, RIG_DATA_BYTES - 508, "exceeds the buffer" },
	{ "wrapping offset", 0, 1, SIZE_MAX - 3, "exceeds the buffer" },
	{ "offset of bit 63", 0, 1, (size_t)1 << 63, "exceeds the buffer" },
	{ "offset 1", 0, 1, 1, "multiple of 4" },
	{ "offset 2", 0, 1, 2, "multiple of 4" },
	{ "offset 4099", 0, 8, 4099, "multiple of 4" },
};

static void transfer_with_wrong_range_is_refused(void **state)
{
	struct rig *rig = *state;

	rig_start(rig, NULL, NULL, NULL);
	for (size_t idx = 0; idx < COUNT(wrong_transfers); idx++) {
		struct nvu_qpair_stats before = rig_stats(rig);
		int read = nvu_read(rig->qpair, rig->ns, wrong_transfers[idx].lba,
				    wrong_transfers[idx].blocks, rig->buf,
				    wrong_transfers[idx].offset, 0);
		int write = nvu_write(rig->qpair, rig->ns, wrong_transfers[idx].lba,
				      wrong_transfers[idx].blocks, rig->buf,
				      wrong_transfers[idx].offset, 0);

		if (read != -EINVAL || write != -EINVAL)
			fail_msg("%s: %d and %d", wrong_transfers[idx].name, read, write);
		rig_assert_sentence(wrong_transfers[idx].word);
		assert_unchanged(rig, &before);
	}
}

static void limit_is_named_where_it_is_exceeded(void **state)
{
	struct rig *rig = *state;
	char limit[32];

	rig_start(rig, NULL, NULL, NULL);
	(void)snprintf(limit, sizeof(limit), "1 to %d ", LIMIT);
	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, LIMIT + 1, rig->buf, 0, 0), -EINVAL);
	rig_assert_sentence(limit);
}

static void transfer_without_buffer_is_refused(void **state)
{
	struct rig *rig = *state;
	struct nvu_qpair_stats before;

	rig_start(rig, NULL, NULL, NULL);
	before = rig_stats(rig);

	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, NULL, 0, 0), -EINVAL);
	rig_assert_sentence("nvu_dma_alloc");
	assert_int_equal(nvu_write(rig->qpair, rig->ns, 0, 1, NULL, 0, 0), -EINVAL);
	rig_assert_sentence("nvu_dma_register");
	assert_unchanged(rig, &before);
}

static void transfer_with_freed_buffer_is_refused(void **state)
{
	struct rig *rig = *state;
	struct nvu_dma *freed;
	struct nvu_sqe cmd = { .opcode = NVU_CMD_READ, .nsid = nvu_le32_put(1) };

	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(nvu_dma_alloc(rig->ctrl, PAGE, &freed), 0);
	assert_int_equal(nvu_dma_free(freed), 0);

	assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, freed, 0, 0), -EINVAL);
	rig_assert_sentence("freed");
	assert_int_equal(nvu_write(rig->qpair, rig->ns, 0, 1, freed, 0, 0), -EINVAL);
	rig_assert_sentence("freed");
	assert_int_equal(nvu_io(rig->qpair, &cmd, freed, 0, 512, 0), -EINVAL);
	rig_assert_sentence("freed");
}

static const struct {
	size_t offset, len;
	bool buffer;
	const char *word;
} wrong_raw[] = {
	{ 0, 0, true, "len is 0:" },
	{ 0, 2, true, "len is 2:" },
	{ 0, 511, true, "multiple of 4" },
	{ 0, (1 << 20) + 4, true, "1048576" },
	{ 0, SIZE_MAX - 3, true, "1048576" },
	{ RIG_DATA_BYTES, 4, true, "exceeds the buffer" },
	{ RIG_DATA_BYTES - 4, 8, true, "exceeds the buffer" },
	{ SIZE_MAX - 3, 8, true, "exceeds the buffer" },
	{ 6, 512, true, "multiple of 4" },
	{ 0, 512, false, "the buffer is NULL" },
};

static void raw_command_with_wrong_data_is_refused(void **state)
{
	struct rig *rig = *state;
	const struct nvu_sqe cmd = { .opcode = NVU_CMD_READ, .nsid = nvu_le32_put(1) };

	rig_start(rig, NULL, NULL, NULL);
	for (size_t idx = 0; idx < COUNT(wrong_raw); idx++) {
		struct nvu_qpair_stats before = rig_stats(rig);
		const struct nvu_dma *buf = wrong_raw[idx].buffer ? rig->buf : NULL;

		if (nvu_io(rig->qpair, &cmd, buf, wrong_raw[idx].offset, wrong_raw[idx].len, 0) !=
		    -EINVAL)
			fail_msg("row %zu", idx);
		rig_assert_sentence(wrong_raw[idx].word);
		assert_unchanged(rig, &before);
	}
}

static void namespace_of_another_controller_is_refused(void **state)
{
	struct rig *rig = *state;
	struct nvu_ctrl *other;
	const struct nvu_ns *ns;

	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(nvu_ctrl_open("mock:stepped,size=1M", NULL, &other), 0);
	assert_int_equal(nvu_ns_get(other, 1, &ns), 0);

	assert_int_equal(nvu_read(rig->qpair, ns, 0, 1, rig->buf, 0, 0), -EINVAL);
	rig_assert_sentence("another controller");
	assert_int_equal(nvu_write(rig->qpair, ns, 0, 1, rig->buf, 0, 0), -EINVAL);
	rig_assert_sentence("another controller");
	assert_int_equal(nvu_flush(rig->qpair, ns, 0), -EINVAL);
	rig_assert_sentence("another controller");

	nvu_ctrl_close(other);
	assert_int_equal(rig_read(rig, 0, 1, 0), 0);
}

static const struct {
	struct nvu_qpair_opts opts;
	const char *word;
} wrong_queues[] = {
	{ { .size = sizeof(struct nvu_qpair_opts), .depth = 1 }, "depth is 1:" },
	{ { .size = sizeof(struct nvu_qpair_opts), .depth = 1025 }, "2 to 1024" },
	{ { .size = sizeof(struct nvu_qpair_opts), .depth = 70000 }, "depth is 70000:" },
	{ { .size = sizeof(struct nvu_qpair_opts), .depth = UINT32_MAX }, "depth" },
	{ { .size = sizeof(struct nvu_qpair_opts), .flags = 1u << 31 }, "flags" },
	{ { .size = sizeof(struct nvu_qpair_opts), .io_timeout_ms = 1u << 31 }, "too long" },
	{ { .size = sizeof(struct nvu_qpair_opts), .status_retries = 256 }, "at most 255" },
	{ { .size = 0 }, "size" },
};

static void queue_pair_with_wrong_options_is_refused(void **state)
{
	struct rig *rig = *state;

	rig_open(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .max_entries = 1024), NULL);
	for (size_t idx = 0; idx < COUNT(wrong_queues); idx++) {
		uint64_t commands = rig_mock_stats(rig).admin_commands;

		assert_int_equal(nvu_qpair_create(rig->ctrl, &wrong_queues[idx].opts, &rig->qpair),
				 -EINVAL);
		rig_assert_sentence(wrong_queues[idx].word);
		assert_null(rig->qpair);
		assert_int_equal(rig_mock_stats(rig).admin_commands, commands);
	}
	rig_equip(rig, NULL);
	assert_int_equal(rig_read(rig, 0, 1, 0), 0);
}

static void register_of_wrong_memory_is_refused(void **state)
{
	struct rig *rig = *state;
	uint8_t *memory = aligned_alloc(PAGE, 4 * PAGE);
	uint64_t mappings;

	assert_non_null(memory);
	rig_open(rig, NULL, NULL);
	mappings = rig_mock_stats(rig).dma_mappings;
	const struct {
		void *addr;
		size_t len;
	} wrong[] = {
		{ NULL, PAGE },	      { memory, 0 },
		{ memory + 1, PAGE }, { memory + 512, PAGE },
		{ memory, PAGE - 1 }, { memory, PAGE + 512 },
		{ memory, SIZE_MAX }, { memory, SIZE_MAX - (PAGE - 1) },
	};

	for (size_t idx = 0; idx < COUNT(wrong); idx++) {
		if (nvu_dma_register(rig->ctrl, wrong[idx].addr, wrong[idx].len, &rig->buf) !=
		    -EINVAL)
			fail_msg("row %zu", idx);
		rig_assert_sentence("multiples of 4096");
		assert_null(rig->buf);
	}
	assert_int_equal(rig_mock_stats(rig).dma_mappings, mappings);
	free(memory);
}

static void register_of_what_is_registered_is_refused(void **state)
{
	struct rig *rig = *state;
	uint8_t *memory = aligned_alloc(PAGE, 8 * PAGE);
	struct nvu_dma *other = NULL;
	uint64_t mappings;

	assert_non_null(memory);
	rig_open(rig, NULL, NULL);
	assert_int_equal(nvu_dma_register(rig->ctrl, memory + 2 * PAGE, 4 * PAGE, &rig->buf), 0);
	mappings = rig_mock_stats(rig).dma_mappings;

	for (size_t first = 0; first < 8; first++)
		for (size_t len = 1; first + len <= 8; len++) {
			if (first + len <= 2 || first >= 6)
				continue;
			assert_int_equal(nvu_dma_register(rig->ctrl, memory + first * PAGE,
							  len * PAGE, &other),
					 -EEXIST);
			rig_assert_sentence("overlaps");
		}
	assert_int_equal(rig_mock_stats(rig).dma_mappings, mappings);
	assert_int_equal(nvu_dma_free(rig->buf), 0);
	assert_int_equal(nvu_dma_register(rig->ctrl, memory, 8 * PAGE, &rig->buf), 0);
	assert_int_equal(nvu_dma_free(rig->buf), 0);
	rig->buf = NULL;
	free(memory);
}

static void register_of_what_was_allocated_is_refused(void **state)
{
	struct rig *rig = *state;
	struct nvu_dma *other = NULL;

	rig_start(rig, NULL, NULL, NULL);

	assert_int_equal(nvu_dma_register(rig->ctrl, rig->data + PAGE, PAGE, &other), -EEXIST);
	rig_assert_sentence("free it first");
	assert_null(other);
}

static void free_twice_is_refused(void **state)
{
	struct rig *rig = *state;
	struct nvu_dma *first, *second;

	rig_open(rig, NULL, NULL);
	assert_int_equal(nvu_dma_alloc(rig->ctrl, PAGE, &first), 0);
	assert_int_equal(nvu_dma_alloc(rig->ctrl, PAGE, &second), 0);
	assert_int_equal(nvu_dma_free(first), 0);

	assert_int_equal(nvu_dma_free(first), -EINVAL);
	rig_assert_sentence("freed before");
	assert_int_equal(nvu_dma_free(second), 0);
	assert_int_equal(nvu_dma_free(second), -EINVAL);
}

static const struct {
	size_t len;
	struct nvu_dma_opts opts;
	int error;
	const char *word;
} wrong_buffers[] = {
	{ 0, { .size = sizeof(struct nvu_dma_opts) }, -EINVAL, "0 bytes" },
	{ SIZE_MAX, { .size = sizeof(struct nvu_dma_opts) }, -EINVAL, "bytes" },
	{ SIZE_MAX / 4, { .size = sizeof(struct nvu_dma_opts) }, -ENOMEM, "no memory" },
	{ PAGE, { .size = sizeof(struct nvu_dma_opts), .flags = 1u << 31 }, -EINVAL, "flags" },
	{ PAGE,
	  { .size = sizeof(struct nvu_dma_opts), .flags = NVU_DMA_ON_NODE | NVU_DMA_ANY_NODE },
	  -EINVAL,
	  "contradict" },
	{ PAGE,
	  { .size = sizeof(struct nvu_dma_opts), .flags = NVU_DMA_ON_NODE, .numa_node = -1 },
	  -EINVAL,
	  "node -1" },
	{ PAGE,
	  { .size = sizeof(struct nvu_dma_opts), .flags = NVU_DMA_ON_NODE, .numa_node = 1 << 20 },
	  -EINVAL,
	  "node 1048576" },
	{ PAGE, { .size = 3 }, -EINVAL, "size is 3" },
};

static void allocation_with_wrong_options_is_refused(void **state)
{
	struct rig *rig = *state;

	rig_open(rig, NULL, NULL);
	for (size_t idx = 0; idx < COUNT(wrong_buffers); idx++) {
		int ret = nvu_dma_alloc_opts(rig->ctrl, wrong_buffers[idx].len,
					     &wrong_buffers[idx].opts, &rig->buf);

		if (ret != wrong_buffers[idx].error)
			fail_msg("row %zu: %d: %s", idx, ret, nvu_last_error());
		rig_assert_sentence(wrong_buffers[idx].word);
		assert_null(rig->buf);
	}
}

static void queue_pair_after_close_refuses_everything(void **state)
{
	struct rig *rig = *state;
	const struct nvu_sqe cmd = { .opcode = NVU_CMD_FLUSH, .nsid = nvu_le32_put(1) };
	struct nvu_cpl cpl;

	rig_start(rig, NULL, NULL, NULL);
	rig_queue_reads(rig, 3, 0);

	nvu_ctrl_close(rig->ctrl);
	rig->ctrl = NULL;
	for (int answer = 0; answer < 3; answer++)
		assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), 1);

	for (int turn = 0; turn < 130; turn++) {
		assert_int_equal(nvu_io(rig->qpair, &cmd, NULL, 0, 0, 0), -ENODEV);
		rig_assert_sentence("closed");
		assert_int_equal(nvu_submit(rig->qpair), -ENODEV);
		assert_int_equal(nvu_poll(rig->qpair, &cpl, 1), -ENODEV);
		rig_assert_sentence("closed");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(transfer_with_wrong_range_is_refused),
		RIG_TEST(limit_is_named_where_it_is_exceeded),
		RIG_TEST(transfer_without_buffer_is_refused),
		RIG_TEST(transfer_with_freed_buffer_is_refused),
		RIG_TEST(raw_command_with_wrong_data_is_refused),
		RIG_TEST(namespace_of_another_controller_is_refused),
		RIG_TEST(queue_pair_with_wrong_options_is_refused),
		RIG_TEST(register_of_wrong_memory_is_refused),
		RIG_TEST(register_of_what_is_registered_is_refused),
		RIG_TEST(register_of_what_was_allocated_is_refused),
		RIG_TEST(free_twice_is_refused),
		RIG_TEST(allocation_with_wrong_options_is_refused),
		RIG_TEST(queue_pair_after_close_refuses_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
