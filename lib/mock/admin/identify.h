/* SPDX-License-Identifier: MIT */
/*
 * identify.h: the Identify data structures, Base 5.17.
 */
#ifndef NVU_MOCK_ADMIN_IDENTIFY_H
#define NVU_MOCK_ADMIN_IDENTIFY_H

#include "mock/model.h"

enum { MOCK_ABORTS = 4 }; /* Abort commands that it takes at once */

/* Fills page (4096 bytes) with what cns asks for. 0 or an NVMe status. */
uint16_t mock_identify_build(const struct nvu_mock *mock, uint8_t cns, uint8_t csi, uint32_t nsid,
			     uint8_t *page);

#endif
