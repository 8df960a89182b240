// SPDX-License-Identifier: MIT
/*
 * mock_state.c: see mock_state.h.
 */
#include "mock/mock_state.h"

enum { PCI_COMMAND = 4, PCI_COMMAND_BUS_MASTER = 4 };

void mock_state_update(struct nvu_mock *mock)
{
	mock->running = !mock->gone && !mock->fatal && (mock->cc & NVU_CC_EN) &&
			(mock->csts & NVU_CSTS_RDY) && !(mock->csts & NVU_CSTS_SHST) &&
			(mock->config_space[PCI_COMMAND] & PCI_COMMAND_BUS_MASTER);
}

void mock_state_fail(struct nvu_mock *mock)
{
	mock->fatal = true;
	mock->csts |= (uint32_t)NVU_CSTS_CFS;
	mock_state_update(mock);
}

void mock_state_vanish(struct nvu_mock *mock)
{
	mock->gone = true;
	mock_state_update(mock);
}
