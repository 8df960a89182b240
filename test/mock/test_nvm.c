// SPDX-License-Identifier: MIT
/*
 * test_nvm.c: the commands of nvu/nvm.h: what they do to blocks, what they refuse to send, and the pages in which
 * the ranges of deallocations wait.
 */
#include "covers.h"
#include "harness.h"

COVERS(NVM, WRITE_ZEROES);
COVERS(NVM, VERIFY);
COVERS(NVM, COMPARE);
COVERS(NVM, DSM);

enum { BLOCK = 512, NS_BLOCKS = (64 << 20) / BLOCK };

static int status_of(struct rig *rig, int ret)
{
	return ret ? ret : rig_status(rig);
}

static int zero(struct rig *rig, uint64_t lba, uint32_t blocks, uint32_t flags)
{
	return status_of(rig, nvu_write_zeroes(rig->qpair, rig->ns, lba, blocks, flags, 0));
}

static int verify(struct rig *rig, uint64_t lba, uint32_t blocks, uint32_t flags)
{
	return status_of(rig, nvu_verify(rig->qpair, rig->ns, lba, blocks, flags, 0));
}

static int compare(struct rig *rig, uint64_t lba, uint32_t blocks, size_t offset, uint32_t flags)
{
	return status_of(rig,
			 nvu_compare(rig->qpair, rig->ns, lba, blocks, rig->buf, offset, flags, 0));
}

static int deallocate(struct rig *rig, const struct nvu_range *ranges, uint32_t count)
{
	return nvu_deallocate(rig->qpair, rig->ns, ranges, count, 0);
}

static bool is_zero(const uint8_t *data, size_t len)
{
	return !data[0] && !memcmp(data, data + 1, len - 1);
}

static void write_zeroes_clears_these_blocks_and_no_other(void **state)
{
	static const uint32_t flags[] = { 0, NVU_RW_FUA | NVU_RW_LR, NVU_RW_DEAC };
	struct rig *rig = *state;

	rig_start(rig, NULL, NULL, NULL);
	for (size_t row = 0; row < COUNT(flags); row++) {
		rig_fill(rig->data, PAGE, 5);
		assert_int_equal(rig_write(rig, 0, 8, 0), 0);
		assert_int_equal(zero(rig, 3, 2, flags[row]), 0);
		assert_int_equal(rig_read(rig, 0, 8, PAGE), 0);
		assert_memory_equal(rig->data, rig->data + PAGE, 3ul * BLOCK);
		assert_true(is_zero(rig->data + PAGE + 3ul * BLOCK, 2ul * BLOCK));
		assert_memory_equal(rig->data + 5ul * BLOCK, rig->data + PAGE + 5ul * BLOCK,
				    3ul * BLOCK);
	}
	assert_int_equal(zero(rig, 0, 65536, 0), 0);
	assert_int_equal(rig_read(rig, 7, 1, PAGE), 0);
	assert_true(is_zero(rig->data + PAGE, BLOCK));
}

static void verify_finds_what_a_read_would(void **state)
{
	struct rig *rig = *state;

	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(verify(rig, 0, 65536, 0), 0);
	assert_int_equal(nvu_write_uncorrectable(rig->qpair, rig->ns, 100, 1, 0), 0);
	assert_int_equal(rig_status(rig), 0);
	assert_int_equal(verify(rig, 0, 100, NVU_RW_FUA), 0);
	assert_int_equal(verify(rig, 0, 101, NVU_RW_LR), NVU_SC_UNRECOVERED_READ);
}

