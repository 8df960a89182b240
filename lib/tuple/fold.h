/* SPDX-License-Identifier: MIT */
/*
 * fold.h: the three remainders by the processor's carry-less multiplication (PCLMULQDQ of x86-64), 64 bytes
 * a step. Each function replaces a message by a shorter one with the same remainder: what it consumes is a
 * multiple of 16 bytes, and what it leaves of them are 16 bytes, which the caller divides with table.h.
 */
#ifndef NVU_TUPLE_FOLD_H
#define NVU_TUPLE_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FOLD_BYTES = 16, FOLD_LEN_MIN = 64 };

/* Whether the processor has the instructions. Any thread. */
bool fold_is_there(void);

/*
 * Folds len bytes, at least FOLD_LEN_MIN, behind a remainder crc, to FOLD_BYTES. Returns how many were
 * consumed. Of crc as many bits count as the remainder has. Only if fold_is_there().
 */
size_t fold_crc16(uint64_t crc, const uint8_t *at, size_t len, uint8_t *ret_rest);
size_t fold_crc32(uint64_t crc, const uint8_t *at, size_t len, uint8_t *ret_rest);
size_t fold_crc64(uint64_t crc, const uint8_t *at, size_t len, uint8_t *ret_rest);

#endif
