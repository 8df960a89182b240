/* SPDX-License-Identifier: MIT */
/*
 * pci.h: the PCI configuration space of a mock. The mock's lock is held.
 */
#ifndef NVU_MOCK_REGISTERS_PCI_H
#define NVU_MOCK_REGISTERS_PCI_H

#include "mock/model.h"

void mock_pci_init(struct nvu_mock *mock);

/* The BAR that holds the table of MSI-X, and its pending bits; how many bytes they have. */
enum { MOCK_PCI_MSIX_BAR = 4 };
uint64_t mock_pci_msix_bytes(const struct nvu_mock *mock);

/* As after power-on, when no transport has switched anything on yet. */
void mock_pci_power_on(struct nvu_mock *mock);

/* Whether a write asks for a function level reset. */
bool mock_pci_asks_for_reset(uint32_t offset, const uint8_t *data, uint32_t len);

/* Without memory space in its command register a function answers no access to BAR0. */
bool mock_pci_has_memory(const struct nvu_mock *mock);

void mock_pci_read(struct nvu_mock *mock, uint32_t offset, uint8_t *ret_data, uint32_t len);
void mock_pci_write(struct nvu_mock *mock, uint32_t offset, const uint8_t *data, uint32_t len);

#endif
