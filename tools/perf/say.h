/* SPDX-License-Identifier: MIT */
/*
 * say.h: the one way perf complains: a line on stderr that begins with the program's name.
 */
#ifndef PERF_SAY_H
#define PERF_SAY_H

/* "perf: " + the sentence + newline. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "perf: NAME: " + the sentence; the name of a controller such as "mock:" ends in its own colon. */
void say_about(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif /* PERF_SAY_H */
