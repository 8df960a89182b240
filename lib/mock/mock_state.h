/* SPDX-License-Identifier: MIT */
/*
 * mock_state.h: whether the controller fetches commands, and the two ways in which it stops doing
 * so for good.
 */
#ifndef NVU_MOCK_STATE_H
#define NVU_MOCK_STATE_H

#include "mock/mock_model.h"

/* Derives .running from the registers. */
void mock_state_update(struct nvu_mock *mock);

/* Controller fatal status: until the next reset. Base 9.5. */
void mock_state_fail(struct nvu_mock *mock);

/* Surprise removal: registers read as all ones. */
void mock_state_vanish(struct nvu_mock *mock);

#endif
