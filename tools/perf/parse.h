/* SPDX-License-Identifier: MIT */
/*
 * parse.h: text of the command line to numbers, strictly: all of the text, or not at all.
 */
#ifndef PERF_PARSE_H
#define PERF_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decimal digits, nothing else. */
bool parse_number(const char *text, uint64_t *ret_number);

/* Bytes: a number, then k, M, G or T (powers of 1024), then perhaps B or iB. */
bool parse_size(const char *text, uint64_t *ret_bytes);

/* "5", "0.25", "10s", "500ms", "2m", "1h"; at most some years. */
bool parse_duration(const char *text, uint64_t *ret_ns);

/* "FIRST" or "FIRST:COUNT"; without a count, 0 is returned for it. */
bool parse_range(const char *text, uint64_t *ret_first, uint64_t *ret_count);

/*
 * What nvu_open() takes: @address, with the namespace of an option behind it if @nsid is not 0. False: the
 * address names a namespace too, or @text has no room.
 */
bool parse_target(const char *address, uint32_t nsid, char *text, size_t bytes);

#endif /* PERF_PARSE_H */
