/* SPDX-License-Identifier: MIT */
/*
 * plot.c: latency by percentile and IOPS over time in one SVG, drawn by gnuplot.
 *
 * Script and data go to gnuplot's standard input from a file without a name, its standard output
 * is the SVG: no text of the user's is ever part of a command but the titles, in single quotes.
 */
#include "report.h"

#include "say.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STEPS_PER_E = 16 };

static const char *const colours[] = { "#2166ac", "#b2182b" };

static const char style[] =
	"set terminal svg size 960,860 font 'Helvetica,13' background '#ffffff'\n"
	"set border 3 lc rgb '#888888'\n"
	"set tics nomirror textcolor rgb '#333333'\n"
	"set grid lc rgb '#e4e4e4' lt 1 lw 1\n"
	"set lmargin 11\n"
	"set rmargin 5\n"
	"set key top left Left reverse samplen 2 noenhanced\n";

static const char latency_axes[] =
	"set title 'Latency by percentile' font ',14'\n"
	"set logscale x\n"
	"set xtics ('0%%' 1, '50%%' 2, '90%%' 10, '99%%' 100, '99.9%%' 1e3, '99.99%%' 1e4, "
	"'99.999%%' 1e5, '99.9999%%' 1e6, '99.99999%%' 1e7)\n"
	"set ylabel 'microseconds'\n"
	"set format y '%g'\n";

static const char iops_axes[] = "set title 'I/Os per second over time' font ',14'\n"
				"unset logscale\n"
				"unset ylabel\n"
				"set xtics auto\n"
				"set xlabel 'seconds'\n"
				"set format y '%.1s%c'\n"
				"set yrange [0:*]\n"
				"set key off\n";

/* Between single quotes gnuplot knows one thing only: two of them mean one. */
static void write_quoted(FILE *file, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputc('\'', file);
		fputc((unsigned char)*text < ' ' ? ' ' : *text, file);
	}
}

static void write_title(FILE *file, const struct results *results)
{
	const struct options *options = results->run->options;
	const struct run *run = results->run;
	char size[TEXT_NUMBER_BYTES], iops[TEXT_NUMBER_BYTES];

	fprintf(file,
		"set multiplot layout 2,1 title '%s of %s, depth %" PRIu32 ", %" PRIu32
		" thread%s, %s IOPS: ",
		options->workload->name, text_bytes(size, run->targets[0].io_bytes), options->depth,
		options->threads, options->threads == 1 ? "" : "s",
		text_number(iops, results->all->kinds[RESULT_ALL].iops));
	for (uint32_t i = 0; i < run->target_count; i++) {
		fputs(i ? ", " : "", file);
		write_quoted(file, run->targets[i].address);
	}
	fputs("' noenhanced font ',16'\n", file);
}

/* The part of the I/Os that took longer shrinks by a sixteenth from point to point. */
static void write_percentiles(FILE *file, const struct result_kind *kind, double us_per_tick)
{
	double longer = 1;

	fprintf(file, "1 %.6g\n", kind->min_us);
	while (longer * (double)kind->ios > 1) {
		uint64_t ticks = histogram_percentile(&kind->latency, 100 - 100 * longer);

		fprintf(file, "%.9g %.6g\n", 1 / longer, (double)ticks * us_per_tick);
		longer -= longer / STEPS_PER_E;
	}
	fprintf(file, "%.9g %.6g\n", (double)kind->ios, kind->max_us);
}

static void write_latency_data(FILE *file, const struct results *results)
{
	for (int kind = RESULT_READ; kind <= RESULT_WRITE; kind++) {
		const struct result_kind *data = &results->all->kinds[kind];

		if (!data->ios)
			continue;
		fprintf(file, "$latency%d << EOD\n", kind);
		write_percentiles(file, data, results->us_per_tick);
		fprintf(file, "EOD\n");
	}
}

