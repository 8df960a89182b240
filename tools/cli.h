/* SPDX-License-Identifier: MIT */
/*
 * cli.h: the table of subcommands and options, and a command line as one of its rows with values.
 */
#ifndef TOOLS_CLI_H
#define TOOLS_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit statuses; stdlib.h has EXIT_FAILURE. */
enum {
	EXIT_FAILED = 1,     /* the library, the system or the controller could not */
	EXIT_USAGE = 2,	     /* the command line is wrong: nothing was opened, or changed */
	EXIT_VIOLATIONS = 3, /* of serve: a driver has broken rules */
};

enum option_kind { OPTION_FLAG, OPTION_NUMBER, OPTION_SIZE, OPTION_TEXT };

enum option_id {
#define OPTION(symbol, ...) OPTION_##symbol##_ID,
#define ALIAS(...)
#include "options.def"
#undef OPTION
#undef ALIAS
	OPTION_COUNT,
};

#define O(symbol) (UINT64_C(1) << OPTION_##symbol##_ID)

/* What each subcommand takes that shows a structure. */
#define SHOWS (O(JSON) | O(RAW) | O(OUTPUT))

/* Which blocks. */
#define SPAN (O(NSID) | O(START) | O(BLOCKS) | O(BLOCK_COUNT) | O(DATA_SIZE))

struct option_row {
	const char *name;
	const char *value; /* NULL: a flag */
	const char *help;
	enum option_kind kind;
	char letter; /* 0: none */
	uint64_t min, max;
};

extern const struct option_row cli_options[OPTION_COUNT];

/* Further names of options, the last one NULL. */
struct option_alias {
	const char *name;
	enum option_id id;
};

extern const struct option_alias cli_aliases[];

struct args;
struct drive;

/* The exit status. What is opened by the first operand is in @drive. */
typedef int subcommand_fn(const struct args *args, struct drive *drive);

enum subcommand_group {
	GROUP_IDENTIFY,
	GROUP_LOGS,
	GROUP_FEATURES,
	GROUP_IO,
	GROUP_MACHINE,
	GROUP_COUNT,
};

enum subcommand_opens { OPENS_NOTHING, OPENS_CTRL, OPENS_NS };

#define FLAG_DESTROYS (1u << 0)
#define FLAG_LONG (1u << 1)
#define FLAG_OWN_OPTIONS (1u << 2)
#define FLAG_COMMAND (1u << 3)

struct subcommand {
	const char *name;
	const char *operands;
	const char *help;
	subcommand_fn *run;
	enum subcommand_group group;
	enum subcommand_opens opens;
	uint32_t flags;
	uint64_t options; /* O(...) */
	int log;	  /* the log page that a row of logs.def shows; -1: none */
};

/* All rows, in the order of the help; the last one has no name. */
extern const struct subcommand cli_subcommands[];

enum { OPERANDS_MAX = 4 };

/* A command line. */
struct args {
	const struct subcommand *subcommand;
	uint64_t given; /* O(...) */
	uint64_t number[OPTION_COUNT];
	const char *text[OPTION_COUNT];
	const char *operands[OPERANDS_MAX]; /* NULL: left out */
	char **command;			    /* of FLAG_COMMAND: behind --; NULL: none */
	int argc; /* of FLAG_OWN_OPTIONS: from the name of the subcommand on */
	char **argv;
};

/* NULL: no subcommand has this name. */
const struct subcommand *cli_find(const char *name);

/*
 * argv[0] is the subcommand's name. Returns 0, or the exit status with the complaint made; -1: it asks for
 * help (--help).
 */
int cli_parse(const struct subcommand *subcommand, int argc, char **argv, struct args *ret_args);

static inline bool cli_has(const struct args *args, uint64_t option)
{
	return args->given & option;
}

/* "nvu id-ctrl: ..." to standard error; returns @status. */
int cli_complain(const struct subcommand *subcommand, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same with the sentence of nvu for a call that returned @ret: EXIT_USAGE for a wrong argument, else EXIT_FAILED. */
int cli_complain_nvu(const struct args *args, int ret);

/* The subcommand whose name is nearest, if it is near enough to be meant; else NULL. */
const char *cli_nearest(const char *name);

/* All of the text as a number (0x for hexadecimal, k, M, G, T behind it if @size); false: it is none. */
bool cli_number(const char *text, bool size, uint64_t *ret_number);

#endif
