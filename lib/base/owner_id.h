/* SPDX-License-Identifier: MIT */
/*
 * owner_id.h: process-wide unique ids of domains (upper half) and controllers (lower half); never reused.
 * One comparison of the combined ids of a buffer and a namespace with a queue pair's shows whether both
 * belong to its domain and controller.
 */
#ifndef NVU_BASE_OWNER_ID_H
#define NVU_BASE_OWNER_ID_H

#include <stdint.h>

/* A new id, never 0. Any thread. */
uint64_t owner_id_domain(void);
uint64_t owner_id_ctrl(void);

#endif
