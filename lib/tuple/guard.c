// SPDX-License-Identifier: MIT
/*
 * guard.c: see guard.h. Long parts are folded, if the processor can, and their rest divided by tables.
 */
#include "tuple/guard.h"

#include "tuple/fold.h"
#include "tuple/table.h"

#include <assert.h>

/* Remainders of each guard, in the lower bits. */
static const struct {
	size_t (*fold)(uint64_t crc, const uint8_t *at, size_t len, uint8_t *ret_rest);
	uint64_t (*divide)(uint64_t crc, const uint8_t *at, size_t len);
} guards[] = {
	[NVU_PIF_16B] = { fold_crc16, table_crc16 },
	[NVU_PIF_32B] = { fold_crc32, table_crc32 },
	[NVU_PIF_64B] = { fold_crc64, table_crc64 },
};

uint64_t guard_update(uint32_t pif, uint64_t guard, const void *data, size_t len)
{
	const uint8_t *at = data;
	uint8_t rest[FOLD_BYTES];

	assert(pif < sizeof(guards) / sizeof(guards[0]));
	if (len >= FOLD_LEN_MIN && fold_is_there()) {
		size_t done = guards[pif].fold(guard, at, len, rest);

		guard = guards[pif].divide(0, rest, sizeof(rest));
		at += done;
		len -= done;
	}
	return guards[pif].divide(guard, at, len);
}
