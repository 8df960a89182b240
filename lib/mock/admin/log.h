/* SPDX-License-Identifier: MIT */
/*
 * log.h: Get Log Page, Base 5.16.
 */
#ifndef NVU_MOCK_ADMIN_LOG_H
#define NVU_MOCK_ADMIN_LOG_H

#include "mock/model.h"

uint16_t mock_log_get(struct nvu_mock *mock, struct mock_cmd *cmd);

#endif
