/* SPDX-License-Identifier: MIT */
/*
 * state.h: whether the controller fetches commands, and what stops it: a fatal error, surprise removal, a
 * pause. The mock's lock is held.
 */
#ifndef NVU_MOCK_STATE_H
#define NVU_MOCK_STATE_H

#include "mock/model.h"

/* The time that delays are counted by: nanoseconds, or steps when stepped. */
uint64_t mock_state_now(const struct nvu_mock *mock);

/* The time `delay` microseconds from now, or steps when stepped. */
uint64_t mock_state_due(const struct nvu_mock *mock, uint64_t delay);

/* The controller is enabled, as firmware leaves it, and becomes ready after the delay. */
void mock_state_left_enabled(struct nvu_mock *mock, uint64_t delay);

/* Derives .running from the registers. */
void mock_state_update(struct nvu_mock *mock);

/* Controller fatal status: until the next reset. Base 9.5. */
void mock_state_fail(struct nvu_mock *mock);

/* Surprise removal: registers read as all ones. */
void mock_state_vanish(struct nvu_mock *mock);

/* Power loss: part of what was not flushed is lost, and the registers read as all ones. */
void mock_state_lose_power(struct nvu_mock *mock);

/* Whether the volatile write cache takes writes. */
bool mock_state_caches(const struct nvu_mock *mock);

/* Makes all that was written durable. */
void mock_state_flush(struct nvu_mock *mock);

/* Sets CSTS.PP for `delay` microseconds, or steps when stepped. */
void mock_state_pause(struct nvu_mock *mock, uint64_t delay);

/* Whether commands are paused now; notices when that is over. */
bool mock_state_is_paused(struct nvu_mock *mock);

/* The kernel wants the device back: the descriptor of request_fd() becomes readable. */
void mock_state_ask_back(struct nvu_mock *mock);

#endif
