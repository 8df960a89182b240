// SPDX-License-Identifier: MIT
/*
 * guard.c: see guard.h. Long parts are folded, if the processor can, and their rest divided by tables.
 */
#include "protection/guard.h"

#include "protection/fold.h"
#include "protection/table.h"

static uint16_t update16(uint16_t crc, const uint8_t *at, size_t len)
{
	uint8_t rest[FOLD_BYTES];

	if (len >= FOLD_LEN_MIN && fold_is_there()) {
		size_t done = fold_crc16(crc, at, len, rest);

		crc = table_crc16(0, rest, sizeof(rest));
		at += done;
		len -= done;
	}
	return table_crc16(crc, at, len);
}

static uint32_t update32(uint32_t crc, const uint8_t *at, size_t len)
{
	uint8_t rest[FOLD_BYTES];

	if (len >= FOLD_LEN_MIN && fold_is_there()) {
		size_t done = fold_crc32(crc, at, len, rest);

		crc = table_crc32(0, rest, sizeof(rest));
		at += done;
		len -= done;
	}
	return table_crc32(crc, at, len);
}

static uint64_t update64(uint64_t crc, const uint8_t *at, size_t len)
{
	uint8_t rest[FOLD_BYTES];

	if (len >= FOLD_LEN_MIN && fold_is_there()) {
		size_t done = fold_crc64(crc, at, len, rest);

		crc = table_crc64(0, rest, sizeof(rest));
		at += done;
		len -= done;
	}
	return table_crc64(crc, at, len);
}

uint64_t guard_update(uint32_t pif, uint64_t guard, const void *data, size_t len)
{
	if (pif == NVU_PIF_16B)
		return update16((uint16_t)guard, data, len);
	if (pif == NVU_PIF_32B)
		return update32((uint32_t)guard, data, len);
	return update64(guard, data, len);
}
