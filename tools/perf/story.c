/* SPDX-License-Identifier: MIT */
/*
 * story.c: see story.h. nvu logs a line for each step of its escalation, on the thread that takes the step.
 */
#include "story.h"

#include "say.h"

#include <nvu/error.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { LINES_MAX = 24, LINE_BYTES = 256, STORY_BYTES = 900 };

static struct {
	pthread_mutex_t lock; /* all below */
	bool kept;
	uint32_t count; /* may be more than there is room for */
	char lines[LINES_MAX][LINE_BYTES];
} story = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void hear(void *arg, int level, const char *line)
{
	(void)arg;
	(void)level;
	pthread_mutex_lock(&story.lock);
	if (story.kept && story.count++ < LINES_MAX)
		(void)snprintf(story.lines[story.count - 1], LINE_BYTES, "%s", line);
	pthread_mutex_unlock(&story.lock);
}

void story_listen(void)
{
	nvu_set_log(NVU_LOG_LEVEL_INFO, hear, NULL);
}

void story_begin(void)
{
	pthread_mutex_lock(&story.lock);
	story.kept = true;
	story.count = 0;
	pthread_mutex_unlock(&story.lock);
}

void story_end(void)
{
	pthread_mutex_lock(&story.lock);
	story.kept = false;
	pthread_mutex_unlock(&story.lock);
}

/* A line is "NAME: what". The length of the name; 0: there is none. */
static size_t name_len(const char *line)
{
	const char *end = strstr(line, ": ");

	return end ? (size_t)(end - line) : 0;
}

static bool is_about(const char *line, const char *name, size_t len)
{
	return name_len(line) == len && !strncmp(line, name, len);
}

/* Whether a line before this one is about the same controller. */
static bool was_reported(uint32_t idx)
{
	size_t len = name_len(story.lines[idx]);

	for (uint32_t i = 0; i < idx; i++)
		if (is_about(story.lines[i], story.lines[idx], len))
			return true;
	return false;
}

static void tell_one(uint32_t first, uint32_t count)
{
	const char *name = story.lines[first];
	size_t len = name_len(name), used = 0;
	char text[STORY_BYTES] = "";

	for (uint32_t i = first; i < count && used < sizeof(text); i++)
		if (is_about(story.lines[i], name, len))
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
						 used ? "; " : "", story.lines[i] + len + 2);
	say("%.*s: what nvu did: %s%s", (int)len, name, text,
	    used >= sizeof(text) || story.count > LINES_MAX ? " ..." : "");
}

uint32_t story_tell(void)
{
	uint32_t count = story.count < LINES_MAX ? story.count : LINES_MAX, reported = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (!name_len(story.lines[i]) || was_reported(i))
			continue;
		tell_one(i, count);
		reported++;
	}
	return reported;
}
