/* SPDX-License-Identifier: MIT */
/*
 * owner_id.h: numbers that name a domain or a controller for as long as the process lives. A domain's is
 * in the upper half of a word, a controller's in the lower, so that one comparison of their union
 * tells whether a buffer and a namespace both belong to a queue pair's.
 */
#ifndef NVU_BASE_OWNER_ID_H
#define NVU_BASE_OWNER_ID_H

#include <stdint.h>

/* Never the same twice, never 0. Any thread. */
uint64_t owner_id_domain(void);
uint64_t owner_id_ctrl(void);

#endif
