/* SPDX-License-Identifier: MIT */
/*
 * pci.h: the PCI configuration space of a mock. The mock's lock is held.
 */
#ifndef NVU_MOCK_REGISTERS_PCI_H
#define NVU_MOCK_REGISTERS_PCI_H

#include "mock/model.h"

void mock_pci_init(struct nvu_mock *mock);

/* Without memory space in its command register a function answers no access to BAR0. */
bool mock_pci_has_memory(const struct nvu_mock *mock);

void mock_pci_read(struct nvu_mock *mock, uint32_t offset, uint8_t *ret_data, uint32_t len);
void mock_pci_write(struct nvu_mock *mock, uint32_t offset, const uint8_t *data, uint32_t len);

#endif
