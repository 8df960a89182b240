/* SPDX-License-Identifier: MIT */
/*
 * admin.h: admin commands, Base section 5.
 */
#ifndef NVU_MOCK_ADMIN_ADMIN_H
#define NVU_MOCK_ADMIN_ADMIN_H

#include "mock/model.h"

/* Carries a command out. 0, an NVMe status, or MOCK_NO_ANSWER. */
uint16_t mock_admin_execute(struct nvu_mock *mock, struct mock_cmd *cmd);

#endif
