/* SPDX-License-Identifier: MIT */
/*
 * rows: the rows of lib/spec as they are compiled, for scripts/check-commands: a line each, columns
 * separated by tabs: kind, symbol, value, name, function, mock, section, since.
 */
#include "spec/feature.h"

#include <nvu/nvu.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct row {
	const char *kind, *symbol;
	uint32_t value;
	const char *name, *function;
	bool mocked;
	const char *section, *since;
};

#define MOCK true
#define NO_MOCK false
#define MOCK_SAVEABLE(preset) true

#define COMMAND(set, symbol, opcode, name, direction, length, nsid, effects, again, gate, mock, \
		section, since, function)                                                       \
	{ #set, #symbol, opcode, name, #function, mock, section, since },
static const struct row commands[] = {
#include "spec/commands.def"
};

#undef MOCK
#define MOCK(preset) true
#define FEATURE(symbol, fid, name, scope, bytes, mock, section, since) \
	{ "FEATURE", #symbol, fid, name, "nvu_admin", mock, section, since },
static const struct row features[] = {
#include "spec/features.def"
};

#undef MOCK
#define MOCK true
#define LOG_PAGE(symbol, lid, name, bytes, unit, mock, section, since) \
	{ "LOG_PAGE", #symbol, lid, name, "nvu_admin", mock, section, since },
static const struct row log_pages[] = {
#include "spec/log_pages.def"
};
#undef COMMAND

#define EVENT(type, info, symbol, name, log_page, changes, mock, section, since) \
	{ "EVENT",                                                               \
	  #type "_" #symbol,                                                     \
	  EVENT_##type << 8 | (info),                                            \
	  name,                                                                  \
	  "nvu_ctrl_service",                                                    \
	  mock,                                                                  \
	  section,                                                               \
	  since },
static const struct row events[] = {
#include "spec/events.def"
};

/* The functions exist. */
#define COMMAND(set, symbol, opcode, name, direction, length, nsid, effects, again, gate, mock, \
		section, since, function)                                                       \
	NVU_STATIC_ASSERT(sizeof(&function) != 0, "a public function");
#include "spec/commands.def"

static void print(const struct row *row, size_t count)
{
	for (; count--; row++)
		(void)printf("%s\t%s\t%u\t%s\t%s\t%s\t%s\t%s\n", row->kind, row->symbol, row->value,
			     row->name, row->function, row->mocked ? "mock" : "", row->section,
			     row->since);
}

int main(void)
{
	print(commands, sizeof(commands) / sizeof(commands[0]));
	print(features, sizeof(features) / sizeof(features[0]));
	print(log_pages, sizeof(log_pages) / sizeof(log_pages[0]));
	print(events, sizeof(events) / sizeof(events[0]));
	return 0;
}
