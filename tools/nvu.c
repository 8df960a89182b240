/* SPDX-License-Identifier: MIT */
/*
 * nvu.c: one command for NVMe drives. subcommands.def has its subcommands, a row each, and options.def their
 * options; cli.c makes a command line of them, drive.c opens what the row says, and then the row's function
 * runs. A log page is a row of logs.def and nothing else.
 */
#include "cli.h"
#include "drive.h"
#include "help.h"
#include "perf.h"
#include "subcommands.h"

#include <errno.h>
#include <nvu/error.h>
#include <stdio.h>
#include <string.h>

int run_perf(const struct args *args, struct drive *drive)
{
	(void)drive;
	return perf_main(args->argc, args->argv);
}

static int refuse_name(const char *name)
{
	const char *nearest = cli_nearest(name);

	if (nearest)
		return cli_complain(NULL, EXIT_USAGE,
				    "there is no subcommand \"%s\"; is it %s? `nvu help` lists all",
				    name, nearest);
	return cli_complain(NULL, EXIT_USAGE, "there is no subcommand \"%s\"; `nvu help` lists all",
			    name);
}

int run_help(const struct args *args, struct drive *drive)
{
	const struct subcommand *subcommand;

	(void)drive;
	if (cli_has(args, O(SCD))) {
		help_scd();
		return 0;
	}
	if (!args->operands[0]) {
		help_all();
		return 0;
	}
	subcommand = cli_find(args->operands[0]);
	if (!subcommand)
		return refuse_name(args->operands[0]);
	if (subcommand->flags & FLAG_OWN_OPTIONS) {
		char *argv[] = { (char[]){ "nvu" }, (char[]){ "--help" }, NULL };

		return subcommand->run(&(struct args){ subcommand, .argc = 2, .argv = argv },
				       drive);
	}
	help_of(subcommand);
	return 0;
}

static int run(const struct subcommand *subcommand, int argc, char **argv)
{
	struct drive drive = { .ctrl = NULL };
	struct args args;
	int status = cli_parse(subcommand, argc, argv, &args);

	if (status < 0) {
		help_of(subcommand);
		return 0;
	}
	if (!status)
		status = drive_open(&args, &drive);
	if (!status)
		status = subcommand->run(&args, &drive);
	drive_close(&drive);
	return status;
}

int main(int argc, char **argv)
{
	const struct subcommand *subcommand;
	int status;

	if (argc < 2)
		return cli_complain(NULL, EXIT_USAGE, "no subcommand; `nvu help` lists all");
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("nvu %s\n", nvu_version());
		return 0;
	}
	subcommand =
		cli_find(strcmp(argv[1], "--help") && strcmp(argv[1], "-h") ? argv[1] : "help");
	if (!subcommand)
		return refuse_name(argv[1]);
	status = run(subcommand, argc - 1, argv + 1);
	if (fflush(stdout) || ferror(stdout))
		return cli_complain(subcommand, EXIT_FAILED, "standard output: %s",
				    strerror(errno));
	return status;
}
