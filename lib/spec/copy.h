/* SPDX-License-Identifier: MIT */
/*
 * copy.h: the Copy command (NVM 3.2.2) and its source ranges. Pure: the caller has checked the arguments.
 */
#ifndef NVU_SPEC_COPY_H
#define NVU_SPEC_COPY_H

#include <nvu/spec.h>
#include <stdbool.h>
#include <stdint.h>

enum { COPY_FORMATS_MAX = 4, COPY_RANGES_MAX = 256, COPY_RANGE_BLOCKS_MAX = 65536 };

/* The format of source ranges: of a guard of more than 16 bits, with namespaces of their own. */
uint32_t copy_format(bool wide_guard, bool other_ns);

/* Bytes of a source range. */
uint32_t copy_entry_bytes(uint32_t format);

/* Copies to block `lba` on; flags: of CDW12, PRACT for the source too. The data pointer is left to the caller. */
struct nvu_sqe encode_copy(uint32_t nsid, uint64_t lba, uint32_t ranges, uint32_t format,
			   uint32_t flags, uint32_t ref_tag);

/* Writes one source range: copy_entry_bytes(). nsid: of formats 2 and 3. */
void encode_copy_range(uint32_t format, uint32_t nsid, uint64_t lba, uint32_t blocks, void *to);

#endif
