/* SPDX-License-Identifier: MIT */
/*
 * perf.h: the program as a function, for main() and for tests that need to be in its process.
 */
#ifndef PERF_PERF_H
#define PERF_PERF_H

/* Returns the exit status. */
int perf_main(int argc, char **argv);

#endif /* PERF_PERF_H */
