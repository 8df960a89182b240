/* SPDX-License-Identifier: MIT */
/*
 * encode.h: commands that the library builds off the I/O path, from their arguments to the dwords of a
 * submission queue entry. Pure: the caller has checked the arguments.
 */
#ifndef NVU_SPEC_ENCODE_H
#define NVU_SPEC_ENCODE_H

#include <nvu/spec.h>
#include <stdint.h>

/* NLB has 16 bits and counts from 0. */
enum { ENCODE_BLOCKS_MAX = 65536 };

/* Write Uncorrectable (NVM 3.2.7) for 1 to ENCODE_BLOCKS_MAX blocks from block `lba` on. */
struct nvu_sqe encode_write_uncorrectable(uint32_t nsid, uint64_t lba, uint32_t blocks);

#endif
