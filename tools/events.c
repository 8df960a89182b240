/* SPDX-License-Identifier: MIT */
/*
 * events.c: what a controller reports by itself. lib/spec/events.def has the names.
 */
#include "drive.h"
#include "subcommands.h"

#include <errno.h>
#include <inttypes.h>
#include <nvu/nvu.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

enum { LOOK_NS = 50000000, FIRST_LOOKS = 4 };

/* nvu_event.type. */
enum { TYPE_ERROR = 0, TYPE_SMART = 1, TYPE_NOTICE = 2, TYPE_IMMEDIATE = 3, TYPE_IO = 6 };

static const struct event_row {
	uint8_t type, info;
	const char *name;
} rows[] = {
#define EVENT(type, info, symbol, name, log_page, changes, mock, section, since) \
	{ TYPE_##type, info, name },
#include "spec/events.def"
#undef EVENT
	{ NVU_EVENT_RELEASE, 0, "The kernel requests the device" },
};

static volatile sig_atomic_t ended;

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

static const char *name_of(const struct nvu_event *event)
{
	if (event->type == NVU_EVENT_RESET)
		return "nvu has reset the controller";
	if (event->type == NVU_EVENT_FEATURE)
		return "nvu could not set a feature again";
	for (size_t idx = 0; idx < sizeof(rows) / sizeof(rows[0]); idx++)
		if (rows[idx].type == event->type && rows[idx].info == event->info)
			return rows[idx].name;
	return "unknown";
}

static void show(const struct args *args, const struct nvu_event *event)
{
	if (cli_has(args, O(JSON)))
		printf("{\"type\":%u,\"info\":%u,\"log_page\":%u,\"value\":%" PRId32
		       ",\"name\":\"%s\"}\n",
		       event->type, event->info, event->log_page, event->value, name_of(event));
	else
		printf("type %02xh, info %02xh, log page %02xh: %s\n", event->type, event->info,
		       event->log_page, name_of(event));
	(void)fflush(stdout);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int follow(const struct args *args, struct drive *drive, uint64_t until_ns)
{
	static const struct timespec nap = { 0, LOOK_NS };
	struct nvu_event event;
	int ret = 0;

	while (!ended && ret >= 0 && now_ns() < until_ns) {
		ret = nvu_ctrl_service(drive->ctrl, &event);
		if (ret == 1)
			show(args, &event);
		else if (!ret)
			(void)nanosleep(&nap, NULL);
	}
	return ret < 0 ? cli_complain_nvu(args, ret) : 0;
}

int run_events(const struct args *args, struct drive *drive)
{
	struct sigaction action = { .sa_handler = end };
	uint64_t limit = UINT64_MAX;

	if (cli_has(args, O(SECONDS)))
		limit = now_ns() + args->number[OPTION_SECONDS_ID] * 1000000000;
	else if (!cli_has(args, O(FOLLOW)))
		limit = now_ns() + FIRST_LOOKS * LOOK_NS;
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	return follow(args, drive, limit);
}
