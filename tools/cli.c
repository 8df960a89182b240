/* SPDX-License-Identifier: MIT */
/*
 * cli.c: see cli.h.
 */
#include "cli.h"

#include "subcommands.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <nvu/error.h>
#include <nvu/spec.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct option_row cli_options[OPTION_COUNT] = {
#define OPTION(symbol_, name_, letter_, value_, kind_, min_, max_, help_) \
	[OPTION_##symbol_##_ID] = { .name = name_,                        \
				    .letter = letter_,                    \
				    .value = value_,                      \
				    .kind = OPTION_##kind_,               \
				    .min = min_,                          \
				    .max = max_,                          \
				    .help = help_ },
#define ALIAS(...)
#include "options.def"
#undef OPTION
#undef ALIAS
};

const struct option_alias cli_aliases[] = {
#define OPTION(...)
#define ALIAS(symbol, name) { name, OPTION_##symbol##_ID },
#include "options.def"
#undef OPTION
#undef ALIAS
	{ NULL, OPTION_COUNT },
};

enum { ALIAS_COUNT = sizeof(cli_aliases) / sizeof(cli_aliases[0]) - 1 };

#define DESTROYS FLAG_DESTROYS
#define LONG FLAG_LONG
#define OWN_OPTIONS FLAG_OWN_OPTIONS
#define COMMAND FLAG_COMMAND
#define WHOLE (SHOWS | O(NSID) | O(LSI) | O(RAE))
#define ENTRIES (SHOWS | O(ENTRIES) | O(RAE))