static void compare_says_whether_blocks_are_as_expected(void **state)
{
	struct rig *rig = *state;

	rig_start(rig, NULL, NULL, NULL);
	rig_fill(rig->data, 4ul * PAGE, 5);
	assert_int_equal(rig_write(rig, 8, 32, 0), 0);
	assert_int_equal(compare(rig, 8, 32, 0, 0), 0);
	assert_int_equal(compare(rig, 9, 1, BLOCK, NVU_RW_FUA), 0);
	assert_int_equal(compare(rig, 9, 1, 0, 0), NVU_SC_COMPARE_FAILED);
	rig->data[4 * PAGE - 1] ^= 1;
	assert_int_equal(compare(rig, 8, 32, 0, 0), NVU_SC_COMPARE_FAILED);
	assert_int_equal(compare(rig, 8, 31, 0, 0), 0);
}

static void compare_takes_a_buffer_that_the_device_may_only_read(void **state)
{
	static _Alignas(PAGE) char memory[PAGE];
	struct rig *rig = *state;
	struct nvu_dma *buf;

	rig_start(rig, NULL, NULL, NULL);
	buf = rig_register_read_only(rig, memory, sizeof(memory));
	assert_int_equal(nvu_compare(rig->qpair, rig->ns, 0, 8, buf, 0, 0, 0), 0);
	assert_int_equal(rig_status(rig), 0);
	assert_int_equal(nvu_dma_free(buf), 0);
}

static void compare_checks_its_buffer_as_a_write_does(void **state)
{
	struct rig *rig = *state;

	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(nvu_compare(rig->qpair, rig->ns, 0, 1, NULL, 0, 0, 0), -EINVAL);
	rig_assert_sentence("the buffer is NULL");
	assert_int_equal(compare(rig, 0, 1, 2, 0), -EINVAL);
	rig_assert_sentence("multiple of 4");
	assert_int_equal(compare(rig, 0, 2, RIG_DATA_BYTES - BLOCK, 0), -EINVAL);
	rig_assert_sentence("exceeds the buffer");
	assert_int_equal(compare(rig, 0, 0, 0, 0), -EINVAL);
	assert_int_equal(
		compare(rig, 0, nvu_ns_info(rig->ns)->max_transfer_blocks + 1, 0, NVU_RW_NO_SPLIT),
		-EINVAL);
	rig_assert_sentence("one Compare command takes at most 2048");
	assert_int_equal(compare(rig, NS_BLOCKS - 1, 2, 0, 0), -EINVAL);
	rig_assert_sentence("past the end");
	assert_int_equal(rig_mock_stats(rig).io_commands, 0);
}

static void commands_without_data_take_any_range_of_the_namespace(void **state)
{
	static int (*const commands[])(struct rig *, uint64_t, uint32_t, uint32_t) = { zero,
										       verify };
	struct rig *rig = *state;

	rig_start(rig, NULL, NULL, NULL);
	for (size_t row = 0; row < COUNT(commands); row++) {
		assert_int_equal(commands[row](rig, NS_BLOCKS - 1, 1, 0), 0);
		assert_int_equal(commands[row](rig, NS_BLOCKS, 1, 0), -EINVAL);
		assert_int_equal(commands[row](rig, NS_BLOCKS - 1, 2, 0), -EINVAL);
		rig_assert_sentence("past the end");
		assert_int_equal(commands[row](rig, UINT64_MAX, 2, 0), -EINVAL);
		assert_int_equal(commands[row](rig, 0, 0, 0), -EINVAL);
		assert_int_equal(commands[row](rig, 0, 65537, NVU_RW_NO_SPLIT), -EINVAL);
	}
}

static void flags_that_a_command_does_not_have_are_refused(void **state)
{
	struct rig *rig = *state;

	rig_start(rig, NULL, NULL, NULL);
	for (uint32_t bit = 0; bit < 32; bit++) {
		uint32_t flag = 1u << bit;
		bool both = flag == NVU_RW_FUA || flag == NVU_RW_LR || flag == NVU_RW_NO_SPLIT;

		assert_int_equal(zero(rig, 0, 1, flag), both || flag == NVU_RW_DEAC ? 0 : -EINVAL);
		assert_int_equal(verify(rig, 0, 1, flag), both ? 0 : -EINVAL);
		assert_int_equal(compare(rig, 0, 1, 0, flag) < 0, !both);
	}
	assert_int_equal(zero(rig, 0, 1, NVU_RW_PRACT), -EINVAL);
	rig_assert_sentence("no protection information");
	assert_int_equal(verify(rig, 0, 1, NVU_RW_PRCHK_GUARD), -EINVAL);
	rig_assert_sentence("no protection information");
	assert_int_equal(verify(rig, 0, 1, NVU_RW_DEAC), -EINVAL);
	rig_assert_sentence("nvu_verify() takes no bits but");
}

