/* SPDX-License-Identifier: MIT */
/*
 * test_bus.c: bus mastering. Something outside resets the function, and the device is off the bus:
 * the next reset puts it on again, or no command would ever be fetched.
 */
#include "mock/model.h"
#include "mock/state.h"
#include "unit.h"

#include <nvu/mock.h>
#include <nvu/nvu.h>
#include <nvu/regs.h>
#include <string.h>

enum { PCI_COMMAND = 4, BUS_MASTER = 4, MEMORY = 2 };

static void reset_puts_the_device_on_the_bus_again(void **state)
{
	const struct nvu_sqe identify = { .opcode = NVU_ADMIN_IDENTIFY,
					  .cdw10 = nvu_le32_put(NVU_CNS_CTRL) };
	static uint8_t page[4096];
	struct nvu_mock *mock;
	struct nvu_ctrl *ctrl;

	(void)state;
	assert_int_equal(nvu_mock_create(NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED), &mock), 0);
	assert_int_equal(nvu_ctrl_open(nvu_mock_address(mock), NULL, &ctrl), 0);
	mock->config_space[PCI_COMMAND] = 0;
	mock_state_update(mock);

	assert_int_equal(nvu_ctrl_reset(ctrl), 0);

	assert_int_equal(mock->config_space[PCI_COMMAND] & (BUS_MASTER | MEMORY),
			 BUS_MASTER | MEMORY);
	assert_int_equal(nvu_admin(ctrl, &identify, page, sizeof(page), 0, NULL), 0);
	nvu_ctrl_close(ctrl);
	assert_int_equal(nvu_mock_violations(mock), 0);
	nvu_mock_destroy(mock);
}

/* A controller that does not stop is taken off the bus before its memory serves another purpose. */
static void controller_that_does_not_stop_is_taken_off_the_bus(void **state)
{
	struct nvu_mock *mock;
	struct nvu_ctrl *ctrl;

	(void)state;
	assert_int_equal(nvu_mock_create(NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED), &mock), 0);
	assert_int_equal(
		nvu_ctrl_open(nvu_mock_address(mock), NVU_CTRL_OPTS(.ready_timeout_ms = 20), &ctrl),
		0);
	assert_int_equal(nvu_mock_inject(mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_NEVER_READY)),
			 0);
	assert_true(nvu_ctrl_reset(ctrl) < 0);
	assert_int_equal(mock->config_space[PCI_COMMAND] & BUS_MASTER, 0);
	nvu_ctrl_close(ctrl);
	assert_int_equal(nvu_mock_violations(mock), 0);
	nvu_mock_destroy(mock);
}

static void note_bus_mastering(void *seen, int level, const char *line)
{
	(void)level;
	*(bool *)seen = *(bool *)seen || strstr(line, "bus mastering switched on");
}

/* It may still write to memory: in a shared domain to that of others. */
static void controller_that_does_not_stop_never_gets_bus_mastering_back(void **state)
{
	struct nvu_mock *mock;
	struct nvu_ctrl *ctrl;
	bool seen = false;

	(void)state;
	assert_int_equal(nvu_mock_create(NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED), &mock), 0);
	assert_int_equal(
		nvu_ctrl_open(nvu_mock_address(mock), NVU_CTRL_OPTS(.ready_timeout_ms = 20), &ctrl),
		0);
	mock->config_space[PCI_COMMAND] = MEMORY;
	mock_state_update(mock);
	nvu_set_log(1, note_bus_mastering, &seen);
	assert_int_equal(nvu_mock_inject(mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_REGISTER,
							      .offset = NVU_REG_CSTS, .value = 1)),
			 0);
	assert_true(nvu_ctrl_reset(ctrl) < 0);
	nvu_set_log(0, NULL, NULL);
	assert_false(seen);
	assert_int_equal(mock->config_space[PCI_COMMAND] & BUS_MASTER, 0);
	nvu_mock_clear_faults(mock);
	nvu_ctrl_close(ctrl);
	nvu_mock_destroy(mock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reset_puts_the_device_on_the_bus_again),
		cmocka_unit_test(controller_that_does_not_stop_is_taken_off_the_bus),
		cmocka_unit_test(controller_that_does_not_stop_never_gets_bus_mastering_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
