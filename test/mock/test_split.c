// SPDX-License-Identifier: MIT
/*
 * test_split.c: requests that are too large for one command: where they are cut, that every block and tag arrives,
 * and how many are taken at once.
 */
#include "harness.h"

enum { BLOCK = 512, LIMIT = 16, BACK = 1 << 20, NS_BLOCKS = (64 << 20) / BLOCK };

#define ARGS(...) NVU_RW_ARGS(.ns = rig->ns, __VA_ARGS__)
#define DATA .buf = rig->buf
#define READ .opcode = NVU_CMD_READ
#define WRITE .opcode = NVU_CMD_WRITE
#define COMPARE .opcode = NVU_CMD_COMPARE
#define VERIFY .opcode = NVU_CMD_VERIFY
#define ZEROES .opcode = NVU_CMD_WRITE_ZEROES

/* Commands of 8 KiB at most. */
static void start(struct rig *rig, const struct nvu_qpair_opts *opts)
{
	rig_start(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = 64 << 20, .mdts = 1),
		  NULL, opts);
}

/* A controller that says something else: `len` bytes at `offset` of CNS `cns`. */
static void start_patched(struct rig *rig, uint32_t cns, uint32_t offset, uint32_t len,
			  uint64_t value)
{
	struct nvu_mock_fault fault = {
		.size = sizeof(fault),
		.kind = NVU_MOCK_FAULT_PATCH,
		.cns = cns,
		.offset = offset,
		.len = len,
	};

	for (uint32_t i = 0; i < len; i++)
		fault.bytes[i] = (uint8_t)(value >> 8 * i);
	rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = 64 << 20, .mdts = 1));
	rig_inject(rig, &fault);
	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
	rig_equip(rig, NULL);
}

/* A request that succeeds: how many commands it was. */
static uint64_t work(struct rig *rig, const struct nvu_rw_args *args)
{
	uint64_t before = rig_mock_stats(rig).io_commands;
	struct nvu_cpl cpl;

	if (nvu_rw(rig->qpair, args))
		fail_msg("nvu_rw: %s", nvu_last_error());
	cpl = rig_answer(rig);
	assert_int_equal(cpl.status, 0);
	assert_true(cpl.user_data == args->user_data);
	return rig_mock_stats(rig).io_commands - before;
}

static void every_block_arrives(void **state)
{
	struct rig *rig = *state;

	start(rig, NULL);
	rig_fill(rig->data + 4, 1000ul * BLOCK, 5);
	assert_int_equal(work(rig, ARGS(WRITE, DATA, .offset = 4, .lba = 3, .blocks = 1000,
					.user_data = UINT64_MAX)),
			 63);
	assert_int_equal(work(rig, ARGS(READ, DATA, .offset = BACK, .lba = 3, .blocks = 1000,
					.user_data = UINT64_MAX - 1)),
			 63);
	assert_memory_equal(rig->data + BACK, rig->data + 4, 1000ul * BLOCK);
	assert_int_equal(work(rig, ARGS(COMPARE, DATA, .offset = 4, .lba = 3, .blocks = 1000)), 63);
	assert_int_equal(rig_read(rig, 1003, 1, BACK), 0);
	assert_false(rig_is_filled(rig->data + BACK, 8, 5 + 1000));
}

static void a_queue_of_one_command_carries_a_large_transfer(void **state)
{
	struct rig *rig = *state;

	start(rig, NVU_QPAIR_OPTS(.depth = 2, .splits = 1));
	rig_fill(rig->data, BACK, 7);
	for (int turn = 0; turn < 3; turn++) {
		assert_int_equal(work(rig, ARGS(WRITE, DATA, .blocks = BACK / BLOCK)), 128);
		memset(rig->data + BACK, 0, BACK);
		assert_int_equal(
			work(rig, ARGS(READ, DATA, .offset = BACK, .blocks = BACK / BLOCK)), 128);
		assert_true(rig_is_filled(rig->data + BACK, BACK, 7));
	}
	assert_int_equal(rig_stats(rig).submitted, 6 * 128);
	assert_int_equal(rig_stats(rig).completed, 6 * 128);
	assert_int_equal(nvu_qpair_room(rig->qpair), 1);
}

