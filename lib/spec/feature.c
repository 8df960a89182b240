/* SPDX-License-Identifier: MIT */
/*
 * feature.c: see feature.h; features.def, log_pages.def and events.def have the rows.
 */
#include "spec/feature.h"

#include <assert.h>
#include <nvu/spec.h>

#define FEATURE(symbol, fid, ...) \
	static_assert(NVU_FEAT_##symbol == (fid), "nvu/spec.h has another identifier");
#include "spec/features.def"
#undef FEATURE

#define LOG_PAGE(symbol, lid, ...) \
	static_assert(NVU_LOG_##symbol == (lid), "nvu/spec.h has another identifier");
#include "spec/log_pages.def"
#undef LOG_PAGE

#define EVENT(type, info, symbol, name, log_page, ...) \
	static_assert(NVU_LOG_##log_page <= UINT8_MAX, "a log page of log_pages.def");
#include "spec/events.def"
#undef EVENT

#define KEEPS false
#define CHANGES true

/* A switch: two rows of one event do not compile. */
bool event_changes(uint8_t type, uint8_t info)
{
	switch (type << 8 | info) {
#define EVENT(type, info, symbol, name, log_page, changes, ...) \
	case EVENT_##type << 8 | (info):                        \
		return changes;
#include "spec/events.def"
#undef EVENT
	default:
		return false;
	}
}
