// SPDX-License-Identifier: MIT
/*
 * event.c: a short queue. A reported event masks its type until the host reads the log page that it names
 * (Base 5.2): a driver that does not read it gets no further event of that type.
 */
#include "mock/event.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum { TYPE_BITS = 0x7 };

int mock_event_push(struct nvu_mock *mock, uint8_t type, uint8_t info, uint8_t log_page)
{
	assert(mock_is_locked(mock));
	assert(mock->event_count <= MOCK_EVENTS_MAX);
	if (mock->event_count == MOCK_EVENTS_MAX)
		return -ENOSPC;
	mock->events[mock->event_count++] = (struct mock_event){ type & TYPE_BITS, info, log_page };
	return 0;
}

bool mock_event_take(struct nvu_mock *mock, struct mock_event *ret_event)
{
	assert(mock->event_count <= MOCK_EVENTS_MAX);
	for (uint32_t idx = 0; idx < mock->event_count; idx++) {
		uint8_t type = mock->events[idx].type;

		if (mock->masked_by[type].masked)
			continue;
		*ret_event = mock->events[idx];
		mock->masked_by[type].masked = true;
		mock->masked_by[type].log_page = ret_event->log_page;
		mock->event_count--;
		memmove(&mock->events[idx], &mock->events[idx + 1],
			(mock->event_count - idx) * sizeof(mock->events[0]));
		return true;
	}
	return false;
}

void mock_event_unmask(struct nvu_mock *mock, uint8_t log_page)
{
	for (uint32_t type = 0; type < MOCK_EVENT_TYPES; type++)
		if (mock->masked_by[type].log_page == log_page)
			mock->masked_by[type].masked = false;
}
