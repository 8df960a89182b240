/* SPDX-License-Identifier: MIT */
/*
 * io.h: commands of I/O queues, the NVM command set.
 */
#ifndef NVU_MOCK_IO_IO_H
#define NVU_MOCK_IO_IO_H

#include "mock/model.h"

/* Carries a command out. 0 or an NVMe status. */
uint16_t mock_io_execute(struct nvu_mock *mock, struct mock_cmd *cmd);

#endif
