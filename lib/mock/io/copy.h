/* SPDX-License-Identifier: MIT */
/*
 * copy.h: the Copy command, NVM 3.2.2.
 */
#ifndef NVU_MOCK_IO_COPY_H
#define NVU_MOCK_IO_COPY_H

#include "mock/model.h"

/* The namespace is attached. 0 or an NVMe status. */
uint16_t copy_blocks(struct nvu_mock *mock, struct mock_cmd *cmd);

#endif
