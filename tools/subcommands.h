/* SPDX-License-Identifier: MIT */
/*
 * subcommands.h: the functions behind the rows of subcommands.def and logs.def.
 */
#ifndef TOOLS_SUBCOMMANDS_H
#define TOOLS_SUBCOMMANDS_H

#include "cli.h"

#define SUBCOMMAND(function, ...) subcommand_fn run_##function;
#include "subcommands.def"
#undef SUBCOMMAND

subcommand_fn run_log;

#endif
