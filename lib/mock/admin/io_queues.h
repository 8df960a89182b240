/* SPDX-License-Identifier: MIT */
/*
 * io_queues.h: the admin commands about queues: Create and Delete I/O SQ and CQ (Base 5.4 to
 * 5.7), Doorbell Buffer Config (5.8).
 */
#ifndef NVU_MOCK_ADMIN_IO_QUEUES_H
#define NVU_MOCK_ADMIN_IO_QUEUES_H

#include "mock/model.h"

uint16_t mock_admin_queue_create_cq(struct nvu_mock *mock, struct mock_cmd *cmd);
uint16_t mock_admin_queue_create_sq(struct nvu_mock *mock, struct mock_cmd *cmd);
uint16_t mock_admin_queue_delete_cq(struct nvu_mock *mock, struct mock_cmd *cmd);
uint16_t mock_admin_queue_delete_sq(struct nvu_mock *mock, struct mock_cmd *cmd);
uint16_t mock_admin_queue_doorbell_buffer(struct nvu_mock *mock, struct mock_cmd *cmd);

#endif
