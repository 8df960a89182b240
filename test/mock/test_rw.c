// SPDX-License-Identifier: MIT
/*
 * test_rw.c: nvu_rw() within one command: what each opcode does, what it can carry, and what is refused before
 * anything is sent.
 */
#include "harness.h"

enum { BLOCK = 512, NS_BLOCKS = (64 << 20) / BLOCK };

#define ARGS(...) NVU_RW_ARGS(.ns = rig->ns, __VA_ARGS__)
#define ONE(...) ARGS(.blocks = 1, __VA_ARGS__)
#define DATA .buf = rig->buf
#define READ .opcode = NVU_CMD_READ
#define WRITE .opcode = NVU_CMD_WRITE
#define COMPARE .opcode = NVU_CMD_COMPARE
#define VERIFY .opcode = NVU_CMD_VERIFY
#define ZEROES .opcode = NVU_CMD_WRITE_ZEROES

static int rw(struct rig *rig, const struct nvu_rw_args *args)
{
	int ret = nvu_rw(rig->qpair, args);

	return ret ? ret : rig_status(rig);
}

static void refuse(struct rig *rig, int error, const char *words, const struct nvu_rw_args *args)
{
	assert_int_equal(nvu_rw(rig->qpair, args), error);
	rig_assert_sentence(words);
}

static void rw_writes_and_reads_the_blocks(void **state)
{
	struct rig *rig = *state;

	rig_start(rig, NULL, NULL, NULL);
	rig_fill(rig->data, 40ul * BLOCK, 5);
	assert_int_equal(
		rw(rig, ARGS(WRITE, DATA, .lba = 7, .blocks = 39, .offset = BLOCK,
			     .flags = NVU_RW_FUA | NVU_RW_LR, .dsm = NVU_DSM_HINT_SEQUENTIAL | 3)),
		0);
	assert_int_equal(rw(rig, ARGS(READ, DATA, .lba = 7, .blocks = 39, .offset = 1 << 20,
				      .flags = NVU_RW_FUA, .dsm = NVU_DSM_HINT_LATENCY)),
			 0);
	assert_memory_equal(rig->data + (1 << 20), rig->data + BLOCK, 39ul * BLOCK);
	assert_int_equal(rig_read(rig, 6, 1, 1 << 20), 0);
	assert_false(rig_is_filled(rig->data + (1 << 20), BLOCK, 5));
}

static void rw_compares_verifies_and_zeroes(void **state)
{
	static const uint8_t zeroes[2 * BLOCK];
	struct rig *rig = *state;

	rig_start(rig, NULL, NULL, NULL);
	rig_fill(rig->data, 8ul * BLOCK, 5);
	assert_int_equal(rig_write(rig, 0, 8, 0), 0);
	assert_int_equal(rw(rig, ARGS(COMPARE, DATA, .blocks = 8)), 0);
	assert_int_equal(rw(rig, ONE(COMPARE, DATA, .lba = 1)), NVU_SC_COMPARE_FAILED);
	assert_int_equal(rw(rig, ARGS(ZEROES, .lba = 3, .blocks = 2, .flags = NVU_RW_DEAC)), 0);
	assert_int_equal(rig_read(rig, 3, 2, PAGE), 0);
	assert_memory_equal(rig->data + PAGE, zeroes, sizeof(zeroes));
	assert_int_equal(rw(rig, ARGS(VERIFY, .blocks = 8, .flags = NVU_RW_LR)), 0);
	assert_int_equal(nvu_write_uncorrectable(rig->qpair, rig->ns, 5, 1, 0), 0);
	assert_int_equal(rig_status(rig), 0);
	assert_int_equal(rw(rig, ARGS(VERIFY, .blocks = 8)), NVU_SC_UNRECOVERED_READ);
	assert_int_equal(rw(rig, ARGS(VERIFY, .blocks = 5)), 0);
}

static void rw_returns_its_user_data(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpl;

	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(nvu_rw(rig->qpair, ONE(READ, DATA, .user_data = UINT64_MAX - 1)), 0);
	rig_reap(rig, &cpl, 1);
	assert_true(cpl.user_data == UINT64_MAX - 1);
	assert_int_equal(cpl.status, 0);
}

