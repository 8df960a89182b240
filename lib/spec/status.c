/* SPDX-License-Identifier: MIT */
/*
 * status.c: see status.h; statuses.def has the rows.
 */
#include "spec/status.h"

#include <assert.h>
#include <errno.h>
#include <nvu/spec.h>
#include <stddef.h>
#include <stdint.h>

#define STATUS(symbol, value, ...) \
	static_assert(NVU_SC_##symbol == (value), "nvu/spec.h has another value");
#include "spec/statuses.def"
#undef STATUS

/* A switch: two rows of one value do not compile. */
static const char *find(uint32_t value)
{
	switch (value) {
#define STATUS(symbol, value, name, words, ...) \
	case (value):                           \
		return words;
#include "spec/statuses.def"
#undef STATUS
	default:
		return NULL;
	}
}

const char *status_words(int status)
{
	static const char *const kinds[] = {
		"a generic status that nvu has no words for",
		"a command specific status that nvu has no words for",
		"a media or data integrity error that nvu has no words for",
		"a path error that nvu has no words for",
		"a status of a reserved kind",
		"a status of a reserved kind",
		"a status of a reserved kind",
		"a vendor specific status",
	};
	const char *words = find((uint32_t)status & 0x7ff);

	return words ? words : kinds[(uint32_t)status >> 8 & 7];
}

int status_errno(int status)
{
	switch ((uint32_t)status & 0x7ff) {
#define STATUS(symbol, value, name, words, section, since, error) \
	case (value):                                             \
		return -(error);
#include "spec/statuses.def"
#undef STATUS
	default:
		return -EIO;
	}
}
