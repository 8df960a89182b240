/* SPDX-License-Identifier: MIT */
/*
 * help.c: see help.h.
 */
#include "help.h"

#include "feature_rows.h"
#include "log_rows.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { NAME_COLUMNS = 22, OPTION_COLUMNS = 26 };

static const char *const groups[GROUP_COUNT] = {
	[GROUP_IDENTIFY] = "Identity and registers",
	[GROUP_LOGS] = "Log pages",
	[GROUP_FEATURES] = "Features",
	[GROUP_IO] = "Data",
	[GROUP_MACHINE] = "Drives of this machine, and nvu",
};

static const char addresses[] = "An ADDRESS is 0000:01:00.0 (a drive bound to vfio-pci) or "
				"mock:size=1G,lba=4096 (a software\n"
				"controller in this process; no hardware needed). #2 behind it "
				"names namespace 2. See nvu(7).\n";

static const char statuses[] = "Exit status: 0; 1 if the system, nvu or the controller could not; "
			       "2 if the command line is wrong.\n";

void help_all(void)
{
	printf("Usage: nvu SUBCOMMAND [OPTION]... [OPERAND]...\n"
	       "       nvu help SUBCOMMAND\n"
	       "NVMe drives from userspace.\n");
	for (int group = 0; group < GROUP_COUNT; group++) {
		printf("\n%s:\n", groups[group]);
		for (const struct subcommand *row = cli_subcommands; row->name; row++)
			if ((int)row->group == group)
				printf("  %-*s %s\n", NAME_COLUMNS, row->name, row->help);
	}
	printf("\n%s%s", addresses, statuses);
}

/* "  -n, --nsid=N   help". */
static void option_line(const char *name, char letter, const char *value, const char *help)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "--%s%s%s", name, value ? "=" : "", value ? value : "");
	if (letter)
		printf("  -%c, %-*s %s\n", letter, OPTION_COLUMNS, text, help);
	else
		printf("      %-*s %s\n", OPTION_COLUMNS, text, help);
}

static void options_of(const struct subcommand *subcommand)
{
	for (int id = 0; id < OPTION_COUNT; id++) {
		const struct option_row *row = &cli_options[id];

		if (subcommand->options >> id & 1)
			option_line(row->name, row->letter, row->value, row->help);
	}
	option_line("help", 'h', NULL, "show this");
}

void help_of(const struct subcommand *subcommand)
{
	printf("Usage: nvu %s [OPTION]... %s%s\nShow or do: %s.\n\n", subcommand->name,
	       subcommand->operands,
	       subcommand->flags & FLAG_COMMAND ? " [-- COMMAND [ARGUMENT]...]" : "",
	       subcommand->help);
	options_of(subcommand);
	if (subcommand->flags & FLAG_DESTROYS)
		printf("\nIt changes or loses data. On anything but a mock it names the drive and "
		       "asks; "
		       "without a\nterminal it needs --yes-destroy.\n");
	if (subcommand->options & O(LID))
		logs_list();
	if (subcommand->options & O(FID))
		features_list();
	if (subcommand->opens != OPENS_NOTHING)
		printf("\n%s", addresses);
	printf("%s%s", subcommand->opens == OPENS_NOTHING ? "\n" : "", statuses);
}

/* "[ADDRESS]" as "[_address_]". */
static void scd_operands(const char *operands)
{
	bool inside = false;

	for (; *operands; operands++) {
		bool letter = isupper((unsigned char)*operands);

		if (letter != inside)
			(void)putchar('_');
		inside = letter;
		(void)putchar(tolower((unsigned char)*operands));
	}
	if (inside)
		(void)putchar('_');
}

static void scd_subcommand(const struct subcommand *row)
{
	const char *comma = " Options: ";

	printf("*%s* ", row->name);
	scd_operands(row->operands);
	if (row->flags & FLAG_COMMAND)
		printf(" [-- _command_ [_argument_]...]");
	printf("\n\t%c%s.", toupper((unsigned char)row->help[0]), row->help + 1);
	for (int id = 0; id < OPTION_COUNT; id++) {
		if (!(row->options >> id & 1))
			continue;
		printf("%s*--%s*", comma, cli_options[id].name);
		comma = ", ";
	}
	printf("%s\n\n", row->options ? "." : "");
}

void help_scd(void)
{
	printf("# SUBCOMMANDS\n\n");
	for (int group = 0; group < GROUP_COUNT; group++) {
		printf("## %s\n\n", groups[group]);
		for (const struct subcommand *row = cli_subcommands; row->name; row++)
			if ((int)row->group == group)
				scd_subcommand(row);
	}
	printf("# OPTIONS\n\n");
	for (int id = 0; id < OPTION_COUNT; id++) {
		const struct option_row *row = &cli_options[id];

		if (row->letter)
			printf("*-%c*, ", row->letter);
		printf("*--%s*", row->name);
		if (row->value) {
			printf("=");
			scd_operands(row->value);
		}
		printf("\n\t%c%s.\n\n", toupper((unsigned char)row->help[0]), row->help + 1);
	}
}
