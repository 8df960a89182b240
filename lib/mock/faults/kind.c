// SPDX-License-Identifier: MIT
/*
 * kind.c: see kind.h; faults.def has the rows.
 */
#include "mock/faults/kind.h"

#include <assert.h>
#include <string.h>

#define FAULT(symbol, ...) ROW_##symbol,
enum {
#include "mock/faults/faults.def"
};
#undef FAULT

/* nvu/mock.h numbers the kinds from 1 on, in the order of the rows. */
#define FAULT(symbol, ...) \
	static_assert(NVU_MOCK_FAULT_##symbol == ROW_##symbol + 1, "the row is in another place");
#include "mock/faults/faults.def"
#undef FAULT

#define WORD_WORD(text) text
#define WORD_NO_WORD NULL
#define FAULT(symbol, word, applies, ...) \
	{ WORD_##word, NVU_MOCK_FAULT_##symbol, FAULT_APPLIES_##applies },
static const struct fault_kind rows[] = {
#include "mock/faults/faults.def"
};
#undef FAULT

#define LISTED_WORD(text) ", " text
#define LISTED_NO_WORD ""
#define FAULT(symbol, word, ...) LISTED_##word
static const char words[] =
#include "mock/faults/faults.def"
	;
#undef FAULT

/* No default: the compiler warns of a kind of nvu/mock.h that has no row. */
const struct fault_kind *mock_fault_kind(enum nvu_mock_fault_kind symbol)
{
#define FAULT(symbol, ...)            \
	case NVU_MOCK_FAULT_##symbol: \
		return &rows[ROW_##symbol];
	switch (symbol) {
#include "mock/faults/faults.def"
	}
#undef FAULT
	return NULL;
}

const struct fault_kind *mock_fault_kind_named(const char *text, size_t len)
{
	for (size_t idx = 0; idx < sizeof(rows) / sizeof(rows[0]); idx++)
		if (rows[idx].word && strlen(rows[idx].word) == len &&
		    memcmp(rows[idx].word, text, len) == 0)
			return &rows[idx];
	return NULL;
}

const char *mock_fault_kind_words(void)
{
	return words + 2; /* without the first comma */
}