/* NOIOB is at byte 46 of Identify Namespace. */
static void reads_and_writes_do_not_cross_the_boundary(void **state)
{
	struct rig *rig = *state;

	start_patched(rig, NVU_MOCK_CNS_ZERO, 46, 2, 24);
	assert_int_equal(nvu_ns_info(rig->ns)->optimal_boundary_blocks, 24);
	rig_fill(rig->data, 100ul * BLOCK, 5);
	/* 20 to 24, to 40, to 48, to 64, to 72, to 88, to 96, to 112, to 120 */
	assert_int_equal(work(rig, ARGS(WRITE, DATA, .lba = 20, .blocks = 100)), 9);
	assert_int_equal(work(rig, ARGS(READ, DATA, .offset = BACK, .lba = 20, .blocks = 100)), 9);
	assert_memory_equal(rig->data + BACK, rig->data, 100ul * BLOCK);
	assert_int_equal(work(rig, ARGS(READ, DATA, .lba = 20, .blocks = 8)), 2);
	assert_int_equal(work(rig, ARGS(READ, DATA, .lba = 24, .blocks = 16)), 1);
	assert_int_equal(
		work(rig, ARGS(READ, DATA, .lba = 20, .blocks = 16, .flags = NVU_RW_NO_SPLIT)), 1);
	assert_int_equal(work(rig, ARGS(COMPARE, DATA, .lba = 20, .blocks = 16)), 1);
	assert_int_equal(work(rig, ARGS(VERIFY, .blocks = 100)), 1);
}

/* NABSN is at byte 40, NABO at 42; NSFEAT bit 1, at byte 24, says that they count. */
static void large_writes_are_cut_where_they_are_torn_anyway(void **state)
{
	struct rig *rig = *state;

	rig_create(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = 64 << 20, .mdts = 1));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_PATCH, .cns = NVU_MOCK_CNS_ZERO,
				       .offset = 24, .len = 1, .bytes = { NVU_NSFEAT_ATOMICS }));
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_PATCH, .cns = NVU_MOCK_CNS_ZERO,
				       .offset = 40, .len = 4, .bytes = { 11, 0, 2, 0 }));
	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
	rig_equip(rig, NULL);
	assert_int_equal(nvu_ns_info(rig->ns)->atomic_boundary_blocks, 12);
	rig_fill(rig->data, 46ul * BLOCK, 5);
	/* 0 to 14, to 26, to 38, to 46 */
	assert_int_equal(work(rig, ARGS(WRITE, DATA, .blocks = 46)), 4);
	assert_int_equal(work(rig, ARGS(READ, DATA, .offset = BACK, .blocks = 46)), 3);
	assert_memory_equal(rig->data + BACK, rig->data, 46ul * BLOCK);
	assert_int_equal(work(rig, ARGS(WRITE, DATA, .lba = 10, .blocks = 16)), 1);
}

static void commands_without_data_take_any_number_of_blocks(void **state)
{
	struct rig *rig = *state;

	start(rig, NULL);
	rig_fill(rig->data, BLOCK, 5);
	assert_int_equal(rig_write(rig, NS_BLOCKS - 1, 1, 0), 0);
	assert_int_equal(work(rig, ARGS(VERIFY, .blocks = NS_BLOCKS)), 2);
	assert_int_equal(work(rig, ARGS(ZEROES, .lba = 1, .blocks = NS_BLOCKS - 1)), 2);
	assert_int_equal(rig_read(rig, NS_BLOCKS - 1, 1, 0), 0);
	assert_int_equal(rig->data[0] | rig->data[BLOCK - 1], 0);
	assert_int_equal(nvu_write_zeroes(rig->qpair, rig->ns, 0, NS_BLOCKS, NVU_RW_DEAC, 1), 0);
	assert_int_equal(rig_answer(rig).result, NS_BLOCKS);
	assert_int_equal(nvu_verify(rig->qpair, rig->ns, 0, 65537, 0, 1), 0);
	assert_int_equal(rig_answer(rig).result, 65537);
	assert_int_equal(nvu_verify(rig->qpair, rig->ns, 0, 65537, NVU_RW_NO_SPLIT, 1), -EINVAL);
	rig_assert_sentence("leave NVU_RW_NO_SPLIT out");
}