/* Byte 33 of Identify Namespace: DLFEAT without bit 3. */
static void write_zeroes_that_cannot_deallocate_is_enotsup(void **state)
{
	struct rig *rig = *state;

	rig_start_patched(rig, NVU_MOCK_CNS_ZERO, 33, 1, NULL);
	assert_int_equal(nvu_ns_info(rig->ns)->zeroes_deallocate, 0);
	assert_int_equal(zero(rig, 0, 1, NVU_RW_DEAC), -ENOTSUP);
	rig_assert_sentence("leave NVU_RW_DEAC out");
	assert_int_equal(zero(rig, 0, 1, 0), 0);
}

/* Byte 520 of Identify Controller: ONCS without the bit. */
static void commands_that_are_not_supported_are_not_sent(void **state)
{
	static const struct nvu_range range = { .lba = 0, .blocks = 1 };
	struct rig *rig = *state;

	rig_start_patched(rig, NVU_CNS_CTRL, 520, 0, NULL);
	assert_int_equal(nvu_ns_info(rig->ns)->commands, NVU_NS_COPY);
	assert_int_equal(zero(rig, 0, 1, 0), -ENOTSUP);
	rig_assert_sentence("does not support Write Zeroes");
	assert_int_equal(verify(rig, 0, 1, 0), -ENOTSUP);
	rig_assert_sentence("Verify");
	assert_int_equal(compare(rig, 0, 1, 0, 0), -ENOTSUP);
	rig_assert_sentence("Compare");
	assert_int_equal(deallocate(rig, &range, 1), -ENOTSUP);
	rig_assert_sentence("Dataset Management");
	assert_int_equal(rig_mock_stats(rig).io_commands, 0);
}

/* VSL is byte 0 and WZSL byte 1 of Identify Controller of the NVM command set: 2^n pages. */
static void commands_above_a_limit_are_not_sent_in_one_piece(void **state)
{
	static int (*const commands[])(struct rig *, uint64_t, uint32_t, uint32_t) = { verify,
										       zero };
	static const char *const names[] = { "one Verify command", "one Write Zeroes command" };
	struct rig *rig = *state;

	for (uint32_t row = 0; row < COUNT(commands); row++) {
		rig_start_patched(rig, NVU_CNS_CSI_CTRL, row, 1, NULL);
		assert_int_equal(row ? nvu_ns_info(rig->ns)->max_zeroes_blocks
				     : nvu_ns_info(rig->ns)->max_verify_blocks,
				 16);
		assert_int_equal(commands[row](rig, 0, 17, NVU_RW_NO_SPLIT), -EINVAL);
		rig_assert_sentence("takes at most 16 of namespace 1");
		rig_assert_sentence(names[row]);
		assert_int_equal(commands[!row](rig, 0, 17, NVU_RW_NO_SPLIT), 0);
		assert_int_equal(rig_mock_stats(rig).io_commands, 1);
		assert_int_equal(commands[row](rig, 0, 17, 0), 0);
		assert_int_equal(rig_mock_stats(rig).io_commands, 3);
		assert_int_equal(commands[row](rig, 0, 16, 0), 0);
		rig_again(rig);
	}
}

