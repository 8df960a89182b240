/* SPDX-License-Identifier: MIT */
/*
 * story.h: what nvu did about a controller that failed, for the reader of perf's complaints: the
 * lines that it logs in the course of a run.
 */
#ifndef PERF_STORY_H
#define PERF_STORY_H

#include <stdbool.h>
#include <stdint.h>

/* Before controllers are opened. */
void story_listen(void);

/* What is logged from now on is kept; what is logged from then on is not. */
void story_begin(void);
void story_end(void);

/* The story of each controller in a line, "perf: NAME: ...". How many there are. */
uint32_t story_tell(void);

#endif /* PERF_STORY_H */
