/* SPDX-License-Identifier: MIT */
/*
 * meter.h: a line of progress on a terminal, for what takes long.
 */
#ifndef TOOLS_METER_H
#define TOOLS_METER_H

#include <stdint.h>

/* "write: 37%", at most four times a second; total 0: it is not known, and a clock runs instead. */
void meter_show(const char *verb, uint64_t done, uint64_t total);

/* Take the line away. */
void meter_clear(void);

#endif
