/* SPDX-License-Identifier: MIT */
/*
 * input.h: the file of --data.
 */
#ifndef TOOLS_INPUT_H
#define TOOLS_INPUT_H

#include "cli.h"

/* Exactly @len bytes of the file, or of standard input for "-". Returns the exit status. */
int input_read(const struct args *args, const char *path, void *data, size_t len);

#endif