static void deallocate_clears_every_range_and_no_other_block(void **state)
{
	struct nvu_range ranges[256];
	struct rig *rig = *state;

	rig_start(rig, NULL, NULL, NULL);
	rig_fill(rig->data, 512ul * BLOCK, 5);
	assert_int_equal(rig_write(rig, 0, 512, 0), 0);
	for (uint32_t i = 0; i < COUNT(ranges); i++)
		ranges[i] = (struct nvu_range){ .lba = 2ull * i, .blocks = 1 };

	assert_int_equal(deallocate(rig, ranges, COUNT(ranges)), 0);
	memset(ranges, 0xff, sizeof(ranges)); /* they were copied */
	assert_int_equal(rig_status(rig), 0);

	assert_int_equal(rig_read(rig, 0, 512, 512ul * BLOCK), 0);
	for (uint32_t i = 0; i < 512; i++) {
		const uint8_t *block = rig->data + (512ul + i) * BLOCK;

		if (i % 2)
			assert_memory_equal(block, rig->data + (size_t)i * BLOCK, BLOCK);
		else
			assert_true(is_zero(block, BLOCK));
	}
}

static void deallocate_refuses_what_no_range_may_be(void **state)
{
	static const struct nvu_range rows[] = {
		{ .lba = 0, .blocks = 0 },
		{ .lba = NS_BLOCKS, .blocks = 1 },
		{ .lba = NS_BLOCKS - 1, .blocks = 2 },
		{ .lba = UINT64_MAX, .blocks = 2 },
		{ .lba = 0, .blocks = UINT32_MAX },
		{ .lba = 0, .blocks = 1, .rsvd = 1 },
	};
	struct nvu_range ranges[257] = { { .lba = 0, .blocks = 1 } };
	struct rig *rig = *state;

	rig_start(rig, NULL, NULL, NULL);
	for (size_t row = 0; row < COUNT(rows); row++) {
		ranges[1] = rows[row];
		assert_int_equal(deallocate(rig, ranges, 2), -EINVAL);
		rig_assert_sentence("range 1:");
	}
	assert_int_equal(deallocate(rig, ranges, 0), -EINVAL);
	assert_int_equal(deallocate(rig, ranges, 257), -EINVAL);
	rig_assert_sentence("1 to 256 ranges");
	assert_int_equal(deallocate(rig, NULL, 1), -EINVAL);
	rig_assert_sentence("ranges NULL");
	assert_int_equal(rig_mock_stats(rig).io_commands, 0);
}

/* DMRL is byte 3, DMRSL 4 to 7, DMSL 8 to 15. */
static void deallocate_at_a_limit_is_one_command(void **state)
{
	static const struct {
		uint8_t offset;
		struct nvu_range at[3], above[3];
		uint32_t at_count, above_count, commands;
	} rows[] = {
		{ 3,
		  { { 0, 9, 0 }, { 9, 9, 0 } },
		  { { 0, 1, 0 }, { 1, 1, 0 }, { 2, 1, 0 } },
		  2,
		  3,
		  2 },
		{ 4, { { 0, 2, 0 }, { 4, 2, 0 } }, { { 0, 2, 0 }, { 4, 3, 0 } }, 2, 2, 1 },
		{ 8, { { 0, 1, 0 }, { 4, 1, 0 } }, { { 0, 2, 0 }, { 4, 1, 0 } }, 2, 2, 2 },
	};
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(rows); row++) {
		rig_start_patched(rig, NVU_CNS_CSI_CTRL, rows[row].offset, 2, NULL);
		assert_int_equal(deallocate(rig, rows[row].at, rows[row].at_count), 0);
		assert_int_equal(rig_status(rig), 0);
		assert_int_equal(rig_mock_stats(rig).io_commands, 1);
		assert_int_equal(deallocate(rig, rows[row].above, rows[row].above_count), 0);
		assert_int_equal(rig_status(rig), 0);
		assert_int_equal(rig_mock_stats(rig).io_commands, 1 + rows[row].commands);
		rig_again(rig);
	}
}

