// SPDX-License-Identifier: MIT
/*
 * pci.c: a type 0 header with an express and an MSI-X capability. Only the command register
 * can be written; without its bus master bit the controller fetches nothing.
 */
#include "mock/registers/pci.h"

#include "mock/faults/fault.h"
#include "mock/faults/violation.h"
#include "mock/queues/former.h"
#include "mock/state.h"

#include <assert.h>
#include <string.h>

enum {
	PCI_COMMAND = 0x04,
	MEMORY_SPACE = 0x02,
	BUS_MASTER = 0x04,
	COMMAND_WRITABLE_LOW = 0x47,  /* I/O, memory, bus master, parity */
	COMMAND_WRITABLE_HIGH = 0x05, /* SERR, INTx disable */
	EXPRESS_AT = 0x40,
	DEVICE_CONTROL_HIGH = EXPRESS_AT + 9,
	INITIATE_RESET = 0x80,
	MSIX_AT = 0x80,
};

static const uint8_t header[64] = {
	/* 0x00 to 0x03: vendor and device are options. */
	/* As the transport of a real device sets it: memory space, bus master; no pin interrupt. */
	[0x04] = 0x06, [0x05] = 0x04, [0x06] = 0x10,		    /* capabilities list */
	[0x08] = 0x02,						    /* revision */
	[0x09] = 0x02, [0x0a] = 0x08, [0x0b] = 0x01,		    /* class: NVM Express */
	[0x10] = 0x04, [0x13] = 0xfe,				    /* BAR0: 64 bits, memory */
	[0x23] = 0xfd,						    /* BAR4: 32 bits */
	[0x2c] = 0xf4, [0x2d] = 0x1a, [0x2e] = 0x00, [0x2f] = 0x11, /* subsystem */
	[0x34] = 0x40,						    /* first capability */
	[0x3d] = 0x01,						    /* INTA */
};

/* PCI Express endpoint, function level reset capable; then MSI-X, if the mock has vectors. */
static const uint8_t express[] = { 0x10, 0x80, 0x02, 0x00, 0x00, 0x80, 0x00, 0x10 };
static const uint8_t msix[] = { 0x11, 0x00, 0x00, 0x00, MOCK_PCI_MSIX_BAR };

enum { ENTRY_BYTES = 16, PENDING_BYTES = 8 }; /* of a vector in the table; of 64 vectors */

/* Behind the table. */
static uint32_t pending_at(const struct nvu_mock *mock)
{
	return mock_config_vectors(&mock->config) * ENTRY_BYTES;
}

uint64_t mock_pci_msix_bytes(const struct nvu_mock *mock)
{
	return pending_at(mock) + (mock_config_vectors(&mock->config) + 63ull) / 64 * PENDING_BYTES;
}

static void init_capabilities(struct nvu_mock *mock)
{
	uint32_t vectors = mock_config_vectors(&mock->config);
	uint32_t pending = pending_at(mock) | MOCK_PCI_MSIX_BAR;

	memcpy(mock->config_space + EXPRESS_AT, express, sizeof(express));
	if (!vectors) {
		mock->config_space[EXPRESS_AT + 1] = 0; /* the last one */
		return;
	}
	memcpy(mock->config_space + MSIX_AT, msix, sizeof(msix));
	mock->config_space[MSIX_AT + 2] = (uint8_t)(vectors - 1);
	mock->config_space[MSIX_AT + 3] = (uint8_t)((vectors - 1) >> 8);
	for (uint32_t idx = 0; idx < sizeof(pending); idx++)
		mock->config_space[MSIX_AT + 8 + idx] = (uint8_t)(pending >> 8 * idx);
}

void mock_pci_init(struct nvu_mock *mock)
{
	memset(mock->config_space, 0, sizeof(mock->config_space));
	memcpy(mock->config_space, header, sizeof(header));
	mock->config_space[0] = (uint8_t)mock->config.opts.vid;
	mock->config_space[1] = (uint8_t)(mock->config.opts.vid >> 8);
	mock->config_space[2] = (uint8_t)mock->config.opts.did;
	mock->config_space[3] = (uint8_t)(mock->config.opts.did >> 8);
	init_capabilities(mock);
}

void mock_pci_power_on(struct nvu_mock *mock)
{
	mock->config_space[PCI_COMMAND] = 0;
	mock->config_space[PCI_COMMAND + 1] = 0;
	mock_state_update(mock);
}

bool mock_pci_asks_for_reset(uint32_t offset, const uint8_t *data, uint32_t len)
{
	return offset <= DEVICE_CONTROL_HIGH && DEVICE_CONTROL_HIGH - offset < len &&
	       data[DEVICE_CONTROL_HIGH - offset] & INITIATE_RESET;
}

bool mock_pci_has_memory(const struct nvu_mock *mock)
{
	return mock->config_space[PCI_COMMAND] & MEMORY_SPACE;
}

void mock_pci_read(struct nvu_mock *mock, uint32_t offset, uint8_t *ret_data, uint32_t len)
{
	assert((uint64_t)offset + len <= MOCK_CONFIG_SPACE_BYTES);
	if (mock->gone || (mock->fault_count && mock_fault_ones(mock, true)))
		memset(ret_data, 0xff, len);
	else
		memcpy(ret_data, mock->config_space + offset, len);
}

/*
 * A function that was enabled when it lost bus mastering still knows its queues, which the driver may have
 * freed: with bus mastering it would use them again.
 */
static void check_mastering(struct nvu_mock *mock, uint8_t command)
{
	bool was_off = !(mock->config_space[PCI_COMMAND] & BUS_MASTER);

	if (was_off && (command & BUS_MASTER) && (mock->csts & NVU_CSTS_RDY) && !mock->gone)
		mock_violation_add(mock, "bus mastering is switched on before CSTS.RDY is 0");
}

void mock_pci_write(struct nvu_mock *mock, uint32_t offset, const uint8_t *data, uint32_t len)
{
	assert(mock_is_locked(mock));
	assert((uint64_t)offset + len <= MOCK_CONFIG_SPACE_BYTES);
	for (uint32_t idx = 0; idx < len; idx++) {
		if (offset + idx != PCI_COMMAND)
			continue;
		check_mastering(mock, data[idx]);
		mock_former_command(mock, data[idx]);
	}
	for (uint32_t idx = 0; idx < len && !mock->gone; idx++) {
		if (offset + idx == PCI_COMMAND)
			mock->config_space[PCI_COMMAND] = data[idx] & COMMAND_WRITABLE_LOW;
		else if (offset + idx == PCI_COMMAND + 1)
			mock->config_space[PCI_COMMAND + 1] = data[idx] & COMMAND_WRITABLE_HIGH;
	}
	mock_state_update(mock);
}
