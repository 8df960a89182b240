/* SPDX-License-Identifier: MIT */
/*
 * manage.h: the admin commands that change namespaces. Each returns an NVMe status, as
 * those of admin/admin.c do.
 */
#ifndef NVU_MOCK_ADMIN_MANAGE_H
#define NVU_MOCK_ADMIN_MANAGE_H

#include "mock/model.h"

uint16_t mock_manage_format(struct nvu_mock *mock, struct mock_cmd *cmd);     /* Base 5.14 */
uint16_t mock_manage_namespace(struct nvu_mock *mock, struct mock_cmd *cmd);  /* Base 5.23 */
uint16_t mock_manage_attachment(struct nvu_mock *mock, struct mock_cmd *cmd); /* Base 5.22 */

#endif