static void deallocate_takes_four_pages_and_then_again(void **state)
{
	struct nvu_range range = { .lba = 0, .blocks = 1 };
	struct rig *rig = *state;
	struct nvu_cpl cpls[8];

	rig_start(rig, NULL, NULL, NULL);
	rig_fill(rig->data, PAGE, 5);
	for (uint32_t turn = 0; turn < 50; turn++) {
		assert_int_equal(rig_write(rig, 0, 8, 0), 0);
		rig_queue_reads(rig, turn % 3, 9); /* other records each time */
		for (range.lba = 0; range.lba < 4; range.lba++)
			assert_int_equal(deallocate(rig, &range, 1), 0);
		assert_int_equal(deallocate(rig, &range, 1), -EAGAIN);
		rig_reap(rig, cpls, 1 + turn % 3);
		assert_int_equal(deallocate(rig, &range, 1), 0);
		assert_int_equal(deallocate(rig, &range, 1), -EAGAIN);
		rig_reap(rig, cpls, 4);

		assert_int_equal(rig_read(rig, 0, 8, PAGE), 0);
		assert_true(is_zero(rig->data + PAGE, 5ul * BLOCK));
		assert_memory_equal(rig->data + 5ul * BLOCK, rig->data + PAGE + 5ul * BLOCK,
				    3ul * BLOCK);
	}
	assert_int_equal(rig_stats(rig).full, 100);
}

/* A deallocation of blocks that hold data is sent, not answered, and the controller reset. */
static void lose_to_a_reset(struct rig *rig, uint32_t flags, const struct nvu_range *range)
{
	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.flags = flags));
	rig_fill(rig->data, PAGE, 5);
	assert_int_equal(rig_write(rig, 0, 8, 0), 0);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .count = 1,
				       .opcode = NVU_CMD_DSM, .qid = 1));
	assert_int_equal(deallocate(rig, range, 1), 0);
	assert_int_equal(nvu_submit(rig->qpair), 0);
	(void)nvu_mock_step(rig->mock, 1);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
}

/* Published and unpublished ones; pages of those that the reset ended are free, of the others are not. */
static void deallocate_that_is_sent_again_has_its_ranges(void **state)
{
	struct nvu_range range = { .lba = 1, .blocks = 1 };
	struct rig *rig = *state;
	struct nvu_cpl cpls[4];

	for (uint32_t flags = 0; flags <= NVU_QPAIR_RETRY; flags += NVU_QPAIR_RETRY) {
		lose_to_a_reset(rig, flags, &range);
		range.lba = 3;
		assert_int_equal(deallocate(rig, &range, 1), 0);
		rig_reap(rig, cpls, 2);
		assert_int_equal(cpls[0].status, flags ? 0 : -ECANCELED);
		assert_int_equal(cpls[1].status, 0);

		assert_int_equal(rig_read(rig, 0, 8, PAGE), 0);
		assert_int_equal(is_zero(rig->data + PAGE + BLOCK, BLOCK), flags != 0);
		assert_true(is_zero(rig->data + PAGE + 3ul * BLOCK, BLOCK));
		assert_memory_equal(rig->data + 4ul * BLOCK, rig->data + PAGE + 4ul * BLOCK,
				    4ul * BLOCK);
		for (range.lba = 0; range.lba < 4; range.lba++)
			assert_int_equal(deallocate(rig, &range, 1), 0);
		assert_int_equal(deallocate(rig, &range, 1), -EAGAIN);
		rig_reap(rig, cpls, 4);
		range.lba = 1;
		rig_again(rig);
	}
}