/* VSL is byte 0, WZSL byte 1 of Identify Controller of the NVM command set: 2^1 pages. */
static void limits_of_commands_without_data_are_kept(void **state)
{
	struct rig *rig = *state;

	for (uint32_t row = 0; row < 2; row++) {
		start_patched(rig, NVU_CNS_CSI_CTRL, row, 1, 1);
		assert_int_equal(work(rig, ARGS(VERIFY, .blocks = 49)), row ? 1 : 4);
		assert_int_equal(work(rig, ARGS(ZEROES, .blocks = 49)), row ? 4 : 1);
		rig_again(rig);
	}
}

static void comparison_says_how_far_it_is_equal(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;
	char text[256];

	start(rig, NULL);
	rig_fill(rig->data, 100ul * BLOCK, 5);
	assert_int_equal(work(rig, ARGS(WRITE, DATA, .lba = 50, .blocks = 100)), 7);
	rig->data[70ul * BLOCK] ^= 1;
	assert_int_equal(nvu_compare(rig->qpair, rig->ns, 50, 100, rig->buf, 0, 0, 9), 0);
	cpl = rig_answer(rig);
	assert_int_equal(cpl.status, NVU_SC_COMPARE_FAILED);
	assert_int_equal(cpl.result, 64);
	assert_true(cpl.user_data == 9);
	assert_in_range(nvu_cpl_describe(rig->qpair, &cpl, text, sizeof(text)), 1, 255);
	assert_non_null(strstr(text, "Compare of namespace 1, block 114"));
	assert_int_equal(nvu_compare(rig->qpair, rig->ns, 50, 70, rig->buf, 0, 0, 9), 0);
	assert_int_equal(rig_answer(rig).result, 70);
}

