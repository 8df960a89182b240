/* SPDX-License-Identifier: MIT */
/*
 * table.h: the three remainders by tables, on any processor: eight bytes a step. A value is the remainder of
 * what precedes, as guard.h defines it: of a larger one the lower bits.
 */
#ifndef NVU_TUPLE_TABLE_H
#define NVU_TUPLE_TABLE_H

#include <stddef.h>
#include <stdint.h>

uint64_t table_crc16(uint64_t crc, const uint8_t *at, size_t len);
uint64_t table_crc32(uint64_t crc, const uint8_t *at, size_t len);
uint64_t table_crc64(uint64_t crc, const uint8_t *at, size_t len);

#endif
