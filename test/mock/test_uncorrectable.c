/* SPDX-License-Identifier: MIT */
/*
 * test_uncorrectable.c: nvu_write_uncorrectable(): what it does to blocks, and what it refuses to send.
 */
#include "covers.h"
#include "harness.h"

COVERS(NVM, WRITE_UNCORRECTABLE);

static int spoil(struct rig *rig, uint64_t lba, uint32_t blocks)
{
	int ret = nvu_write_uncorrectable(rig->qpair, rig->ns, lba, blocks, 0);

	return ret ? ret : rig_status(rig);
}

static void write_uncorrectable_block_is_unreadable_until_written(void **state)
{
	struct rig *rig = *state;

	rig_start(rig, NULL, NULL, NULL);
	rig_fill(rig->data, PAGE, 5);
	assert_int_equal(rig_write(rig, 0, 8, 0), 0);

	assert_int_equal(spoil(rig, 3, 2), 0);

	assert_int_equal(rig_read(rig, 0, 8, PAGE), NVU_SC_UNRECOVERED_READ);
	assert_int_equal(rig_read(rig, 4, 1, PAGE), NVU_SC_UNRECOVERED_READ);
	assert_int_equal(rig_read(rig, 0, 3, PAGE), 0);
	assert_int_equal(rig_read(rig, 5, 3, PAGE), 0);
	assert_int_equal(rig_write(rig, 3, 2, 3ul * 512), 0);
	assert_int_equal(rig_read(rig, 0, 8, PAGE), 0);
	assert_memory_equal(rig->data, rig->data + PAGE, PAGE);
}

static void write_uncorrectable_takes_any_range_of_the_namespace(void **state)
{
	struct rig *rig = *state;
	const uint64_t end = (64ull << 20) / 512;

	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(spoil(rig, 0, 65536), 0);
	assert_int_equal(spoil(rig, end - 1, 1), 0);
	assert_int_equal(spoil(rig, end, 1), -EINVAL);
	rig_assert_sentence("past the end");
	assert_int_equal(spoil(rig, UINT64_MAX, 2), -EINVAL);
	assert_int_equal(spoil(rig, end - 1, 2), -EINVAL);
	assert_int_equal(spoil(rig, 0, 0), -EINVAL);
	rig_assert_sentence("1 to 65536");
	assert_int_equal(spoil(rig, 0, 65537), -EINVAL);
}

/* Byte 520 of Identify Controller: ONCS without bit 1. */
static void write_uncorrectable_that_is_not_supported_is_not_sent(void **state)
{
	struct rig *rig = *state;

	rig_create(rig, NULL);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_PATCH, .cns = NVU_CNS_CTRL,
				       .offset = 520, .len = 1, .bytes = { 0xfd }));
	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
	rig_equip(rig, NULL);
	assert_int_equal(spoil(rig, 0, 1), -ENOTSUP);
	rig_assert_sentence("Write Uncorrectable");
	rig_again(rig);

	rig_start(rig, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .csi = NVU_CSI_KV), NULL, NULL);
	assert_int_equal(spoil(rig, 0, 1), -ENOTSUP);
	rig_assert_sentence("command set");
	assert_int_equal(rig_mock_stats(rig).io_commands, 0);
}

/* NLB alone is the limit then. */
static void write_uncorrectable_of_a_controller_that_names_no_limit_works(void **state)
{
	struct rig *rig = *state;
	static const enum nvu_mock_fault_kind kinds[] = { NVU_MOCK_FAULT_STATUS,
							  NVU_MOCK_FAULT_DROP };

	for (size_t row = 0; row < COUNT(kinds); row++) {
		rig_create(rig, NULL);
		rig_inject(rig, NVU_MOCK_FAULT(.kind = kinds[row], .cns = NVU_CNS_CSI_CTRL,
					       .status = NVU_SC_INVALID_FIELD));
		assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
		assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
		rig_equip(rig, NULL);

		assert_int_equal(spoil(rig, 0, 65536), 0);
		rig_again(rig);
	}
}

/* WUSL, byte 2 of Identify Controller of the NVM command set: 2^n pages of 4096 bytes. */
static void set_limit(struct rig *rig, uint8_t wusl)
{
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_PATCH, .cns = NVU_CNS_CSI_CTRL,
				       .offset = 2, .len = 1, .bytes = { wusl }));
}

static void write_uncorrectable_above_the_controllers_limit_is_not_sent(void **state)
{
	struct rig *rig = *state;

	rig_create(rig, NULL);
	set_limit(rig, 2);
	assert_int_equal(nvu_ctrl_open(rig_address(rig), NULL, &rig->ctrl), 0);
	assert_int_equal(nvu_ns_get(rig->ctrl, 1, &rig->ns), 0);
	rig_equip(rig, NULL);

	assert_int_equal(spoil(rig, 0, 33), -EINVAL);
	rig_assert_sentence("at most 32 blocks");
	assert_int_equal(spoil(rig, 0, 65536), -EINVAL);
	assert_int_equal(rig_mock_stats(rig).io_commands, 0);
	assert_int_equal(spoil(rig, 0, 32), 0);
	assert_int_equal(rig_mock_stats(rig).io_commands, 1);

	nvu_mock_clear_faults(rig->mock);
	assert_int_equal(nvu_ctrl_reset(rig->ctrl), 0);
	assert_int_equal(spoil(rig, 0, 33), 0);
}

/* Nothing else of the controller has changed, and there was no reset. */
static void limit_that_changes_with_a_format_is_the_newest_one(void **state)
{
	const struct nvu_sqe format = { .opcode = NVU_ADMIN_FORMAT_NVM, .nsid = nvu_le32_put(1) };
	struct rig *rig = *state;

	rig_start(rig, NULL, NULL, NULL);
	assert_int_equal(spoil(rig, 0, 17), 0);
	set_limit(rig, 1);
	assert_int_equal(nvu_admin(rig->ctrl, &format, NULL, 0, 0, NULL), 0);

	assert_int_equal(spoil(rig, 0, 17), -EINVAL);
	rig_assert_sentence("at most 16 blocks");
	assert_int_equal(spoil(rig, 0, 16), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(write_uncorrectable_block_is_unreadable_until_written),
		RIG_TEST(write_uncorrectable_takes_any_range_of_the_namespace),
		RIG_TEST(write_uncorrectable_that_is_not_supported_is_not_sent),
		RIG_TEST(write_uncorrectable_of_a_controller_that_names_no_limit_works),
		RIG_TEST(write_uncorrectable_above_the_controllers_limit_is_not_sent),
		RIG_TEST(limit_that_changes_with_a_format_is_the_newest_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