static void rw_takes_arguments_of_an_older_program(void **state)
{
	struct rig *rig = *state;
	struct nvu_rw_args args;

	rig_start(rig, NULL, NULL, NULL);
	args = *ONE(READ, DATA);
	args.size = offsetof(struct nvu_rw_args, metadata);
	args.rsvd = 1;
	assert_int_equal(rw(rig, &args), 0);
	args.size = sizeof(args);
	refuse(rig, -EINVAL, "rsvd is 0x1", &args);
	args.size = 4;
	refuse(rig, -EINVAL, "size is 4", &args);
	refuse(rig, -EINVAL, "ns is NULL", NULL);
}

static void rw_refuses_fields_that_the_opcode_does_not_have(void **state)
{
	struct rig *rig = *state;

	rig_start(rig, NULL, NULL, NULL);
	refuse(rig, -EINVAL, "opcode is 0: expected", ONE(DATA));
	refuse(rig, -EINVAL, "opcode is 0x102", ONE(DATA, .opcode = 0x102));
	refuse(rig, -EINVAL, "takes no bits but", ONE(READ, DATA, .flags = NVU_RW_DEAC));
	refuse(rig, -EINVAL, "takes no bits but", ONE(READ, DATA, .flags = NVU_RW_STREAM));
	refuse(rig, -EINVAL, "takes no bits but", ONE(WRITE, DATA, .flags = 2));
	refuse(rig, -EINVAL, "takes no bits but", ONE(ZEROES, .flags = NVU_RW_PRCHK_REF));
	refuse(rig, -EINVAL, "dsm is 0x100", ONE(READ, DATA, .dsm = 0x100));
	refuse(rig, -EINVAL, "dsm is 0x1:", ONE(COMPARE, DATA, .dsm = 1));
	refuse(rig, -EINVAL, "moves no data", ONE(VERIFY, DATA));
	refuse(rig, -EINVAL, "moves no data", ONE(ZEROES, .offset = 4));
	refuse(rig, -EINVAL, "moves no separate metadata", ONE(READ, DATA, .metadata = rig->buf));
	refuse(rig, -EINVAL, "moves no separate", ONE(READ, DATA, .metadata_offset = 4));
	refuse(rig, -EINVAL, "in one buffer or in pieces", ONE(READ, DATA, .piece_count = 1));
	assert_int_equal(rig_mock_stats(rig).io_commands, 0);
}

static void rw_refuses_blocks_and_buffers_that_are_not_there(void **state)
{
	struct rig *rig = *state;

	rig_start(rig, NULL, NULL, NULL);
	refuse(rig, -EINVAL, "blocks is 0", ARGS(READ, DATA, .blocks = 0));
	refuse(rig, -EINVAL, "past the end", ONE(READ, DATA, .lba = NS_BLOCKS));
	refuse(rig, -EINVAL, "past the end", ARGS(READ, DATA, .lba = UINT64_MAX, .blocks = 2));
	refuse(rig, -EINVAL, "past the end", ARGS(READ, DATA, .blocks = UINT64_MAX));
	refuse(rig, -EINVAL, "the buffer is NULL", ONE(READ));
	refuse(rig, -EINVAL, "multiple of 4", ONE(READ, DATA, .offset = 2));
	refuse(rig, -EINVAL, "exceeds the buffer", ONE(READ, DATA, .offset = RIG_DATA_BYTES));
	refuse(rig, -EINVAL, "takes at most 2048",
	       ARGS(READ, DATA, .blocks = 2049, .flags = NVU_RW_NO_SPLIT));
	refuse(rig, -EINVAL, "takes at most 65536",
	       ARGS(VERIFY, .blocks = 65537, .flags = NVU_RW_NO_SPLIT));
	assert_int_equal(rig_mock_stats(rig).io_commands, 0);
}

static void rw_refuses_protection_without_protection_information(void **state)
{
	struct rig *rig = *state;

	rig_start(rig, NULL, NULL, NULL);
	refuse(rig, -EINVAL, "no protection information", ONE(READ, DATA, .flags = NVU_RW_PRACT));
	refuse(rig, -EINVAL, "no protection information", ONE(VERIFY, .flags = NVU_RW_STC));
	refuse(rig, -EINVAL, "no flag that uses them", ONE(READ, DATA, .ref_tag = 1));
	refuse(rig, -EINVAL, "no flag that uses them", ONE(READ, DATA, .app_mask = 1));
	assert_int_equal(rig_mock_stats(rig).io_commands, 0);
}