/* Sent again, and not executed yet: neither the new ring nor a later deallocation gets its page. */
static void deallocate_that_waits_after_a_reset_keeps_its_page(void **state)
{
	struct nvu_range range = { .lba = 1, .blocks = 1 };
	struct rig *rig = *state;
	struct nvu_cpl cpls[2];

	lose_to_a_reset(rig, NVU_QPAIR_RETRY, &range);
	for (int polls = 0; polls < 1000 && !rig_stats(rig).retried; polls++)
		assert_int_equal(nvu_poll(rig->qpair, cpls, 2), 0);
	assert_int_equal(rig_stats(rig).retried, 1);
	range.lba = 3;
	assert_int_equal(deallocate(rig, &range, 1), 0);
	rig_reap(rig, cpls, 2);
	assert_int_equal(cpls[0].status | cpls[1].status, 0);

	assert_int_equal(rig_read(rig, 0, 8, PAGE), 0);
	assert_true(is_zero(rig->data + PAGE + BLOCK, BLOCK));
	assert_true(is_zero(rig->data + PAGE + 3ul * BLOCK, BLOCK));
	assert_memory_equal(rig->data + 4ul * BLOCK, rig->data + PAGE + 4ul * BLOCK, 4ul * BLOCK);
}

static void commands_of_a_full_queue_are_eagain(void **state)
{
	static const struct nvu_range range = { .lba = 0, .blocks = 1 };
	struct rig *rig = *state;
	struct nvu_cpl cpls[2];

	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.commands = 2));
	rig_queue_reads(rig, 2, 0);
	assert_int_equal(zero(rig, 0, 1, 0), -EAGAIN);
	assert_int_equal(verify(rig, 0, 1, 0), -EAGAIN);
	assert_int_equal(compare(rig, 0, 1, 0, 0), -EAGAIN);
	assert_int_equal(deallocate(rig, &range, 1), -EAGAIN);
	rig_reap(rig, cpls, 2);
	assert_int_equal(deallocate(rig, &range, 1), 0);
	assert_int_equal(rig_status(rig), 0);
}

static void info_of_the_mock_says_what_it_has(void **state)
{
	const struct nvu_ns_info *info;
	struct rig *rig = *state;

	rig_open(rig, NULL, NULL);
	info = nvu_ns_info(rig->ns);
	assert_int_equal(info->commands & 0xff, NVU_NS_COMPARE | NVU_NS_WRITE_UNCORRECTABLE |
							NVU_NS_DEALLOCATE | NVU_NS_WRITE_ZEROES |
							NVU_NS_VERIFY | NVU_NS_RESERVATIONS);
	assert_int_equal(info->volatile_cache, 1);
	assert_int_equal(info->deallocated_reads, NVU_DEALLOCATED_ZEROES);
	assert_int_equal(info->zeroes_deallocate, 1);
	assert_int_equal(info->max_zeroes_blocks, 65536);
	assert_int_equal(info->max_ranges, 256);
	assert_int_equal(info->reservation_types, 0x7f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(write_zeroes_clears_these_blocks_and_no_other),
		RIG_TEST(verify_finds_what_a_read_would),
		RIG_TEST(compare_says_whether_blocks_are_as_expected),
		RIG_TEST(compare_takes_a_buffer_that_the_device_may_only_read),
		RIG_TEST(compare_checks_its_buffer_as_a_write_does),
		RIG_TEST(commands_without_data_take_any_range_of_the_namespace),
		RIG_TEST(flags_that_a_command_does_not_have_are_refused),
		RIG_TEST(write_zeroes_that_cannot_deallocate_is_enotsup),
		RIG_TEST(commands_that_are_not_supported_are_not_sent),
		RIG_TEST(commands_above_a_limit_are_not_sent_in_one_piece),
		RIG_TEST(deallocate_clears_every_range_and_no_other_block),
		RIG_TEST(deallocate_refuses_what_no_range_may_be),
		RIG_TEST(deallocate_at_a_limit_is_one_command),
		RIG_TEST(deallocate_takes_four_pages_and_then_again),
		RIG_TEST(deallocate_that_is_sent_again_has_its_ranges),
		RIG_TEST(deallocate_that_waits_after_a_reset_keeps_its_page),
		RIG_TEST(commands_of_a_full_queue_are_eagain),
		RIG_TEST(info_of_the_mock_says_what_it_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
