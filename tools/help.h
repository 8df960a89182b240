/* SPDX-License-Identifier: MIT */
/*
 * help.h: what the rows say, for people.
 */
#ifndef TOOLS_HELP_H
#define TOOLS_HELP_H

#include "cli.h"

/* All subcommands, to standard output. */
void help_all(void);

/* One of them, with its options. */
void help_of(const struct subcommand *subcommand);

/* All subcommands and all options, as sections of a manual page's source. */
void help_scd(void);

#endif
