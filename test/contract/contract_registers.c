/* SPDX-License-Identifier: MIT */
/*
 * contract_registers.c: registers, configuration space, a device that has gone.
 */
#include "contract.h"

#include "base/error.h"

#include <linux/pci_regs.h>
#include <nvu/regs.h>
#include <signal.h>

enum { ADMIN_ENTRIES_1 = 15 };

static uint64_t read64(struct transport *transport, uint32_t offset)
{
	uint64_t value = 0;

	assert_int_equal(transport->ops->reg_read64(transport, offset, &value), 0);
	return value;
}

static void reg_read64_is_two_halves(void **state)
{
	struct contract *it = *state;
	uint64_t cap = read64(it->transport, NVU_REG_CAP);

	assert_int_equal(cap & UINT32_MAX, contract_read32(it->transport, NVU_REG_CAP));
	assert_int_equal(cap >> 32, contract_read32(it->transport, NVU_REG_CAP + 4));
	assert_true(cap && cap != UINT64_MAX);
	assert_true(contract_read32(it->transport, NVU_REG_VS) >= NVU_VS(1, 0, 0));
}

static void reg_write64_is_two_halves(void **state)
{
	struct contract *it = *state;
	const struct transport_ops *ops = it->transport->ops;

	assert_int_equal(ops->reg_write64(it->transport, NVU_REG_ASQ, 0x123456789000), 0);
	assert_int_equal(ops->reg_write64(it->transport, NVU_REG_ACQ, 0xabcdef000), 0);
	assert_true(read64(it->transport, NVU_REG_ASQ) == 0x123456789000);
	assert_int_equal(contract_read32(it->transport, NVU_REG_ASQ), 0x56789000);
	assert_int_equal(contract_read32(it->transport, NVU_REG_ASQ + 4), 0x1234);

	assert_int_equal(ops->reg_write32(it->transport, NVU_REG_ASQ + 4, 0x4321), 0);
	assert_true(read64(it->transport, NVU_REG_ASQ) == 0x432156789000);
	assert_int_equal(ops->reg_write32(it->transport, NVU_REG_ASQ, 0x1000), 0);
	assert_true(read64(it->transport, NVU_REG_ASQ) == 0x432100001000);
	assert_true(read64(it->transport, NVU_REG_ACQ) == 0xabcdef000);
}

static void reg_write32_reads_back(void **state)
{
	struct contract *it = *state;
	uint32_t aqa = ADMIN_ENTRIES_1 << 16 | ADMIN_ENTRIES_1;

	assert_int_equal(it->transport->ops->reg_write32(it->transport, NVU_REG_AQA, aqa), 0);
	assert_int_equal(contract_read32(it->transport, NVU_REG_AQA), aqa);
}

/* Beyond the end, and not at a multiple of their size: refused before anything is accessed. */
static void registers_that_are_not_there_are_refused(void **state)
{
	struct contract *it = *state;
	struct transport *transport = it->transport;
	const uint32_t end = (uint32_t)transport->reg_bytes;
	const uint32_t offsets[] = { end, end - 2, UINT32_MAX - 3, NVU_REG_CC + 2 };
	const struct transport_ops *ops = transport->ops;
	uint64_t wide = 0x5555, before = read64(transport, NVU_REG_ASQ);
	uint32_t value = 0x5555;

	for (size_t row = 0; row < COUNT(offsets); row++) {
		assert_int_equal(REFUSED(ops->reg_read32(transport, offsets[row], &value)),
				 -EINVAL);
		assert_int_equal(REFUSED(ops->reg_write32(transport, offsets[row], 0)), -EINVAL);
	}
	assert_int_equal(REFUSED(ops->reg_read64(transport, end - 4, &wide)), -EINVAL);
	assert_int_equal(REFUSED(ops->reg_read64(transport, NVU_REG_CAP + 4, &wide)), -EINVAL);
	assert_int_equal(REFUSED(ops->reg_write64(transport, end - 4, 0)), -EINVAL);
	assert_int_equal(REFUSED(ops->reg_write64(transport, NVU_REG_ASQ + 4, 0)), -EINVAL);
	assert_int_equal(value, 0x5555);
	assert_true(wide == 0x5555);
	assert_true(read64(transport, NVU_REG_ASQ) == before);
}

static void config_read_takes_any_bytes(void **state)
{
	struct contract *it = *state;
	const struct transport_ops *ops = it->transport->ops;
	uint8_t whole[64], part[64];

	assert_int_equal(ops->config_read(it->transport, 0, whole, sizeof(whole)), 0);
	assert_false(whole[0] == 0xff && whole[1] == 0xff);
	assert_int_equal(whole[PCI_CLASS_DEVICE + 1], 1); /* mass storage */
	assert_int_equal(whole[PCI_CLASS_DEVICE], 8);	  /* non-volatile memory */
	assert_int_equal(whole[PCI_CLASS_PROG], 2);	  /* NVM Express */
	assert_int_equal(whole[PCI_HEADER_TYPE] & 0x7f, 0);
	for (uint32_t len = 1; len <= 8; len++) {
		memset(part, 0x55, sizeof(part));
		assert_int_equal(ops->config_read(it->transport, 3, part, len), 0);
		assert_memory_equal(part, whole + 3, len);
		assert_int_equal(part[len], 0x55);
	}
}

