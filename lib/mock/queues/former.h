/* SPDX-License-Identifier: MIT */
/*
 * former.h: the memory of queues that the controller may still use: it was disabled but CSTS.RDY stays 1, or
 * its registers have gone. The driver must switch bus mastering off before it unmaps that memory. The mock's lock is held.
 */
#ifndef NVU_MOCK_QUEUES_FORMER_H
#define NVU_MOCK_QUEUES_FORMER_H

#include "mock/model.h"

/* The controller was disabled, and CSTS.RDY stays 1: remembers its queues' memory. */
void mock_former_keep(struct nvu_mock *mock);

/* It has stopped, or cannot reach memory any more. */
void mock_former_forget(struct nvu_mock *mock);

/* The command register was written: without bus mastering the controller reaches no memory. */
void mock_former_command(struct nvu_mock *mock, uint8_t command);

/* The driver unmaps memory; the driver closes: violations, if it was to cut the device off before. */
void mock_former_unmap(struct nvu_mock *mock, uint64_t iova, uint64_t len);
void mock_former_close(struct nvu_mock *mock);

#endif