/* Data, metadata and tags of formats: each command has those of its own blocks. */
static void metadata_and_tags_follow_the_blocks(void **state)
{
	enum { BLOCKS = 150, LBA = 0x53, META = 256 << 10, CHECKS = 7u << 26 };
	static const struct nvu_mock_opts formats[] = {
		{ .metadata_bytes = 8, .protection = 1 },
		{ .metadata_bytes = 16, .protection = 2, .protection_first = 1 },
		{ .metadata_bytes = 8, .protection = 3 },
		{ .metadata_bytes = 8, .protection = 1, .interleaved = 1 },
		{ .metadata_bytes = 16,
		  .protection = 2,
		  .pif = NVU_PIF_64B,
		  .storage_tag_bits = 16,
		  .lba_bytes = 4096 },
	};
	struct rig *rig = *state;

	for (size_t row = 0; row < COUNT(formats); row++) {
		struct nvu_mock_opts opts = formats[row];
		struct nvu_protection_format format;
		struct nvu_protection_args tags;
		uint32_t flags = CHECKS, blocks = opts.lba_bytes ? BLOCKS / 8 : BLOCKS;
		struct nvu_rw_args *args;
		size_t bytes;

		opts.size = sizeof(opts);
		opts.flags = NVU_MOCK_STEPPED;
		opts.ns_bytes = 8 << 20;
		opts.mdts = 1;
		rig_start(rig, &opts, NULL, NULL);
		assert_int_equal(nvu_protection_of(rig->ns, &format, sizeof(format)), 0);
		if (format.type == 3)
			flags &= ~NVU_RW_PRCHK_REF;
		tags = *NVU_PROTECTION_ARGS(.ref_tag = format.type == 1 ? LBA : 0xfffffff0,
					    .app_tag = 0x5aa5, .app_mask = 0xffff, .checks = flags);
		if (format.storage_tag_bits) {
			tags.storage_tag = 0xbeef;
			tags.checks |= NVU_RW_STC;
		}
		bytes = (size_t)blocks *
			(format.block_bytes + (opts.interleaved ? format.metadata_bytes : 0));
		rig_fill(rig->data, bytes, row);
		assert_int_equal(
			nvu_protection_generate(&format, &tags, opts.interleaved ? NULL : rig->data,
						rig->data + (opts.interleaved ? 0 : META), blocks),
			0);
		args = ARGS(WRITE, DATA, .lba = LBA, .blocks = blocks, .flags = tags.checks,
			    .ref_tag = tags.ref_tag, .storage_tag = tags.storage_tag,
			    .app_tag = tags.app_tag, .app_mask = tags.app_mask,
			    .metadata = opts.interleaved ? NULL : rig->buf,
			    .metadata_offset = opts.interleaved ? 0 : META);
		assert_in_range(work(rig, args), 9, 11);
		args->opcode = NVU_CMD_READ;
		args->offset = BACK;
		args->metadata_offset = opts.interleaved ? 0 : BACK + META;
		assert_in_range(work(rig, args), 9, 11);
		assert_memory_equal(rig->data + BACK, rig->data, bytes);
		if (!opts.interleaved)
			assert_memory_equal(rig->data + BACK + META, rig->data + META,
					    (size_t)blocks * format.metadata_bytes);
		rig_again(rig);
	}
}

/* The controller generates and strips the tuples of each command: of separate metadata nothing is moved. */
static void generated_tags_follow_the_blocks(void **state)
{
	struct rig *rig = *state;

	rig_start(rig,
		  NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = 8 << 20, .mdts = 1,
				.metadata_bytes = 8, .protection = 1),
		  NULL, NULL);
	rig_fill(rig->data, 100ul * BLOCK, 5);
	assert_int_equal(
		work(rig, ARGS(WRITE, DATA, .lba = 9, .blocks = 100, .flags = NVU_RW_PRACT)), 7);
	assert_int_equal(
		work(rig, ARGS(READ, DATA, .offset = BACK, .lba = 9, .blocks = 100,
			       .flags = NVU_RW_PRACT | NVU_RW_PRCHK_GUARD | NVU_RW_PRCHK_REF)),
		7);
	assert_memory_equal(rig->data + BACK, rig->data, 100ul * BLOCK);
	assert_int_equal(
		nvu_verify(rig->qpair, rig->ns, 9, 100, NVU_RW_PRCHK_GUARD | NVU_RW_PRCHK_REF, 0),
		0);
	assert_int_equal(rig_answer(rig).status, 0);
}

/* With type 3 all blocks have the same reference tag, whatever command they are in. */
static void tags_of_type_3_are_those_of_the_first_block(void **state)
{
	enum { BLOCKS = 40, META = 256 << 10, TUPLE = 16 };
	struct rig *rig = *state;

	rig_start(rig,
		  NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = 8 << 20, .mdts = 1,
				.metadata_bytes = TUPLE, .protection = 3, .protection_first = 1),
		  NULL, NULL);
	assert_int_equal(work(rig, ARGS(WRITE, DATA, .lba = 9, .blocks = BLOCKS, .ref_tag = 7,
					.flags = NVU_RW_PRACT, .metadata = rig->buf,
					.metadata_offset = META)),
			 3);
	assert_int_equal(work(rig, ARGS(READ, DATA, .lba = 9, .blocks = BLOCKS,
					.metadata = rig->buf, .metadata_offset = BACK)),
			 3);
	for (size_t block = 0; block < BLOCKS; block++)
		assert_int_equal(rig->data[BACK + block * TUPLE + 7], 7);
}

