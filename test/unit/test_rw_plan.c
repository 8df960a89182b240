// SPDX-License-Identifier: MIT
/*
 * test_rw_plan.c: the commands of a request for blocks: where each begins, its tags, its metadata.
 */
#include "dma/dma.h"
#include "io/rw_plan.h"
#include "unit.h"

static const struct nvu_dma metadata = { .iova = 0x10000 };

static struct rw_plan make(uint8_t type, uint8_t storage_tag_bits)
{
	return (struct rw_plan){
		.lba = 0xfffffffe,
		.blocks = 100,
		.max_blocks = 100,
		.tagged = true,
		.format = { .size = sizeof(struct nvu_protection_format),
			    .block_bytes = 512,
			    .metadata_bytes = 8,
			    .type = type,
			    .storage_tag_bits = storage_tag_bits },
		.tags = { .size = sizeof(struct nvu_protection_args),
			  .ref_tag = 0xfffffffe,
			  .storage_tag = storage_tag_bits ? 0xab : 0,
			  .app_tag = 0x1234,
			  .app_mask = 0xff00,
			  .checks = NVU_RW_PRCHK_GUARD },
		.cmd = { .opcode = NVU_CMD_READ,
			 .cdw12 = nvu_le32_put(NVU_RW_FUA | NVU_RW_PRACT),
			 .cdw13 = nvu_le32_put(7) },
	};
}

static void a_command_has_its_blocks_and_what_all_have(void **state)
{
	struct rw_plan plan = make(1, 0);
	struct nvu_sqe cmd;

	(void)state;
	plan.tagged = false;
	rw_plan_command(&plan, 3, 97, &cmd);
	assert_int_equal(cmd.opcode, NVU_CMD_READ);
	assert_int_equal(nvu_le32_get(cmd.cdw10), 1);
	assert_int_equal(nvu_le32_get(cmd.cdw11), 1);
	assert_int_equal(nvu_le32_get(cmd.cdw12), NVU_RW_FUA | NVU_RW_PRACT | 96);
	assert_int_equal(nvu_le32_get(cmd.cdw13), 7);
	assert_int_equal(nvu_le32_get(cmd.cdw14) | nvu_le32_get(cmd.cdw15), 0);
	assert_true(nvu_le64_get(cmd.mptr) == 0);
}

/* NVM 5.2.3: types 1 and 2 count their blocks, and wrap; type 3 does not. */
static void reference_tags_follow_the_blocks(void **state)
{
	static const uint32_t tags[] = { 1, 1, 0xfffffffe };
	struct nvu_sqe cmd;

	(void)state;
	for (uint8_t type = 1; type <= 3; type++) {
		struct rw_plan plan = make(type, 0);

		rw_plan_command(&plan, 3, 1, &cmd);
		assert_int_equal(nvu_le32_get(cmd.cdw14), tags[type - 1]);
		assert_int_equal(nvu_le32_get(cmd.cdw15), 0xff001234);
		assert_int_equal(nvu_le32_get(cmd.cdw12) & ~0xffffu,
				 NVU_RW_FUA | NVU_RW_PRACT | NVU_RW_PRCHK_GUARD);
	}
}

static void storage_tags_are_above_the_reference_tags(void **state)
{
	struct rw_plan plan = make(2, 8);
	struct nvu_sqe cmd;

	(void)state;
	rw_plan_command(&plan, 3, 1, &cmd);
	assert_int_equal(nvu_le32_get(cmd.cdw14), 0xab000001);
}

static void metadata_follow_the_blocks(void **state)
{
	struct rw_plan plan = make(1, 0);
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
		cmocka_unit_test(storage_tags_are_above_the_reference_tags),
		cmocka_unit_test(metadata_follow_the_blocks),
		cmocka_unit_test(data_follow_the_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
