/* SPDX-License-Identifier: MIT */
/*
 * report.h: results for people, for programs, and for the eye.
 */
#ifndef PERF_REPORT_H
#define PERF_REPORT_H

#include "result.h"

/* The table, on stdout. */
void report_table(const struct results *results);

/* JSON to @path, "-" for stdout. Returns 0 or -errno. */
int report_json(const struct results *results, const char *path);

/* An SVG drawn by gnuplot. Returns 0, or EXIT_FAILED after a complaint. */
int report_plot(const struct results *results, const char *path);

#endif /* PERF_REPORT_H */