/* Accepted means at least one command; otherwise nothing has changed. */
static void a_request_is_taken_whole_or_not_at_all(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpls[4];

	start(rig, NVU_QPAIR_OPTS(.commands = 4, .splits = 2));
	for (uint64_t idx = 0; idx < 3; idx++)
		assert_int_equal(nvu_read(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 10 + idx), 0);
	assert_int_equal(nvu_qpair_room(rig->qpair), 1);
	assert_int_equal(nvu_rw(rig->qpair, ARGS(VERIFY, .blocks = 65537, .user_data = 1)), 0);
	assert_int_equal(nvu_qpair_room(rig->qpair), 0);
	assert_int_equal(nvu_rw(rig->qpair, ARGS(VERIFY, .blocks = 65537, .user_data = 2)),
			 -EAGAIN);
	assert_int_equal(rig_stats(rig).full, 1);
	rig_reap(rig, cpls, 4);
	assert_int_equal(rig_mock_stats(rig).io_commands, 5);
	assert_int_equal(nvu_qpair_room(rig->qpair), 4);

	/* The third request that is split has no place, a command has. */
	assert_int_equal(nvu_rw(rig->qpair, ARGS(VERIFY, .blocks = 65537, .user_data = 1)), 0);
	assert_int_equal(nvu_rw(rig->qpair, ARGS(VERIFY, .blocks = 65537, .user_data = 2)), 0);
	assert_int_equal(nvu_qpair_room(rig->qpair), 0);
	rig_reap(rig, cpls, 2);
}

static void no_more_requests_are_split_at_once_than_asked_for(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpls[8];

	start(rig, NVU_QPAIR_OPTS(.commands = 8, .splits = 2));
	for (int turn = 0; turn < 3; turn++) {
		for (uint64_t idx = 0; idx < 2; idx++)
			assert_int_equal(
				nvu_rw(rig->qpair, ARGS(VERIFY, .blocks = 65537, .user_data = idx)),
				0);
		assert_int_equal(nvu_qpair_room(rig->qpair), 4);
		assert_int_equal(nvu_rw(rig->qpair, ARGS(VERIFY, .blocks = 65537)), -EAGAIN);
		assert_int_equal(nvu_qpair_room(rig->qpair), 4);
		assert_int_equal(nvu_rw(rig->qpair, ARGS(VERIFY, .blocks = 65536)), 0);
		rig_reap(rig, cpls, 3);
	}
	assert_int_equal(rig_stats(rig).full, 3);
	nvu_qpair_destroy(rig->qpair);
	rig->qpair = NULL;
	assert_int_equal(nvu_qpair_create(rig->ctrl, NVU_QPAIR_OPTS(.splits = 4097), &rig->qpair),
			 -EINVAL);
	rig_assert_sentence("splits is 4097: at most 4096");
	assert_int_equal(nvu_qpair_create(rig->ctrl, NVU_QPAIR_OPTS(.splits = 4096), &rig->qpair),
			 0);
}