static void write_iops_data(FILE *file, const struct series *series)
{
	fprintf(file, "$iops << EOD\n");
	if (series->count > 1)
		fprintf(file, "0 %.6g\n", series_rate(series, 1));
	for (uint32_t i = 1; i < series->count; i++)
		fprintf(file, "%.3f %.6g\n", (double)series->samples[i].ns / 1e9,
			series_rate(series, i));
	fprintf(file, "EOD\n");
}

static void write_latency_plot(FILE *file, const struct results *results)
{
	const struct result_kind *all = &results->all->kinds[RESULT_ALL];
	const char *separator = "plot ";

	fputs(latency_axes, file);
	fprintf(file, "set xrange [1:%.9g]\n", all->ios > 1000 ? (double)all->ios : 1000.0);
	if (all->max_us > 20 * all->min_us)
		fputs("set logscale y\n", file);
	else
		fputs("set yrange [0:*]\n", file);
	for (int kind = RESULT_READ; kind <= RESULT_WRITE; kind++) {
		if (!results->all->kinds[kind].ios)
			continue;
		fprintf(file, "%s$latency%d with lines lw 2.5 lc rgb '%s' title '%s'", separator,
			kind, colours[kind], result_kind_names[kind]);
		separator = ", ";
	}
	fputs("\n", file);
}

static void write_iops_plot(FILE *file, const struct results *results)
{
	fputs(iops_axes, file);
	fprintf(file, "set xrange [0:%.3f]\n", results->seconds > 0.001 ? results->seconds : 0.001);
	if (results->run->series.count < 2)
		fputs("set label 1 'too short for samples' at graph 0.5,0.5 center\n"
		      "set yrange [0:1]\n"
		      "unset ytics\n"
		      "plot -1\n", /* out of sight: gnuplot wants something to plot */
		      file);
	else
		fprintf(file,
			"plot $iops with filledcurves y1=0 lc rgb '%s' fs transparent solid 0.15, "
			"$iops with lines lw 2 lc rgb '%s'\n",
			colours[0], colours[0]);
}

static int write_script(FILE *file, const struct results *results)
{
	write_latency_data(file, results);
	write_iops_data(file, &results->run->series);
	fputs(style, file);
	write_title(file, results);
	write_latency_plot(file, results);
	write_iops_plot(file, results);
	fputs("unset multiplot\n", file);
	return fflush(file) || ferror(file) ? -EIO : 0;
}

/* gnuplot with @script as its standard input and @svg as its output. 0, -errno or its status. */
static int run_gnuplot(int script, int svg)
{
	char name[] = "gnuplot";
	char *argv[] = { name, NULL };
	posix_spawn_file_actions_t actions;
	int ret, status;
	pid_t pid;

	ret = posix_spawn_file_actions_init(&actions);
	if (ret)
		return -ret;
	(void)posix_spawn_file_actions_adddup2(&actions, script, STDIN_FILENO);
	(void)posix_spawn_file_actions_adddup2(&actions, svg, STDOUT_FILENO);
	(void)posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	ret = posix_spawnp(&pid, name, &actions, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	if (ret)
		return -ret;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int draw(const struct results *results, const char *path)
{
	FILE *script = tmpfile();
	int svg = -1, ret = -errno;

	if (!script)
		return ret;
	ret = write_script(script, results);
	if (!ret && fseek(script, 0, SEEK_SET))
		ret = -errno;
	if (!ret) {
		svg = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		ret = svg < 0 ? -errno : run_gnuplot(fileno(script), svg);
	}
	if (svg >= 0)
		close(svg);
	(void)fclose(script);
	return ret;
}

int report_plot(const struct results *results, const char *path)
{
	int ret;

	if (!results->all->kinds[RESULT_ALL].ios) {
		say_about(path, "nothing was measured, so nothing is drawn");
		return EXIT_FAILED;
	}
	ret = draw(results, path);
	if (!ret)
		return 0;
	if (ret == -ENOENT)
		say_about(path, "gnuplot is not installed (Debian: apt-get install gnuplot-nox)");
	else if (ret < 0)
		say_about(path, "%s", strerror(-ret));
	else
		say_about(path, "gnuplot failed");
	return EXIT_FAILED;
}
