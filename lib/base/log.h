/* SPDX-License-Identifier: MIT */
/*
 * log.h: control-plane log lines, passed to the application's callback, if any. The I/O path does not
 * use it.
 */
#ifndef NVU_BASE_LOG_H
#define NVU_BASE_LOG_H

enum { LOG_OFF = 0, LOG_INFO = 1, LOG_DEBUG = 2 };

void log_set(int level, void (*fn)(void *arg, int level, const char *line), void *arg);
void log_line(int level, const char *format, ...) __attribute__((format(printf, 2, 3), cold));

#endif