/* Many at once, of every kind, in a queue that is too small for them: each is answered once, and nothing is mixed up. */
static void requests_share_a_queue(void **state)
{
	enum { REQUESTS = 16, BLOCKS = 200 };
	struct rig *rig = *state;
	struct nvu_cpl cpls[REQUESTS];
	uint32_t seen = 0;

	start(rig, NVU_QPAIR_OPTS(.commands = 20));
	rig_fill(rig->data, (size_t)REQUESTS * BLOCKS / 2 * BLOCK, 3);
	assert_int_equal(work(rig, ARGS(WRITE, DATA, .blocks = REQUESTS * BLOCKS / 2)), 100);
	for (uint32_t idx = 0; idx < REQUESTS; idx++) {
		struct nvu_rw_args *args =
			ARGS(READ, DATA, .lba = (uint64_t)idx * (BLOCKS / 2), .blocks = BLOCKS / 2,
			     .offset = BACK + (size_t)idx * (BLOCKS / 2) * BLOCK, .user_data = idx);

		while (nvu_rw(rig->qpair, args) == -EAGAIN) {
			struct nvu_cpl cpl;

			if (rig_poll(rig, &cpl, 1) == 1) {
				assert_int_equal(cpl.status, 0);
				assert_false(seen & 1u << cpl.user_data);
				seen |= 1u << cpl.user_data;
			}
		}
	}
	while (seen != (1u << REQUESTS) - 1) {
		int count = rig_poll(rig, cpls, REQUESTS);

		for (int i = 0; i < count; i++) {
			assert_int_equal(cpls[i].status, 0);
			assert_int_equal(cpls[i].result, BLOCKS / 2);
			assert_false(seen & 1u << cpls[i].user_data);
			seen |= 1u << cpls[i].user_data;
		}
	}
	assert_memory_equal(rig->data + BACK, rig->data, (size_t)REQUESTS * BLOCKS / 2 * BLOCK);
}

/* Writes of a zoned namespace are taken where the zone's write pointer is: one after the other. */
static void writes_to_zones_are_sent_in_order(void **state)
{
	struct rig *rig = *state;

	rig_start(rig,
		  NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = 64 << 20, .mdts = 1,
				.csi = NVU_CSI_ZONED),
		  NULL, NVU_QPAIR_OPTS(.commands = 8));
	assert_int_equal(nvu_rw(rig->qpair, ARGS(WRITE, DATA, .blocks = 100)), 0);
	assert_int_equal(nvu_qpair_room(rig->qpair), 7);
	assert_int_equal(rig_answer(rig).status, 0);
	assert_int_equal(nvu_rw(rig->qpair, ARGS(READ, DATA, .blocks = 100)), 0);
	assert_int_equal(nvu_qpair_room(rig->qpair), 1);
	assert_int_equal(rig_answer(rig).status, 0);
}

static void wait_waits_for_the_whole(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	start(rig, NVU_QPAIR_OPTS(.depth = 2));
	assert_int_equal(nvu_rw(rig->qpair, ARGS(READ, DATA, .blocks = BACK / BLOCK)), 0);
	assert_int_equal(nvu_wait(rig->qpair, &cpl, 1, 60), 1);
	assert_int_equal(cpl.result, BACK / BLOCK);
	assert_int_equal(nvu_rw(rig->qpair, ARGS(READ, DATA, .blocks = BACK / BLOCK)), 0);
	while (nvu_qpair_drain(rig->qpair, &cpl, 1, 0) == -ETIMEDOUT)
		(void)nvu_mock_step(rig->mock, UINT32_MAX);
	assert_int_equal(cpl.result, BACK / BLOCK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(every_block_arrives),
		RIG_TEST(a_queue_of_one_command_carries_a_large_transfer),
		RIG_TEST(reads_and_writes_do_not_cross_the_boundary),
		RIG_TEST(large_writes_are_cut_where_they_are_torn_anyway),
		RIG_TEST(commands_without_data_take_any_number_of_blocks),
		RIG_TEST(limits_of_commands_without_data_are_kept),
		RIG_TEST(comparison_says_how_far_it_is_equal),
		RIG_TEST(metadata_and_tags_follow_the_blocks),
		RIG_TEST(generated_tags_follow_the_blocks),
		RIG_TEST(tags_of_type_3_are_those_of_the_first_block),
		RIG_TEST(a_request_is_taken_whole_or_not_at_all),
		RIG_TEST(no_more_requests_are_split_at_once_than_asked_for),
		RIG_TEST(requests_share_a_queue),
		RIG_TEST(writes_to_zones_are_sent_in_order),
		RIG_TEST(wait_waits_for_the_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
