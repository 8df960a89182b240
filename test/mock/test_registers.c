// SPDX-License-Identifier: MIT
/*
 * test_registers.c: nvu_ctrl_registers().
 */
#include "harness.h"

#include <nvu/regs.h>

static uint32_t word(const uint8_t *data, size_t at)
{
	return data[at] | (uint32_t)data[at + 1] << 8 | (uint32_t)data[at + 2] << 16 |
	       (uint32_t)data[at + 3] << 24;
}

static void registers_open_controller_are_what_it_has(void **state)
{
	struct rig *rig = *state;
	const struct nvu_ctrl_info *info;
	uint8_t data[NVU_REGS_BYTES];

	rig_start(rig, NULL, NULL, NULL);
	info = nvu_ctrl_info(rig->ctrl);

	assert_int_equal(nvu_ctrl_registers(rig->ctrl, data, sizeof(data)), 0);

	assert_int_equal(word(data, NVU_REG_CAP), info->cap & UINT32_MAX);
	assert_int_equal(word(data, NVU_REG_CAP + 4), info->cap >> 32);
	assert_int_equal(word(data, NVU_REG_VS), info->version);
	assert_int_equal(NVU_GET(NVU_CC_EN, word(data, NVU_REG_CC)), 1);
	assert_int_equal(NVU_GET(NVU_CSTS_RDY, word(data, NVU_REG_CSTS)), 1);
	assert_int_equal(rig_read(rig, 0, 8, 0), 0);
}

static void registers_length_is_all_that_is_written(void **state)
{
	struct rig *rig = *state;
	uint8_t data[12];

	rig_start(rig, NULL, NULL, NULL);
	memset(data, 0xee, sizeof(data));

	assert_int_equal(nvu_ctrl_registers(rig->ctrl, data, 8), 0);
	assert_int_equal(word(data, 8), 0xeeeeeeee);
}

static void registers_wrong_length_is_refused(void **state)
{
	static const size_t lengths[] = { 0, 1, 6, NVU_REGS_BYTES + 4, SIZE_MAX };
	struct rig *rig = *state;
	uint8_t data[8];

	rig_start(rig, NULL, NULL, NULL);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		assert_int_equal(nvu_ctrl_registers(rig->ctrl, data, lengths[i]), -EINVAL);
		assert_non_null(strstr(nvu_last_error(), "multiple of 4"));
	}
	assert_int_equal(nvu_ctrl_registers(rig->ctrl, NULL, 8), -EINVAL);
}

static void registers_controller_that_has_gone_is_reported(void **state)
{
	struct rig *rig = *state;
	uint8_t data[NVU_REGS_BYTES];

	rig_start(rig, NULL, NULL, NULL);
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE_NOW));

	assert_int_equal(nvu_ctrl_registers(rig->ctrl, data, sizeof(data)), -ENODEV);
	assert_non_null(strstr(nvu_last_error(), "all ones"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(registers_open_controller_are_what_it_has),
		RIG_TEST(registers_length_is_all_that_is_written),
		RIG_TEST(registers_wrong_length_is_refused),
		RIG_TEST(registers_controller_that_has_gone_is_reported),
	};

	return cmocka_run_group_tests_name("registers", tests, NULL, NULL);
}