static void config_write_changes_what_can_be_changed(void **state)
{
	struct contract *it = *state;
	const struct transport_ops *ops = it->transport->ops;
	uint16_t before = contract_command(it->transport), vendor = 0, changed;
	const uint16_t off = before & (uint16_t)~PCI_COMMAND_MASTER, other = 0x1234;

	assert_int_equal(ops->config_read(it->transport, PCI_VENDOR_ID, &vendor, 2), 0);
	assert_int_equal(ops->config_write(it->transport, PCI_COMMAND, &off, 2), 0);
	assert_int_equal(contract_command(it->transport), off);
	assert_int_equal(ops->config_write(it->transport, PCI_COMMAND, &before, 2), 0);
	assert_int_equal(contract_command(it->transport), before);

	/* The first byte alone, as lib/ctrl/bus.c does it. */
	assert_int_equal(ops->config_write(it->transport, PCI_COMMAND, &off, 1), 0);
	assert_int_equal(contract_command(it->transport), off);
	assert_int_equal(ops->config_write(it->transport, PCI_COMMAND, &before, 1), 0);

	assert_int_equal(ops->config_write(it->transport, PCI_VENDOR_ID, &other, 2), 0);
	assert_int_equal(ops->config_read(it->transport, PCI_VENDOR_ID, &changed, 2), 0);
	assert_int_equal(changed, vendor);
}

static void configuration_space_that_is_not_there_is_refused(void **state)
{
	static const uint32_t offsets[] = { 4093, 4096, UINT32_MAX, UINT32_MAX - 3 };
	struct contract *it = *state;
	const struct transport_ops *ops = it->transport->ops;
	uint8_t data[4] = { 0x55, 0x55, 0x55, 0x55 };

	for (size_t row = 0; row < COUNT(offsets); row++) {
		assert_int_equal(REFUSED(ops->config_read(it->transport, offsets[row], data, 4)),
				 -EINVAL);
		assert_int_equal(REFUSED(ops->config_write(it->transport, offsets[row], data, 4)),
				 -EINVAL);
	}
	assert_int_equal(data[0], 0x55);
}

/*
 * A function without memory space answers no access, as one that has gone. Its registers may read as all ones
 * until it is opened again: where they were mapped, the kernel has taken the mapping away.
 */
static void device_that_has_gone_reads_as_all_ones(void **state)
{
	struct contract *it = *state;
	struct transport *transport;
	const struct transport_ops *ops;
	uint16_t command;
	int ret;

	/* cmocka lays its handler of SIGBUS over that of the transport, which opens before the case. */
	contract_close(it);
	(void)signal(SIGBUS, SIG_DFL);
	transport = contract_open(it, true);
	ops = transport->ops;
	command = contract_command(transport) & (uint16_t)~PCI_COMMAND_MEMORY;

	assert_int_equal(ops->config_write(transport, PCI_COMMAND, &command, 2), 0);

	assert_int_equal(contract_read32(transport, NVU_REG_CSTS), UINT32_MAX);
	assert_int_equal(contract_read32(transport, NVU_REG_VS), UINT32_MAX);
	assert_true(read64(transport, NVU_REG_CAP) == UINT64_MAX);
	contract_forget_sentence();
	ret = ops->reg_write32(transport, NVU_REG_AQA, 0x10001);
	if (ret)
		assert_int_equal(REFUSED(ret), -EIO);
	assert_int_equal(contract_read32(transport, NVU_REG_CSTS), UINT32_MAX);
	assert_int_not_equal(contract_command(transport), UINT16_MAX);

	contract_close(it);
	(void)contract_open(it, true);
	assert_int_not_equal(contract_read32(it->transport, NVU_REG_CSTS), UINT32_MAX);
	assert_true(contract_command(it->transport) & PCI_COMMAND_MEMORY);
}

static const struct CMUnitTest tests[] = {
	CASE(reg_read64_is_two_halves),
	CASE(reg_write64_is_two_halves),
	CASE(reg_write32_reads_back),
	CASE(registers_that_are_not_there_are_refused),
	CASE(config_read_takes_any_bytes),
	CASE(config_write_changes_what_can_be_changed),
	CASE(configuration_space_that_is_not_there_is_refused),
	CASE(device_that_has_gone_reads_as_all_ones),
};

const struct cases register_cases = { tests, COUNT(tests) };
