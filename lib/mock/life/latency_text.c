// SPDX-License-Identifier: MIT
/*
 * latency_text.c: see latency_text.h.
 */
#include "mock/life/latency_text.h"

#include "base/error.h"
#include "mock/life/text.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum { PERCENT_DIGITS = 4, PPM_OF_PERCENT = 10000 };

/* A time of len bytes. */
static bool take_time(const char *text, size_t len, uint32_t *ret_time)
{
	uint64_t value;

	if (!mock_text_number(text, len, &value) || value > MOCK_LATENCY_MAX)
		return false;
	*ret_time = (uint32_t)value;
	return true;
}

/* Two times with a separator between them; *ret_end is what follows the second one. */
static bool take_two(const char *text, char separator, struct mock_latency *latency,
		     const char **ret_end)
{
	const char *between = strchr(text, separator);
	size_t len;

	if (!between)
		return false;
	len = strcspn(between + 1, ":");
	*ret_end = between + 1 + len;
	return take_time(text, (size_t)(between - text), &latency->low) &&
	       take_time(between + 1, len, &latency->high);
}

/* "0.1%": up to four digits after the point, which is millionths. */
static bool take_percent(const char *text, uint32_t *ret_ppm)
{
	size_t len = strlen(text), whole_len = strcspn(text, ".%");
	uint64_t whole, part = 0, unit = PPM_OF_PERCENT;

	if (!len || text[len - 1] != '%' || !mock_text_number(text, whole_len, &whole) ||
	    whole > 100)
		return false;
	for (size_t at = whole_len + 1; at < len - 1; at++) {
		if (text[at] < '0' || text[at] > '9' || at > whole_len + PERCENT_DIGITS)
			return false;
		unit /= 10;
		part += (uint64_t)(text[at] - '0') * unit;
	}
	*ret_ppm = (uint32_t)(whole * PPM_OF_PERCENT + part);
	return *ret_ppm <= MOCK_LATENCY_PPM;
}

static bool take_tail(const char *text, struct mock_latency *latency)
{
	const char *end;

	latency->shape = MOCK_LATENCY_TAIL;
	return take_two(text, ':', latency, &end) && *end == ':' &&
	       take_percent(end + 1, &latency->ppm);
}

static bool take_uniform(const char *text, struct mock_latency *latency)
{
	const char *end;

	latency->shape = MOCK_LATENCY_UNIFORM;
	return take_two(text, '-', latency, &end) && !*end && latency->low <= latency->high;
}

static const char *behind(const char *text, const char *word)
{
	size_t len = strlen(word);

	assert(len);
	return strncmp(text, word, len) ? NULL : text + len;
}

static bool take(const char *text, struct mock_latency *latency)
{
	const char *rest;

	if ((rest = behind(text, "uniform:")))
		return take_uniform(rest, latency);
	if ((rest = behind(text, "tail:")))
		return take_tail(rest, latency);
	rest = behind(text, "exp:");
	latency->shape = rest ? MOCK_LATENCY_EXPONENTIAL : MOCK_LATENCY_FIXED;
	rest = rest ? rest : text;
	return take_time(rest, strlen(rest), &latency->low);
}

int mock_latency_parse(const char *text, struct mock_latency *ret_latency)
{
	struct mock_latency latency = { .shape = MOCK_LATENCY_NONE };

	if (*text && !take(text, &latency))
		return error_set(-EINVAL,
				 "mock: latency=%s: expected a time such as 80, or uniform:50-200, "
				 "exp:80, tail:80:5000:0.1%%; times up to %d",
				 text, MOCK_LATENCY_MAX);
	*ret_latency = latency;
	return 0;
}
