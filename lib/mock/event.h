/* SPDX-License-Identifier: MIT */
/*
 * event.h: asynchronous events waiting to be reported, Base 5.2. admin/aer.c reports them.
 */
#ifndef NVU_MOCK_EVENT_H
#define NVU_MOCK_EVENT_H

#include "mock/model.h"

enum { MOCK_EVENT_ERROR = 0, MOCK_EVENT_SMART = 1, MOCK_EVENT_NOTICE = 2 };
enum { MOCK_EVENT_INVALID_DOORBELL = 0, MOCK_EVENT_INVALID_DOORBELL_VALUE = 1 };

/* -ENOSPC: too many are waiting. */
int mock_event_push(struct nvu_mock *mock, uint8_t type, uint8_t info, uint8_t log_page);

/* Takes the first event that may be reported now, and masks its type. */
bool mock_event_take(struct nvu_mock *mock, struct mock_event *ret_event);

/* The host has read a log page: events that point to it may be reported again. */
void mock_event_unmask(struct nvu_mock *mock, uint8_t log_page);

#endif