static void rw_reads_into_no_buffer_that_the_device_may_only_read(void **state)
{
	static _Alignas(PAGE) char memory[PAGE];
	struct rig *rig = *state;
	struct nvu_dma *buf;

	rig_start(rig, NULL, NULL, NULL);
	buf = rig_register_read_only(rig, memory, sizeof(memory));
	refuse(rig, -EINVAL, "may only read", ONE(READ, .buf = buf));
	assert_int_equal(rw(rig, ONE(WRITE, .buf = buf)), 0);
	assert_int_equal(rw(rig, ONE(COMPARE, .buf = buf)), 0);
	assert_int_equal(nvu_dma_free(buf), 0);
}

/* OACS is at byte 256 of Identify Controller, CTRATT at 96; the mock itself has no directives. */
static void open_with_directives(struct rig *rig, bool placement)
{
	rig_create(rig, NULL);
	rig->inconsistent = true;
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_PATCH, .cns = NVU_CNS_CTRL,
				       .offset = 256, .len = 1, .bytes = { NVU_OACS_DIRECTIVES }));
	if (placement)
		rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_PATCH, .cns = NVU_CNS_CTRL,
					       .offset = 98, .len = 1, .bytes = { 1 << 3 }));
	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
	rig_equip(rig, NULL);
}

static void assert_violation(struct rig *rig, const char *words)
{
	for (uint32_t idx = 0; idx < nvu_mock_violations(rig->mock); idx++)
		if (strstr(nvu_mock_violation(rig->mock, idx), words))
			return;
	fail_msg("no violation with the words %s", words);
}

static void rw_carries_a_directive_that_the_controller_supports(void **state)
{
	struct rig *rig = *state;

	rig_start(rig, NULL, NULL, NULL);
	refuse(rig, -EINVAL, "says not what it is", ONE(WRITE, DATA, .placement = 1));
	refuse(rig, -EINVAL, "one directive",
	       ONE(WRITE, DATA, .flags = NVU_RW_STREAM | NVU_RW_PLACEMENT));
	refuse(rig, -EINVAL, "numbered from 1", ONE(WRITE, DATA, .flags = NVU_RW_STREAM));
	refuse(rig, -ENOTSUP, "(OACS)", ONE(WRITE, DATA, .flags = NVU_RW_STREAM, .placement = 1));
	rig_again(rig);

	open_with_directives(rig, false);
	refuse(rig, -ENOTSUP, "(CTRATT)", ONE(WRITE, DATA, .flags = NVU_RW_PLACEMENT));
	assert_int_equal(nvu_mock_violations(rig->mock), 0);
	assert_int_equal(rw(rig, ONE(WRITE, DATA, .flags = NVU_RW_STREAM, .placement = 513)), 0);
	assert_violation(rig, "CDW12 is 0x100000");
	assert_violation(rig, "CDW13 is 0x2010000");
	rig_again(rig);

	open_with_directives(rig, true);
	assert_int_equal(rw(rig, ONE(WRITE, DATA, .flags = NVU_RW_PLACEMENT)), 0);
	assert_violation(rig, "CDW12 is 0x200000");
}

static void rw_of_a_full_queue_is_eagain(void **state)
{
	struct rig *rig = *state;
	struct nvu_cpl cpls[2];

	rig_start(rig, NULL, NULL, NVU_QPAIR_OPTS(.commands = 2));
	assert_int_equal(nvu_rw(rig->qpair, ONE(READ, DATA)), 0);
	assert_int_equal(nvu_rw(rig->qpair, ONE(VERIFY)), 0);
	assert_int_equal(nvu_rw(rig->qpair, ONE(READ, DATA)), -EAGAIN);
	rig_reap(rig, cpls, 2);
	assert_int_equal(nvu_rw(rig->qpair, ONE(READ, DATA)), 0);
	rig_reap(rig, cpls, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(rw_writes_and_reads_the_blocks),
		RIG_TEST(rw_compares_verifies_and_zeroes),
		RIG_TEST(rw_returns_its_user_data),
		RIG_TEST(rw_takes_arguments_of_an_older_program),
		RIG_TEST(rw_refuses_fields_that_the_opcode_does_not_have),
		RIG_TEST(rw_refuses_blocks_and_buffers_that_are_not_there),
		RIG_TEST(rw_refuses_protection_without_protection_information),
		RIG_TEST(rw_reads_into_no_buffer_that_the_device_may_only_read),
		RIG_TEST(rw_carries_a_directive_that_the_controller_supports),
		RIG_TEST(rw_of_a_full_queue_is_eagain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
