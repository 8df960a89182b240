/* SPDX-License-Identifier: MIT */
/*
 * fused.h: fused pairs, Base 3.4.1: a compare and a write in adjacent entries, published together.
 */
#ifndef NVU_MOCK_ENGINE_FUSED_H
#define NVU_MOCK_ENGINE_FUSED_H

#include "mock/model.h"

/* Whether the queue's next two commands are the halves of a pair. */
bool mock_fused_is_pair(const struct mock_sq *sq);

/* 0, or the status of a pair that is no compare and write of the same blocks. */
uint16_t mock_fused_check(const struct mock_cmd *first, const struct mock_cmd *second);

#endif
