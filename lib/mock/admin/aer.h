/* SPDX-License-Identifier: MIT */
/*
 * aer.h: Async Event Request, Base 5.2.
 */
#ifndef NVU_MOCK_ADMIN_AER_H
#define NVU_MOCK_ADMIN_AER_H

#include "mock/model.h"

/* Keeps the command until there is an event. */
uint16_t mock_aer_request(struct nvu_mock *mock, struct mock_cmd *cmd);

/* Answers requests with the events that wait. */
void mock_aer_deliver(struct nvu_mock *mock);

/* Takes a request back: false when there is none by this CID. */
bool mock_aer_abort(struct nvu_mock *mock, uint16_t cid);

#endif