const struct subcommand cli_subcommands[] = {
#define SUBCOMMAND(function_, name_, operands_, group_, opens_, flags_, options_, help_) \
	{ .name = name_,                                                                 \
	  .operands = operands_,                                                         \
	  .help = help_,                                                                 \
	  .run = run_##function_,                                                        \
	  .group = GROUP_##group_,                                                       \
	  .opens = OPENS_##opens_,                                                       \
	  .flags = flags_,                                                               \
	  .options = (options_) | ((flags_)&FLAG_DESTROYS ? O(YES) | O(ASK) : 0),        \
	  .log = -1 },
#include "subcommands.def"
#undef SUBCOMMAND
#define LOG(symbol_, name_, figure_, shape_, help_) \
	{ .name = name_,                            \
	  .operands = "ADDRESS",                    \
	  .help = help_,                            \
	  .run = run_log,                           \
	  .group = GROUP_LOGS,                      \
	  .opens = OPENS_CTRL,                      \
	  .options = shape_,                        \
	  .log = NVU_LOG_##symbol_ },
#include "logs.def"
#undef LOG
	{ .name = NULL },
};

/* What getopt_long() returns: a letter, or one of these and an option's number above. */
enum { GETOPT_HELP = 'h', GETOPT_OPTION = 256 };

int cli_complain(const struct subcommand *subcommand, int status, const char *format, ...)
{
	char line[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	(void)fprintf(stderr, "nvu%s%s: %s\n", subcommand ? " " : "",
		      subcommand ? subcommand->name : "", line);
	return status;
}

int cli_complain_nvu(const struct args *args, int ret)
{
	return cli_complain(args->subcommand, ret == -EINVAL ? EXIT_USAGE : EXIT_FAILED, "%s",
			    nvu_last_error());
}

const struct subcommand *cli_find(const char *name)
{
	for (const struct subcommand *row = cli_subcommands; row->name; row++)
		if (!strcmp(row->name, name))
			return row;
	return NULL;
}

/* How many letters have to be changed, left out or put in: Levenshtein's distance, of short texts. */
static uint32_t distance(const char *from, const char *to)
{
	enum { MAX = 32 };
	uint32_t row[MAX + 1], len = (uint32_t)strlen(to);

	if (len > MAX || strlen(from) > MAX)
		return UINT32_MAX;
	for (uint32_t i = 0; i <= len; i++)
		row[i] = i;
	for (uint32_t i = 1; *from; from++, i++) {
		uint32_t above_left = row[0];

		row[0] = i;
		for (uint32_t k = 1; k <= len; k++) {
			uint32_t least = above_left + (*from != to[k - 1]);

			above_left = row[k];
			if (row[k] + 1 < least)
				least = row[k] + 1;
			if (row[k - 1] + 1 < least)
				least = row[k - 1] + 1;
			row[k] = least;
		}
	}
	return row[len];
}

const char *cli_nearest(const char *name)
{
	size_t len = strlen(name);
	uint32_t best = len > 4 ? 4 : 3; /* beyond this it is another word */
	const char *nearest = NULL;

	for (const struct subcommand *row = cli_subcommands; row->name; row++) {
		uint32_t far = distance(name, row->name);

		if (far < best) {
			best = far;
			nearest = row->name;
		}
	}
	for (const struct subcommand *row = cli_subcommands; !nearest && len > 2 && row->name;
	     row++)
		if (strstr(row->name, name))
			nearest = row->name;
	return nearest;
}

bool cli_number(const char *text, bool size, uint64_t *ret_number)
{
	static const char units[] = "kmgt";
	const char *unit;
	uint64_t number;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	number = strtoull(text, &end,
			  text[0] == '0' && tolower((unsigned char)text[1]) == 'x' ? 16 : 10);
	if (errno)
		return false;
	unit = size && *end ? strchr(units, tolower((unsigned char)*end)) : NULL;
	if (unit) {
		uint32_t shift = 10 * (uint32_t)(unit - units + 1);

		if (number > UINT64_MAX >> shift)
			return false;
		number <<= shift;
		end++;
	}
	if (*end)
		return false;
	*ret_number = number;
	return true;
}

/* "--output-format=json" is --json. */
static int take_format(struct args *args, const char *value)
{
	if (!strcmp(value, "json"))
		args->given |= O(JSON);
	else if (!strcmp(value, "binary"))
		args->given |= O(RAW);
	else if (strcmp(value, "normal") != 0)
		return cli_complain(args->subcommand, EXIT_USAGE,
				    "--output-format %s: expected normal, json or binary", value);
	return 0;
}

static int take_option(struct args *args, enum option_id id, const char *value)
{
	const struct option_row *row = &cli_options[id];
	uint64_t number;

	args->given |= UINT64_C(1) << id;
	args->text[id] = value;
	if (id == OPTION_OUTPUT_ID)
		return take_format(args, value);
	if (row->kind != OPTION_NUMBER && row->kind != OPTION_SIZE)
		return 0;
	if (!cli_number(value, row->kind == OPTION_SIZE, &number))
		return cli_complain(args->subcommand, EXIT_USAGE, "--%s %s: not a number%s",
				    row->name, value,
				    row->kind == OPTION_SIZE ? "; k, M, G or T may follow" : "");
	if (number < row->min || number > row->max)
		return cli_complain(args->subcommand, EXIT_USAGE,
				    "--%s %s: expected %" PRIu64 " to %" PRIu64, row->name, value,
				    row->min, row->max);
	args->number[id] = number;
	return 0;
}

/* The tables of getopt_long() of one subcommand. */
struct getopt_tables {
	char letters[2 * OPTION_COUNT + 8];
	struct option words[OPTION_COUNT + ALIAS_COUNT + 2];
};

static void make_tables(const struct subcommand *subcommand, struct getopt_tables *ret)
{
	char *letter = ret->letters;
	struct option *word = ret->words;

	*letter++ = ':';
	*letter++ = 'h';
	*word++ = (struct option){ "help", no_argument, NULL, GETOPT_HELP };
	for (int id = 0; id < OPTION_COUNT; id++) {
		const struct option_row *row = &cli_options[id];

		if (!(subcommand->options >> id & 1))
			continue;
		*word++ = (struct option){ row->name, row->value ? required_argument : no_argument,
					   NULL, GETOPT_OPTION + id };
		if (row->letter)
			*letter++ = row->letter;
		if (row->letter && row->value)
			*letter++ = ':';
	}
	for (const struct option_alias *alias = cli_aliases; alias->name; alias++)
		if (subcommand->options >> alias->id & 1)
			*word++ = (struct option){ alias->name,
						   cli_options[alias->id].value ? required_argument
										: no_argument,
						   NULL, GETOPT_OPTION + (int)alias->id };
	*word = (struct option){ 0 };
	*letter = '\0';
}

/* The option of a letter, or of what a long one returned. */
static enum option_id option_of(const struct subcommand *subcommand, int got)
{
	if (got >= GETOPT_OPTION)
		return (enum option_id)(got - GETOPT_OPTION);
	for (int id = 0; id < OPTION_COUNT; id++)
		if (subcommand->options >> id & 1 && cli_options[id].letter == got)
			return (enum option_id)id;
	return OPTION_COUNT;
}

static int refuse_option(const struct subcommand *subcommand, int got, char **argv)
{
	if (got == ':')
		return cli_complain(subcommand, EXIT_USAGE, "%s needs a value", argv[optind - 1]);
	if (optopt >= GETOPT_OPTION || optopt == GETOPT_HELP)
		return cli_complain(subcommand, EXIT_USAGE, "%s: the option takes no value",
				    argv[optind - 1]);
	if (optopt)
		return cli_complain(subcommand, EXIT_USAGE,
				    "unknown option -%c (`nvu %s --help` lists them)", optopt,
				    subcommand->name);
	return cli_complain(subcommand, EXIT_USAGE,
			    "unknown option %s (`nvu %s --help` lists them)", argv[optind - 1],
			    subcommand->name);
}

/* "ADDRESS [SOCKET]" against what was given. */
static int take_operands(struct args *args, int count, char **operands)
{
	const struct subcommand *subcommand = args->subcommand;
	const char *at = subcommand->operands;
	int taken = 0;

	while (*at) {
		size_t len = strcspn(at, " ");

		if (taken < count)
			args->operands[taken] = operands[taken];
		else if (*at != '[')
			return cli_complain(
				subcommand, EXIT_USAGE,
				"%.*s is missing: nvu %s [OPTION]... %s (`nvu %s --help` "
				"explains)",
				(int)len, at, subcommand->name, subcommand->operands,
				subcommand->name);
		taken++;
		at += len + (at[len] == ' ');
	}
	if (count > taken)
		return cli_complain(subcommand, EXIT_USAGE,
				    "%s is one too many: nvu %s [OPTION]... %s", operands[taken],
				    subcommand->name, subcommand->operands);
	return 0;
}

/* What is behind --, which ends the command line of nvu's own; NULL: there is no --. */
static char **split_command(int *argc, char **argv)
{
	for (int i = 1; i < *argc; i++) {
		if (!strcmp(argv[i], "--")) {
			*argc = i;
			argv[i] = NULL;
			return &argv[i + 1];
		}
	}
	return NULL;
}

int cli_parse(const struct subcommand *subcommand, int argc, char **argv, struct args *ret_args)
{
	struct args *args = ret_args;
	struct getopt_tables tables;
	int got, ret;

	*args = (struct args){ .subcommand = subcommand, .argc = argc, .argv = argv };
	if (subcommand->flags & FLAG_OWN_OPTIONS)
		return 0;
	if (subcommand->flags & FLAG_COMMAND)
		args->command = split_command(&argc, argv);
	if (args->command && !args->command[0])
		return cli_complain(subcommand, EXIT_USAGE, "a COMMAND is missing behind --");
	make_tables(subcommand, &tables);
	opterr = 0;
	while ((got = getopt_long(argc, argv, tables.letters, tables.words, NULL)) != -1) {
		if (got == GETOPT_HELP)
			return -1;
		if (got == '?' || got == ':')
			return refuse_option(subcommand, got, argv);
		ret = take_option(args, option_of(subcommand, got), optarg);
		if (ret)
			return ret;
	}
	if (cli_has(args, O(JSON)) && cli_has(args, O(RAW)))
		return cli_complain(subcommand, EXIT_USAGE, "--json and --raw: give one of them");
	return take_operands(args, argc - optind, argv + optind);
}
