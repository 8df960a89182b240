/* SPDX-License-Identifier: MIT */
/*
 * show.h: what a controller has answered, as text, as JSON or as it is: --json and --raw say which.
 */
#ifndef TOOLS_SHOW_H
#define TOOLS_SHOW_H

#include "cli.h"

/* A structure of nvu/print.h. Returns the exit status. */
int show_figure(const struct args *args, const char *figure, const void *data, size_t len);

/* @count structures of one kind: JSON is an array. */
int show_figures(const struct args *args, const char *figure, const void *data, size_t count);

/* Bytes in lines of 16 with their offsets. */
void show_hex(const void *data, size_t len);

/* Bytes as a JSON string of hexadecimal digits. */
void show_json_hex(const void *data, size_t len);

/* Bytes as they are. */
int show_raw(const struct args *args, const void *data, size_t len);

#endif
