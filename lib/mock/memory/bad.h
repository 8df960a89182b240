/* SPDX-License-Identifier: MIT */
/*
 * bad.h: the bytes of a namespace that cannot be read until they are written again, as ranges that do not
 * overlap. Pure, except that it allocates memory. The mock's lock is held.
 */
#ifndef NVU_MOCK_MEMORY_BAD_H
#define NVU_MOCK_MEMORY_BAD_H

#include <stdbool.h>
#include <stdint.h>

struct mock_bad_range {
	uint64_t first, end;
};

/* All zeroes: none. */
struct mock_bad {
	struct mock_bad_range *ranges;
	uint32_t count, capacity;
};

/* Whether any byte from first to before end is one of these. */
bool mock_bad_has(const struct mock_bad *bad, uint64_t first, uint64_t end);

/* Adds a range to these, or removes it from them. 0, or -ENOMEM and nothing has changed. */
int mock_bad_add(struct mock_bad *bad, uint64_t first, uint64_t end);
int mock_bad_remove(struct mock_bad *bad, uint64_t first, uint64_t end);

/* Removes all, and frees the memory. */
void mock_bad_clear(struct mock_bad *bad);

#endif
