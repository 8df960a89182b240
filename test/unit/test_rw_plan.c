// SPDX-License-Identifier: MIT
/*
 * test_rw_plan.c: the commands of a request for blocks: where each begins, its tags, its metadata.
 */
#include "dma/dma.h"
#include "qpair/rw_plan.h"
#include "unit.h"

static const struct nvu_dma metadata = { .iova = 0x10000 };

/* The tags as nvu_protection_encode() writes them. */
static struct rw_plan make(uint64_t ref_mask, uint64_t space)
{
	return (struct rw_plan){
		.lba = 0xfffffffe,
		.blocks = 100,
		.rule = { .max_blocks = 100 },
		.ref_mask = ref_mask,
		.cmd = { .opcode = NVU_CMD_READ,
			 .cdw2 = nvu_le32_put(0xbeef),
			 .cdw3 = nvu_le32_put((uint32_t)(space >> 32)),
			 .cdw12 = nvu_le32_put(NVU_RW_FUA | NVU_RW_PRACT),
			 .cdw13 = nvu_le32_put(7),
			 .cdw14 = nvu_le32_put((uint32_t)space),
			 .cdw15 = nvu_le32_put(0xff001234) },
	};
}

static void a_command_has_its_blocks_and_what_all_have(void **state)
{
	const struct rw_plan plan = make(0, 0xfffffffe);
	struct nvu_sqe cmd;

	(void)state;
	rw_plan_command(&plan, 3, 97, &cmd);
	assert_int_equal(cmd.opcode, NVU_CMD_READ);
	assert_int_equal(nvu_le32_get(cmd.cdw10), 1);
	assert_int_equal(nvu_le32_get(cmd.cdw11), 1);
	assert_int_equal(nvu_le32_get(cmd.cdw12), NVU_RW_FUA | NVU_RW_PRACT | 96);
	assert_int_equal(nvu_le32_get(cmd.cdw13), 7);
	assert_true(nvu_le64_get(cmd.mptr) == 0);
	/* A reference tag that does not count, of type 3. */
	assert_int_equal(nvu_le32_get(cmd.cdw14), 0xfffffffe);
}

/* NVM 5.2.1: the reference tag is the lowest bits of a space of 32, 80 or 48 bits, and wraps in them. */
static void reference_tags_follow_the_blocks(void **state)
{
	static const struct {
		uint64_t mask, space, after;
	} rows[] = {
		{ 0xffffffff, 0xfffffffe, 1 },
		{ 0xffffff, 0xabfffffe, 0xab000001 },
		{ UINT64_MAX, 0x1fffffffe, 0x200000001 },
		{ UINT64_MAX, UINT64_MAX, 2 },
		{ 0xffffffffffff, 0xfffffffffffe, 1 },
		{ 0xffffffffff, 0xab00fffffffffe, 0xab000000000001 },
		{ 0, 0xfffffffe, 0xfffffffe },
	};
	struct nvu_sqe cmd;

	(void)state;
	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		const struct rw_plan plan = make(rows[row].mask, rows[row].space);

		rw_plan_command(&plan, 3, 1, &cmd);
		assert_int_equal(nvu_le32_get(cmd.cdw2), 0xbeef);
		assert_true(nvu_le32_get(cmd.cdw3) == rows[row].after >> 32);
		assert_true(nvu_le32_get(cmd.cdw14) == (uint32_t)rows[row].after);
		assert_int_equal(nvu_le32_get(cmd.cdw15), 0xff001234);
	}
}

static void metadata_follow_the_blocks(void **state)
{
	struct rw_plan plan = make(0, 0);
	struct nvu_sqe cmd;

	(void)state;
	plan.metadata = &metadata;
	plan.metadata_offset = 64;
	plan.metadata_bytes = 8;
	rw_plan_command(&plan, 0, 1, &cmd);
	assert_true(nvu_le64_get(cmd.mptr) == 0x10040);
	rw_plan_command(&plan, 3, 97, &cmd);
	assert_true(nvu_le64_get(cmd.mptr) == 0x10058);
}

static void data_follow_the_blocks(void **state)
{
	const struct rw_plan plan = { .offset = 4, .data_bytes = 520 };

	(void)state;
	assert_true(rw_plan_offset(&plan, 3) == 1564);
	assert_true(rw_plan_offset(&plan, 1ull << 32) == (520ull << 32) + 4);
	assert_true(rw_plan_bytes(&plan, 65536) == 65536ull * 520);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_has_its_blocks_and_what_all_have),
		cmocka_unit_test(reference_tags_follow_the_blocks),
		cmocka_unit_test(metadata_follow_the_blocks),
		cmocka_unit_test(data_follow_the_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
