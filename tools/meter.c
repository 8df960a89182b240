/* SPDX-License-Identifier: MIT */
/*
 * meter.c: see meter.h.
 */
#include "meter.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { EVERY_MS = 250 };

/* The program has one terminal. */
static struct {
	uint64_t began_ms;
	uint64_t shown_ms;
	bool visible;
} meter;

static uint64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void meter_show(const char *verb, uint64_t done, uint64_t total)
{
	uint64_t now = now_ms();

	if (!meter.began_ms)
		meter.began_ms = meter.shown_ms = now;
	if (now - meter.shown_ms < EVERY_MS || !isatty(STDERR_FILENO))
		return;
	meter.shown_ms = now;
	meter.visible = true;
	if (total)
		(void)fprintf(stderr, "\r%s: %.0f%%\033[K", verb,
			      100.0 * (double)done / (double)total);
	else
		(void)fprintf(stderr, "\r%s: %" PRIu64 " s\033[K", verb,
			      (now - meter.began_ms) / 1000);
	(void)fflush(stderr);
}

void meter_clear(void)
{
	if (meter.visible)
		(void)fprintf(stderr, "\r\033[K");
	meter.visible = false;
	meter.began_ms = 0;
}
