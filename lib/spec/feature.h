/* SPDX-License-Identifier: MIT */
/*
 * feature.h: features, log pages and asynchronous events; the rows are those of features.def,
 * log_pages.def and events.def. Pure.
 */
#ifndef NVU_SPEC_FEATURE_H
#define NVU_SPEC_FEATURE_H

#include <stdbool.h>
#include <stdint.h>

/* Types of asynchronous events, Base figure 148: nvu_event.type. */
enum {
	EVENT_ERROR = 0,
	EVENT_SMART = 1,
	EVENT_NOTICE = 2,
	EVENT_IMMEDIATE = 3,
	EVENT_IO = 6,
};

/* nvu_event.info, by type: EVENT_NOTICE_NS_CHANGED and the others of events.def. */
#define EVENT(type, info, symbol, ...) EVENT_##type##_##symbol = (info),
enum {
#include "spec/events.def"
};
#undef EVENT

/* Whether an event reports that namespaces, or the capabilities of the controller, may have changed. */
bool event_changes(uint8_t type, uint8_t info);

#endif
