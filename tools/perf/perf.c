/* SPDX-License-Identifier: MIT */
/*
 * perf.c: the program from its command line to its exit status.
 */
#include "perf.h"

#include "report.h"
#include "say.h"
#include "story.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A file that cannot be written is better known before the measurement than after. */
static bool check_output(const char *path)
{
	FILE *file;

	if (!path || strcmp(path, "-") == 0)
		return true;
	file = fopen(path, "ae");
	if (file)
		(void)fclose(file);
	else
		say_about(path, "%s", strerror(errno));
	return file != NULL;
}

static int show(const struct results *results)
{
	const struct options *options = results->run->options;
	bool table = !options->json_path || strcmp(options->json_path, "-") != 0;
	int status = 0, ret;

	if (table)
		report_table(results);
	if (options->json_path && (ret = report_json(results, options->json_path)) < 0) {
		say_about(options->json_path, "%s", strerror(-ret));
		status = EXIT_FAILED;
	}
	if (options->plot_path && report_plot(results, options->plot_path))
		status = EXIT_FAILED;
	if (fflush(stdout)) {
		say("stdout: %s", strerror(errno));
		status = EXIT_FAILED;
	}
	return status;
}

static int report(const struct run *run)
{
	struct results results;
	uint32_t said;
	int status;

	if (results_collect(run, &results)) {
		say("out of memory for the results");
		return EXIT_FAILED;
	}
	status = show(&results);
	said = results_complain(&results);
	said += story_tell();
	if (said)
		status = EXIT_FAILED;
	else if (run->failed)
		say("the run failed");
	if (run->failed)
		status = EXIT_FAILED;
	results_free(&results);
	return status;
}

int perf_main(int argc, char **argv)
{
	struct options options;
	struct run run;
	int status = options_parse(argc, argv, &options);

	if (status >= 0)
		return status;
	if (!check_output(options.json_path) || !check_output(options.plot_path))
		return EXIT_FAILED;
	status = run_init(&run, &options);
	if (status)
		return status;
	status = run_execute(&run);
	if (!status)
		status = report(&run);
	run_fini(&run);
	return status;
}
