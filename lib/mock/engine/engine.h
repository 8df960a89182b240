/* SPDX-License-Identifier: MIT */
/*
 * engine.h: the controller at work: it fetches commands, carries them out and completes them. The mock's
 * lock is held.
 */
#ifndef NVU_MOCK_ENGINE_ENGINE_H
#define NVU_MOCK_ENGINE_ENGINE_H

#include "mock/model.h"

/* One round over all queues. Returns how many commands were fetched or answered. */
uint32_t mock_engine_scan(struct nvu_mock *mock);

/* As nvu_mock_step(): time passes by one, then up to max commands are fetched one by one. */
uint32_t mock_engine_step(struct nvu_mock *mock, uint32_t max);

#endif
