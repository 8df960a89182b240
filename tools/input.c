/* SPDX-License-Identifier: MIT */
/*
 * input.c: see input.h.
 */
#include "input.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int input_read(const struct args *args, const char *path, void *data, size_t len)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	size_t got;
	bool failed;

	if (!file)
		return cli_complain(args->subcommand, EXIT_FAILED, "%s: %s", path, strerror(errno));
	got = fread(data, 1, len, file);
	failed = ferror(file);
	if (file != stdin)
		(void)fclose(file);
	if (failed)
		return cli_complain(args->subcommand, EXIT_FAILED, "%s: it cannot be read", path);
	if (got < len)
		return cli_complain(args->subcommand, EXIT_USAGE,
				    "%s: it has %zu bytes, %zu are needed", path, got, len);
	return 0;
}
