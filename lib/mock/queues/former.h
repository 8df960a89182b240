/* SPDX-License-Identifier: MIT */
/*
 * former.h: a controller that was disabled but does not say that it has stopped (CSTS.RDY stays
 * 1), or whose registers have gone, may use the memory of its queues still. A driver switches bus
 * mastering off before it gives that memory another purpose. The mock's lock is held.
 */
#ifndef NVU_MOCK_QUEUES_FORMER_H
#define NVU_MOCK_QUEUES_FORMER_H

#include "mock/model.h"

/* The controller was disabled, and CSTS.RDY stays: its queues' memory is kept in mind. */
void mock_former_keep(struct nvu_mock *mock);

/* It has stopped, or cannot reach memory any more. */
void mock_former_forget(struct nvu_mock *mock);

/* The command register was written: without bus mastering all is well. */
void mock_former_command(struct nvu_mock *mock, uint8_t command);

/* The driver unmaps memory; the driver closes: violations, if it was to cut the device off before. */
void mock_former_unmap(struct nvu_mock *mock, uint64_t iova, uint64_t len);
void mock_former_close(struct nvu_mock *mock);

#endif
