/* SPDX-License-Identifier: MIT */
/*
 * completion.c: completion for shells, of the rows.
 */
#include "subcommands.h"

#include <stdio.h>
#include <string.h>

static void each_option(const struct subcommand *row, void (*show)(const struct option_row *option))
{
	for (int id = 0; id < OPTION_COUNT; id++)
		if (row->options >> id & 1)
			show(&cli_options[id]);
}

static void bash_option(const struct option_row *option)
{
	printf(" --%s%s", option->name, option->value ? "=" : "");
}

/* Subcommands first, then a subcommand's options, and files where it takes one. */
static void bash(void)
{
	printf("# nvu(1): source this in bash.\n"
	       "_nvu() {\n"
	       "\tlocal word=${COMP_WORDS[COMP_CWORD]} options=\n"
	       "\tif [ \"$COMP_CWORD\" = 1 ] || [ \"${COMP_WORDS[1]}\" = help ]; then\n"
	       "\t\tCOMPREPLY=($(compgen -W '");
	for (const struct subcommand *row = cli_subcommands; row->name; row++)
		printf("%s%s", row == cli_subcommands ? "" : " ", row->name);
	printf("' -- \"$word\"))\n"
	       "\t\treturn\n"
	       "\tfi\n"
	       "\tcase ${COMP_WORDS[1]} in\n");
	for (const struct subcommand *row = cli_subcommands; row->name; row++) {
		printf("\t%s) options='", row->name);
		each_option(row, bash_option);
		printf(" --help' ;;\n");
	}
	printf("\tesac\n"
	       "\tcase $word in\n"
	       "\t-*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
	       "\t*) COMPREPLY=($(compgen -f -W 'mock:' -- \"$word\")) ;;\n"
	       "\tesac\n"
	       "\t[[ ${COMPREPLY[0]-} = *= ]] && compopt -o nospace\n"
	       "}\n"
	       "complete -F _nvu nvu\n");
}

/* What zsh takes for syntax inside a description. */
static void zsh_text(const char *text)
{
	for (; *text; text++) {
		if (strchr("[]:\\", *text))
			(void)putchar('\\');
		(void)fputs(*text == '\'' ? "'\\''" : (char[]){ *text, '\0' }, stdout);
	}
}

static void zsh_option(const struct option_row *option)
{
	printf(" '--%s%s[", option->name, option->value ? "=" : "");
	zsh_text(option->help);
	printf("]%s'", option->value ? ":value:_files" : "");
}

static void zsh(void)
{
	printf("#compdef nvu\n"
	       "# nvu(1): a file _nvu in a folder of $fpath.\n"
	       "local -a subcommands\n"
	       "subcommands=(\n");
	for (const struct subcommand *row = cli_subcommands; row->name; row++) {
		printf("\t'%s:", row->name);
		zsh_text(row->help);
		printf("'\n");
	}
	printf(")\n"
	       "if (( CURRENT == 2 )) || [[ $words[2] = help ]]; then\n"
	       "\t_describe subcommand subcommands\n"
	       "\treturn\n"
	       "fi\n"
	       "case $words[2] in\n");
	for (const struct subcommand *row = cli_subcommands; row->name; row++) {
		printf("%s) _arguments", row->name);
		each_option(row, zsh_option);
		printf(" '--help[show this]' '*:operand:_files' ;;\n");
	}
	printf("esac\n");
}

int run_completion(const struct args *args, struct drive *drive)
{
	(void)drive;
	if (!strcmp(args->operands[0], "bash"))
		bash();
	else if (!strcmp(args->operands[0], "zsh"))
		zsh();
	else
		return cli_complain(args->subcommand, EXIT_USAGE, "%s: expected bash or zsh",
				    args->operands[0]);
	return 0;
}
