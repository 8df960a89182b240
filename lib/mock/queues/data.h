/* SPDX-License-Identifier: MIT */
/*
 * data.h: moves a command's data between the model and the driver's memory.
 */
#ifndef NVU_MOCK_QUEUES_DATA_H
#define NVU_MOCK_QUEUES_DATA_H

#include "mock/model.h"

/*
 * Resolves a command's data pointer for len bytes into mock->xfer. 0 or the NVMe status; what the
 * driver did wrong is recorded. prot: TRANSPORT_DMA_..., what the controller will do.
 */
uint16_t mock_data_map(struct nvu_mock *mock, const struct mock_cmd *cmd, uint64_t len,
		       uint32_t prot);

/* How many bytes are returned for a command that asks for len: as many, unless a fault says else. */
uint64_t mock_data_length(const struct nvu_mock *mock, const struct mock_cmd *cmd, uint64_t len);

/* Returns len bytes to the driver, with what faults do to them. */
uint16_t mock_data_reply(struct nvu_mock *mock, const struct mock_cmd *cmd, const void *data,
			 uint64_t len);

#endif
