/* SPDX-License-Identifier: MIT */
/*
 * show.c: see show.h.
 */
#include "show.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <nvu/print.h>
#include <stdio.h>
#include <string.h>

enum { HEX_COLUMNS = 16 };

static int complain_output(const struct args *args)
{
	return cli_complain(args->subcommand, EXIT_FAILED, "standard output: %s", strerror(errno));
}

int show_raw(const struct args *args, const void *data, size_t len)
{
	if (fwrite(data, 1, len, stdout) != len)
		return complain_output(args);
	return 0;
}

int show_figure(const struct args *args, const char *name, const void *data, size_t len)
{
	const struct nvu_figure *figure = nvu_figure_find(name);

	assert(figure && len >= nvu_figure_bytes(figure));
	if (cli_has(args, O(RAW)))
		return show_raw(args, data, len);
	if (cli_has(args, O(JSON))) {
		if (nvu_print_json(figure, data, len, stdout))
			return complain_output(args);
		(void)putchar('\n');
		return 0;
	}
	return nvu_print_text(figure, data, len, stdout) ? complain_output(args) : 0;
}

int show_figures(const struct args *args, const char *name, const void *data, size_t count)
{
	const struct nvu_figure *figure = nvu_figure_find(name);
	size_t bytes = nvu_figure_bytes(figure);
	const uint8_t *at = data;
	int ret = 0;

	if (cli_has(args, O(RAW)))
		return show_raw(args, data, count * bytes);
	if (cli_has(args, O(JSON)))
		(void)putchar('[');
	else if (!count)
		printf("%s: no entries\n", nvu_figure_title(figure));
	for (size_t idx = 0; !ret && idx < count; idx++, at += bytes) {
		if (cli_has(args, O(JSON))) {
			(void)fputs(idx ? "," : "", stdout);
			ret = nvu_print_json(figure, at, bytes, stdout);
		} else {
			printf("Entry %zu: ", idx);
			ret = nvu_print_text(figure, at, bytes, stdout);
		}
	}
	if (cli_has(args, O(JSON)))
		(void)fputs("]\n", stdout);
	return ret ? complain_output(args) : 0;
}

void show_hex(const void *data, size_t len)
{
	const uint8_t *bytes = data;

	for (size_t at = 0; at < len; at += HEX_COLUMNS) {
		size_t count = len - at < HEX_COLUMNS ? len - at : HEX_COLUMNS;

		printf("%04zx:", at);
		for (size_t i = 0; i < HEX_COLUMNS; i++) {
			if (i < count)
				printf(" %02x", bytes[at + i]);
			else
				printf("   ");
		}
		printf("  ");
		for (size_t i = 0; i < count; i++)
			(void)putchar(bytes[at + i] < 0x80 && isprint(bytes[at + i]) ? bytes[at + i]
										     : '.');
		(void)putchar('\n');
	}
}

void show_json_hex(const void *data, size_t len)
{
	const uint8_t *bytes = data;

	(void)putchar('"');
	for (size_t i = 0; i < len; i++)
		printf("%02x", bytes[i]);
	(void)putchar('"');
}
